using System.Text.Json.Serialization;

namespace Steward.Engines.Approvals.Machine;

/// <summary>It was asked for.</summary>
public sealed record ApprovalSubmitted : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.submitted";

    /// <summary>What.</summary>
    public required ApprovalRequest Request { get; init; }
}

/// <summary>The rules named its chain.</summary>
public sealed record ApprovalRouted : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.routed";

    /// <summary>Which and why.</summary>
    public required RouteState Route { get; init; }

    /// <summary>When it lapses if nobody decides.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>Rules or people could not be looked up; it is tried again.</summary>
public sealed record PeopleUnavailable : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.people_unavailable";

    /// <summary>When it is tried again.</summary>
    public required DateTimeOffset RetryAt { get; init; }
}

/// <summary>Enough people approved at all levels.</summary>
public sealed record ApprovalApproved : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.approved";

    /// <summary>Until when it may be used.</summary>
    public required DateTimeOffset ValidUntil { get; init; }

    /// <summary>From when, because changes are frozen until then; null at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }
}

/// <summary>It was refused.</summary>
public sealed record ApprovalRejected : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.rejected";
}

/// <summary>Nobody decided in time.</summary>
public sealed record ApprovalExpired : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.expired";
}

/// <summary>It was withdrawn.</summary>
public sealed record ApprovalCancelled : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.cancelled";
}

/// <summary>It was used up.</summary>
public sealed record ApprovalConsumed : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.consumed";

    /// <summary>By which operation.</summary>
    public required string OperationId { get; init; }
}

/// <summary>Somebody wrote something.</summary>
public sealed record ApprovalCommented : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.commented";

    /// <summary>What.</summary>
    public required string Text { get; init; }

    /// <summary>The same for repetitions.</summary>
    public string? OperationId { get; init; }
}

/// <summary>What others had to be told of was handed to them.</summary>
public sealed record ApprovalHandedOver : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.handed_over";

    /// <summary>All notices of events up to this sequence number went to the router; null leaves that.</summary>
    public long? NoticesThrough { get; init; }

    /// <summary>The lists know it as of this sequence number; null leaves that.</summary>
    public long? ListedThrough { get; init; }

    /// <summary>Whether the run knows how it ended.</summary>
    public bool RunTold { get; init; }
}

/// <summary>The record in another system changed, or something is about to be sent there.</summary>
public sealed record ApprovalMirrored : ApprovalEvent
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "approval.mirrored";

    /// <summary>All that is known of the record from now on.</summary>
    public required MirrorState Mirror { get; init; }
}
