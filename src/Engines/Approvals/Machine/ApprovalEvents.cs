using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Steward.Engines.Approvals.Machine;

/// <summary>Events as they stand in the journal, a type name and a UTF-8 JSON object, and states as snapshots.</summary>
public static class ApprovalEvents
{
    private static readonly Dictionary<string, JsonTypeInfo> Known = new(StringComparer.Ordinal)
    {
        ["approval.submitted"] = ApprovalEventJson.Default.ApprovalSubmitted,
        ["approval.routed"] = ApprovalEventJson.Default.ApprovalRouted,
        ["approval.people_unavailable"] = ApprovalEventJson.Default.PeopleUnavailable,
        ["approval.level_opened"] = ApprovalEventJson.Default.LevelOpened,
        ["approval.voted"] = ApprovalEventJson.Default.ApprovalVoted,
        ["approval.delegated"] = ApprovalEventJson.Default.ApprovalDelegated,
        ["approval.delegations_changed"] = ApprovalEventJson.Default.DelegationsChanged,
        ["approval.commented"] = ApprovalEventJson.Default.ApprovalCommented,
        ["approval.reminded"] = ApprovalEventJson.Default.ApprovalReminded,
        ["approval.escalated"] = ApprovalEventJson.Default.ApprovalEscalated,
        ["approval.level_ended"] = ApprovalEventJson.Default.LevelEnded,
        ["approval.approved"] = ApprovalEventJson.Default.ApprovalApproved,
        ["approval.rejected"] = ApprovalEventJson.Default.ApprovalRejected,
        ["approval.expired"] = ApprovalEventJson.Default.ApprovalExpired,
        ["approval.cancelled"] = ApprovalEventJson.Default.ApprovalCancelled,
        ["approval.consumed"] = ApprovalEventJson.Default.ApprovalConsumed,
        ["approval.handed_over"] = ApprovalEventJson.Default.ApprovalHandedOver,
        ["approval.mirrored"] = ApprovalEventJson.Default.ApprovalMirrored,
    };

    /// <summary>All kinds of events that this version writes.</summary>
    public static IReadOnlyCollection<string> Types => Known.Keys;

    /// <summary>The journal's form of an event.</summary>
    public static (string Type, byte[] Utf8Json) Serialize(ApprovalEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        return happened is UnknownApprovalEvent unknown
            ? (unknown.Type, JsonSerializer.SerializeToUtf8Bytes(unknown.Data, ApprovalEventJson.Default.JsonElement))
            : (happened.Type, JsonSerializer.SerializeToUtf8Bytes(happened, Known[happened.Type]));
    }

    /// <summary>Reads an event back. A type that is not known, written by a newer version, becomes an <see cref="UnknownApprovalEvent"/>.</summary>
    /// <exception cref="JsonException">The content is not JSON, or not that of an event of this type.</exception>
    public static ApprovalEvent Deserialize(string type, ReadOnlySpan<byte> utf8Json)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Known.TryGetValue(type, out var info)
            ? (ApprovalEvent)(JsonSerializer.Deserialize(utf8Json, info) ?? throw new JsonException($"An event of type '{type}' is null."))
            : new UnknownApprovalEvent(type, JsonSerializer.Deserialize(utf8Json, ApprovalEventJson.Default.JsonElement));
    }

    /// <summary>A state as a snapshot.</summary>
    public static byte[] SerializeState(ApprovalState state) => JsonSerializer.SerializeToUtf8Bytes(state, ApprovalEventJson.Default.ApprovalState);

    /// <summary>Reads a snapshot back.</summary>
    /// <exception cref="JsonException">The content is not that of a state.</exception>
    public static ApprovalState DeserializeState(ReadOnlySpan<byte> utf8Json) =>
        JsonSerializer.Deserialize(utf8Json, ApprovalEventJson.Default.ApprovalState) ?? throw new JsonException("A state is null.");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(ApprovalSubmitted))]
[JsonSerializable(typeof(ApprovalRouted))]
[JsonSerializable(typeof(PeopleUnavailable))]
[JsonSerializable(typeof(LevelOpened))]
[JsonSerializable(typeof(ApprovalVoted))]
[JsonSerializable(typeof(ApprovalDelegated))]
[JsonSerializable(typeof(DelegationsChanged))]
[JsonSerializable(typeof(ApprovalCommented))]
[JsonSerializable(typeof(ApprovalReminded))]
[JsonSerializable(typeof(ApprovalEscalated))]
[JsonSerializable(typeof(LevelEnded))]
[JsonSerializable(typeof(ApprovalApproved))]
[JsonSerializable(typeof(ApprovalRejected))]
[JsonSerializable(typeof(ApprovalExpired))]
[JsonSerializable(typeof(ApprovalCancelled))]
[JsonSerializable(typeof(ApprovalConsumed))]
[JsonSerializable(typeof(ApprovalHandedOver))]
[JsonSerializable(typeof(ApprovalMirrored))]
[JsonSerializable(typeof(ApprovalState))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ApprovalEventJson : JsonSerializerContext;
