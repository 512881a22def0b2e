using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>What all agents that work on one run share.</summary>
internal sealed record RunParts(RunContext Run, AgentCatalog Agents, IChatModelProvider Models, RunBudget Budget, ModelCallNumbers Numbers, ILogger Logger);

/// <summary>One agent at work: on the run itself or, in a scope, on what was handed over to it.</summary>
internal sealed class AgentRun(RunParts parts, AgentDefinition agent, IReadOnlyList<ConnectorOperation> tools, IChatModel model, string? scope, string task)
{
    /// <summary>One question, one answer, no tools.</summary>
    public Task<RunOutcome> DirectAsync(IReadOnlyList<RunFact> before) => Runner([], null, 1).RunAsync(before);

    /// <summary>Reason, act, observe.</summary>
    public Task<RunOutcome> ReactAsync(IReadOnlyList<RunFact> before)
    {
        var options = parts.Run.Options;
        return Runner(tools, Handoffs(), parts.Run.Input.Background ? options.MaxBackgroundModelSteps : options.MaxModelSteps).RunAsync(before);
    }

    /// <summary>Plan, then work the plan off.</summary>
    public Task<RunOutcome> PlanAsync(IReadOnlyList<RunFact> before) =>
        Task.FromResult(new RunOutcome(RunPhase.Failed, "not_configured", $"Plans are not available in this installation, so {agent.Title} cannot work with one.") { Facts = before });

    /// <summary>Works off what was handed over.</summary>
    public Task<RunOutcome> HandedOverAsync() => agent.Strategies.Contains("react") || !agent.Strategies.Contains("direct") ? ReactAsync([]) : DirectAsync([]);

    private HandoffRunner? Handoffs() => agent.Handoffs.Count == 0 ? null : new HandoffRunner(parts, agent, tools);

    private ReactRunner Runner(IReadOnlyList<ConnectorOperation> operations, HandoffRunner? handoffs, int maxCalls) => new(
        parts.Run,
        agent,
        operations,
        [.. agent.Handoffs.Select(parts.Agents.Find).OfType<AgentDefinition>()],
        new ModelCaller(parts.Run, model, parts.Budget, parts.Numbers),
        handoffs,
        parts.Budget,
        parts.Logger,
        scope,
        task,
        maxCalls);
}
