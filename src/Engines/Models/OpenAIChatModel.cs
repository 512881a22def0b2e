using System.ClientModel;
using System.ClientModel.Primitives;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Chat;

namespace Steward.Engines.Models;

/// <summary>A model behind an endpoint that speaks OpenAI's chat completions.</summary>
public sealed class OpenAIChatModel : IChatModel
{
    private static readonly Uri PublicServer = new("https://api.openai.com/v1");

    private readonly ModelsOptions _options;
    private readonly ModelPrices _prices;
    private readonly TimeProvider _time;
    private readonly IRandomSource _random;
    private readonly ChatClient _client;

    /// <summary>Creates it. Sends nothing.</summary>
    /// <param name="options">Must be configured.</param>
    /// <param name="http">Has no timeout of its own.</param>
    /// <param name="time">The clock of all timeouts.</param>
    /// <param name="random">Where the jitter comes from.</param>
    /// <param name="model">The model; null is that of the options.</param>
    public OpenAIChatModel(ModelsOptions options, HttpClient http, TimeProvider time, IRandomSource random, string? model = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Name = model ?? options.Model;
        _options = options;
        _prices = new ModelPrices(options.Prices);
        _time = time;
        _random = random;
        var client = new OpenAIClientOptions
        {
            Transport = new HttpClientPipelineTransport(http),
            // Attempts and timeouts are counted here, where the first token is known.
            RetryPolicy = new ClientRetryPolicy(maxRetries: 0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        };
        if (!string.IsNullOrEmpty(options.BaseUrl))
        {
            client.Endpoint = new Uri(options.BaseUrl);
        }

        _client = new ChatClient(Name, new ApiKeyCredential(options.ApiKey!), client);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public ModelPrice? Price => _prices.Find(Name);

    /// <inheritdoc/>
    public IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Diagnostics.RecordAsync("openai", Name, Server, _time, AnswerAsync(request, cancellationToken), cancellationToken);
    }

    private Uri Server => string.IsNullOrEmpty(_options.BaseUrl) ? PublicServer : new Uri(_options.BaseUrl);

    private async IAsyncEnumerable<ChatDelta> AnswerAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var messages = Messages(request);
        var options = Options(request);
        var limit = Limit(request);
        using var total = new CancellationTokenSource(limit, _time);
        var began = _time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            await using var stream = new Attempt(this, messages, options, limit, total.Token, cancellationToken);
            ChatDelta? delta;
            try
            {
                delta = await stream.NextAsync();
            }
            catch (ModelException e) when (e.IsRetryable && attempt < _options.MaxAttempts && !total.IsCancellationRequested && !(e.RetryAfter > _options.RetryMaxDelay))
            {
                var wait = Backoff.Delay(attempt, _options.RetryBaseDelay, _options.RetryMaxDelay, e.RetryAfter, _random);
                await WaitAsync(wait, limit, total.Token, cancellationToken);
                continue;
            }

            var firstToken = _time.GetElapsedTime(began);
            while (delta is not null)
            {
                yield return delta is ChatFinished finished ? finished with { FirstToken = firstToken } : delta;
                delta = await stream.NextAsync();
            }

            yield break;
        }
    }

    // A call that has no time left is not sent.
    private TimeSpan Limit(ChatRequest request)
    {
        var left = request.Deadline is { } deadline ? deadline - _time.GetUtcNow() : _options.TotalTimeout;
        return left <= TimeSpan.Zero
            ? throw new ModelException("model_timeout", "There was no time left to ask the model.") { IsRetryable = true }
            : left < _options.TotalTimeout ? left : _options.TotalTimeout;
    }

    private async Task WaitAsync(TimeSpan wait, TimeSpan limit, CancellationToken total, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(total, cancellationToken);
        try
        {
            await Task.Delay(wait, _time, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw TotalTimeout(limit, false);
        }
    }

    private static ModelException TotalTimeout(TimeSpan limit, bool afterFirstToken) =>
        new("model_timeout", $"The model did not finish within {limit.TotalSeconds:0.#} s.") { IsRetryable = true, AfterFirstToken = afterFirstToken };

    private static List<OpenAI.Chat.ChatMessage> Messages(ChatRequest request) => [.. request.Messages.Select(message => (OpenAI.Chat.ChatMessage)(message.Role switch
    {
        ChatRole.System => new SystemChatMessage(message.Text),
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

    private ChatCompletionOptions Options(ChatRequest request)
    {
        var options = new ChatCompletionOptions { MaxOutputTokenCount = request.MaxOutputTokens < (_options.MaxOutputTokens ?? int.MaxValue) ? request.MaxOutputTokens : _options.MaxOutputTokens };
        foreach (var tool in request.Tools)
        {
            options.Tools.Add(ChatTool.CreateFunctionTool(tool.Name, tool.Description, BinaryData.FromString(tool.Parameters.GetRawText())));
        }

        if (request.Tools.Count > 0)
        {
            options.ToolChoice = request.AllowToolCalls ? ChatToolChoice.CreateAutoChoice() : ChatToolChoice.CreateNoneChoice();
        }

        return options;
    }

    private static TimeSpan? RetryAfter(ClientResultException e, TimeProvider time)
    {
        if (e.GetRawResponse()?.Headers.TryGetValue("retry-after", out var value) != true || value is null)
        {
            return null;
        }

        if (double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            return TimeSpan.FromSeconds(Math.Min(seconds, 86_400));
        }

        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at)
            ? TimeSpan.FromTicks(Math.Max(0, (at - time.GetUtcNow()).Ticks))
            : null;
    }

    /// <summary>One attempt: an open stream, its clocks and the calls that are being put together.</summary>
    private sealed class Attempt : IAsyncDisposable
    {
        private readonly OpenAIChatModel _owner;
        private readonly TimeSpan _limit;
        private readonly CancellationToken _total;
        private readonly CancellationToken _caller;
        private readonly CancellationTokenSource _clock;
        private readonly CancellationTokenSource _any;
        private readonly IAsyncEnumerator<StreamingChatCompletionUpdate> _updates;
        private readonly Queue<ChatDelta> _ready = new();
        private readonly SortedDictionary<int, (string? Id, string? Name, StringBuilder Arguments)> _calls = [];
        private string? _finish;
        private ChatTokenUsage? _usage;
        private string? _model;
        private bool _begun;
        private bool _ended;

        public Attempt(OpenAIChatModel owner, List<OpenAI.Chat.ChatMessage> messages, ChatCompletionOptions options, TimeSpan limit, CancellationToken total, CancellationToken caller)
        {
            _owner = owner;
            _limit = limit;
            _total = total;
            _caller = caller;
            _clock = new CancellationTokenSource(owner._options.FirstTokenTimeout, owner._time);
            _any = CancellationTokenSource.CreateLinkedTokenSource(_clock.Token, total, caller);
            _updates = owner._client.CompleteChatStreamingAsync(messages, options, _any.Token).GetAsyncEnumerator(_any.Token);
        }

        public async ValueTask DisposeAsync()
        {
            try
            {
                await _updates.DisposeAsync();
            }
            catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or NotSupportedException)
            {
                // The stream is already broken; what matters was reported by NextAsync.
            }

            _any.Dispose();
            _clock.Dispose();
        }

        /// <summary>The next delta, or null after the last one.</summary>
        public async ValueTask<ChatDelta?> NextAsync()
        {
            while (_ready.Count == 0 && !_ended)
            {
                var more = await MoveAsync();
                if (more)
                {
                    Take(_updates.Current);
                }
                else
                {
                    End();
                }
            }

            return _ready.TryDequeue(out var delta) ? delta : null;
        }

        private async ValueTask<bool> MoveAsync()
        {
            try
            {
                var more = await _updates.MoveNextAsync();
                if (_begun)
                {
                    _clock.CancelAfter(_owner._options.IdleTimeout);
                }

                return more;
            }
            catch (ClientResultException e)
            {
                throw Failed(e);
            }
            catch (OperationCanceledException) when (_caller.IsCancellationRequested)
            {
                throw new OperationCanceledException(_caller);
            }
            catch (Exception) when (_total.IsCancellationRequested)
            {
                throw TotalTimeout(_limit, _begun);
            }
            catch (Exception e) when (_clock.IsCancellationRequested)
            {
                var limit = _begun ? _owner._options.IdleTimeout : _owner._options.FirstTokenTimeout;
                throw new ModelException("model_timeout", $"The model was silent for {limit.TotalSeconds:0.#} s.", e) { IsRetryable = true, AfterFirstToken = _begun };
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException or InvalidOperationException or FormatException or ArgumentException or KeyNotFoundException)
            {
                throw new ModelException(
                    _begun ? "model_stream_broken" : "model_unavailable",
                    _begun ? "The model's answer broke off." : "The model could not be reached.",
                    e) { IsRetryable = true, AfterFirstToken = _begun };
            }
        }

        private ModelException Failed(ClientResultException e)
        {
            var retryAfter = RetryAfter(e, _owner._time);
            return e.Status switch
            {
                401 or 403 => new ModelException("model_unauthenticated", "The model's provider does not accept the key (OPENAI_API_KEY).", e) { AfterFirstToken = _begun },
                429 => new ModelException("model_rate_limited", "The model's provider is over its rate limit.", e) { IsRetryable = true, RetryAfter = retryAfter, AfterFirstToken = _begun },
                408 or 409 or >= 500 => new ModelException("model_unavailable", $"The model's provider answered with status {e.Status}.", e) { IsRetryable = true, RetryAfter = retryAfter, AfterFirstToken = _begun },
                0 => new ModelException(_begun ? "model_stream_broken" : "model_unavailable", "The model could not be reached.", e) { IsRetryable = true, AfterFirstToken = _begun },
                _ => new ModelException("model_rejected", $"The model's provider refused the request with status {e.Status}.", e) { AfterFirstToken = _begun },
            };
        }

        private void Take(StreamingChatCompletionUpdate update)
        {
            _model = update.Model ?? _model;
            _usage = update.Usage ?? _usage;
            foreach (var part in update.ContentUpdate)
            {
                if (!string.IsNullOrEmpty(part.Text))
                {
                    Begin();
                    _ready.Enqueue(new ChatText(part.Text));
                }
            }

            if (!string.IsNullOrEmpty(update.RefusalUpdate))
            {
                Begin();
                _ready.Enqueue(new ChatText(update.RefusalUpdate));
            }

            foreach (var part in update.ToolCallUpdates)
            {
                Begin();
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
        }

        private void Begin()
        {
            if (!_begun)
            {
                _begun = true;
                _clock.CancelAfter(_owner._options.IdleTimeout);
            }
        }

        private void End()
        {
            _ended = true;
            if (_finish is null)
            {
                throw new ModelException("model_stream_broken", "The model's answer broke off.") { IsRetryable = true, AfterFirstToken = _begun };
            }

            foreach (var (index, call) in _calls)
            {
                if (call.Name is not null)
                {
                    _ready.Enqueue(new ChatToolCall(new ToolCall { Id = call.Id ?? $"call_{index}", Name = call.Name, Arguments = call.Arguments.ToString() }));
                }
            }

            // Some servers say "stop" although they call tools.
            var reason = _calls.Count > 0 && _finish == "stop" ? "tool_calls" : _finish;
            var model = _model ?? _owner.Name;
            var cached = _usage?.InputTokenDetails?.CachedTokenCount ?? 0;
            var usage = _usage is null
                ? null
                : new ChatUsage(_usage.InputTokenCount, cached, _usage.OutputTokenCount, _owner._prices.Cost(model, _usage.InputTokenCount, cached, _usage.OutputTokenCount));
            _ready.Enqueue(new ChatFinished(reason, usage, model, TimeSpan.Zero));
        }
    }
}
