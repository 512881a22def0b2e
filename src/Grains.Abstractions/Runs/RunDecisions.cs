namespace Steward.Runs;

/// <summary>A decision that a run waits for.</summary>
[GenerateSerializer]
[Alias("steward.pending-decision")]
public sealed record PendingDecision
{
    /// <summary>Unique in the run.</summary>
    [Id(0)]
    public required string RequestId { get; init; }

    /// <summary><c>approval</c>, <c>plan_review</c> or <c>unknown_outcome</c>.</summary>
    [Id(1)]
    public required string Kind { get; init; }

    /// <summary>The step that waits; null for a plan.</summary>
    [Id(2)]
    public string? StepId { get; init; }

    /// <summary>The action that waits, if it is about one.</summary>
    [Id(3)]
    public string? ActionId { get; init; }

    /// <summary>The operation of the action.</summary>
    [Id(4)]
    public string? OperationId { get; init; }

    /// <summary>What is to be decided, for people.</summary>
    [Id(5)]
    public required string Summary { get; init; }

    /// <summary>Why it is asked, for people.</summary>
    [Id(6)]
    public string? Reason { get; init; }

    /// <summary>The exact arguments, plan or facts that the decision is about, as JSON.</summary>
    [Id(7)]
    public string? Subject { get; init; }

    /// <summary>A hash of operation and subject; whoever decides names it, and so decides on what was shown.</summary>
    [Id(8)]
    public required string SubjectHash { get; init; }

    /// <summary>The possible decisions.</summary>
    [Id(9)]
    public required IReadOnlyList<string> Options { get; init; }

    /// <summary>Who may decide: <c>requester</c>, <c>role:NAME</c>.</summary>
    [Id(10)]
    public required IReadOnlyList<string> Deciders { get; init; }

    /// <summary>When it was asked for.</summary>
    [Id(11)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it lapses; null never.</summary>
    [Id(12)]
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The approval that stands for it, <c>a-…</c>; null where the run itself takes the decision.</summary>
    [Id(13)]
    public string? ApprovalId { get; init; }
}

/// <summary>A decision that a run asked for, and what became of it.</summary>
[GenerateSerializer]
[Alias("steward.run-decision")]
public sealed record RunDecision
{
    /// <summary>What was asked.</summary>
    [Id(0)]
    public required PendingDecision Request { get; init; }

    /// <summary>One of the options, <c>expired</c>, or <c>cancelled</c> for an approval that was withdrawn; null while it is open.</summary>
    [Id(1)]
    public string? Decision { get; init; }

    /// <summary>Who decided; null while it is open, and when it lapsed.</summary>
    [Id(2)]
    public string? By { get; init; }

    /// <summary>When it was decided or lapsed.</summary>
    [Id(3)]
    public DateTimeOffset? DecidedAt { get; init; }

    /// <summary>Where, for example <c>api</c>.</summary>
    [Id(4)]
    public string? Channel { get; init; }

    /// <summary>Why, in the decider's words.</summary>
    [Id(5)]
    public string? Comment { get; init; }

    /// <summary>Whether it waits for a decision.</summary>
    public bool IsOpen => Decision is null;
}

/// <summary>Decides what a run asked for.</summary>
[GenerateSerializer]
[Alias("steward.make-decision")]
public sealed record MakeDecision
{
    /// <summary>The request.</summary>
    [Id(0)]
    public required string RequestId { get; init; }

    /// <summary>One of the request's options.</summary>
    [Id(1)]
    public required string Decision { get; init; }

    /// <summary>The hash of what was shown. Another one than the request's is refused.</summary>
    [Id(2)]
    public required string SubjectHash { get; init; }

    /// <summary>Why; 2,000 characters at most.</summary>
    [Id(3)]
    public string? Comment { get; init; }

    /// <summary>The edited plan as JSON, for <c>edit</c>.</summary>
    [Id(4)]
    public string? Content { get; init; }

    /// <summary>Where it was decided, for example <c>api</c>.</summary>
    [Id(5)]
    public string? Channel { get; init; }
}
