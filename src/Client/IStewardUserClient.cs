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

    /// <summary>Who is told of what happens to runs; for admins.</summary>
    IWebhookClient Webhooks { get; }

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
    /// <param name="cancellationToken">Stops waiting; the message may have been accepted.</param>
    Task<SubmitResult> SubmitAsync(
        string sessionId,
        string text,
        string? operationId = null,
        DateTimeOffset? deadline = null,
        DoubleTexting? doubleTexting = null,
        CancellationToken cancellationToken = default);

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
}

/// <summary>Shortcuts over <see cref="IStewardUserClient"/>.</summary>
public static class StewardUserClientExtensions
{
    /// <summary>Hands in a message and streams the events of its run. A rejected message (busy) is a <c>conflict</c> that may be retried.</summary>
    public static async IAsyncEnumerable<RunEvent> AskAsync(
        this IStewardUserClient client,
        string sessionId,
        string text,
        string? operationId = null,
        DateTimeOffset? deadline = null,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        var submitted = await client.SubmitAsync(sessionId, text, operationId, deadline, null, cancellationToken);
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
