using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Playbooks;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>
/// Decides how an agent answers what was handed over to it: as a run of its own would be, with what a hand-off may use. There is nobody to ask, and no conversation: where a playbook
/// would ask a question, the agent's model works instead.
/// </summary>
internal sealed class HandoffStrategy(RunParts parts, AgentDefinition agent, IReadOnlyList<ConnectorOperation> tools, IChatModel model)
{
    /// <summary>Runs of earlier revisions of the engine's rules go on step by step, as they began.</summary>
    public const int SinceRevision = 2;

    /// <summary>Whether there is nothing to decide: the agent has neither playbooks nor plans.</summary>
    public static bool IsFixed(AgentDefinition agent) => agent.Strategies.All(strategy => strategy is "react" or "direct");

    /// <summary>The strategy of an agent for which there is nothing to decide.</summary>
    public static HandoffStrategyChosen Fixed(string stepId, AgentDefinition agent) => new()
    {
        StepId = stepId, Agent = agent.Id, Strategy = agent.Strategies.Contains("react") || !agent.Strategies.Contains("direct") ? "react" : "direct", Reason = "the agent has no other strategy",
    };

    /// <summary>Decides; records nothing.</summary>
    /// <param name="stepId">The hand-off.</param>
    /// <param name="task">What was handed over.</param>
    public (HandoffStrategyChosen Choice, Playbook? Playbook) Choose(string stepId, string task)
    {
        var input = parts.Run.Input with { Text = task, Agent = agent.Id, Strategy = null, History = [], WorkingMemory = new Dictionary<string, string>() };

        // Never more than both agents may use, whatever the playbook does when a person asks for it.
        var usable = PlaybookCatalog.Of(parts.Playbooks.Playbooks.Where(playbook => playbook.Steps.All(step => tools.Any(tool => tool.Id == step.Call))));
        var selection = parts.Selector.Select(input, agent, usable, tools, model);
        if (selection is { Playbook: { } playbook, Outcome: null })
        {
            return (HandoffStrategyChosen.Of(selection.Choice, stepId, agent.Id), playbook);
        }

        var strategy = selection.Choice.Strategy == "plan" || (!agent.Strategies.Contains("react") && agent.Strategies.Contains("plan")) || MustPlan() ? "plan" : "react";
        return (new HandoffStrategyChosen { StepId = stepId, Agent = agent.Id, Strategy = strategy, Reason = selection.Choice.Reason }, null);
    }

    private bool MustPlan() => agent.ChangesByReviewedPlansOnly && agent.Strategies.Contains("plan");
}
