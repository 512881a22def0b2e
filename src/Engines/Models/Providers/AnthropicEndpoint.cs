using System.Runtime.CompilerServices;
using System.Text.Json;
using Anthropic;
using Anthropic.Core;
using Anthropic.Exceptions;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Steward.Engines.Models.Providers;

/// <summary>Anthropic's Messages API, by Anthropic's own package.</summary>
internal sealed class AnthropicEndpoint : IModelEndpoint, IDisposable
{
    private static readonly Uri PublicServer = new("https://api.anthropic.com");

    // The API demands a limit, also of requests that have none.
    private const int DefaultMaxOutputTokens = 8_192;

    private readonly int? _maxOutputTokens;
    private readonly AnthropicClient _anthropic;
    private readonly IChatClient _client;

    /// <summary>Creates it. Sends nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="key">The key.</param>
    /// <param name="baseUrl">The address; null is Anthropic's.</param>
    /// <param name="maxOutputTokens">The most tokens of an answer; null is what a request asks for, 8,192 where it asks for nothing.</param>
    /// <param name="http">Has no timeout of its own.</param>
    /// <param name="time">The clock that dates in headers are compared with.</param>
    public AnthropicEndpoint(string model, string key, string? baseUrl, int? maxOutputTokens, HttpClient http, TimeProvider time)
    {
        _maxOutputTokens = maxOutputTokens;
        Server = string.IsNullOrEmpty(baseUrl) ? PublicServer : new Uri(baseUrl);
        _anthropic = new AnthropicClient(new ClientOptions
        {
            // Once one is given, the package reads no credential from the environment.
            ApiKey = key,
            BaseUrl = Server.ToString().TrimEnd('/'),
            HttpClient = http,
            Handlers = [new AnswerStatusHandler(time)],
            // Attempts and timeouts are counted where the first token is known.
            MaxRetries = 0,
            Timeout = TimeSpan.FromHours(1),
        });
        _client = _anthropic.AsIChatClient(model, DefaultMaxOutputTokens);
    }

    /// <inheritdoc/>
    public string ProviderKind => "anthropic";

    /// <inheritdoc/>
    public Uri Server { get; }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatDelta> AskAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? finish = null;
        string? model = null;
        var usage = new UsageDetails();
        var (hasUsage, hasBegun, hasCalls) = (false, false, false);
        await foreach (var update in _client.GetStreamingResponseAsync(Messages(request), Options(request), cancellationToken))
        {
            model = update.ModelId ?? model;
            foreach (var content in update.Contents)
            {
                switch (content)
                {
                    case TextContent { Text.Length: > 0 } text:
                        hasBegun = true;
                        yield return new ChatText(text.Text);
                        break;
                    case FunctionCallContent call:
                        (hasBegun, hasCalls) = (true, true);
                        yield return new ChatToolCall(new ToolCall { Id = call.CallId, Name = call.Name, Arguments = ArgumentsOf(call) });
                        break;
                    case UsageContent counted:
                        hasUsage = true;
                        usage.Add(counted.Details);
                        break;
                }
            }

            finish = update.FinishReason is { } reason ? Reason(reason, hasCalls) : finish;
            // A tool's arguments come in pieces, and the package gives them whole.
            if (hasBegun || update.RawRepresentation is RawMessageStreamEvent { Value: RawContentBlockDeltaEvent })
            {
                yield return ChatProgress.Instance;
            }
        }

        if (finish is not null)
        {
            yield return new ChatFinished(finish, hasUsage ? new ChatUsage(usage.InputTokenCount ?? 0, usage.CachedInputTokenCount ?? 0, usage.OutputTokenCount ?? 0, null) : null, model ?? "", TimeSpan.Zero);
        }
    }

    /// <inheritdoc/>
    public ModelException? Explain(Exception exception, bool hasBegun) => exception switch
    {
        ModelException known => known,
        AnthropicApiException failed => ProviderFailures.OfStatus((int)failed.StatusCode, null, hasBegun, failed),
        AnthropicSseException { ErrorCode: "rate_limit_error" } failed => ProviderFailures.OfStatus(429, null, hasBegun, failed),
        AnthropicException { InnerException: ModelException known } => known,
        AnthropicException or HttpRequestException or IOException or JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException => ProviderFailures.Unreachable(hasBegun, exception),
        _ => null,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _client.Dispose();
        _anthropic.Dispose();
    }

    private static string Reason(Microsoft.Extensions.AI.ChatFinishReason reason, bool hasCalls) =>
        reason == Microsoft.Extensions.AI.ChatFinishReason.Length ? "length"
        : reason == Microsoft.Extensions.AI.ChatFinishReason.ContentFilter ? "content_filter"
        : reason == Microsoft.Extensions.AI.ChatFinishReason.ToolCalls || hasCalls ? "tool_calls"
        : "stop";

    // Arguments that are no JSON object are lost in the package; the empty text is refused as they would be.
    private static string ArgumentsOf(FunctionCallContent call) => call.Exception is not null ? "" : call.Arguments is null ? "{}" : JsonSerializer.Serialize(call.Arguments);

    private static List<Microsoft.Extensions.AI.ChatMessage> Messages(ChatRequest request) => [.. request.Messages.Select(message => message.Role switch
    {
        ChatRole.System => new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.System, message.Text),
        ChatRole.User when message.Parts.Count > 0 => new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.User, [.. message.Parts.Select(Part)]),
        ChatRole.User => new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.User, message.Text),
        ChatRole.Tool => new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.Tool, [new FunctionResultContent(message.ToolCallId ?? "", message.Text)]),
        _ => new Microsoft.Extensions.AI.ChatMessage(
            Microsoft.Extensions.AI.ChatRole.Assistant,
            [.. message.Text.Length > 0 ? [new TextContent(message.Text)] : Array.Empty<AIContent>(), .. message.ToolCalls.Select(call => new FunctionCallContent(call.Id, call.Name, Parse(call.Arguments)))]),
    })];

    // What a model once wrote may be no object; the API takes nothing else.
    private static Dictionary<string, object?> Parse(string arguments)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments) ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    private static AIContent Part(ChatPart part) => part is not ChatImagePart image ? new TextContent(((ChatTextPart)part).Text)
        : ImageData.TryParse(image.Url, out var mediaType, out var bytes) ? new DataContent(bytes, mediaType)
        : new UriContent(new Uri(image.Url), "image/*");

    private ChatOptions Options(ChatRequest request) => new()
    {
        MaxOutputTokens = Math.Min(request.MaxOutputTokens ?? _maxOutputTokens ?? DefaultMaxOutputTokens, _maxOutputTokens ?? int.MaxValue),
        Temperature = (float?)request.Sampling.Temperature,
        TopP = (float?)request.Sampling.TopP,
        StopSequences = request.Sampling.Stop.Count > 0 ? [.. request.Sampling.Stop] : null,
        ResponseFormat = request.Format is { Schema: { } schema } format ? ChatResponseFormat.ForJsonSchema(schema, format.Name, format.Description) : null,
        Tools = [.. request.Tools.Select(tool => AIFunctionFactory.CreateDeclaration(tool.Name, tool.Description, tool.Parameters))],
        ToolMode = request.Tools.Count == 0 ? null
            : !request.AllowToolCalls ? ChatToolMode.None
            : request.RequiredTool is not { } required ? ChatToolMode.Auto
            : required == ChatRequest.AnyTool ? ChatToolMode.RequireAny
            : ChatToolMode.RequireSpecific(required),
        AllowMultipleToolCalls = request.Tools.Count == 0 ? null : request.AllowParallelToolCalls,
    };
}
