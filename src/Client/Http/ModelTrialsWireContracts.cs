using System.Text.Json.Serialization;
using Steward.Models.Experiments;
using Steward.Models.Prompts;

namespace Steward.Client.Http;

/// <summary>Begin an experiment.</summary>
public sealed record StartExperimentRequest
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is.</summary>
    public required ExperimentSpec Spec { get; init; }
}

/// <summary>End an experiment.</summary>
public sealed record StopExperimentRequest
{
    /// <summary>Why, for people; 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}

/// <summary>The names of things.</summary>
public sealed record NameListResource
{
    /// <summary>The names.</summary>
    public required IReadOnlyList<string> Names { get; init; }
}

/// <summary>What was decided about an experiment.</summary>
public sealed record ExperimentDecisionListResource
{
    /// <summary>The decisions, oldest first.</summary>
    public required IReadOnlyList<ExperimentStep> Decisions { get; init; }
}

/// <summary>Show a version with values.</summary>
public sealed record PreviewPromptRequest
{
    /// <summary>A value for each variable.</summary>
    public IReadOnlyDictionary<string, string> Variables { get; set; } = new Dictionary<string, string>();
}

/// <summary>A version with values.</summary>
public sealed record PromptPreviewResource
{
    /// <summary>The text.</summary>
    public required string Text { get; init; }
}

/// <summary>What changed between two versions.</summary>
public sealed record PromptDiffResource
{
    /// <summary>The lines.</summary>
    public required IReadOnlyList<PromptLine> Lines { get; init; }
}

/// <summary>How prompts and experiments are written as JSON: unknown members of requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    Converters =
    [
        typeof(TriageEnumConverter<ExperimentType>), typeof(TriageEnumConverter<ExperimentAssignment>), typeof(TriageEnumConverter<ExperimentStatus>), typeof(TriageEnumConverter<PromptStatus>),
    ])]
[JsonSerializable(typeof(StartExperimentRequest))]
[JsonSerializable(typeof(StopExperimentRequest))]
[JsonSerializable(typeof(NameListResource))]
[JsonSerializable(typeof(ExperimentInfo))]
[JsonSerializable(typeof(ExperimentDecisionListResource))]
[JsonSerializable(typeof(ExperimentReplay))]
[JsonSerializable(typeof(PromptDraft))]
[JsonSerializable(typeof(PromptInfo))]
[JsonSerializable(typeof(PreviewPromptRequest))]
[JsonSerializable(typeof(PromptPreviewResource))]
[JsonSerializable(typeof(PromptDiffResource))]
public sealed partial class ModelTrialsWireJson : JsonSerializerContext
{
    /// <summary>The same, forgiving what a newer gateway adds.</summary>
    internal static ModelTrialsWireJson Forgiving => field ??= new ModelTrialsWireJson(ForgivingJson.Of(Default.Options));
}
