namespace Steward.Engines.Orchestration.Agents;

/// <summary>An agent as data: what it is told, what it may use and how much of it. Read from YAML; runs pin it by its hash.</summary>
public sealed record AgentDefinition
{
    /// <summary>Unique, for example <c>assistant</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Raised with every change of meaning.</summary>
    public required int Version { get; init; }

    /// <summary>What it is called, for people.</summary>
    public required string Title { get; init; }

    /// <summary>What it is good for, in a sentence; other agents decide by it whether to hand a step over.</summary>
    public required string Description { get; init; }

    /// <summary>What the model is told besides the platform's own rules.</summary>
    public required string Instructions { get; init; }

    /// <summary>Operations that it may use, as ids or patterns such as <c>okta.*</c>; only those that read.</summary>
    public IReadOnlyList<string> ReadTools { get; init; } = ["*"];

    /// <summary>Operations that change something and that it may use, as ids or patterns; none by default.</summary>
    public IReadOnlyList<string> WriteTools { get; init; } = [];

    /// <summary>Ids of playbooks that it may use, or <c>*</c>. A playbook is reviewed as a whole: the policy alone bounds what it does.</summary>
    public IReadOnlyList<string> Playbooks { get; init; } = ["*"];

    /// <summary>Agents that it may hand steps over to.</summary>
    public IReadOnlyList<string> Handoffs { get; init; } = [];

    /// <summary>Strategies that it may answer with, in order of preference: <c>direct</c>, <c>playbook</c>, <c>react</c>, <c>plan</c>.</summary>
    public IReadOnlyList<string> Strategies { get; init; } = ["playbook", "react"];

    /// <summary><c>small</c>, <c>standard</c> or <c>large</c>: which of the tenant's models it uses; <c>auto</c> has the gateway choose for each call by what the person asks. Default <c>standard</c>.</summary>
    public string ModelTier { get; init; } = "standard";

    /// <summary>What one run of it may use at most.</summary>
    public RunLimits Limits { get; init; } = new();

    /// <summary>Whether a person has to see each plan before it is worked off. What the agent may change it then changes by such plans only: step by step it only reads.</summary>
    public bool ReviewPlans { get; init; }

    /// <summary>Whether it may change things, but only by a plan that a person has seen.</summary>
    internal bool ChangesByReviewedPlansOnly => ReviewPlans && WriteTools.Count > 0;

    /// <summary>The registered prompt and its version that <see cref="Instructions"/> are from, as <c>name@3</c>; null for the agent's own.</summary>
    internal string? PromptVersion { get; init; }

    /// <summary>A hash of the definition.</summary>
    public required string Hash { get; init; }

    /// <summary>The definition as it was written; empty for one that was not read from YAML.</summary>
    public string Source { get; init; } = "";
}
