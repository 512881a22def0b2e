using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>How an agent answers what was handed over to it.</summary>
public sealed record HandoffStrategyChosen : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "handoff.strategy";

    /// <summary>The hand-off, a step's id.</summary>
    public required string StepId { get; init; }

    /// <summary>The agent's id.</summary>
    public required string Agent { get; init; }

    /// <summary><c>direct</c>, <c>playbook</c>, <c>react</c>, <c>plan</c> or <c>none</c>.</summary>
    public required string Strategy { get; init; }

    /// <summary>Why, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>The playbook's id.</summary>
    public string? Playbook { get; init; }

    /// <summary>The playbook's version.</summary>
    public int? PlaybookVersion { get; init; }

    /// <summary>A hash of the playbook's content.</summary>
    public string? PlaybookHash { get; init; }

    /// <summary>The playbook's title.</summary>
    public string? Title { get; init; }

    /// <summary>The values that were read from the task, by slot.</summary>
    public JsonElement? Slots { get; init; }

    /// <summary>What the task was classified as, by name.</summary>
    public JsonElement? Classified { get; init; }

    /// <summary>The registered prompt and its version that wrote the agent's instructions, as <c>name@3</c>; null for the agent's own.</summary>
    public string? PromptVersion { get; init; }

    /// <summary>A hash of the agent's instructions, where a model answers: it goes on with these. Null in journals of before.</summary>
    public string? InstructionsHash { get; init; }

    /// <summary>The same as a run's choice.</summary>
    internal StrategyChosen ToChoice() => new()
    {
        Strategy = Strategy, Reason = Reason, Playbook = Playbook, PlaybookVersion = PlaybookVersion, PlaybookHash = PlaybookHash, Title = Title, Slots = Slots, Classified = Classified, Agent = Agent,
    };

    /// <summary>A choice as that of a hand-off.</summary>
    internal static HandoffStrategyChosen Of(StrategyChosen choice, string stepId, string agent) => new()
    {
        StepId = stepId,
        Agent = agent,
        Strategy = choice.Strategy,
        Reason = choice.Reason,
        Playbook = choice.Playbook,
        PlaybookVersion = choice.PlaybookVersion,
        PlaybookHash = choice.PlaybookHash,
        Title = choice.Title,
        Slots = choice.Slots,
        Classified = choice.Classified,
    };
}
