using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Runs;

/// <summary>The first record of a run's journal: which session and person it belongs to. Known from the moment the run is queued.</summary>
internal sealed record RunOrigin
{
    /// <summary>The record's type.</summary>
    public const string Type = "run.accepted";

    public required string SessionKey { get; init; }

    public required string UserId { get; init; }

    /// <summary>When it was accepted; the record's time.</summary>
    [JsonIgnore]
    public DateTimeOffset At { get; init; }

    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, RunOriginJson.Default.RunOrigin);

    public static RunOrigin FromJson(ReadOnlySpan<byte> json, DateTimeOffset at) =>
        JsonSerializer.Deserialize(json, RunOriginJson.Default.RunOrigin)! with { At = at };
}

/// <summary>JSON of <see cref="RunOrigin"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(RunOrigin))]
internal sealed partial class RunOriginJson : JsonSerializerContext;
