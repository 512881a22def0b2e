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
}

/// <summary>Opens a session.</summary>
[GenerateSerializer]
[Alias("steward.open-session")]
public sealed record OpenSession
{
    /// <summary>A title to show; 200 characters at most.</summary>
    [Id(0)]
    public string? Title { get; init; }
}

/// <summary>The state of a session.</summary>
[GenerateSerializer]
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
}

/// <summary>A message of the user.</summary>
[GenerateSerializer]
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
}

/// <summary>What became of a submitted message.</summary>
[GenerateSerializer]
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
}

/// <summary>Part of a transcript.</summary>
[GenerateSerializer]
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
}

/// <summary>The conversation so far, for a run that starts.</summary>
[GenerateSerializer]
[Alias("steward.session-context")]
public sealed record SessionContext
{
    /// <summary>Earlier messages of the last 24 hours, oldest first.</summary>
    [Id(0)]
    public required IReadOnlyList<TranscriptMessage> ShortTermMemory { get; init; }

    /// <summary>Slots written in the last hour, for example <c>last_incident</c> → <c>INC0010023</c>.</summary>
    [Id(1)]
    public required IReadOnlyDictionary<string, string> WorkingMemory { get; init; }
}

/// <summary>What a run tells its session at the end.</summary>
[GenerateSerializer]
[Alias("steward.run-report")]
public sealed record RunReport
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>How it ended.</summary>
    [Id(1)]
    public required RunState State { get; init; }

    /// <summary>The answer that the user saw.</summary>
    [Id(2)]
    public required string Answer { get; init; }

    /// <summary>Slots for the session's working memory.</summary>
    [Id(3)]
    public IReadOnlyDictionary<string, string> WorkingMemory { get; init; } = new Dictionary<string, string>();
}
