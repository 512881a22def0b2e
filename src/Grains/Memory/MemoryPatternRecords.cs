using System.Text.Json.Serialization;

namespace Steward.Memory;

/// <summary>The record types in the journal of a tenant's patterns.</summary>
internal static class PatternRecordTypes
{
    public const string Reported = "patterns.reported";
    public const string Decided = "patterns.decided";
}

/// <summary>A person's memory told what counts.</summary>
internal sealed record PatternsReported
{
    public required string Mark { get; init; }
    public required string Salt { get; init; }
    public required IReadOnlyDictionary<string, int> Counts { get; init; }
}

/// <summary>An admin decided.</summary>
internal sealed record PatternDecided
{
    public required string Topic { get; init; }
    public required bool IsAccepted { get; init; }
    public required DateTimeOffset At { get; init; }
}

/// <summary>JSON of the journal of a tenant's patterns.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MemoryPatternsState))]
[JsonSerializable(typeof(PatternsReported))]
[JsonSerializable(typeof(PatternDecided))]
internal sealed partial class MemoryPatternsJson : JsonSerializerContext;
