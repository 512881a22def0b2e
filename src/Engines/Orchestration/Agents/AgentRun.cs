using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Planning;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>What all agents that work on one run share.</summary>
internal sealed record RunParts(RunContext Run, AgentCatalog Agents, IChatModelProvider Models, RunBudget Budget, ModelCallNumbers Numbers, ILogger Logger);

/// <summary>One agent at work: on the run itself or, in a scope, on what was handed over to it.</summary>
internal sealed class AgentRun(RunParts parts, AgentDefinition agent, IReadOnlyList<ConnectorOperation> tools, IChatModel model, string? scope, string task)
{
    /// <summary>One question, one answer, no tools.</summary>
    public Task<RunOutcome> DirectAsync(IReadOnlyList<RunFact> before) => Runner(ReactTools.None, null, 1).RunAsync(before);

    /// <summary>Reason, act, observe.</summary>
    public Task<RunOutcome> ReactAsync(IReadOnlyList<RunFact> before)
    {
        var options = parts.Run.Options;
        var others = agent.Handoffs.Select(parts.Agents.Find).OfType<AgentDefinition>().ToList();
        return Runner(ReactTools.Of(agent, tools, others), others.Count == 0 ? null : new HandoffRunner(parts, agent, tools), parts.Run.Input.Background ? options.MaxBackgroundModelSteps : options.MaxModelSteps).RunAsync(before);
    }

    /// <summary>Plan, then work the plan off.</summary>
    public Task<RunOutcome> PlanAsync(IReadOnlyList<RunFact> before)
    {
        var others = agent.Handoffs.Select(parts.Agents.Find).OfType<AgentDefinition>().ToList();
        var models = new ModelCaller(parts.Run, model, parts.Budget, parts.Numbers);
        var runner = new PlanRunner(parts.Run, agent, tools, models, others.Count == 0 ? null : new HandoffRunner(parts, agent, tools), parts.Budget, parts.Logger, scope)
        {
            Others = others,
            ReviewWrites = parts.Run.Options.ReviewPlansThatWrite,
        };
        return runner.RunAsync(before);
    }

    /// <summary>Works off what was handed over.</summary>
    public Task<RunOutcome> HandedOverAsync() => agent.Strategies.Contains("react") || !agent.Strategies.Contains("direct") ? ReactAsync([]) : DirectAsync([]);

    private ReactRunner Runner(ReactTools offered, HandoffRunner? handoffs, int maxCalls) => new(
        parts.Run,
        agent,
        offered,
        new ModelCaller(parts.Run, model, parts.Budget, parts.Numbers),
        handoffs,
        parts.Budget,
        parts.Logger,
        scope,
        task,
        maxCalls);
}
