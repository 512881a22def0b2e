using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Actions;

/// <summary>
/// Carries out the calls of steps. A call that changes something is planned, then durably marked as sent, then sent; an outcome that is not known is looked up in the
/// target system before anything is sent again. Reads are simply repeated.
/// </summary>
internal sealed partial class ActionLedger(RunContext run, ILogger logger)
{
    /// <summary>The same step of the same run is always the same action.</summary>
    public static string ActionId(string tenantId, string runId, string stepId) =>
        "a-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{tenantId}\n{runId}\n{stepId}")))[..32];

    /// <summary>Whether the journal knows an action of this step.</summary>
    public ActionState? Find(string stepId) => run.Snapshot.FindAction(ActionId(run.Input.TenantId, run.Input.RunId, stepId));

    /// <summary>Reads, with retries.</summary>
    public async Task<CallResult> ReadAsync(string stepId, ConnectorOperation operation, JsonElement arguments, int? attempts)
    {
        // Reads are allowed unless the policy has a rule for them.
        if (Refusal(stepId, await DecideAsync(stepId, operation, arguments)) is { } refusal)
        {
            return refusal;
        }

        var request = Request(stepId, operation.Id, arguments);
        for (var attempt = 1; ; attempt++)
        {
            var outcome = await ExecuteAsync(request, isRead: true, run.Work);
            switch (outcome)
            {
                case ActionSucceeded succeeded:
                    var (result, truncated) = ResultShaper.Shape(succeeded.Result, run.Options.MaxResultLength);
                    return new CallResult { Result = result, Facts = [new StepCompleted { StepId = stepId, Status = "done", Result = result, Truncated = truncated }] };
                case ActionFailed { IsRetryable: true } failed when attempt < (attempts ?? run.Options.MaxAttempts):
                    await run.WaitAsync(attempt, failed.RetryAfter);
                    break;
                case ActionFailed failed:
                    return Failed(stepId, failed.Code, failed.Message, failed.IsRetryable, failed.Field);
                default:
                    if (attempt >= (attempts ?? run.Options.MaxAttempts))
                    {
                        return Failed(stepId, "unavailable", outcome is ActionUnknown unknown ? unknown.Reason : "The system did not answer.", true, null);
                    }

                    await run.WaitAsync(attempt, null);
                    break;
            }
        }
    }

    /// <summary>Changes something, exactly once, from wherever the journal says that it is.</summary>
    public async Task<CallResult> WriteAsync(string stepId, ConnectorOperation operation, JsonElement arguments, string summary, int? attempts)
    {
        var maxAttempts = attempts ?? run.Options.MaxAttempts;
        var action = Find(stepId);
        if (action is null)
        {
            var decision = await DecideAsync(stepId, operation, arguments);
            if (Refusal(stepId, decision) is { } refusal)
            {
                return refusal;
            }

            run.Work.ThrowIfCancellationRequested();
            var planned = Request(stepId, operation.Id, arguments);
            await run.RecordAsync(
                new ActionPlanned { ActionId = planned.ActionId, StepId = stepId, OperationId = operation.Id, Summary = summary, Arguments = arguments, AllowedBy = decision.Reason },
                new ActionSent { ActionId = planned.ActionId, Attempt = 1 });
            return await SendAsync(planned, stepId, 1, maxAttempts);
        }

        // What was allowed is bound to the arguments of back then.
        var request = Request(stepId, action.OperationId, action.Arguments);
        switch (action.Status)
        {
            case ActionStatus.Confirmed:
                return Done(stepId, action.Result, []);
            case ActionStatus.Failed when !action.WillRetry:
                return Failed(stepId, action.Code ?? "rejected", action.Message ?? "It was refused.", false, action.Field);
            case ActionStatus.Sent or ActionStatus.Unknown:
                return await ReconcileAsync(request, stepId, action.Attempts, maxAttempts, []);
            case ActionStatus.NotDone when action.Attempts >= maxAttempts:
                return Exhausted(stepId);
            case ActionStatus.Failed:
                await run.WaitAsync(action.Attempts, null);
                return await ResendAsync(request, stepId, action.Attempts, maxAttempts);
            default:
                return await ResendAsync(request, stepId, action.Attempts, maxAttempts);
        }
    }

    /// <summary>Asks once what became of actions without an outcome, so that the answer of a run that ends early is true.</summary>
    public async Task SettleAsync(CancellationToken cancellationToken)
    {
        foreach (var action in run.Snapshot.Actions.Where(action => action.Status is ActionStatus.Sent or ActionStatus.Unknown))
        {
            var outcome = await LookUpAsync(Request(action.StepId, action.OperationId, action.Arguments), cancellationToken);
            await run.RecordAsync(Reconciled(action.ActionId, outcome));
        }
    }

    private static CallResult Failed(string stepId, string code, string message, bool retryable, string? field, params IReadOnlyList<RunFact> before) => new()
    {
        Code = code,
        Message = message,
        Retryable = retryable,
        Facts = [.. before, new StepFailed { StepId = stepId, Code = code, Message = message, Retryable = retryable, Field = field }],
    };

    private static CallResult? Refusal(string stepId, PolicyDecision decision) => decision.Verdict switch
    {
        PolicyVerdict.Allowed => null,
        PolicyVerdict.Denied => Failed(stepId, "forbidden", decision.Reason, false, null),
        PolicyVerdict.ApprovalNeeded => Failed(stepId, "approval_needed", decision.Reason, false, null),
        _ => Failed(stepId, "unavailable", decision.Reason, decision.Retryable, null),
    };

    private static CallResult Done(string stepId, JsonElement? result, IReadOnlyList<RunFact> before) =>
        new() { Result = result, Facts = [.. before, new StepCompleted { StepId = stepId, Status = "done" }] };

    private static CallResult Exhausted(string stepId, params IReadOnlyList<RunFact> before) =>
        Failed(stepId, "unavailable", "The system did not take it. Nothing was changed.", true, null, before);

    private ActionRequest Request(string stepId, string operationId, JsonElement arguments) => new()
    {
        ActionId = ActionId(run.Input.TenantId, run.Input.RunId, stepId),
        OperationId = operationId,
        Arguments = arguments,
        Deadline = run.Deadline,
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

    private async Task<CallResult> ResendAsync(ActionRequest request, string stepId, int attempts, int maxAttempts)
    {
        run.Work.ThrowIfCancellationRequested();
        await run.RecordAsync(new ActionSent { ActionId = request.ActionId, Attempt = attempts + 1 });
        return await SendAsync(request, stepId, attempts + 1, maxAttempts);
    }

    private async Task<CallResult> SendAsync(ActionRequest request, string stepId, int attempt, int maxAttempts)
    {
        var outcome = await ExecuteAsync(request, isRead: false, run.Patient);
        switch (outcome)
        {
            case ActionSucceeded succeeded:
                var (result, _) = ResultShaper.Shape(succeeded.Result, run.Options.MaxResultLength);
                return Done(stepId, result, [new ActionConfirmed { ActionId = request.ActionId, Result = result }]);
            case ActionFailed failed:
                var again = failed.IsRetryable && attempt < maxAttempts;
                var rejected = new ActionRejected { ActionId = request.ActionId, Code = failed.Code, Message = failed.Message, Attempt = attempt, WillRetry = again, Field = failed.Field };
                if (!again)
                {
                    return Failed(stepId, failed.Code, failed.Message, failed.IsRetryable, failed.Field, rejected);
                }

                await run.RecordAsync(rejected);
                await run.WaitAsync(attempt, failed.RetryAfter);
                return await ResendAsync(request, stepId, attempt, maxAttempts);
            default:
                var reason = outcome is ActionUnknown unknown ? unknown.Reason : "The connector gave no outcome.";
                return await ReconcileAsync(request, stepId, attempt, maxAttempts, [new ActionOutcomeUnknown { ActionId = request.ActionId, Reason = reason }]);
        }
    }

    private async Task<CallResult> ReconcileAsync(ActionRequest request, string stepId, int attempts, int maxAttempts, IReadOnlyList<RunFact> before)
    {
        await run.RecordAsync(before);
        for (var attempt = 1; ; attempt++)
        {
            run.Work.ThrowIfCancellationRequested();
            var outcome = await LookUpAsync(request, run.Work);
            var fact = Reconciled(request.ActionId, outcome);
            switch (outcome)
            {
                case ReconciledDone:
                    return Done(stepId, fact.Result, [fact]);
                case ReconciledNotDone when attempts >= maxAttempts:
                    return Exhausted(stepId, fact);
                case ReconciledNotDone:
                    await run.RecordAsync(fact, new ActionSent { ActionId = request.ActionId, Attempt = attempts + 1 });
                    return await SendAsync(request, stepId, attempts + 1, maxAttempts);
                default:
                    if (attempt >= run.Options.MaxReconcileAttempts)
                    {
                        return Failed(
                            stepId, "outcome_unknown", $"Whether this was done is not known: {fact.Reason} Please check before it is tried again.", false, null, fact);
                    }

                    await run.WaitAsync(attempt, null);
                    break;
            }
        }
    }

    private ActionReconciled Reconciled(string actionId, ReconcileOutcome outcome) => outcome switch
    {
        ReconciledDone done => new ActionReconciled { ActionId = actionId, Outcome = "done", Result = ResultShaper.Shape(done.Result, run.Options.MaxResultLength).Result },
        ReconciledNotDone => new ActionReconciled { ActionId = actionId, Outcome = "not_done" },
        ReconcileUnknown unknown => new ActionReconciled { ActionId = actionId, Outcome = "unknown", Reason = unknown.Reason },
        _ => new ActionReconciled { ActionId = actionId, Outcome = "unknown", Reason = "The connector could not tell." },
    };

    private async Task<ReconcileOutcome> LookUpAsync(ActionRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var sentAt = run.Snapshot.FindAction(request.ActionId)?.SentAt ?? run.Time.GetUtcNow();
            return await run.Connectors.ReconcileAsync(request, sentAt, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            run.Stop.ThrowIfCancellationRequested();
            return new ReconcileUnknown("there was no time left to look it up.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogConnectorFailed(logger, request.OperationId, request.ActionId, e);
            return new ReconcileUnknown("the connector failed.");
        }
    }

    private async Task<ActionOutcome> ExecuteAsync(ActionRequest request, bool isRead, CancellationToken cancellationToken)
    {
        try
        {
            return await run.Connectors.ExecuteAsync(request, cancellationToken);
        }
        catch (OperationCanceledException) when (!isRead && !run.Stop.IsCancellationRequested)
        {
            return new ActionUnknown("the outcome was not waited for.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Connectors answer with outcomes; an exception is a defect, and what it left behind is anyone's guess.
            LogConnectorFailed(logger, request.OperationId, request.ActionId, e);
            return isRead ? new ActionFailed("internal", "The connector failed.", false) : new ActionUnknown("the connector failed.");
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The connector of {OperationId} failed in action {ActionId}")]
    private static partial void LogConnectorFailed(ILogger logger, string operationId, string actionId, Exception exception);
}
