using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Decisions;

/// <summary>A decision with everything that it was made from.</summary>
public sealed record DecisionRecord
{
    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The plan, as JSON.</summary>
    public required string Plan { get; init; }

    /// <summary>The evidence, as JSON.</summary>
    public required string Evidence { get; init; }

    /// <summary>What was decided.</summary>
    public required ExperimentDecision Decision { get; init; }

    /// <summary>Writes down a decision, before the evidence is changed by it.</summary>
    public static DecisionRecord Of(ExperimentPlan plan, ExperimentEvidence evidence, DateTimeOffset now, ExperimentDecision decision) => new()
    {
        At = now,
        Plan = JsonSerializer.Serialize(plan, DecisionJson.Default.ExperimentPlan),
        Evidence = JsonSerializer.Serialize(evidence, DecisionJson.Default.ExperimentEvidence),
        Decision = decision,
    };

    /// <summary>Decides again, from what is written down alone; the same as <see cref="Decision"/> unless the record or the rules were changed.</summary>
    public ExperimentDecision Replay() => ExperimentPolicy.Decide(
        JsonSerializer.Deserialize(Plan, DecisionJson.Default.ExperimentPlan)!,
        JsonSerializer.Deserialize(Evidence, DecisionJson.Default.ExperimentEvidence)!,
        At);
}

/// <summary>How plans, evidence and decisions are written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ExperimentPlan))]
[JsonSerializable(typeof(ExperimentEvidence))]
[JsonSerializable(typeof(DecisionRecord))]
public sealed partial class DecisionJson : JsonSerializerContext;
