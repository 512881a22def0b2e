using Orleans.Concurrency;
using Steward.Runs;

namespace Steward.Sessions;

/// <summary>
/// One conversation of one user. Key: <c>t-acme/u-7/s-…</c>. Owns the order of messages, the active run, the waiting messages,
/// short-term memory (24 h) and working memory (1 h); everything is restored from its journal.
/// </summary>
[Alias("steward.session")]
public interface ISessionGrain : IGrainWithStringKey
{
    /// <summary>Creates the session. Idempotent.</summary>
    [Alias("open")]
    Task<SessionInfo> Open(OpenSession command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Accepts a message and starts, or queues, the run that works it off. Returns at once. The same operation id returns the
    /// same run, for ever, and starts nothing.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when the session was never opened; <c>invalid_argument</c>.</exception>
    [Alias("submit")]
    Task<SubmitResult> Submit(SubmitMessage command, CancellationToken cancellationToken = default);

    /// <summary>The state of the session, or null when it was never opened.</summary>
    [Alias("get-info")]
    Task<SessionInfo?> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>A page of the transcript in order.</summary>
    /// <param name="afterSequence">Only messages after this sequence number; 0 from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("read-transcript")]
    [AlwaysInterleave] // Safe: only reads the journal, touches no activation state.
    Task<TranscriptPage> ReadTranscript(long afterSequence, int limit, CancellationToken cancellationToken = default);

    /// <summary>Called by the run when it has ended; the platform only. Idempotent.</summary>
    [Alias("run-ended")]
    Task RunEnded(RunReport report, CancellationToken cancellationToken = default);

    /// <summary>Brings the session up to date after a loss: starts the active run if it was never started, takes over its end if it was missed; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);

    /// <summary>
    /// Creates this session as a copy of another one of the same user, up to and including a message. Called on the new session. Working memory and runs are
    /// not copied. Idempotent: what was begun is completed, whoever asks.
    /// </summary>
    /// <exception cref="Errors.StewardException">
    /// <c>not_found</c> when there is no such session; <c>invalid_argument</c> when there is no such message; <c>conflict</c> when this session exists and is no such copy.
    /// </exception>
    [Alias("fork")]
    Task<SessionInfo> Fork(ForkSession command, CancellationToken cancellationToken = default);

    /// <summary>The conversation before a run's message, for a run that lost it before it could record it; null when its message is over. The platform only.</summary>
    [Alias("recall")]
    Task<SessionContext?> Recall(string runId, CancellationToken cancellationToken = default);

    /// <summary>How many runs of the session are before a run whose message waits; 0 when it is the next one, null when it does not wait. The platform only.</summary>
    [Alias("get-queue-position")]
    [AlwaysInterleave] // Safe: only reads, in one turn, the list of messages without an end.
    Task<int?> GetQueuePosition(string runId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes the messages' texts and leaves receipts, if nothing happened since <paramref name="quietSince"/>. A repeated operation id still answers with its run. The platform only.
    /// </summary>
    /// <returns>Whether nothing but receipts is left.</returns>
    [Alias("retire")]
    Task<bool> Retire(DateTimeOffset quietSince, CancellationToken cancellationToken = default);

    /// <summary>Does the same if nothing was recorded since the caller looked, whatever the clocks of servers say. The platform only.</summary>
    /// <param name="sequence"><see cref="SessionInfo.LastSequence"/> as the caller saw it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether nothing but receipts is left.</returns>
    [Alias("retire-through")]
    Task<bool> RetireThrough(long sequence, CancellationToken cancellationToken = default);
}

/// <summary>Makes a session a copy of another one.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.fork-session")]
public sealed record ForkSession
{
    /// <summary>The session to copy, <c>s-…</c>, of the same user.</summary>
    [Id(0)]
    public required string SourceSessionId { get; init; }

    /// <summary>The sequence number of the last message to copy.</summary>
    [Id(1)]
    public required long ThroughSequence { get; init; }

    /// <summary>A title to show; 200 characters at most.</summary>
    [Id(2)]
    public string? Title { get; init; }
}

/// <summary>Opens a session.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.open-session")]
public sealed record OpenSession
{
    /// <summary>A title to show; 200 characters at most.</summary>
    [Id(0)]
    public string? Title { get; init; }
}

/// <summary>The state of a session.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.session-info")]
public sealed record SessionInfo
{
    /// <summary>The session's id, <c>s-…</c>.</summary>
    [Id(0)]
    public required string SessionId { get; init; }

    /// <summary>Its title.</summary>
    [Id(1)]
    public string? Title { get; init; }

    /// <summary>When it was opened.</summary>
    [Id(2)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The run that is being worked off, if any.</summary>
    [Id(3)]
    public string? ActiveRunId { get; init; }

    /// <summary>How many messages wait behind it.</summary>
    [Id(4)]
    public int WaitingMessages { get; init; }

    /// <summary>The sequence number of the last message.</summary>
    [Id(5)]
    public long LastSequence { get; init; }

    /// <summary>The latest runs that go on without blocking the session: those in the background, and those that wait for a person.</summary>
    [Id(6)]
    public IReadOnlyList<string> DetachedRunIds { get; init; } = [];

    /// <summary>The session that this one is a copy of.</summary>
    [Id(7)]
    public string? ForkedFrom { get; init; }
}

/// <summary>A message of the user.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.submit-message")]
public sealed record SubmitMessage
{
    /// <summary>The text; 1 to 32,000 characters.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>Chosen by the caller, 1 to 128 characters; the same id is the same message.</summary>
    [Id(1)]
    public required string OperationId { get; init; }

    /// <summary>When the caller wants an answer at the latest; null is the tenant's default.</summary>
    [Id(2)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>What to do while another run is active; null is the tenant's default.</summary>
    [Id(3)]
    public Tenants.DoubleTexting? DoubleTexting { get; init; }

    /// <summary>How it is to be worked off; null leaves all to policy.</summary>
    [Id(4)]
    public RunRequestOptions? Options { get; init; }

    /// <summary>
    /// Whether the caller goes on to watch the run's events, and tells nobody of the run before the first one: it is then answered as soon as the message is durable, and need not wait until the run's
    /// beginning is. The first event is shown when that is durable.
    /// </summary>
    [Id(5)]
    public bool Watches { get; init; }
}

/// <summary>What became of a submitted message.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.submit-result")]
public sealed record SubmitResult
{
    /// <summary>Started, queued, a repetition, or rejected.</summary>
    [Id(0)]
    public required SubmitOutcome Outcome { get; init; }

    /// <summary>The run, <c>r-…</c>; null when rejected.</summary>
    [Id(1)]
    public string? RunId { get; init; }

    /// <summary>Why it was rejected, safe to show.</summary>
    [Id(2)]
    public string? Reason { get; init; }

    /// <summary>How many runs of the session are before it; null when it was started or rejected.</summary>
    [Id(3)]
    public int? QueuePosition { get; init; }

    /// <summary>After which time to hand the message in again, when too many runs of the tenant wait; else null.</summary>
    [Id(4)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the run could not be told to begin yet, because its silo was just lost: the message stands, the run is begun by its session, and nobody finds it until then.</summary>
    [Id(5)]
    public bool StartsLater { get; init; }
}

/// <summary>The kinds of <see cref="SubmitResult"/>.</summary>
[GenerateSerializer]
[Alias("steward.submit-outcome")]
public enum SubmitOutcome
{
    /// <summary>The run has started.</summary>
    Started,

    /// <summary>The run starts when those before it have ended.</summary>
    Queued,

    /// <summary>This operation id was seen before; the run is the one from then.</summary>
    Duplicate,

    /// <summary>Another run is active and the policy is to reject, or too many messages wait.</summary>
    Busy,

    /// <summary>Too many runs of the tenant wait; nothing has happened, and the same message may be accepted after <see cref="SubmitResult.RetryAfter"/>.</summary>
    Overloaded,
}

/// <summary>Part of a transcript.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.transcript-page")]
public sealed record TranscriptPage
{
    /// <summary>The messages in order.</summary>
    [Id(0)]
    public required IReadOnlyList<TranscriptMessage> Messages { get; init; }

    /// <summary>Ask for messages after this one to get the next page; null at the end.</summary>
    [Id(1)]
    public long? NextAfterSequence { get; init; }
}

/// <summary>One message of a transcript.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.transcript-message")]
public sealed record TranscriptMessage
{
    /// <summary>Its place in the session's journal.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary><c>user</c> or <c>assistant</c>.</summary>
    [Id(1)]
    public required string Role { get; init; }

    /// <summary>The text.</summary>
    [Id(2)]
    public required string Text { get; init; }

    /// <summary>When it was accepted.</summary>
    [Id(3)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The run that it started or that answered.</summary>
    [Id(4)]
    public required string RunId { get; init; }

    /// <summary>How the run ended, for messages of the assistant.</summary>
    [Id(5)]
    public RunState? RunState { get; init; }

    /// <summary>Whether it was rolled back: shown, but no part of the conversation any more.</summary>
    [Id(6)]
    public bool RolledBack { get; init; }

    /// <summary>Whether the run goes on and another message of it will follow.</summary>
    [Id(7)]
    public bool IsInterim { get; init; }
}

/// <summary>The conversation so far, for a run that starts.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.session-context")]
public sealed record SessionContext
{
    /// <summary>Earlier messages of the last 24 hours, oldest first.</summary>
    [Id(0)]
    public required IReadOnlyList<TranscriptMessage> ShortTermMemory { get; init; }

    /// <summary>Slots written in the last hour, for example <c>last_incident</c> → <c>INC0010023</c>.</summary>
    [Id(1)]
    public required IReadOnlyDictionary<string, string> WorkingMemory { get; init; }

    /// <summary>What was said before those messages in the same conversation, summed up by its own sentences; null when nothing was.</summary>
    [Id(2)]
    public string? Summary { get; init; }
}

/// <summary>What a run tells its session at the end, and when it goes on without blocking the session.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-report")]
public sealed record RunReport
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>How it ended, or where it is.</summary>
    [Id(1)]
    public required RunState State { get; init; }

    /// <summary>The answer that the user saw.</summary>
    [Id(2)]
    public required string Answer { get; init; }

    /// <summary>Slots for the session's working memory.</summary>
    [Id(3)]
    public IReadOnlyDictionary<string, string> WorkingMemory { get; init; } = new Dictionary<string, string>();

    /// <summary>Which attempt ended, from 1.</summary>
    [Id(4)]
    public int Attempt { get; init; } = 1;

    /// <summary>Null at the end; else tells which interim report of the run this is, so that each is taken once.</summary>
    [Id(5)]
    public string? InterimId { get; init; }

    /// <summary>What the run did, or may have done, to other systems, for people.</summary>
    [Id(6)]
    public IReadOnlyList<string> Effects { get; init; } = [];

    /// <summary>What it was about: <c>playbook:</c> with the playbook, or <c>operation:</c> with the first operation that changed something; null when it was neither.</summary>
    [Id(7)]
    public string? Topic { get; init; }

    /// <summary>What it left open, for people; empty when it came to its end.</summary>
    [Id(8)]
    public IReadOnlyList<string> Open { get; init; } = [];

    /// <summary>Whether the run goes on: the session is not blocked by it any more, and the end comes later.</summary>
    public bool IsInterim => InterimId is not null;
}
