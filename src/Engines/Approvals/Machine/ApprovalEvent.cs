using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Approvals.Machine;

/// <summary>
/// Something that happened to an approval; one record type a kind. The journal keeps them, and an approval is made from nothing else. Fields are added, never renamed. docs/api/approvals.md lists them.
/// </summary>
public abstract record ApprovalEvent
{
    /// <summary>The kind, for example <c>approval.voted</c>.</summary>
    [JsonIgnore]
    public abstract string Type { get; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Who did it, by user id; null for time and the platform, and where only the address is known.</summary>
    public string? Actor { get; init; }

    /// <summary>The actor's mail address.</summary>
    public string? ActorEmail { get; init; }

    /// <summary>The actor's name.</summary>
    public string? ActorName { get; init; }

    /// <summary>For whom the actor acted, by mail address; null for themselves.</summary>
    public string? ActedFor { get; init; }

    /// <summary>Where: <c>api</c>, <c>console</c>, <c>slack</c>, <c>teams</c>, <c>email</c> or <c>mirror</c>; null for time and the platform.</summary>
    public string? Channel { get; init; }

    /// <summary>Why, safe to show.</summary>
    public string? Reason { get; init; }

    /// <summary>The actor as texts name them; null for time and the platform.</summary>
    [JsonIgnore]
    public string? ActorLabel => ActorName ?? ActorEmail ?? Actor;
}

/// <summary>An event of a kind that this version does not know: kept as it is, changes nothing.</summary>
public sealed record UnknownApprovalEvent : ApprovalEvent
{
    /// <summary>Creates it.</summary>
    [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
    public UnknownApprovalEvent(string type, JsonElement data) => (Type, Data) = (type, data);

    /// <inheritdoc/>
    public override string Type { get; }

    /// <summary>The content.</summary>
    public JsonElement Data { get; }
}
