using Orleans.Concurrency;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>
/// The work on one message. Key: <c>t-acme/r-…</c>. Owns the run's journal and drives the engine in the background of the
/// activation; after a loss it continues from the last journaled step.
/// </summary>
[Alias("steward.run")]
public interface IRunGrain : IGrainWithStringKey
{
    /// <summary>
    /// Journals the request and starts to work on it, or, when <see cref="StartRun.Queued"/>, only notes it. Returns at once.
    /// Idempotent. The platform only.
    /// </summary>
    [Alias("start")]
    Task Start(StartRun command, CancellationToken cancellationToken = default);

    /// <summary>
    /// Says whether the message of a run that was started with a <see cref="StartRun.Ticket"/> is durable. Until then nothing is recorded for the run, nobody sees anything of it, and only reads are
    /// made; if it is not, the run never was. Does nothing for other tickets. The platform only.
    /// </summary>
    /// <returns>Whether that start is under way: then whoever asks for the run finds it.</returns>
    [Alias("confirm")]
    [AlwaysInterleave] // Safe: only completes what the start, which is under way, waits for.
    Task<bool> Confirm(string ticket, bool isDurable, CancellationToken cancellationToken = default);

    /// <summary>The state of the run, or null when it does not exist.</summary>
    [Alias("get-status")]
    Task<RunStatus?> GetStatus(CancellationToken cancellationToken = default);

    /// <summary>
    /// The run's events after a sequence number, then live ones as they become durable, until the run has ended. To resume after
    /// a break call again with the last sequence number seen.
    /// </summary>
    [Alias("watch")]
    [AlwaysInterleave] // Safe: only reads the sequenced event buffer, and the journal for what has left the buffer.
    IAsyncEnumerable<RunEvent> Watch(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>
    /// As <see cref="Watch"/>, with events that became durable together in one element, at most <see cref="RunEventBatch.MaxEvents"/>: of an enumeration that had to wait, a call brings one element,
    /// however many there are. Enumerate it with a batch size of 1.
    /// </summary>
    [Alias("watch-batches")]
    [AlwaysInterleave] // Safe: only reads the sequenced event buffer, and the journal for what has left the buffer.
    IAsyncEnumerable<RunEventBatch> WatchBatches(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>
    /// Asks the run to stop. The wish is durable when this returns. What was done stays done, and the answer says so.
    /// Idempotent.
    /// </summary>
    /// <returns>The status after the wish was noted, or null when the run does not exist.</returns>
    [Alias("cancel")]
    Task<RunStatus?> Cancel(CancelRun command, CancellationToken cancellationToken = default);

    /// <summary>Continues the run if there is something to do: after a loss, and when a decision has lapsed. The watchdog calls it; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);

    /// <summary>
    /// Decides what the run asked for. Exactly one decision counts, for ever; it is durable when this returns, and the run goes on.
    /// </summary>
    /// <returns>
    /// The status afterwards, or null when the run does not exist or the caller may not know of it. Whoever decides about a run of somebody else sees no answer.
    /// </returns>
    /// <exception cref="Errors.StewardException">
    /// <c>not_found</c> no such request; <c>forbidden</c> the caller is none of the deciders; <c>conflict</c> it was decided or has lapsed, or the hash is that of
    /// something else; <c>invalid_argument</c> the decision is none of the options.
    /// </exception>
    [Alias("decide")]
    Task<RunStatus?> Decide(MakeDecision command, CancellationToken cancellationToken = default);

    /// <summary>Takes what became of an approval that the run waits for, and goes on. Idempotent: the first end counts, and does nothing when the run is over or knows no such request. The platform only.</summary>
    [Alias("settle-approval")]
    Task SettleApproval(ApprovalSettled command, CancellationToken cancellationToken = default);

    /// <summary>All decisions that the run asked for, oldest first: the owner sees all, others those that they may make.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when the run does not exist or the caller may not know of it.</exception>
    [Alias("get-decisions")]
    Task<IReadOnlyList<RunDecision>> GetDecisions(CancellationToken cancellationToken = default);

    /// <summary>
    /// Works a run that failed for technical reasons on from its failed step. What was done stays done and is not done again. Admins only.
    /// </summary>
    /// <returns>The status afterwards, or null when the run does not exist or the caller may not know of it.</returns>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>; <c>conflict</c> when it is on no dead-letter list.</exception>
    [Alias("replay")]
    Task<RunStatus?> Replay(ReplayRun command, CancellationToken cancellationToken = default);

    /// <summary>Takes the run off the dead-letter list for good; it cannot be replayed any more. Idempotent. Admins only.</summary>
    /// <returns>The status afterwards, or null when the run does not exist or the caller may not know of it.</returns>
    [Alias("close-dead-letter")]
    Task<RunStatus?> CloseDeadLetter(CloseDeadLetter command, CancellationToken cancellationToken = default);

    /// <summary>
    /// The execution tree of the run as JSON (docs/api/trace.md), as far as it has come. The owner sees all of it; an admin sees that of a run on the dead-letter list
    /// without what went in and came out.
    /// </summary>
    /// <param name="includePrompts">Whether the messages of the prompts are in it; for the owner only.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>Null when the run does not exist or the caller may not know of it.</returns>
    [Alias("read-trace")]
    [AlwaysInterleave] // Safe: only reads what is durable.
    Task<string?> ReadTrace(bool includePrompts, CancellationToken cancellationToken = default);

    /// <summary>What was asked and answered, and by what, once the run has ended. The platform only.</summary>
    /// <returns>Null when the run does not exist or its texts were removed.</returns>
    [Alias("get-exchange")]
    [AlwaysInterleave] // Safe: only reads what is durable.
    Task<RunExchange?> GetExchange(CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes the run's texts and leaves a receipt, if it ended at or before <paramref name="endedBefore"/>. The platform only.
    /// </summary>
    /// <returns>Whether nothing but the receipt is left.</returns>
    [Alias("retire")]
    Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default);
}

/// <summary>Starts a run.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.start-run")]
public sealed record StartRun
{
    /// <summary>The session's key.</summary>
    [Id(0)]
    public required string SessionKey { get; init; }

    /// <summary>The user's message.</summary>
    [Id(1)]
    public required string Text { get; init; }

    /// <summary>In whose name the run acts.</summary>
    [Id(2)]
    public required CallerIdentity Requester { get; init; }

    /// <summary>The conversation so far.</summary>
    [Id(3)]
    public required Sessions.SessionContext Context { get; init; }

    /// <summary>When an answer is due; null is the default of the platform.</summary>
    [Id(4)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether the run waits behind others of its session; a later call without this starts it.</summary>
    [Id(5)]
    public bool Queued { get; init; }

    /// <summary>How it is to be worked off; null leaves all to policy.</summary>
    [Id(6)]
    public RunRequestOptions? Options { get; init; }

    /// <summary>
    /// Names this start for <see cref="IRunGrain.Confirm"/>, when the message is being made durable at the same time; null when it is durable. No two starts have the same.
    /// </summary>
    [Id(7)]
    public string? Ticket { get; init; }

    /// <summary>The place of the last removal of texts in the session's journal; 0 when there was none. What runs store before and after it is kept apart.</summary>
    [Id(8)]
    public long ContentEra { get; init; }
}

/// <summary>Stops a run.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.cancel-run")]
public sealed record CancelRun
{
    /// <summary>Why, safe to show.</summary>
    [Id(0)]
    public string? Reason { get; init; }
}

/// <summary>Where a run is.</summary>
[GenerateSerializer]
[Alias("steward.run-state")]
public enum RunState
{
    /// <summary>Waits behind another run of its session.</summary>
    Queued,

    /// <summary>Being worked on.</summary>
    Running,

    /// <summary>Waits for a person.</summary>
    Waiting,

    /// <summary>Done.</summary>
    Completed,

    /// <summary>Ended at its deadline or budget; the answer says what is open.</summary>
    Partial,

    /// <summary>Ended with an error; the answer says which.</summary>
    Failed,

    /// <summary>Stopped by the user.</summary>
    Cancelled,
}

/// <summary>The state of a run.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-status")]
public sealed record RunStatus
{
    /// <summary>The run's id.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Where it is.</summary>
    [Id(1)]
    public required RunState State { get; init; }

    /// <summary>The session's key.</summary>
    [Id(2)]
    public required string SessionKey { get; init; }

    /// <summary>When it was requested.</summary>
    [Id(3)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(4)]
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The answer so far.</summary>
    [Id(5)]
    public string Answer { get; init; } = "";

    /// <summary>The sequence number of the last event.</summary>
    [Id(6)]
    public long LastSequence { get; init; }

    /// <summary>Which strategy answers: <c>direct</c>, <c>playbook</c>, <c>react</c>, <c>plan</c> or <c>none</c>; null before it is chosen.</summary>
    [Id(7)]
    public string? Strategy { get; init; }

    /// <summary>The playbook, if one was chosen.</summary>
    [Id(8)]
    public string? Playbook { get; init; }

    /// <summary>A stable code when it failed.</summary>
    [Id(9)]
    public string? ErrorCode { get; init; }

    /// <summary>Tokens that models read and wrote.</summary>
    [Id(10)]
    public RunUsage Usage { get; init; } = new();

    /// <summary>The open decisions: all of them for the owner, for others those that they may make.</summary>
    [Id(11)]
    public IReadOnlyList<PendingDecision> Waiting { get; init; } = [];

    /// <summary>How many runs are before it in the queue that it waits in; null when it does not wait or that is not known.</summary>
    [Id(12)]
    public int? QueuePosition { get; init; }

    /// <summary>Which attempt this is, from 1; each replay begins a new one.</summary>
    [Id(13)]
    public int Attempt { get; init; } = 1;

    /// <summary>Whether it failed for technical reasons and can be replayed.</summary>
    [Id(14)]
    public bool IsTechnical { get; init; }

    /// <summary>The agent that was asked for; null is the default one.</summary>
    [Id(15)]
    public string? Agent { get; init; }

    /// <summary>Whether it works in the background: as such from the start, or since its deadline.</summary>
    [Id(16)]
    public bool Background { get; init; }

    /// <summary>What it waits for, for people; null while it does not wait.</summary>
    [Id(17)]
    public string? WaitsFor { get; init; }

    /// <summary>What was remembered of the person when the run began, constraints first.</summary>
    [Id(18)]
    public IReadOnlyList<RunMemoryItem> Memories { get; init; } = [];

    /// <summary>The step of the degradation ladder below <c>full</c> (<c>reduced</c>, <c>cached</c>, <c>queue</c>) that had a part in the answer; null when there was none.</summary>
    [Id(19)]
    public string? Degradation { get; init; }

    /// <summary>Whether the run has come to its end.</summary>
    public bool HasEnded => State is RunState.Completed or RunState.Partial or RunState.Failed or RunState.Cancelled;
}

/// <summary>One memory that a run was told.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-memory-item")]
public sealed record RunMemoryItem
{
    /// <summary>Its id in the person's memory, by which it can be corrected or forgotten.</summary>
    [Id(0)]
    public required long Id { get; init; }

    /// <summary><c>preference</c>, <c>fact</c>, <c>constraint</c>, <c>interaction</c> or <c>pattern</c>.</summary>
    [Id(1)]
    public required string Kind { get; init; }

    /// <summary>Of what, for example <c>manager</c>.</summary>
    [Id(2)]
    public required string Slot { get; init; }

    /// <summary>The value, as it was said.</summary>
    [Id(3)]
    public required string Value { get; init; }

    /// <summary>Why it was told: <c>constraint</c>, <c>words</c>, <c>meaning</c>, <c>words and meaning</c> or <c>asked</c>.</summary>
    [Id(4)]
    public required string Reason { get; init; }

    /// <summary>Whether the answer has its words.</summary>
    [Id(5)]
    public bool IsInAnswer { get; init; }
}

/// <summary>What a run used of models.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-usage")]
public sealed record RunUsage
{
    /// <summary>Model calls.</summary>
    [Id(0)]
    public int ModelCalls { get; init; }

    /// <summary>Tokens read.</summary>
    [Id(1)]
    public long InputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    [Id(2)]
    public long OutputTokens { get; init; }

    /// <summary>Cost in US dollars, or null when the model's price is not known.</summary>
    [Id(3)]
    public decimal? CostUsd { get; init; }
}

/// <summary>One event of a run as it stands in the journal.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-event")]
public sealed record RunEvent
{
    /// <summary>Place in the run's journal, from 1, without gaps.</summary>
    [Id(0)]
    public required long Sequence { get; init; }

    /// <summary>What happened, for example <c>step.started</c> or <c>answer.delta</c>. docs/api/events.md lists them.</summary>
    [Id(1)]
    public required string Type { get; init; }

    /// <summary>When.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The details as a JSON object.</summary>
    [Id(3)]
    public required string Data { get; init; }

    /// <summary>Whether the run has come to its end with it: who watches the run sees no later one.</summary>
    public bool EndsRun => Type == "run.ended";
}

/// <summary>Events of a run that follow each other.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.run-event-batch")]
public sealed record RunEventBatch
{
    /// <summary>The most events in one batch.</summary>
    public const int MaxEvents = 100;

    /// <summary>The events, at least one, in order and without gaps.</summary>
    [Id(0)]
    public required IReadOnlyList<RunEvent> Events { get; init; }
}
