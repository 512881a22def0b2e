using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Errors;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Client.Http;

/// <summary>One person's view of the cluster, over a gateway's HTTP API.</summary>
internal sealed partial class HttpStewardUserClient : IStewardUserClient
{
    /// <summary>The name of the HTTP client in the factory.</summary>
    public const string ClientName = "steward-gateway";

    private const string IdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int TranscriptPageSize = 200;
    private const int MaxProblemBytes = 64 * 1024;

    private readonly IHttpClientFactory _clients;
    private readonly StewardHttpClientOptions _options;
    private readonly TimeProvider _time;
    private readonly RetryingCaller _caller;
    private readonly RunWatcher _watcher;

    public HttpStewardUserClient(
        IHttpClientFactory clients,
        IOptions<StewardHttpClientOptions> options,
        IOptions<StewardClientOptions> retries,
        TimeProvider time,
        ILogger<HttpStewardUserClient> logger)
    {
        _clients = clients;
        _options = options.Value;
        _time = time;
        _caller = new RetryingCaller(retries.Value, time, Random.Shared.NextDouble, IsTransient, logger);
        _watcher = new RunWatcher(retries.Value, _caller, time, logger);
        Schedules = new HttpScheduleClient(this);
        Webhooks = new HttpWebhookClient(this);
        Connectors = new HttpConnectorClient(this);
        Approvals = new HttpApprovalClient(this);
        Notifications = new HttpNotificationClient(this, new InboxWatcher(retries.Value, _caller, time, logger));
        Triage = new HttpTriageClient(this, time);
        ModelTrials = new HttpModelTrialsClient(this);
        ModelSettings = new HttpModelSettingsClient(this);
        Feedback = new HttpFeedbackClient(this);
        ModelBudgets = new HttpModelBudgetClient(this);
        Tenant = new HttpTenantClient(this);
        Memory = new HttpMemoryClient(this);
        Sandbox = new HttpSandboxClient(this, _caller, time);
    }

    /// <inheritdoc/>
    public IScheduleClient Schedules { get; }

    /// <inheritdoc/>
    public IWebhookClient Webhooks { get; }

    /// <inheritdoc/>
    public IConnectorClient Connectors { get; }

    /// <inheritdoc/>
    public IApprovalClient Approvals { get; }

    /// <inheritdoc/>
    public INotificationClient Notifications { get; }

    /// <inheritdoc/>
    public ITriageClient Triage { get; }

    /// <inheritdoc/>
    public IModelTrialsClient ModelTrials { get; }

    /// <inheritdoc/>
    public IModelSettingsClient ModelSettings { get; }

    /// <inheritdoc/>
    public IFeedbackClient Feedback { get; }

    /// <inheritdoc/>
    public IModelBudgetClient ModelBudgets { get; }

    /// <inheritdoc/>
    public ITenantClient Tenant { get; }

    /// <inheritdoc/>
    public IMemoryClient Memory { get; }

    /// <inheritdoc/>
    public ISandboxClient Sandbox { get; }

    /// <inheritdoc/>
    public async Task<SessionInfo> CreateSessionAsync(string? sessionId = null, string? title = null, CancellationToken cancellationToken = default)
    {
        InputRules.Title(title);
        sessionId ??= NewId("s-");
        InputRules.SessionId(sessionId);
        var session = await SendAsync(
            "session.open",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, "v1/sessions") { Content = Body(new CreateSessionRequest { SessionId = sessionId, Title = title }, ClientWireJson.Default.CreateSessionRequest) },
            ClientWireJson.Default.SessionResource,
            cancellationToken);
        return WireMapping.ToContract(session);
    }

    /// <inheritdoc/>
    public async Task<SessionInfo> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        WireMapping.ToContract(await ReadSessionAsync(sessionId, 0, 1, cancellationToken));

    /// <inheritdoc/>
    public async Task<TranscriptPage> ReadTranscriptPageAsync(string sessionId, long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        InputRules.Limit(limit);
        var session = await ReadSessionAsync(sessionId, afterSequence, limit, cancellationToken);
        return session.Transcript is { } page ? WireMapping.ToContract(page) : throw Unreadable();
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TranscriptMessage> ReadTranscriptAsync(
        string sessionId,
        long afterSequence = 0,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (long? after = afterSequence; after is { } from;)
        {
            var page = await ReadTranscriptPageAsync(sessionId, from, TranscriptPageSize, cancellationToken);
            foreach (var message in page.Messages)
            {
                yield return message;
            }

            after = page.NextAfterSequence > from ? page.NextAfterSequence : null;
        }
    }

    /// <inheritdoc/>
    public async Task<SubmitResult> SubmitAsync(
        string sessionId,
        string text,
        string? operationId = null,
        DateTimeOffset? deadline = null,
        DoubleTexting? doubleTexting = null,
        RunRequestOptions? options = null,
        bool watch = false,
        CancellationToken cancellationToken = default)
    {
        InputRules.SessionId(sessionId);
        InputRules.Text(text);
        InputRules.Options(options);
        operationId ??= NewId("op-");
        InputRules.OperationId(operationId);
        var request = WireMapping.ToRequest(text, operationId, deadline, doubleTexting, options);
        try
        {
            var submitted = await SendAsync(
                "session.submit",
                changes: true,
                () => new HttpRequestMessage(HttpMethod.Post, $"v1/sessions/{sessionId}/messages") { Content = Body(request, ClientWireJson.Default.SubmitMessageRequest) },
                ClientWireJson.Default.SubmittedResource,
                cancellationToken);
            return new SubmitResult { Outcome = WireMapping.ToContract(submitted.Outcome), RunId = submitted.RunId, QueuePosition = submitted.QueuePosition };
        }
        catch (StewardException error) when (error.Code == WireCodes.Busy)
        {
            return new SubmitResult { Outcome = SubmitOutcome.Busy, Reason = error.Message };
        }
    }

    /// <inheritdoc/>
    public async Task<RunStatus> GetRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        return WireMapping.ToContract(await SendAsync(
            "run.get-status",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, $"v1/runs/{runId}"),
            ClientWireJson.Default.RunResource,
            cancellationToken));
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> WatchRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        InputRules.RunId(runId);
        return _watcher.WatchAsync(new EventStream(this, runId), afterSequence, mayComeLater: false, cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> WatchOwnRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        InputRules.RunId(runId);
        return _watcher.WatchAsync(new EventStream(this, runId, mayComeLater: true), afterSequence, mayComeLater: true, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunStatus> CancelRunAsync(string runId, string? reason = null, CancellationToken cancellationToken = default)
    {
        InputRules.RunId(runId);
        InputRules.Reason(reason);
        return WireMapping.ToContract(await SendAsync(
            "run.cancel",
            changes: true,
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/runs/{runId}/cancel") { Content = Body(new CancelRunRequest { Reason = reason }, ClientWireJson.Default.CancelRunRequest) },
            ClientWireJson.Default.RunResource,
            cancellationToken));
    }

    private static bool IsTransient(Exception exception) => exception switch
    {
        StewardException error => error.IsRetryable && error.Code is ErrorCodes.Unavailable or ErrorCodes.Overloaded,
        HttpRequestException or IOException or TimeoutException or OperationCanceledException => true,
        _ => false,
    };

    private static string NewId(string prefix) => prefix + RandomNumberGenerator.GetString(IdAlphabet, 24);

    internal static ByteArrayContent Body<T>(T value, JsonTypeInfo<T> json) =>
        new(JsonSerializer.SerializeToUtf8Bytes(value, json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    internal static StewardException Unreadable(Exception? cause = null) => new(ErrorCodes.Internal, "The gateway's answer could not be read; is there a gateway at this address?", cause);

    private Task<SessionResource> ReadSessionAsync(string sessionId, long after, int limit, CancellationToken cancellationToken)
    {
        InputRules.SessionId(sessionId);
        return SendAsync(
            "session.get-info",
            changes: false,
            () => new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"v1/sessions/{sessionId}?after={after}&limit={limit}")),
            ClientWireJson.Default.SessionResource,
            cancellationToken);
    }

    // One that is long has a file in its body, and takes as long as the line needs for it.
    // Unless it says otherwise a call is idempotent: by its nature, by the id of what it makes or by the operation id.
    internal async Task<T> SendAsync<T>(
        string operation, bool changes, Func<HttpRequestMessage> request, JsonTypeInfo<T> json, CancellationToken cancellationToken, bool idempotent = true, bool isLong = false)
        where T : class
    {
        try
        {
            return await _caller.CallAsync(operation, idempotent, changes, (this, request, json, isLong), static (all, token) => all.Item1.SendOnceAsync(all.request, all.json, all.isLong, token), cancellationToken);
        }
        catch (StewardException error) when (error is { Code: ErrorCodes.Internal, InnerException: { } cause } && IsTransient(cause))
        {
            throw Unreachable(cause, changes);
        }
    }

    /// <summary>An idempotent change whose answer has no content.</summary>
    internal async Task SendWithoutAnswerAsync(string operation, Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        try
        {
            await _caller.CallAsync(operation, idempotent: true, changes: true, (this, request), static async (all, token) =>
            {
                using var limit = new CancellationTokenSource(all.Item1._options.RequestTimeout, all.Item1._time);
                using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, token);
                using var message = all.request();
                using var response = await all.Item1.SendAsync(message, HttpCompletionOption.ResponseContentRead, linked.Token);
                return true;
            }, cancellationToken);
        }
        catch (StewardException error) when (error is { Code: ErrorCodes.Internal, InnerException: { } cause } && IsTransient(cause))
        {
            throw Unreachable(cause, changes: true);
        }
    }

    /// <summary>Reads a file. It takes as long as the line needs for it.</summary>
    internal async Task<byte[]> ReadBytesAsync(string operation, Func<HttpRequestMessage> request, CancellationToken cancellationToken)
    {
        try
        {
            return await _caller.CallAsync(operation, idempotent: true, changes: false, (this, request), static async (all, token) =>
            {
                using var message = all.request();
                using var response = await all.Item1.SendAsync(message, HttpCompletionOption.ResponseContentRead, token);
                return await response.Content.ReadAsByteArrayAsync(token);
            }, cancellationToken);
        }
        catch (StewardException error) when (error is { Code: ErrorCodes.Internal, InnerException: { } cause } && IsTransient(cause))
        {
            throw Unreachable(cause, changes: false);
        }
    }

    private static StewardException Unreachable(Exception cause, bool changes) =>
        new(ErrorCodes.Unavailable, "The gateway cannot be reached now.", cause) { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(5), OutcomeUnknown = changes };

    private async Task<T> SendOnceAsync<T>(Func<HttpRequestMessage> create, JsonTypeInfo<T> json, bool isLong, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = new CancellationTokenSource(isLong ? Timeout.InfiniteTimeSpan : _options.RequestTimeout, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var request = create();
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, linked.Token);
        try
        {
            return await response.Content.ReadFromJsonAsync(json, linked.Token) ?? throw Unreadable();
        }
        catch (JsonException exception)
        {
            throw Unreadable(exception);
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken cancellationToken)
    {
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _options.Token!(cancellationToken));
        request.Version = HttpVersion.Version11;
        using var client = _clients.CreateClient(ClientName);
        var response = await client.SendAsync(request, completion, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ReadProblemAsync(response, cancellationToken);
        }
    }

    private static async Task<StewardException> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        ProblemResource? problem = null;
        if (response.Content.Headers is { ContentType.MediaType: "application/problem+json", ContentLength: null or <= MaxProblemBytes })
        {
            try
            {
                problem = await response.Content.ReadFromJsonAsync(ClientWireJson.Default.ProblemResource, cancellationToken);
            }
            catch (JsonException)
            {
                // What is not readable as a problem is told by its status alone.
                problem = null;
            }
        }

        return ToError(problem, (int)response.StatusCode, response.Headers.RetryAfter?.Delta);
    }

    internal static StewardException ToError(ProblemResource? problem, int status, TimeSpan? retryAfter)
    {
        var code = problem?.Code ?? status switch
        {
            401 => ErrorCodes.Unauthenticated,
            403 => ErrorCodes.Forbidden,
            404 => ErrorCodes.NotFound,
            429 => ErrorCodes.Overloaded,
            502 or 503 or 504 => ErrorCodes.Unavailable,
            >= 400 and < 500 => ErrorCodes.InvalidArgument,
            _ => ErrorCodes.Internal,
        };
        return new StewardException(code, problem?.Detail ?? $"The gateway answered with status {status.ToString(CultureInfo.InvariantCulture)}.")
        {
            IsRetryable = problem?.Retryable ?? status is 429 or 502 or 503 or 504,
            RetryAfter = retryAfter ?? (problem?.RetryAfter is { } seconds ? TimeSpan.FromSeconds(seconds) : null),
            OutcomeUnknown = problem?.OutcomeUnknown ?? false,
            Field = problem?.Field,
        };
    }

    /// <summary>Reads server-sent events after an id until the stream ends. Silence beyond the limit, a broken line and a problem in the stream are failures.</summary>
    internal async IAsyncEnumerable<T> ReadEventsAsync<T>(
        string path, long after, SseItemParser<T> parse, [EnumeratorCancellation] CancellationToken cancellationToken, bool mayComeLater = false)
    {
        using var silence = new CancellationTokenSource(_options.StreamSilence, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.TryAddWithoutValidation("Last-Event-ID", after.ToString(CultureInfo.InvariantCulture));
        using var response = await OpenAsync(request, mayComeLater, linked.Token);
        if (response is null)
        {
            yield break;
        }

        await using var body = await response.Content.ReadAsStreamAsync(linked.Token);
        await using var lively = new LivelyStream(body, () => silence.CancelAfter(_options.StreamSilence));
        await foreach (var item in SseParser.Create(lively, ParseOrThrow).EnumerateAsync(linked.Token))
        {
            yield return item.Data;
        }

        T ParseOrThrow(string type, ReadOnlySpan<byte> data)
        {
            if (!string.Equals(type, WireCodes.ProblemEvent, StringComparison.Ordinal))
            {
                return parse(type, data);
            }

            var problem = Parse(data, ClientWireJson.Default.ProblemResource);
            throw ToError(problem, problem.Status, null);
        }
    }

    /// <summary>What an event's data says.</summary>
    internal static T Parse<T>(ReadOnlySpan<byte> data, JsonTypeInfo<T> json)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(data, json) ?? throw Unreadable();
        }
        catch (JsonException exception)
        {
            throw Unreadable(exception);
        }
    }

    // A run whose start is delayed is not known yet: the watcher asks again.
    private async Task<HttpResponseMessage?> OpenAsync(HttpRequestMessage request, bool mayComeLater, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }
        catch (StewardException error) when (mayComeLater && error.Code == ErrorCodes.NotFound)
        {
            return null;
        }
    }

    private sealed class EventStream(HttpStewardUserClient client, string runId, bool mayComeLater = false) : IRunEventSource
    {
        public IAsyncEnumerable<RunEvent> Subscribe(long afterSequence, CancellationToken cancellationToken) =>
            client.ReadEventsAsync($"v1/runs/{runId}/events", afterSequence, static (_, data) => Read(data), cancellationToken, mayComeLater);

        public void Prepare()
        {
            // The token is set on each request.
        }

        private static RunEvent Read(ReadOnlySpan<byte> data)
        {
            var received = Parse(data, ClientWireJson.Default.RunEventResource);
            return new RunEvent { Sequence = received.Sequence, Type = received.Type, At = received.At, Data = received.Data.GetRawText() };
        }

        public async Task<RunStatus?> GetStatusAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await client.GetRunAsync(runId, cancellationToken);
            }
            catch (StewardException error) when (error.Code == ErrorCodes.NotFound)
            {
                return null;
            }
        }
    }

    /// <summary>Tells when bytes arrive, so that heartbeats, which the parser swallows, count as signs of life.</summary>
    private sealed class LivelyStream(Stream inner, Action onBytes) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            onBytes();
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
            // Nothing is written.
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
