using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Models;

namespace Steward.Client.Http;

/// <summary>Replaces a tenant's settings of models.</summary>
public sealed record SetModelSettingsRequest
{
    // Members with a default are set, not initialized: the source generator of System.Text.Json loses the defaults of the latter.

    /// <summary>The revision that was read; the header <c>If-Match</c> says the same.</summary>
    public long? Revision { get; init; }

    /// <summary>Tags that every call of the endpoint has to carry.</summary>
    public IReadOnlyList<string> RequiredTags { get; set; } = [];

    /// <summary>The models that may be asked for by name, as <c>provider/model</c>, or <c>*</c>.</summary>
    public IReadOnlyList<string> Models { get; set; } = [];

    /// <summary>The most one call may cost by intent, in US dollars; <c>*</c> stands for all other intents.</summary>
    public IReadOnlyDictionary<string, decimal> CostCaps { get; set; } = new Dictionary<string, decimal>();

    /// <summary>Whether answers are cached.</summary>
    public bool Caches { get; set; } = true;

    /// <summary>The cosine from which two questions are one for the semantic cache.</summary>
    public double SemanticThreshold { get; set; } = 0.95;

    /// <summary>The step of the degradation ladder that is forced: <c>full</c>, <c>reduced</c>, <c>cached</c> or <c>queue</c>; null lets the ladder decide.</summary>
    public string? ForcedDegradation { get; init; }
}

/// <summary>Counts a change of a source.</summary>
public sealed record BumpModelSourceRequest
{
    /// <summary>The source; the empty name stands for all.</summary>
    public required string Source { get; init; }
}

/// <summary>A source's number.</summary>
public sealed record ModelSourceResource
{
    /// <summary>The source.</summary>
    public required string Source { get; init; }

    /// <summary>Its number; answers from before it are of no use.</summary>
    public required long Version { get; init; }
}

/// <summary>How settings of models are read and written.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.Strict,
    PropertyNameCaseInsensitive = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(SetModelSettingsRequest))]
[JsonSerializable(typeof(BumpModelSourceRequest))]
[JsonSerializable(typeof(ModelSourceResource))]
[JsonSerializable(typeof(ModelSettings))]
public sealed partial class ModelWireJson : JsonSerializerContext;
