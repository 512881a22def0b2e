using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Limits;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>
/// Hands steps over to other agents: each works inside the same run and journal, with the tools that both agents have, inside both agents' limits. What it asks people to decide
/// is asked in the run itself. How the other agent answers is decided as for a run, see <see cref="HandoffStrategy"/>.
/// </summary>
internal sealed class HandoffRunner(RunParts parts, AgentDefinition parent, IReadOnlyList<ConnectorOperation> parentTools) : IHandoffs
{
    /// <inheritdoc/>
    public async Task<CallResult> HandOffAsync(string stepId, string agentId, string task, string? scope)
    {
        if (!parent.Handoffs.Contains(agentId) || parts.Agents.Find(agentId) is not { } agent)
        {
            return Failed(stepId, "unknown_agent", $"There is no agent '{agentId}' to hand over to; there are {string.Join(", ", parent.Handoffs)}.", false);
        }

        var run = parts.Run;
        if (Depth(scope) >= run.Options.MaxHandoffDepth)
        {
            var message = $"The task was handed over {run.Options.MaxHandoffDepth} times already; it has to be done here.";
            return Failed(stepId, "handoff_depth", message, false, new GuardTripped { Guard = "handoff_depth", StepId = stepId, Message = message, Scope = scope });
        }

        if (parts.Models.ForTenant(run.Input.TenantId, agent.ModelTier) is not { } model)
        {
            return Failed(stepId, "not_configured", "No language model is configured for this agent.", false);
        }

        parts.Budget.Enter(stepId, agent.Limits);
        try
        {
            var outcome = await new AgentRun(parts, await parts.InstructAsync(agent), AgentTools.Of(agent, parentTools), model, stepId, task).HandedOverAsync();
            return Report(stepId, agent, outcome);
        }
        catch (BudgetExhaustedException e)
        {
            return Report(stepId, agent, BudgetOutcome.Of(run, e.Exhausted, stepId));
        }
        catch (ModelException e)
        {
            return Failed(stepId, e.Code, $"{agent.Title} could not go on: {e.Message}", e.IsRetryable);
        }
    }

    private static CallResult Report(string stepId, AgentDefinition agent, RunOutcome outcome)
    {
        if (outcome.Waits is { } waits)
        {
            return new CallResult { Awaits = waits.RequestIds, Facts = outcome.Facts, Contents = outcome.Contents };
        }

        // What may be replayed has failed, and so has what came to nothing.
        if (outcome.Phase == RunPhase.Failed || TechnicalCodes.Contains(outcome.ErrorCode))
        {
            return Failed(stepId, outcome.ErrorCode ?? "failed", $"{agent.Title}: {outcome.Answer}", false, outcome.Facts) with { Contents = outcome.Contents };
        }

        // An agent that ran out of something before it said anything has failed; what it said before is a result.
        if (outcome.ErrorCode is "budget" or "step_limit" or "empty_answer" or "no_new_information" && !outcome.Facts.OfType<ModelCalled>().Any(call => call.Text is { Length: > 0 }))
        {
            return Failed(stepId, outcome.ErrorCode, $"{agent.Title}: {outcome.Answer}", false, outcome.Facts) with { Contents = outcome.Contents };
        }

        var report = new JsonObject { ["agent"] = agent.Id, ["report"] = outcome.Answer };
        if (outcome.ErrorCode is { } code)
        {
            report["incomplete"] = code;
        }

        var result = Values.Element(report);
        return new CallResult { Result = result, Facts = [.. outcome.Facts, new StepCompleted { StepId = stepId, Status = "done", Result = result }], Contents = outcome.Contents };
    }

    // Each hand-off adds one part to the ids of its steps.
    private static int Depth(string? scope) => scope is null ? 0 : scope.Count(c => c == '/') + 1;

    private static CallResult Failed(string stepId, string code, string message, bool retryable, params IReadOnlyList<RunFact> before) => new()
    {
        Code = code,
        Message = message,
        Retryable = retryable,
        Facts = [.. before, new StepFailed { StepId = stepId, Code = code, Message = message, Retryable = retryable }],
    };
}
