using Steward.Runs;
using Steward.Sessions;
using Steward.Tenants;

namespace Steward.Client;

/// <summary>
/// What one person can do. Sessions and runs of others answer <c>not_found</c>, whether they exist or not. Every error is a
/// <see cref="Errors.StewardException"/>, apart from <see cref="OperationCanceledException"/> when the caller cancels.
/// </summary>
public interface IStewardUserClient
{
    /// <summary>Messages that are handed in at set times.</summary>
    IScheduleClient Schedules { get; }

    /// <summary>Who is told of what happens in the tenant; for admins.</summary>
    IWebhookClient Webhooks { get; }

    /// <summary>The tenant's connections to external systems.</summary>
    IConnectorClient Connectors { get; }

    /// <summary>What people are asked to approve.</summary>
    IApprovalClient Approvals { get; }

    /// <summary>What the person was told, and how they want to be told.</summary>
    INotificationClient Notifications { get; }

    /// <summary>The tenant's triage of tickets.</summary>
    ITriageClient Triage { get; }

    /// <summary>The tenant's prompts, experiments and canaries; for admins.</summary>
    /// <exception cref="NotSupportedException">The client reaches the cluster by a way that does not have them.</exception>
    IModelTrialsClient ModelTrials => throw new NotSupportedException("This client has no prompts and experiments; use the grain client or the HTTP API itself.");

    /// <summary>What the tenant allows and wants of models.</summary>
    /// <exception cref="NotSupportedException">The client reaches the cluster by a way that does not have it.</exception>
    IModelSettingsClient ModelSettings => throw new NotSupportedException("This client has no settings of models; use IStewardModels or the HTTP API itself.");

    /// <summary>What the person says of answers, and how good the tenant's answers are.</summary>
    /// <exception cref="NotSupportedException">The client reaches the cluster by a way that does not have it.</exception>
    IFeedbackClient Feedback => throw new NotSupportedException("This client has no feedback; use IStewardModels or the HTTP API itself.");

    /// <summary>The tenant's budgets of model calls, and what these cost.</summary>
    IModelBudgetClient ModelBudgets { get; }

    /// <summary>What is configured for the person's tenant; for its admins.</summary>
    /// <exception cref="NotSupportedException">The client reaches the cluster by a way that does not have it.</exception>
    ITenantClient Tenant => throw new NotSupportedException("This client has no settings of the tenant; use the grain client or the HTTP API itself.");

    /// <summary>What is remembered of the person.</summary>
    IMemoryClient Memory { get; }

    /// <summary>The person's code, run in sandboxes.</summary>
    /// <exception cref="NotSupportedException">The client reaches the cluster by a way that does not have it.</exception>
    ISandboxClient Sandbox => throw new NotSupportedException("This client has no sandbox; use the grain client or the HTTP API itself.");

    /// <summary>Opens a session, or returns the one with this id. Idempotent.</summary>
    /// <param name="sessionId"><c>s-…</c>; null makes a new one.</param>
    /// <param name="title">A title to show, up to 200 characters.</param>
    /// <param name="cancellationToken">Stops waiting; the session may have been opened.</param>
    Task<SessionInfo> CreateSessionAsync(string? sessionId = null, string? title = null, CancellationToken cancellationToken = default);

    /// <summary>The state of a session.</summary>
    Task<SessionInfo> GetSessionAsync(string sessionId, CancellationToken cancellationToken = default);

    /// <summary>One page of a transcript, in order.</summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="afterSequence">Only messages after this sequence number; 0 from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<TranscriptPage> ReadTranscriptPageAsync(string sessionId, long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>The transcript from a sequence number to its end, page by page.</summary>
    IAsyncEnumerable<TranscriptMessage> ReadTranscriptAsync(string sessionId, long afterSequence = 0, CancellationToken cancellationToken = default);

    /// <summary>
    /// Hands in a message and returns at once with the run that works it off. Idempotent by <paramref name="operationId"/>: the same
    /// id is the same message, and nothing is started twice, also when this call is repeated after a failure.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="text">1 to 32,000 characters.</param>
    /// <param name="operationId">1 to 128 printable characters; null draws a new one.</param>
    /// <param name="deadline">When an answer is due; null is the tenant's default.</param>
    /// <param name="doubleTexting">What to do while another run is active; null is the tenant's default.</param>
    /// <param name="options">How it is to be worked off; null leaves all to policy.</param>
    /// <param name="watch">
    /// Whether <see cref="WatchOwnRunAsync"/> follows and nobody is told of the run before its first event: returns sooner, while the run's beginning is being made durable.
    /// </param>
    /// <param name="cancellationToken">Stops waiting; the message may have been accepted.</param>
    Task<SubmitResult> SubmitAsync(
        string sessionId,
        string text,
        string? operationId = null,
        DateTimeOffset? deadline = null,
        DoubleTexting? doubleTexting = null,
        RunRequestOptions? options = null,
        bool watch = false,
        CancellationToken cancellationToken = default);

    /// <summary>
    /// Opens a session as a copy of another one of this person, up to and including a message. Working memory and runs are not copied. Idempotent by the copy's id.
    /// </summary>
    /// <param name="sourceSessionId">The session to copy.</param>
    /// <param name="throughSequence">The sequence number of the last message to copy.</param>
    /// <param name="sessionId">The copy's id; null makes a new one.</param>
    /// <param name="title">A title to show, up to 200 characters.</param>
    /// <param name="cancellationToken">Stops waiting; the copy may have been made.</param>
    Task<SessionInfo> ForkSessionAsync(string sourceSessionId, long throughSequence, string? sessionId = null, string? title = null, CancellationToken cancellationToken = default);

    /// <summary>The state of a run.</summary>
    Task<RunStatus> GetRunAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>
    /// The run's events after a sequence number, in order, each exactly once and without gaps, until the run has ended. Broken
    /// connections and lost silos are bridged: watching continues after the last event that was handed out.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="afterSequence">The last sequence number already seen; 0 from the start.</param>
    /// <param name="cancellationToken">Stops watching; the run goes on.</param>
    IAsyncEnumerable<RunEvent> WatchRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default);

    /// <summary>
    /// The same for a run that <see cref="SubmitAsync"/> or <see cref="GetRunAsync"/> of this person has returned: spares the question
    /// whose run it is, and waits for a run that is not known yet because its start is delayed.
    /// </summary>
    IAsyncEnumerable<RunEvent> WatchOwnRunAsync(string runId, long afterSequence = 0, CancellationToken cancellationToken = default);

    /// <summary>Asks a run to stop. The wish is durable when this returns. Idempotent.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Why, up to 500 characters, safe to show.</param>
    /// <param name="cancellationToken">Stops waiting; the wish may have been noted.</param>
    Task<RunStatus> CancelRunAsync(string runId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// The execution tree of a run as JSON, as far as it has come; docs/api/trace.md explains it. Admins also see that of runs on the dead-letter list, without what went in
    /// and came out.
    /// </summary>
    /// <param name="runId">The run.</param>
    /// <param name="includePrompts">Whether the messages of the prompts are in it.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<string> GetRunTraceAsync(string runId, bool includePrompts = false, CancellationToken cancellationToken = default);

    /// <summary>The decisions that a run asked for, oldest first: the owner sees all, others those that they may make.</summary>
    Task<IReadOnlyList<RunDecision>> GetDecisionsAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Decides what a run asked for; the run may be somebody else's if this person is one of the deciders. Exactly one decision counts, for ever; it is durable when
    /// this returns. Not repeated: after a failure with <c>OutcomeUnknown</c> look with <see cref="GetDecisionsAsync"/> what became of it.
    /// </summary>
    /// <exception cref="Errors.StewardException">
    /// <c>conflict</c> when it was decided or has lapsed, or the hash is that of something else; <c>forbidden</c>; <c>not_found</c>; <c>invalid_argument</c>.
    /// </exception>
    Task<RunStatus> DecideAsync(string runId, MakeDecision decision, CancellationToken cancellationToken = default);

    /// <summary>A page of the tenant's dead-letter list, oldest first. Admins only.</summary>
    /// <param name="afterSequence">Only letters after this sequence number; 0 from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<DeadLetterPage> ListDeadLettersAsync(long afterSequence = 0, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>The open dead letter of a run. Admins only.</summary>
    Task<DeadLetter> GetDeadLetterAsync(string runId, CancellationToken cancellationToken = default);

    /// <summary>Works a run of the dead-letter list on from its failed step; what was done is not done again. Admins only.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="attempt">The attempt to repeat, as the list shows it, which makes a repetition harmless; null is the last one.</param>
    /// <param name="cancellationToken">Stops waiting; the run may be worked on.</param>
    Task<RunStatus> ReplayRunAsync(string runId, int? attempt = null, CancellationToken cancellationToken = default);

    /// <summary>Takes a run off the dead-letter list for good. Idempotent. Admins only.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="comment">Why, up to 2,000 characters.</param>
    /// <param name="cancellationToken">Stops waiting; it may be closed.</param>
    Task<RunStatus> CloseDeadLetterAsync(string runId, string? comment = null, CancellationToken cancellationToken = default);
}

/// <summary>Shortcuts over <see cref="IStewardUserClient"/>.</summary>
public static class StewardUserClientExtensions
{
    /// <summary>Hands in a message and streams the events of its run. A rejected message (busy) is a <c>conflict</c>, one too many of the tenant is <c>overloaded</c>; both may be retried.</summary>
    public static async IAsyncEnumerable<RunEvent> AskAsync(
        this IStewardUserClient client,
        string sessionId,
        string text,
        string? operationId = null,
        DateTimeOffset? deadline = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var submitted = await client.SubmitAsync(sessionId, text, operationId, deadline, watch: true, cancellationToken: cancellationToken);
        if (submitted.Outcome == SubmitOutcome.Overloaded)
        {
            throw new Errors.StewardException(Errors.ErrorCodes.Overloaded, submitted.Reason ?? "Too many requests wait to be worked on.") { IsRetryable = true, RetryAfter = submitted.RetryAfter };
        }

        if (submitted.RunId is not { } runId)
        {
            throw new Errors.StewardException(Errors.ErrorCodes.Conflict, submitted.Reason ?? "The session is busy with another message.") { IsRetryable = true };
        }

        await foreach (var runEvent in client.WatchOwnRunAsync(runId, 0, cancellationToken))
        {
            yield return runEvent;
        }
    }
}
