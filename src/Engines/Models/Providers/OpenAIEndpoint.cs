using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Steward.Engines.Models.Providers;

/// <summary>An endpoint that speaks OpenAI's chat completions: OpenAI, Azure, vLLM, Ollama, llama.cpp and others.</summary>
internal sealed class OpenAIEndpoint : IModelEndpoint
{
    private static readonly Uri PublicServer = new("https://api.openai.com/v1");

    private readonly TimeProvider _time;
    private readonly int? _maxOutputTokens;
    private readonly ChatClient _client;

    /// <summary>Creates it. Sends nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="key">The key.</param>
    /// <param name="baseUrl">The address; null is OpenAI's.</param>
    /// <param name="maxOutputTokens">The most tokens of an answer; null is the provider's limit.</param>
    /// <param name="http">Has no timeout of its own.</param>
    /// <param name="time">The clock that dates in headers are compared with.</param>
    public OpenAIEndpoint(string model, string key, string? baseUrl, int? maxOutputTokens, HttpClient http, TimeProvider time)
    {
        (_time, _maxOutputTokens) = (time, maxOutputTokens);
        Server = string.IsNullOrEmpty(baseUrl) ? PublicServer : new Uri(baseUrl);
        var client = new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(http),
            // Attempts and timeouts are counted where the first token is known.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
            Endpoint = Server,
        };
        _client = new ChatClient(model, new ApiKeyCredential(key), client);
    }

    /// <inheritdoc/>
    public string ProviderKind => "openai";

    /// <inheritdoc/>
    public Uri Server { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatDelta> AskAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = new Answer();
        await foreach (var update in _client.CompleteChatStreamingAsync(Messages(request), OpenAIParameters.Options(request, _maxOutputTokens), cancellationToken))
        {
            foreach (var text in answer.Take(update))
            {
                yield return new ChatText(text);
            }

            if (answer.HasBegun)
            {
                yield return ChatProgress.Instance;
            }
        }

        foreach (var delta in answer.End())
        {
            yield return delta;
        }
    }

    /// <inheritdoc/>
    public ModelException? Explain(Exception exception, bool hasBegun) => exception switch
    {
        ClientResultException failed => ProviderFailures.OfStatus(failed.Status, RetryAfter(failed), hasBegun, failed),
        HttpRequestException or IOException or JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException => ProviderFailures.Unreachable(hasBegun, exception),
        _ => null,
    };

    private TimeSpan? RetryAfter(ClientResultException failed) =>
        failed.GetRawResponse()?.Headers.TryGetValue("retry-after", out var value) == true ? ProviderFailures.RetryAfter(value, _time) : null;

    private static List<OpenAI.Chat.ChatMessage> Messages(ChatRequest request) => [.. request.Messages.Select(message => (OpenAI.Chat.ChatMessage)(message.Role switch
    {
        ChatRole.System => new SystemChatMessage(message.Text),
        ChatRole.User when message.Parts.Count > 0 => new UserChatMessage(message.Parts.Select(OpenAIParameters.Part)),
        ChatRole.User => new UserChatMessage(message.Text),
        ChatRole.Tool => new ToolChatMessage(message.ToolCallId, message.Text),
        _ when message.ToolCalls.Count == 0 => new AssistantChatMessage(message.Text),
        _ => Assistant(message),
    }))];

    private static AssistantChatMessage Assistant(ChatMessage message)
    {
        var assistant = new AssistantChatMessage(
            message.ToolCalls.Select(call => OpenAI.Chat.ChatToolCall.CreateFunctionToolCall(call.Id, call.Name, BinaryData.FromString(call.Arguments))));
        if (message.Text.Length > 0)
        {
            assistant.Content.Add(ChatMessageContentPart.CreateTextPart(message.Text));
        }

        return assistant;
    }

    /// <summary>The answer as far as it has arrived, with the calls that are being put together.</summary>
    private sealed class Answer
    {
        private readonly SortedDictionary<int, (string? Id, string? Name, StringBuilder Arguments)> _calls = [];
        private string? _finish;
        private ChatTokenUsage? _usage;
        private string? _model;

        public bool HasBegun { get; private set; }

        public List<string> Take(StreamingChatCompletionUpdate update)
        {
            _model = update.Model ?? _model;
            _usage = update.Usage ?? _usage;
            foreach (var part in update.ToolCallUpdates)
            {
                HasBegun = true;
                var call = _calls.TryGetValue(part.Index, out var known) ? known : (null, null, new StringBuilder());
                call.Arguments.Append(part.FunctionArgumentsUpdate?.ToString());
                _calls[part.Index] = (string.IsNullOrEmpty(part.ToolCallId) ? call.Id : part.ToolCallId, string.IsNullOrEmpty(part.FunctionName) ? call.Name : part.FunctionName, call.Arguments);
            }

            if (update.FinishReason is { } reason)
            {
                _finish = reason switch
                {
                    ChatFinishReason.Length => "length",
                    ChatFinishReason.ContentFilter => "content_filter",
                    ChatFinishReason.ToolCalls or ChatFinishReason.FunctionCall => "tool_calls",
                    _ => "stop",
                };
            }

            List<string> texts = [.. update.ContentUpdate.Select(part => part.Text).Append(update.RefusalUpdate).Where(text => !string.IsNullOrEmpty(text))];
            HasBegun |= texts.Count > 0;
            return texts;
        }

        /// <summary>What is left to say; nothing when the answer broke off.</summary>
        public IEnumerable<ChatDelta> End()
        {
            if (_finish is null)
            {
                yield break;
            }

            foreach (var (index, call) in _calls)
            {
                if (call.Name is not null)
                {
                    yield return new ChatToolCall(new ToolCall { Id = call.Id ?? $"call_{index}", Name = call.Name, Arguments = call.Arguments.ToString() });
                }
            }

            // Some servers say "stop" although they call tools.
            var reason = _calls.Count > 0 && _finish == "stop" ? "tool_calls" : _finish;
            var usage = _usage is null ? null : new ChatUsage(_usage.InputTokenCount, _usage.InputTokenDetails?.CachedTokenCount ?? 0, _usage.OutputTokenCount, null);
            yield return new ChatFinished(reason, usage, _model ?? "", TimeSpan.Zero);
        }
    }
}
