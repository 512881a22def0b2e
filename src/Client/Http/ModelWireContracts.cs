using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Models;
using Steward.Models.Feedback;
using Steward.Models.Quality;

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

    /// <summary>Whether 0.1 to 1 % of the answers are judged by the large tier in the background, at the tenant's cost; false, when it is left out.</summary>
    public bool JudgesAnswers { get; init; }

    /// <summary>The providers that may be asked for this tenant, by their names in the configuration; empty leaves all of them open. Null, or left out, keeps those that stand.</summary>
    public IReadOnlyList<string>? Providers { get; init; }
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

/// <summary>Says something of an answer; at least one thing.</summary>
public sealed record GiveFeedbackRequest
{
    /// <summary>Whose answer: a run (<c>r-…</c>), a model call (<c>mc-…</c>, the header x-steward-call-id), or the id of an answer of the OpenAI endpoint (<c>chatcmpl-…</c>, <c>resp_…</c>).</summary>
    [Required]
    [Length(3, 96)]
    public string Target { get; set; } = "";

    /// <summary>Thumb up or down.</summary>
    public bool? IsGood { get; init; }

    /// <summary>What the answer should have been.</summary>
    [Length(1, 32_000)]
    public string? Edited { get; init; }

    /// <summary>Whether a person had to take over; false, when it is left out.</summary>
    public bool? IsEscalated { get; init; }

    /// <summary>Whether it did what was wanted.</summary>
    public bool? IsSolved { get; init; }

    /// <summary>A score, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double? Score { get; init; }

    /// <summary>In words, for people.</summary>
    [Length(1, 2_000)]
    public string? Comment { get; init; }

    /// <summary>Whether the texts may be kept and learnt from; false, when it is left out.</summary>
    public bool? MayBeLearnt { get; init; }

    /// <summary>For model calls with mayBeLearnt: the last message of the user, word for word. The platform does not keep the texts of model calls, and checks this against a hash.</summary>
    [Length(1, 32_000)]
    public string? Input { get; init; }

    /// <summary>For model calls with mayBeLearnt: the answer, word for word.</summary>
    [Length(1, 32_000)]
    public string? Answer { get; init; }
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
[JsonSerializable(typeof(GiveFeedbackRequest))]
[JsonSerializable(typeof(FeedbackInfo))]
[JsonSerializable(typeof(AnswerQualityReport))]
public sealed partial class ModelWireJson : JsonSerializerContext
{
    /// <summary>The same, forgiving what a newer gateway adds.</summary>
    internal static ModelWireJson Forgiving => field ??= new ModelWireJson(ForgivingJson.Of(Default.Options));
}
