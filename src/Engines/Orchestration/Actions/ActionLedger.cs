using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>
/// Carries out the calls of steps. A call that changes something is planned, approved where the policy asks for it, then durably marked as sent, then sent; an outcome that is not
/// known is looked up in the target system, and if that cannot tell a person is asked, before anything is sent again. Reads are simply repeated.
/// </summary>
internal sealed partial class ActionLedger(RunContext run, ILogger logger)
{
    /// <summary>The same step of the same run is always the same action.</summary>
    public static string ActionId(string tenantId, string runId, string stepId) =>
        "a-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tenantId}\n{runId}\n{stepId}")))[..32];

    /// <summary>The action of this step that the journal knows, or null.</summary>
    public ActionState? Find(string stepId) => run.Snapshot.FindAction(ActionId(run.Input.TenantId, run.Input.RunId, stepId));

    /// <summary>Reads, with retries.</summary>
    /// <param name="stepId">The step.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="attempts">How often it is tried at most; null is the platform's default.</param>
    /// <param name="work">Fires when it is not worked on any more: with the run, or earlier where it turned out not to be needed.</param>
    public async Task<CallResult> ReadAsync(string stepId, ConnectorOperation operation, JsonElement arguments, int? attempts, CancellationToken work)
    {
        // Reads are allowed unless the policy has a rule for them.
        if (Refusal(stepId, await DecideAsync(stepId, operation, arguments), []) is { } refusal)
        {
            return refusal;
        }

        for (var attempt = 1; ; attempt++)
        {
            var outcome = await ExecuteAsync(Request(stepId, operation.Id, arguments) with { Earlier = run.Snapshot.CallsOf(operation.Id) }, isRead: true, work);
            switch (outcome)
            {
                case ActionSucceeded succeeded:
                    return ReadResult.Of(succeeded.Result, run.Options).ToCall(stepId, succeeded.VendorRequestId, attempt);
                case ActionFailed { IsRetryable: true } failed when attempt < (attempts ?? run.Options.MaxAttempts):
                    await run.WaitAsync(attempt, failed.RetryAfter, work);
                    break;
                case ActionFailed failed:
                    return NotRead(failed, failed.VendorRequestId);
                default:
                    if (attempt >= (attempts ?? run.Options.MaxAttempts))
                    {
                        return NotRead(new ActionFailed("unavailable", outcome is ActionUnknown unknown ? unknown.Reason : "The system did not answer.", true), null);
                    }

                    await run.WaitAsync(attempt, null, work);
                    break;
            }

            CallResult NotRead(ActionFailed failed, string? vendorRequestId) => new()
            {
                Code = failed.Code,
                Message = failed.Message,
                Retryable = failed.IsRetryable,
                Facts =
                [
                    new StepFailed
                    {
                        StepId = stepId,
                        Code = failed.Code,
                        Message = failed.Message,
                        Retryable = failed.IsRetryable,
                        Field = failed.Field,
                        VendorRequestId = vendorRequestId,
                        Attempts = attempt > 1 ? attempt : null,
                    },
                ],
            };
        }
    }

    private static CallResult Done(string stepId, ReadResult result, RunFact fact) =>
        new() { Result = result.Whole, Facts = [fact, new StepCompleted { StepId = stepId, Status = "done" }], Contents = result.Contents };

    /// <summary>Changes something, exactly once, from wherever the journal says that it is.</summary>
    /// <returns>How it ended, or that people have to decide first: nothing was sent then, and the same call goes on once they have.</returns>
    public async Task<CallResult> WriteAsync(string stepId, ConnectorOperation operation, JsonElement arguments, string summary, int? attempts)
    {
        var maxAttempts = attempts ?? run.Options.MaxAttempts;
        if (Find(stepId) is not { } action)
        {
            return await PlanAsync(stepId, operation, arguments, summary, maxAttempts);
        }

        // What was allowed is bound to the arguments of back then.
        var call = new Call(stepId, Request(stepId, action.OperationId, action.Arguments), action.AttemptsBefore + maxAttempts);
        var known = await ResolveAsync(action, call);
        if (known.End is { } end)
        {
            return end;
        }

        if (run.FindOperation(action.OperationId) is not { } bound)
        {
            return Failed(stepId, "not_configured", $"'{action.OperationId}' is not available: its connector is not configured.", false, null, known.Before);
        }

        var hash = CanonicalJson.SubjectHash(action.OperationId, action.Arguments);
        var isReplayed = action.Attempts > 0 && action.Attempts == action.AttemptsBefore;
        if (action.Status == ActionStatus.Planned || known.ByPerson || isReplayed || FindApproval(action, hash) is { UsedBy: null })
        {
            return await PassAsync(action, bound, hash, call, known.Before);
        }

        if (action.Attempts >= call.LastAttempt)
        {
            return Exhausted(stepId, known.Before);
        }

        if (action.Status == ActionStatus.Failed)
        {
            await run.WaitAsync(action.Attempts - action.AttemptsBefore, null);
        }

        return await SendNextAsync(call, action.Attempts, known.Before);
    }

    /// <summary>
    /// Finds out what became of a step's action that cannot go on, for example because its connector is gone; sends nothing.
    /// </summary>
    /// <returns>Null when nothing of the step can have taken effect: it may fail. Else how it ended, or whom it waits for.</returns>
    public async Task<CallResult?> SettleStepAsync(string stepId)
    {
        if (Find(stepId) is not { } action)
        {
            return null;
        }

        var known = await ResolveAsync(action, new Call(stepId, Request(stepId, action.OperationId, action.Arguments), action.Attempts));
        if (known.End is null)
        {
            await run.RecordAsync(known.Before);
        }

        return known.End;
    }

    /// <summary>Asks once what became of actions without an outcome, so that the answer of a run that ends early is true.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var action in run.Snapshot.Actions.Where(action => action.Status is ActionStatus.Sent or ActionStatus.Unknown))
        {
            if (WhatPeopleSaid(action) is { } said)
            {
                await run.RecordAsync(said);
                continue;
            }

            var (fact, result) = Reconciled(action.ActionId, await LookUpAsync(Request(action.StepId, action.OperationId, action.Arguments), cancellationToken));
            await run.RecordAsync([fact], result?.Contents ?? []);
        }
    }

    private static CallResult Failed(string stepId, string code, string message, bool retryable, string? field, params IReadOnlyList<RunFact> before) => new()
    {
        Code = code,
        Message = message,
        Retryable = retryable,
        Facts = [.. before, new StepFailed { StepId = stepId, Code = code, Message = message, Retryable = retryable, Field = field }],
    };

    private static CallResult? Refusal(string stepId, PolicyDecision decision, IReadOnlyList<RunFact> before) => decision.Verdict switch
    {
        PolicyVerdict.Allowed => null,
        PolicyVerdict.Denied => Failed(stepId, "forbidden", decision.Reason, false, null, before),
        PolicyVerdict.ApprovalNeeded => Failed(stepId, "approval_needed", decision.Reason, false, null, before),
        _ => Failed(stepId, "unavailable", decision.Reason, decision.Retryable, null, before),
    };

    private static CallResult Done(string stepId, JsonElement? result, IReadOnlyList<RunFact> before) =>
        new() { Result = result, Facts = [.. before, new StepCompleted { StepId = stepId, Status = "done" }] };

    private static CallResult Exhausted(string stepId, params IReadOnlyList<RunFact> before) =>
        Failed(stepId, "unavailable", "The system did not take it. Nothing was changed.", true, null, before);

    private static CallResult Waits(string requestId) => new() { Facts = [], Awaits = [requestId] };

    private ActionRequest Request(string stepId, string operationId, JsonElement arguments) => new()
    {
        ActionId = ActionId(run.Input.TenantId, run.Input.RunId, stepId),
        StepId = stepId,
        RunId = run.Input.RunId,
        OperationId = operationId,
        Arguments = arguments,
        Deadline = run.CallDeadline,
    };

    private Task<PolicyDecision> DecideAsync(string stepId, ConnectorOperation operation, JsonElement arguments) =>
        run.Policy.DecideAsync(operation, arguments, run.Input.Requester, ReadForPolicyAsync(stepId), run.Work);

    private PolicyRead ReadForPolicyAsync(string stepId) => async (operationId, arguments, cancellationToken) =>
    {
        if (run.FindOperation(operationId) is not { Effect: OperationEffect.Read })
        {
            return new ActionFailed("not_configured", $"'{operationId}' is not a read that is configured.", false);
        }

        for (var attempt = 1; ; attempt++)
        {
            var outcome = await ExecuteAsync(Request($"{stepId}#policy", operationId, arguments), isRead: true, cancellationToken);
            if (outcome is not ActionFailed { IsRetryable: true } failed || attempt >= run.Options.MaxAttempts)
            {
                return outcome;
            }

            await run.WaitAsync(attempt, failed.RetryAfter);
        }
    };

    /// <summary>One action on its way.</summary>
    /// <param name="StepId">The step.</param>
    /// <param name="Request">What is sent.</param>
    /// <param name="LastAttempt">The number of the last attempt.</param>
    private sealed record Call(string StepId, ActionRequest Request, int LastAttempt);

    /// <summary>What is known of an action.</summary>
    /// <param name="End">The step's end, or whom it waits for; null when it has certainly not taken effect.</param>
    /// <param name="Before">What is to be recorded before it goes on.</param>
    /// <param name="ByPerson">Whether a person said so.</param>
    private sealed record Knowledge(CallResult? End, IReadOnlyList<RunFact> Before, bool ByPerson = false);
}
