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
            return await StopAsync(stepId, "unknown_agent", $"There is no agent '{agentId}' to hand over to; there are {string.Join(", ", parent.Handoffs)}.");
        }

        var run = parts.Run;
        if (Depth(scope) >= run.Options.MaxHandoffDepth)
        {
            var message = $"The task was handed over {run.Options.MaxHandoffDepth} times already; it has to be done here.";
            return await StopAsync(stepId, "handoff_depth", message, new GuardTripped { Guard = "handoff_depth", StepId = stepId, Message = message, Scope = scope });
        }

        if (parts.Models.ForTenant(run.Input.TenantId, agent.ModelTier) is not { } model)
        {
            return await StopAsync(stepId, "not_configured", "No language model is configured for this agent.");
        }

        parts.Budget.Enter(stepId, agent.Limits);
        using var activity = Diagnostics.StartHandoff(run.Input, stepId, agent.Id);
        var result = await CarryOutAsync(agent, model, stepId, task);
        Diagnostics.EndHandoff(activity, result);
        return result;
    }

    private async Task<CallResult> CarryOutAsync(AgentDefinition agent, IChatModel model, string stepId, string task)
    {
        try
        {
            if (await InstructAsync(agent, stepId) is not var (instructed, hash))
            {
                return await StopAsync(stepId, "agent_changed", $"The instructions that {agent.Title} was working with are not kept any more.");
            }

            var outcome = await new AgentRun(parts, instructed, AgentTools.Of(agent, parentTools), model, stepId, task) { InstructionsHash = hash }.HandedOverAsync();
            if (outcome is { Phase: RunPhase.Failed, ErrorCode: "playbook_changed" })
            {
                return await StopAsync(stepId, outcome.ErrorCode, $"{agent.Title}: {outcome.Answer}");
            }

            return Report(parts.Run.Options, stepId, agent, outcome);
        }
        catch (BudgetExhaustedException e)
        {
            return Report(parts.Run.Options, stepId, agent, BudgetOutcome.Of(parts.Run, e.Exhausted, stepId));
        }
        catch (ModelException e)
        {
            return Failed(stepId, e.Code, $"{agent.Title} could not go on: {e.Message}", e.IsRetryable);
        }
    }

    // As the hand-off began, if it has. Those of agents without a choice record nothing where the instructions are the agent's own, which the version of their first call says.
    private async ValueTask<(AgentDefinition Agent, string? Hash)?> InstructAsync(AgentDefinition agent, string stepId)
    {
        var run = parts.Run;
        if (run.Snapshot.FindHandoff(stepId) is { } known)
        {
            return known.InstructionsHash is null ? (await PinnedInstructions.NowAsync(run, parts.Instructions, agent), null)
                : await PinnedInstructions.ResumeAsync(run, agent, known.InstructionsHash, known.PromptVersion) is { } pinned ? (pinned, null)
                : null;
        }

        if (run.Snapshot.ModelCalls.FirstOrDefault(call => call.Scope == stepId) is { } first)
        {
            return first.PromptVersion?.Contains('@', StringComparison.Ordinal) == false ? (agent, null) : (await PinnedInstructions.NowAsync(run, parts.Instructions, agent), null);
        }

        return await PinnedInstructions.BeginAsync(run, parts.Instructions, agent);
    }

    /// <inheritdoc/>
    public async Task<CallResult> StopAsync(string stepId, string code, string message, params IReadOnlyList<RunFact> before)
    {
        var run = parts.Run;
        var ledger = new ActionLedger(run, parts.Logger);
        var awaits = new List<string>();
        foreach (var action in run.Snapshot.Actions.Where(action => action.Status is ActionStatus.Sent or ActionStatus.Unknown && action.StepId.StartsWith(stepId + "/", StringComparison.Ordinal)).ToList())
        {
            // One that people gave up has ended its step already.
            if (run.Snapshot.FindStep(action.StepId) is not { HasEnded: true } && await ledger.SettleStepAsync(action.StepId) is { } end)
            {
                awaits.AddRange(end.Awaits);
                await run.RecordAsync(end.Facts, end.Contents);
            }
        }

        return awaits.Count > 0 ? new CallResult { Awaits = awaits, Facts = [] } : Failed(stepId, code, message, false, before);
    }

    private static CallResult Report(OrchestrationOptions options, string stepId, AgentDefinition agent, RunOutcome outcome)
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

        // A long report is told in part, as the result of any other tool.
        var reported = ReadResult.Of(Values.Element(report), options).ToCall(stepId);
        return reported with { Facts = [.. outcome.Facts, .. reported.Facts], Contents = [.. outcome.Contents, .. reported.Contents] };
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
