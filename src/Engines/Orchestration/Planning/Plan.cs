using Steward.Engines.Orchestration.Expressions;

namespace Steward.Engines.Orchestration.Planning;

/// <summary>How a request is to be worked off: a graph of steps, as a model or a person proposed it and the validator understood it.</summary>
internal sealed record Plan
{
    /// <summary>What is to be achieved.</summary>
    public required string Goal { get; init; }

    /// <summary>Its steps, each after those that it needs.</summary>
    public required IReadOnlyList<PlanStep> Steps { get; init; }

    /// <summary>What the final answer has to say.</summary>
    public string? Answer { get; init; }
}

/// <summary>One step of a plan: a call of a tool, or a task for another agent.</summary>
internal sealed record PlanStep
{
    /// <summary>Unique in the plan.</summary>
    public required string Id { get; init; }

    /// <summary>What it does, in the planner's words.</summary>
    public required string Title { get; init; }

    /// <summary>The operation that it calls; null for a hand-off.</summary>
    public string? Tool { get; init; }

    /// <summary>The arguments of <see cref="Tool"/>.</summary>
    public ValueTemplate? Arguments { get; init; }

    /// <summary>The agent that it is handed over to; null for a call.</summary>
    public string? Agent { get; init; }

    /// <summary>What <see cref="Agent"/> is to do.</summary>
    public Template? Task { get; init; }

    /// <summary>The steps before it.</summary>
    public IReadOnlyList<string> Needs { get; init; } = [];

    /// <summary>The steps whose results go into its arguments or its task.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>It is skipped unless this is true.</summary>
    public Expression? When { get; init; }

    /// <summary>What its result is expected to satisfy.</summary>
    public Expression? Expect { get; init; }

    /// <summary>What follows when it fails, or when its result is not as expected.</summary>
    public PlanFailure OnFailure { get; init; }
}

/// <summary>What follows when a step of a plan fails.</summary>
internal enum PlanFailure
{
    /// <summary>A new plan with what is known.</summary>
    Replan,

    /// <summary>The run ends with what is known.</summary>
    Stop,

    /// <summary>The steps after it run all the same.</summary>
    Continue,
}
