using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Runs;

/// <summary>
/// The first record of a run's journal: which session and person it belongs to, and what its owner has to know that the engine need not. Known from the
/// moment the run is queued.
/// </summary>
internal sealed record RunOrigin
{
    /// <summary>The record's type.</summary>
    public const string Type = "run.accepted";

    public required string SessionKey { get; init; }

    public required string UserId { get; init; }

    /// <summary>Whether it works beside its session's other runs from the start.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Background { get; init; }

    /// <summary>The agent that was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Agent { get; init; }

    /// <summary>The webhook that is told of the end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? WebhookId { get; init; }

    /// <summary>Whether somebody wanted, or may have wanted, to be told of all runs of the tenant when it was accepted.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool TellsTenant { get; init; }

    /// <summary>The place of the last removal of texts in its session's journal, 0 when there was none; null for runs of earlier releases, whose contents all share.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? ContentEra { get; init; }

    /// <summary>
    /// In which its contents are named, but for those that all share: its session since the last removal of texts. What it stores is nobody else's, so that it can go with the session; and what comes after a
    /// removal has other names, so that it is not taken for stored. Null for runs of earlier releases.
    /// </summary>
    [JsonIgnore]
    public string? ContentScope => ContentEra is { } era ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{SessionKey}#{era}") : null;

    /// <summary>When it was accepted; the record's time.</summary>
    [JsonIgnore]
    public DateTimeOffset At { get; init; }
}

/// <summary>After the end: everyone who has to know of it knows. Nothing is left to be done for the run.</summary>
internal sealed record RunSettled
{
    /// <summary>The record's type.</summary>
    public const string Type = "run.settled";

    /// <summary>Which attempt has ended.</summary>
    public required int Attempt { get; init; }
}

/// <summary>Everyone who has to know that the run waits for a person knows.</summary>
internal sealed record RunTold
{
    /// <summary>The record's type.</summary>
    public const string Type = "run.told";

    /// <summary>Tells one occasion on which the run waits from the others.</summary>
    public required string Occasion { get; init; }
}

/// <summary>What retention leaves of a run.</summary>
internal sealed record RunRetired
{
    /// <summary>The record's type.</summary>
    public const string Type = "run.retired";

    public required string SessionKey { get; init; }

    public required string UserId { get; init; }

    public required RunState State { get; init; }

    public string? ErrorCode { get; init; }

    public required int Attempt { get; init; }

    public required DateTimeOffset RequestedAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    public string? Strategy { get; init; }

    public IReadOnlyList<ActionReceipt> Actions { get; init; } = [];
}

/// <summary>What is left of an action: that there was one, and what became of it.</summary>
internal sealed record ActionReceipt(string ActionId, string OperationId, string Outcome);

/// <summary>JSON of the records that the owner of a run writes itself.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunOrigin))]
[JsonSerializable(typeof(RunSettled))]
[JsonSerializable(typeof(RunTold))]
[JsonSerializable(typeof(RunRetired))]
internal sealed partial class RunRecordJson : JsonSerializerContext;
