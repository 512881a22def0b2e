using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Planning;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>What all agents that work on one run share.</summary>
internal sealed record RunParts(RunContext Run, AgentCatalog Agents, IChatModelProvider Models, RunBudget Budget, ModelCallNumbers Numbers, ILogger Logger)
{
    /// <summary>All playbooks, as they are now.</summary>
    public required PlaybookCatalog Playbooks { get; init; }

    /// <summary>Decides how an agent answers what was handed over to it.</summary>
    public required StrategySelector Selector { get; init; }

    /// <summary>Instructions that tenants keep themselves; null when nobody keeps any.</summary>
    public IAgentInstructions? Instructions { get; init; }
}

/// <summary>One agent at work: on the run itself or, in a scope, on what was handed over to it.</summary>
internal sealed class AgentRun(RunParts parts, AgentDefinition agent, IReadOnlyList<ConnectorOperation> tools, IChatModel model, string? scope, string task)
{
    /// <summary>The hash of the instructions that a hand-off begins with, to be pinned with how it is answered; null when that is known already, or nothing is to be pinned.</summary>
    public string? InstructionsHash { get; init; }

    /// <summary>One question, one answer, no tools.</summary>
    public Task<RunOutcome> DirectAsync(IReadOnlyList<RunFact> before) => Runner(ReactTools.None, null, static () => 1).RunAsync(before);

    /// <summary>Reason, act, observe.</summary>
    public Task<RunOutcome> ReactAsync(IReadOnlyList<RunFact> before)
    {
        var options = parts.Run.Options;
        var usable = AgentTools.StepByStep(agent, tools);
        var others = agent.Handoffs.Select(parts.Agents.Find).OfType<AgentDefinition>().ToList();
        return Runner(ReactTools.Of(agent, usable, others), others.Count == 0 ? null : new HandoffRunner(parts, agent, usable), () => parts.Run.IsInBackground ? options.MaxBackgroundModelSteps : options.MaxModelSteps).RunAsync(before);
    }

    /// <summary>Plan, then work the plan off.</summary>
    public Task<RunOutcome> PlanAsync(IReadOnlyList<RunFact> before)
    {
        var others = agent.Handoffs.Select(parts.Agents.Find).OfType<AgentDefinition>().ToList();
        var models = Caller();
        var runner = new PlanRunner(parts.Run, agent, tools, models, others.Count == 0 ? null : new HandoffRunner(parts, agent, tools), parts.Budget, parts.Logger, scope)
        {
            Others = others,
            Task = scope is null ? null : task,
            ReviewWrites = parts.Run.Options.ReviewPlansThatWrite,
        };
        return runner.RunAsync(before);
    }

    /// <summary>Works off what was handed over.</summary>
    public async Task<RunOutcome> HandedOverAsync()
    {
        var run = parts.Run;
        if (run.Snapshot.Choice?.EngineRevision is null or < HandoffStrategy.SinceRevision)
        {
            return await StepByStepAsync([]);
        }

        if (HandoffStrategy.IsFixed(agent))
        {
            // There is nothing to say but with which instructions, where they are not those of the agent's own definition.
            return await StepByStepAsync(InstructionsHash is not null && agent.PromptVersion is not null ? [Pinned(HandoffStrategy.Fixed(scope!, agent))] : []);
        }

        if (run.Snapshot.FindHandoff(scope!) is { } known)
        {
            var pinned = known.Playbook is null ? null : await PinnedPlaybook.FindAsync(run, parts.Playbooks, known.ToChoice(), scope);
            return known.Playbook is not null && pinned is null
                ? new RunOutcome(RunPhase.Failed, "playbook_changed", "The playbook for this was changed or removed in the meantime.")
                : await WorkAsync(known, pinned, []);
        }

        var (choice, playbook) = new HandoffStrategy(parts, agent, tools, model).Choose(scope!, task);
        if (playbook is not null)
        {
            run.Attach([PinnedPlaybook.Content(playbook)]);
        }

        return await WorkAsync(choice, playbook, [Pinned(choice)]);
    }

    private HandoffStrategyChosen Pinned(HandoffStrategyChosen choice) =>
        choice.Playbook is null ? choice with { InstructionsHash = InstructionsHash, PromptVersion = agent.PromptVersion } : choice;

    private Task<RunOutcome> WorkAsync(HandoffStrategyChosen choice, Playbook? playbook, IReadOnlyList<RunFact> before) => choice.Strategy switch
    {
        "playbook" => new PlaybookRunner(parts.Run, playbook!, choice.ToChoice(), parts.Logger, parts.Budget, scope, task).RunAsync(before),
        "plan" => PlanAsync(before),
        _ => StepByStepAsync(before),
    };

    private Task<RunOutcome> StepByStepAsync(IReadOnlyList<RunFact> before) =>
        agent.Strategies.Contains("react") || !agent.Strategies.Contains("direct") ? ReactAsync(before) : DirectAsync(before);

    private ModelCaller Caller() => new(parts.Run, new PatientModel(model, parts.Run.Time, parts.Run.Random), parts.Budget, parts.Numbers);

    private ReactRunner Runner(ReactTools offered, HandoffRunner? handoffs, Func<int> maxCalls) => new(
        parts.Run,
        agent,
        offered,
        Caller(),
        handoffs,
        parts.Budget,
        parts.Logger,
        scope,
        task,
        maxCalls);
}
