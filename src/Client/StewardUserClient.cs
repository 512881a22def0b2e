using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Client;

/// <summary>One person's view of the cluster, over grain calls.</summary>
internal sealed partial class StewardUserClient(
    IGrainFactory grains,
    CallEnvelope envelope,
    CallEnvelope platform,
    CallerIdentity identity,
    RetryingCaller caller,
    RunWatcher watcher,
    InboxWatcher inboxes,
    SecretSealer sealer,
    StewardClientOptions options,
    TimeProvider time) : IStewardUserClient
{
    private const string IdAlphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
    private const int TranscriptPageSize = 200;

    private static readonly TimeSpan BeginPause = TimeSpan.FromMilliseconds(200);

    private readonly SignedCaller _calls = new(envelope, caller);
    private string? _sessionPrefix;

    /// <inheritdoc/>
    public IScheduleClient Schedules { get; } = new StewardScheduleClient(grains, new SignedCaller(envelope, caller), identity);

    /// <inheritdoc/>
    public IWebhookClient Webhooks { get; } = new StewardWebhookClient(grains, new SignedCaller(envelope, caller), identity);

    /// <inheritdoc/>
    public IConnectorClient Connectors { get; } = new StewardConnectorClient(grains, new SignedCaller(envelope, caller), identity, sealer);

    /// <inheritdoc/>
    public IApprovalClient Approvals => field ??= new StewardApprovalClient(grains, new SignedCaller(envelope, caller), new SignedCaller(platform, caller), identity, time);

    /// <inheritdoc/>
    public INotificationClient Notifications => field ??= new StewardNotificationClient(grains, new SignedCaller(envelope, caller), envelope, identity, inboxes);

    /// <inheritdoc/>
    public ITriageClient Triage => field ??= new StewardTriageClient(grains, new SignedCaller(envelope, caller), identity, time);

    /// <inheritdoc/>
    public IModelTrialsClient ModelTrials => field ??= new StewardModelTrialsClient(grains, new SignedCaller(envelope, caller), identity);

    /// <inheritdoc/>
    public IModelSettingsClient ModelSettings => Models;

    /// <inheritdoc/>
    public IFeedbackClient Feedback => Models;

    private StewardModelClient Models => field ??= new StewardModelClient(grains, envelope, identity, caller, options, time);

    /// <inheritdoc/>
    public IMemoryClient Memory => field ??= new StewardMemoryClient(grains, new SignedCaller(envelope, caller), identity);

    /// <inheritdoc/>
    public IModelBudgetClient ModelBudgets => field ??= new StewardModelBudgetClient(grains, new SignedCaller(envelope, caller), identity);

    /// <inheritdoc/>
    public ITenantClient Tenant => field ??= new StewardTenantClient(grains, new SignedCaller(envelope, caller), identity);

    /// <inheritdoc/>
    public ISandboxClient Sandbox => field ??= new StewardSandboxClient(grains, envelope, identity, caller, time);

    /// <inheritdoc/>
    public Task<SessionInfo> CreateSessionAsync(string? sessionId = null, string? title = null, CancellationToken cancellationToken = default)
    {
        InputRules.Title(title);
        // The id is drawn before the first attempt, so that a repetition opens the same session.
        sessionId ??= NewId("s-");
        return CallAsync("session.open", changes: true, Session(sessionId), new OpenSession { Title = title }, static (session, command, token) => session.Open(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SessionInfo> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default) =>
        await CallAsync("session.get-info", changes: false, Session(sessionId), 0, static (session, _, token) => session.GetInfo(token), cancellationToken)
        ?? throw StewardException.NotFound("The session");

    /// <inheritdoc/>
    public Task<TranscriptPage> ReadTranscriptPageAsync(string sessionId, long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        InputRules.Limit(limit);
        return CallAsync(
            "session.read-transcript",
            changes: false,
            Session(sessionId),
            (afterSequence, limit),
            static (session, page, token) => session.ReadTranscript(page.afterSequence, page.limit, token),
            cancellationToken);
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
        InputRules.Text(text);
        InputRules.Options(options);
        // The operation id is drawn before the first attempt, so that a repetition is the same message.
        operationId ??= NewId("op-");
        InputRules.OperationId(operationId);
        var command = new SubmitMessage { Text = text, OperationId = operationId, Deadline = deadline, DoubleTexting = doubleTexting, Options = WithTrace(options), Watches = watch };
        var result = await CallAsync("session.submit", changes: true, Session(sessionId), command, static (session, command, token) => session.Submit(command, token), cancellationToken);
        if (result is { StartsLater: true, RunId: { } runId } && !watch)
        {
            await UntilKnownAsync(runId, cancellationToken);
        }

        return result;
    }

    /// <inheritdoc/>
    public async Task<RunStatus> GetRunAsync(string runId, CancellationToken cancellationToken = default)
    {
        var status = await CallAsync("run.get-status", changes: false, Run(runId), 0, static (run, _, token) => run.GetStatus(token), cancellationToken);
        return status is not null && IsOwn(status) ? status : throw StewardException.NotFound("The run");
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> WatchRunAsync(string runId, long afterSequence = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        var status = await GetRunAsync(runId, cancellationToken);
        if (status.HasEnded && status.LastSequence <= afterSequence)
        {
            yield break;
        }

        await foreach (var runEvent in WatchOwnRunAsync(runId, afterSequence, cancellationToken))
        {
            yield return runEvent;
        }
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<RunEvent> WatchOwnRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        return watcher.WatchAsync(new GrainSource(this, Run(runId)), afterSequence, mayComeLater: true, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<RunStatus> CancelRunAsync(string runId, string? reason = null, CancellationToken cancellationToken = default)
    {
        InputRules.Reason(reason);
        // Whose run it is must be known before it is touched.
        await GetRunAsync(runId, cancellationToken);
        return await CallAsync("run.cancel", changes: true, Run(runId), new CancelRun { Reason = reason }, static (run, command, token) => run.Cancel(command, token), cancellationToken)
            ?? throw StewardException.NotFound("The run");
    }

    /// <summary>Waits for a run that its session could not begin at once, so that whoever is told of it finds it. What cannot be found out in time is left at that: the message stands.</summary>
    private async Task UntilKnownAsync(string runId, CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(
                "run.get-status",
                changes: false,
                Run(runId),
                runId,
                static async (run, _, token) => await run.GetStatus(token) ?? throw new StewardException(ErrorCodes.Unavailable, "The run has not begun yet.") { IsRetryable = true, RetryAfter = BeginPause },
                cancellationToken);
        }
        catch (StewardException)
        {
            // The same as before: it begins later.
        }
    }

    // The run is worked on elsewhere and later: what it belongs to is handed over with it.
    private static RunRequestOptions? WithTrace(RunRequestOptions? options) =>
        Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } traceParent } ? (options ?? new RunRequestOptions()) with { TraceParent = traceParent } : options;

    private ISessionGrain Session(string sessionId)
    {
        InputRules.SessionId(sessionId);
        return grains.GetGrain<ISessionGrain>(GrainKeys.Session(identity.TenantId, identity.UserId, sessionId));
    }

    private IRunGrain Run(string runId)
    {
        InputRules.RunId(runId);
        return grains.GetGrain<IRunGrain>(GrainKeys.Run(identity.TenantId, runId));
    }

    private bool IsOwn(RunStatus status) =>
        status.SessionKey.StartsWith(_sessionPrefix ??= $"{identity.TenantId}/{identity.UserId}/", StringComparison.Ordinal);

    private static string NewId(string prefix) => prefix + RandomNumberGenerator.GetString(IdAlphabet, 24);

    // All calls of this client are idempotent: by their nature, by the session's id or by the operation id.
    private Task<TResult> CallAsync<TGrain, TState, TResult>(
        string operation,
        bool changes,
        TGrain grain,
        TState state,
        Func<TGrain, TState, CancellationToken, Task<TResult>> call,
        CancellationToken cancellationToken) =>
        _calls.CallAsync(operation, idempotent: true, changes, grain, state, call, cancellationToken);

    private sealed class GrainSource(StewardUserClient client, IRunGrain run) : IRunEventSource
    {
        public IAsyncEnumerable<RunEvent> Subscribe(long afterSequence, CancellationToken cancellationToken) => EachOf(run.WatchBatches(afterSequence, cancellationToken).WithBatchSize(1), cancellationToken);

        public void Prepare() => client.Envelope.Attach();

        public Task<RunStatus?> GetStatusAsync(CancellationToken cancellationToken) => run.GetStatus(cancellationToken);

        private static async IAsyncEnumerable<RunEvent> EachOf(IAsyncEnumerable<RunEventBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await foreach (var batch in batches.WithCancellation(cancellationToken))
            {
                foreach (var runEvent in batch.Events)
                {
                    yield return runEvent;
                }
            }
        }
    }

    private CallEnvelope Envelope => envelope;
}
