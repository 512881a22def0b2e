namespace Steward.Runs;

/// <summary>
/// The runs of a tenant that failed for technical reasons and wait for an administrator. Key: <c>t-acme/d-letters</c>. Runs put themselves on the list;
/// replay and closing go through the run (<see cref="IRunGrain.Replay"/>, <see cref="IRunGrain.CloseDeadLetter"/>).
/// </summary>
[Alias("steward.dead-letters")]
public interface IDeadLettersGrain : IGrainWithStringKey
{
    /// <summary>Puts a run on the list. Idempotent by run and attempt; the platform only.</summary>
    [Alias("add")]
    Task Add(DeadLetter letter, CancellationToken cancellationToken = default);

    /// <summary>A page of the letters that nobody has closed, oldest first. Admins only.</summary>
    /// <param name="afterSequence">Only letters after this <see cref="DeadLetter.Sequence"/>; 0 from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    [Alias("list")]
    Task<DeadLetterPage> List(long afterSequence, int limit, CancellationToken cancellationToken = default);

    /// <summary>The open letter of a run, or null. Admins only.</summary>
    [Alias("find")]
    Task<DeadLetter?> Find(string runId, CancellationToken cancellationToken = default);

    /// <summary>How many letters are open. Admins only.</summary>
    [Alias("count")]
    Task<int> Count(CancellationToken cancellationToken = default);

    /// <summary>Takes a run off the list, because it is worked on again or was closed. Idempotent; the platform only, on behalf of <see cref="SettleDeadLetter.By"/>.</summary>
    [Alias("settle")]
    Task Settle(SettleDeadLetter command, CancellationToken cancellationToken = default);
}

/// <summary>A run that failed for technical reasons after its retries.</summary>
[GenerateSerializer]
[Alias("steward.dead-letter")]
public sealed record DeadLetter
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Which attempt failed, from 1.</summary>
    [Id(1)]
    public int Attempt { get; init; } = 1;

    /// <summary>Whose run it is.</summary>
    [Id(2)]
    public required string UserId { get; init; }

    /// <summary>The code of its end.</summary>
    [Id(3)]
    public required string Code { get; init; }

    /// <summary>The step that failed; null when it was none.</summary>
    [Id(4)]
    public string? StepId { get; init; }

    /// <summary>The cause, safe to show; holds nothing of the conversation.</summary>
    [Id(5)]
    public string? Cause { get; init; }

    /// <summary>When the run was requested.</summary>
    [Id(6)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it failed.</summary>
    [Id(7)]
    public required DateTimeOffset FailedAt { get; init; }

    /// <summary>Its place in the list; given by the list.</summary>
    [Id(8)]
    public long Sequence { get; init; }
}

/// <summary>Part of the dead-letter list.</summary>
[GenerateSerializer]
[Alias("steward.dead-letter-page")]
public sealed record DeadLetterPage
{
    /// <summary>The letters in order.</summary>
    [Id(0)]
    public required IReadOnlyList<DeadLetter> Letters { get; init; }

    /// <summary>Ask for letters after this one to get the next page; null at the end.</summary>
    [Id(1)]
    public long? NextAfterSequence { get; init; }

    /// <summary>How many letters are open in all.</summary>
    [Id(2)]
    public int Depth { get; init; }
}

/// <summary>Takes a run off the dead-letter list.</summary>
[GenerateSerializer]
[Alias("steward.settle-dead-letter")]
public sealed record SettleDeadLetter
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>The attempt whose letter it is; a letter of a later attempt stays.</summary>
    [Id(1)]
    public required int Attempt { get; init; }

    /// <summary><c>replayed</c>, <c>closed</c> or <c>retired</c>.</summary>
    [Id(2)]
    public required string Outcome { get; init; }

    /// <summary>Who did it.</summary>
    [Id(3)]
    public required string By { get; init; }

    /// <summary>Why, in their words.</summary>
    [Id(4)]
    public string? Comment { get; init; }
}

/// <summary>Works a failed run on from its failed step.</summary>
[GenerateSerializer]
[Alias("steward.replay-run")]
public sealed record ReplayRun
{
    /// <summary>The attempt to be repeated, as the list shows it; null is the last one. Another one than the last is refused, so that a double click replays once.</summary>
    [Id(0)]
    public int? Attempt { get; init; }
}

/// <summary>Takes a failed run off the list without working on it again.</summary>
[GenerateSerializer]
[Alias("steward.close-dead-letter")]
public sealed record CloseDeadLetter
{
    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(0)]
    public string? Comment { get; init; }
}
