namespace Steward.Runs;

/// <summary>What became of an approval that a run waits for.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.approval-settled")]
public sealed record ApprovalSettled
{
    /// <summary>The run's own id of the request.</summary>
    [Id(0)]
    public required string RequestId { get; init; }

    /// <summary>The approval.</summary>
    [Id(1)]
    public required string ApprovalId { get; init; }

    /// <summary><c>approve</c>, <c>reject</c>, <c>expired</c> or <c>cancelled</c>.</summary>
    [Id(2)]
    public required string Decision { get; init; }

    /// <summary>Whose vote decided it, by user id; null when time did, or nobody.</summary>
    [Id(3)]
    public string? By { get; init; }

    /// <summary>Where.</summary>
    [Id(4)]
    public string? Channel { get; init; }

    /// <summary>Why, in their words.</summary>
    [Id(5)]
    public string? Comment { get; init; }

    /// <summary>Until when an approval may be used; null for ever.</summary>
    [Id(6)]
    public DateTimeOffset? ValidUntil { get; init; }
}
