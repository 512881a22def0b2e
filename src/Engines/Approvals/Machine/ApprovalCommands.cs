using Steward.Engines.Approvals.People;

namespace Steward.Engines.Approvals.Machine;

/// <summary>Somebody wants to vote.</summary>
public sealed record VoteCommand
{
    /// <summary>Who.</summary>
    public required ApprovalActor Actor { get; init; }

    /// <summary>How.</summary>
    public required VoteDecision Decision { get; init; }

    /// <summary>The hash of what was shown.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>Where.</summary>
    public required string Channel { get; init; }

    /// <summary>Why.</summary>
    public string? Comment { get; init; }

    /// <summary>The same for repetitions of one click; null when there is none.</summary>
    public string? OperationId { get; init; }
}

/// <summary>Somebody wants to let another act for them.</summary>
public sealed record DelegateCommand
{
    /// <summary>Who.</summary>
    public required ApprovalActor Actor { get; init; }

    /// <summary>Who shall act, as the directory knows them.</summary>
    public required Person To { get; init; }

    /// <summary>Where.</summary>
    public required string Channel { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}

/// <summary>Somebody wants to say something.</summary>
public sealed record CommentCommand
{
    /// <summary>Who.</summary>
    public required ApprovalActor Actor { get; init; }

    /// <summary>What.</summary>
    public required string Text { get; init; }

    /// <summary>Where.</summary>
    public required string Channel { get; init; }

    /// <summary>The same for repetitions.</summary>
    public string? OperationId { get; init; }
}

/// <summary>Somebody wants to withdraw it.</summary>
public sealed record CancelCommand
{
    /// <summary>Who; null for the platform.</summary>
    public ApprovalActor? Actor { get; init; }

    /// <summary>Where; null for the platform.</summary>
    public string? Channel { get; init; }

    /// <summary>Why.</summary>
    public string? Reason { get; init; }
}

/// <summary>Somebody wants to use it up.</summary>
public sealed record ConsumeCommand
{
    /// <summary>Who; null for the platform.</summary>
    public ApprovalActor? Actor { get; init; }

    /// <summary>The hash of what will be done.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>The same for repetitions.</summary>
    public required string OperationId { get; init; }
}
