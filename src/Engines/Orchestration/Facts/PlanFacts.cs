using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>A planner model, or a person who edited its plan, proposed how to work the request off. Not yet validated.</summary>
public sealed record PlanProposed : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "plan.proposed";

    /// <summary>Which plan of the run this is, from 1; a re-plan has the next number.</summary>
    public required int Revision { get; init; }

    /// <summary>The plan as it was proposed.</summary>
    public required JsonElement Plan { get; init; }

    /// <summary>SHA-256 of the plan's canonical JSON.</summary>
    public required string PlanHash { get; init; }

    /// <summary>Why there is a new plan: null for the first one.</summary>
    public string? Reason { get; init; }

    /// <summary>The hand-off inside which it happened; null for the run itself.</summary>
    public string? Scope { get; init; }
}

/// <summary>A plan was refused before anything of it ran.</summary>
public sealed record PlanRejected : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "plan.rejected";

    /// <summary>The plan.</summary>
    public required int Revision { get; init; }

    /// <summary>Every fault.</summary>
    public required IReadOnlyList<PlanFault> Faults { get; init; }

    /// <summary>The hand-off inside which it happened; null for the run itself.</summary>
    public string? Scope { get; init; }
}

/// <summary>One fault of a plan.</summary>
public sealed record PlanFault
{
    /// <summary>A stable code, for example <c>cycle</c>, <c>unknown_tool</c>, <c>invalid_argument</c> or <c>unreachable_step</c>.</summary>
    public required string Code { get; init; }

    /// <summary>Where, as a JSON pointer into the plan.</summary>
    public required string Path { get; init; }

    /// <summary>What is wrong and what is allowed; safe to show to people and models.</summary>
    public required string Message { get; init; }
}

/// <summary>A plan is valid and is worked off from here on.</summary>
public sealed record PlanAccepted : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "plan.accepted";

    /// <summary>The plan.</summary>
    public required int Revision { get; init; }

    /// <summary><c>policy</c>, or the person who approved it.</summary>
    public required string By { get; init; }

    /// <summary>The hand-off inside which it happened; null for the run itself.</summary>
    public string? Scope { get; init; }
}
