using System.Text.Json;
using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Actions;

internal sealed partial class ActionLedger
{
    private async Task<CallResult> SendNextAsync(Call call, int attempts, IReadOnlyList<RunFact> before)
    {
        run.Work.ThrowIfCancellationRequested();
        await run.RecordAsync([.. before, new ActionSent { ActionId = call.Request.ActionId, Attempt = attempts + 1 }]);
        return await SendAsync(call, attempts + 1);
    }

    /// <summary>Sends what is durably marked as sent.</summary>
    private async Task<CallResult> SendAsync(Call call, int attempt)
    {
        // One that is under way when the run goes on in the background goes on with it.
        var request = call.Request with { Deadline = run.CallDeadline };
        var outcome = await ExecuteAsync(request, isRead: false, run.Patient);
        switch (outcome)
        {
            case ActionSucceeded succeeded:
                var result = ReadResult.Of(succeeded.Result, run.Options);
                return Done(call.StepId, result, new ActionConfirmed
                {
                    ActionId = request.ActionId,
                    Result = result.Shown,
                    Truncated = result.Truncated,
                    ResultHash = result.Stored?.Hash,
                    ResultLength = result.Length,
                    VendorRequestId = succeeded.VendorRequestId,
                    UndoneBy = succeeded.Undo?.OperationId,
                    UndoArguments = Shaped(succeeded.Undo),
                });
            case ActionFailed failed:
                var again = failed.IsRetryable && attempt < call.LastAttempt;
                var rejected = new ActionRejected
                {
                    ActionId = request.ActionId, Code = failed.Code, Message = failed.Message, Attempt = attempt, WillRetry = again, Field = failed.Field, VendorRequestId = failed.VendorRequestId,
                };
                if (!again)
                {
                    return Failed(call.StepId, failed.Code, failed.Message, failed.IsRetryable, failed.Field, rejected);
                }

                await run.RecordAsync(rejected);
                await run.WaitAsync(attempt, failed.RetryAfter);
                return await SendNextAsync(call, attempt, []);
            default:
                var reason = outcome is ActionUnknown unknown ? unknown.Reason : "The connector gave no outcome.";
                await run.RecordAsync(new ActionOutcomeUnknown { ActionId = request.ActionId, Reason = reason });
                var known = await ResolveAsync(run.Snapshot.FindAction(request.ActionId)!, call);
                return known.End ?? (attempt < call.LastAttempt ? await SendNextAsync(call, attempt, known.Before) : Exhausted(call.StepId, known.Before));
        }
    }

    /// <summary>
    /// What is known of an action: from the journal, from people, from the target system, in this order. When nobody can tell, people are asked; nothing is sent while that is open.
    /// </summary>
    private async Task<Knowledge> ResolveAsync(ActionState action, Call call)
    {
        switch (action.Status)
        {
            case ActionStatus.Confirmed:
                var (whole, isMissing) = await ReadResult.LoadAsync(action.Result, action.ResultHash, run.LoadContentAsync);
                return new Knowledge(Done(call.StepId, whole, []) with { HasLostResult = isMissing }, []);
            case ActionStatus.Failed when !action.WillRetry:
                return new Knowledge(Failed(call.StepId, action.Code ?? "rejected", action.Message ?? "It was refused.", false, action.Field), []);
            case ActionStatus.Sent or ActionStatus.Unknown:
                break;
            default:
                return new Knowledge(null, []);
        }

        if (FindQuestion(action) is { } question)
        {
            return Answered(action, question, call.StepId);
        }

        for (var attempt = 1; ; attempt++)
        {
            run.Work.ThrowIfCancellationRequested();
            var outcome = await LookUpAsync(call.Request, run.Work);
            var (fact, result) = Reconciled(action.ActionId, outcome);
            switch (outcome)
            {
                case ReconciledDone:
                    return new Knowledge(Done(call.StepId, result!, fact), []);
                case ReconciledNotDone:
                    return new Knowledge(null, [fact]);
                default:
                    if (attempt >= run.Options.MaxReconcileAttempts)
                    {
                        var asked = AskWhatHappened(action, fact.Reason);
                        await run.RecordAsync(fact, asked);
                        return new Knowledge(Waits(asked.RequestId), []);
                    }

                    await run.WaitAsync(attempt, null);
                    break;
            }
        }
    }

    /// <returns>The fact, and the result when it was done.</returns>
    private (ActionReconciled Fact, ReadResult? Result) Reconciled(string actionId, ReconcileOutcome outcome)
    {
        if (outcome is not ReconciledDone done)
        {
            return (outcome switch
            {
                ReconciledNotDone => new ActionReconciled { ActionId = actionId, Outcome = "not_done" },
                ReconcileUnknown unknown => new ActionReconciled { ActionId = actionId, Outcome = "unknown", Reason = unknown.Reason },
                _ => new ActionReconciled { ActionId = actionId, Outcome = "unknown", Reason = "The connector could not tell." },
            }, null);
        }

        var result = ReadResult.Of(done.Result, run.Options);
        return (new ActionReconciled
        {
            ActionId = actionId,
            Outcome = "done",
            Result = result.Shown,
            Truncated = result.Truncated,
            ResultHash = result.Stored?.Hash,
            ResultLength = result.Length,
            UndoneBy = done.Undo?.OperationId,
            UndoArguments = Shaped(done.Undo),
        }, result);
    }

    private JsonElement? Shaped(UndoCall? undo) => undo is null ? null : ResultShaper.Shape(undo.Arguments, run.Options.MaxResultLength).Result;

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
