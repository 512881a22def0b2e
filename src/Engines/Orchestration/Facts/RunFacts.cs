using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Steward.Engines.Orchestration;

/// <summary>Facts as they stand in the journal: a type name and a UTF-8 JSON object.</summary>
public static class RunFacts
{
    private static readonly Dictionary<string, JsonTypeInfo> Known = new(StringComparer.Ordinal)
    {
        ["run.requested"] = RunFactJson.Default.RunRequested,
        ["run.strategy"] = RunFactJson.Default.StrategyChosen,
        ["step.started"] = RunFactJson.Default.StepStarted,
        ["step.completed"] = RunFactJson.Default.StepCompleted,
        ["step.failed"] = RunFactJson.Default.StepFailed,
        ["action.planned"] = RunFactJson.Default.ActionPlanned,
        ["action.sent"] = RunFactJson.Default.ActionSent,
        ["action.confirmed"] = RunFactJson.Default.ActionConfirmed,
        ["action.failed"] = RunFactJson.Default.ActionRejected,
        ["action.unknown"] = RunFactJson.Default.ActionOutcomeUnknown,
        ["action.reconciled"] = RunFactJson.Default.ActionReconciled,
        ["model.called"] = RunFactJson.Default.ModelCalled,
        ["answer.delta"] = RunFactJson.Default.AnswerDelta,
        ["run.cancel_requested"] = RunFactJson.Default.CancelRequested,
        ["run.ended"] = RunFactJson.Default.RunEnded,
        ["context.gathered"] = RunFactJson.Default.ContextGathered,
        ["memory.recalled"] = RunFactJson.Default.MemoryRecalled,
        ["handoff.strategy"] = RunFactJson.Default.HandoffStrategyChosen,
        ["plan.proposed"] = RunFactJson.Default.PlanProposed,
        ["plan.rejected"] = RunFactJson.Default.PlanRejected,
        ["plan.accepted"] = RunFactJson.Default.PlanAccepted,
        ["step.dropped"] = RunFactJson.Default.StepDropped,
        ["decision.requested"] = RunFactJson.Default.DecisionRequested,
        ["decision.made"] = RunFactJson.Default.DecisionMade,
        ["action.approved"] = RunFactJson.Default.ActionApproved,
        ["run.waiting"] = RunFactJson.Default.RunWaiting,
        ["run.deadline_reached"] = RunFactJson.Default.DeadlineReached,
        ["budget.exhausted"] = RunFactJson.Default.BudgetExhausted,
        ["guard.tripped"] = RunFactJson.Default.GuardTripped,
        ["model.failed"] = RunFactJson.Default.ModelFailed,
        ["run.dead_lettered"] = RunFactJson.Default.RunDeadLettered,
        ["run.replayed"] = RunFactJson.Default.RunReplayed,
    };

    /// <summary>All kinds of facts that this version writes.</summary>
    public static IReadOnlyCollection<string> Types => Known.Keys;

    /// <summary>The journal's form of a fact.</summary>
    public static (string Type, byte[] Utf8Json) Serialize(RunFact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return fact is UnknownFact unknown
            ? (unknown.Type, JsonSerializer.SerializeToUtf8Bytes(unknown.Data, RunFactJson.Default.JsonElement))
            : (fact.Type, JsonSerializer.SerializeToUtf8Bytes(fact, Known[fact.Type]));
    }

    /// <summary>Reads a fact back. A type that is not known, written by a newer version, becomes an <see cref="UnknownFact"/>.</summary>
    /// <exception cref="JsonException">The content is not JSON, or not that of a fact of this type.</exception>
    public static RunFact Deserialize(string type, ReadOnlySpan<byte> utf8Json)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Known.TryGetValue(type, out var info)
            ? (RunFact)(JsonSerializer.Deserialize(utf8Json, info) ?? throw new JsonException($"A fact of type '{type}' is null."))
            : new UnknownFact(type, JsonSerializer.Deserialize(utf8Json, RunFactJson.Default.JsonElement));
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(RunRequested))]
[JsonSerializable(typeof(StrategyChosen))]
[JsonSerializable(typeof(StepStarted))]
[JsonSerializable(typeof(StepCompleted))]
[JsonSerializable(typeof(StepFailed))]
[JsonSerializable(typeof(ActionPlanned))]
[JsonSerializable(typeof(ActionSent))]
[JsonSerializable(typeof(ActionConfirmed))]
[JsonSerializable(typeof(ActionRejected))]
[JsonSerializable(typeof(ActionOutcomeUnknown))]
[JsonSerializable(typeof(ActionReconciled))]
[JsonSerializable(typeof(ModelCalled))]
[JsonSerializable(typeof(AnswerDelta))]
[JsonSerializable(typeof(CancelRequested))]
[JsonSerializable(typeof(RunEnded))]
[JsonSerializable(typeof(ContextGathered))]
[JsonSerializable(typeof(MemoryRecalled))]
[JsonSerializable(typeof(HandoffStrategyChosen))]
[JsonSerializable(typeof(PlanProposed))]
[JsonSerializable(typeof(PlanRejected))]
[JsonSerializable(typeof(PlanAccepted))]
[JsonSerializable(typeof(StepDropped))]
[JsonSerializable(typeof(DecisionRequested))]
[JsonSerializable(typeof(DecisionMade))]
[JsonSerializable(typeof(ActionApproved))]
[JsonSerializable(typeof(RunWaiting))]
[JsonSerializable(typeof(DeadlineReached))]
[JsonSerializable(typeof(BudgetExhausted))]
[JsonSerializable(typeof(GuardTripped))]
[JsonSerializable(typeof(ModelFailed))]
[JsonSerializable(typeof(RunDeadLettered))]
[JsonSerializable(typeof(RunReplayed))]
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class RunFactJson : JsonSerializerContext;
