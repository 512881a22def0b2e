using System.Text.Json;

namespace Steward.Engines.Orchestration;

public sealed partial class RunSnapshot
{
    /// <summary>Folds one fact in. Facts that do not fit, and those of unknown types, change nothing.</summary>
    /// <param name="fact">What happened.</param>
    /// <param name="at">When, by the journal.</param>
    public void Apply(RunFact fact, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(fact);
        lock (_gate)
        {
            switch (fact)
            {
                case RunRequested requested:
                    Input ??= requested.Input;
                    RequestedAt ??= at;
                    break;
                case StrategyChosen choice:
                    Choice ??= choice;
                    BegunAt ??= at;
                    Begin(at);
                    break;
                case StepStarted started:
                    Begin(at);
                    var known = _steps.GetValueOrDefault(started.StepId);
                    _steps[started.StepId] = (known ?? NewStep(started.StepId, started.Title)) with
                    {
                        OperationId = started.OperationId,
                        Arguments = started.Arguments,
                        Speculative = started.Speculative,
                        Status = StepStatus.Running,
                        StartedAt = known?.StartedAt ?? at,
                        WaitedBefore = known?.StartedAt is null ? WaitedFor : known.WaitedBefore,
                    };
                    break;
                case StepCompleted completed:
                    var same = completed.SameAs is null ? null : _steps.GetValueOrDefault(completed.SameAs);
                    EndStep(completed.StepId, step =>
                    {
                        // The result of an action is known from its confirmation.
                        var known = completed.SameAs is not null ? same : completed.Result is null ? step : null;
                        return step with
                        {
                            Status = completed.Status == "skipped" ? StepStatus.Skipped : StepStatus.Done,
                            Result = completed.Result ?? known?.Result,
                            ResultHash = completed.ResultHash ?? known?.ResultHash,
                            ResultLength = completed.ResultLength ?? known?.ResultLength,
                            SameAs = completed.SameAs,
                            Truncated = completed.Truncated || known is { Truncated: true },
                            Summary = completed.Summary,
                            EndedAt = at,
                        };
                    });
                    break;
                case StepFailed failed:
                    EndStep(failed.StepId, step => step with
                    {
                        Status = StepStatus.Failed,
                        Code = failed.Code,
                        Message = failed.Message,
                        Retryable = failed.Retryable,
                        Field = failed.Field,
                        EndedAt = at,
                    });
                    break;
                case StepDropped dropped:
                    EndStep(dropped.StepId, step => step with
                    {
                        Status = StepStatus.Dropped, Result = null, ResultHash = null, ResultLength = null, Truncated = false, Code = null, Message = null, Summary = null, EndedAt = at,
                    });
                    break;
                case HandoffStrategyChosen handoff:
                    _handoffs.TryAdd(handoff.StepId, handoff);
                    break;
                case PlanProposed proposed:
                    AddPlan(proposed);
                    break;
                case PlanRejected rejected:
                    ChangePlan(rejected.Scope, rejected.Revision, plan => plan with { Faults = rejected.Faults });
                    break;
                case PlanAccepted accepted:
                    ChangePlan(accepted.Scope, accepted.Revision, plan => plan with { AcceptedBy = accepted.By });
                    break;
                case ActionPlanned planned when !_actions.ContainsKey(planned.ActionId):
                    _actions[planned.ActionId] = new ActionState
                    {
                        ActionId = planned.ActionId,
                        StepId = planned.StepId,
                        OperationId = planned.OperationId,
                        Summary = planned.Summary,
                        Arguments = planned.Arguments,
                        Ordinal = _actions.Count,
                    };
                    break;
                case ActionSent sent:
                    ChangeAction(sent.ActionId, action => action with { Status = ActionStatus.Sent, Attempts = sent.Attempt, SentAt = action.SentAt ?? at });
                    break;
                case ActionConfirmed confirmed:
                    ConfirmAction(confirmed.ActionId, action => action with { Result = confirmed.Result, Truncated = confirmed.Truncated, ResultHash = confirmed.ResultHash, ResultLength = confirmed.ResultLength });
                    break;
                case ActionRejected refused:
                    ChangeAction(refused.ActionId, action => action with
                    {
                        Status = ActionStatus.Failed,
                        Code = refused.Code,
                        Message = refused.Message,
                        Field = refused.Field,
                        WillRetry = refused.WillRetry,
                        Attempts = refused.Attempt,
                    });
                    break;
                case ActionOutcomeUnknown unknown:
                    ChangeAction(unknown.ActionId, action => action with { Status = ActionStatus.Unknown, Message = unknown.Reason });
                    break;
                case ActionReconciled { Outcome: "done" } reconciled:
                    ConfirmAction(reconciled.ActionId, action => action with { Result = reconciled.Result, Truncated = reconciled.Truncated, ResultHash = reconciled.ResultHash, ResultLength = reconciled.ResultLength });
                    break;
                case ActionReconciled { Outcome: "not_done" } reconciled:
                    ChangeAction(reconciled.ActionId, action => action with { Status = ActionStatus.NotDone });
                    break;
                case ActionReconciled reconciled:
                    ChangeAction(reconciled.ActionId, action => action with { Status = ActionStatus.Unknown, Message = reconciled.Reason });
                    break;
                case ModelCalled called when !_modelCalls.Exists(known => known.Call == called.Call):
                    _modelCalls.Add(called);
                    _usage = _usage.Add(called);
                    break;
                case ModelFailed { InputTokens: not null } failed:
                    _brokenCalls.Add(failed);
                    _usage = _usage.Add(failed);
                    break;
                case AnswerDelta delta when delta.Offset >= 0 && delta.Offset <= _answer.Length:
                    NoteFrom = delta.Offset <= NoteFrom ? null : NoteFrom;
                    _answer.Length = delta.Offset;
                    _answer.Append(delta.Text);
                    _answerText = null;
                    break;
                case ContextGathered context:
                    Context ??= context;
                    break;
                case MemoryRecalled recalled:
                    Memories ??= recalled;
                    break;
                case DecisionRequested requested:
                    _decisions.TryAdd(requested.RequestId, new DecisionState(requested, at)
                    {
                        Ordinal = _decisions.Count,
                        RunAttempt = Attempt,
                        ActionAttempts = requested.ActionId is { } asked && _actions.TryGetValue(asked, out var about) ? about.Attempts : 0,
                    });
                    break;
                case DecisionMade made when _decisions.TryGetValue(made.RequestId, out var decision) && decision.IsOpen:
                    _decisions[made.RequestId] = decision with { Made = made, MadeAt = at };
                    ResumedAt = HasEnded ? ResumedAt : at;
                    Begin(at);
                    break;
                case ActionApproved approved:
                    Approve(approved);
                    break;
                case RunWaiting waiting when !HasEnded && waiting.RequestIds.Count > 0 && !waiting.RequestIds.Any(id => _decisions.TryGetValue(id, out var awaited) && !awaited.IsOpen):
                    // A decision that came in between is not waited for any more.
                    Phase = RunPhase.Waiting;
                    Waiting = waiting;
                    WaitingSince ??= at;
                    break;
                case BudgetExhausted exhausted:
                    _exhausted.Add(exhausted);
                    break;
                case GuardTripped tripped:
                    _trips.Add(tripped);
                    break;
                case DeadlineReached deadline when !HasEnded:
                    BackgroundUntil ??= deadline.Until;
                    NoteFrom = deadline.AnswerFrom;
                    break;
                case CancelRequested cancel:
                    CancelReason ??= cancel.Reason;
                    CancelRequested = true;
                    break;
                case RunEnded ended when !HasEnded:
                    End(ended, at);
                    break;
                case RunDeadLettered deadLettered when HasEnded:
                    DeadLetter = deadLettered;
                    break;
                case RunReplayed replayed when HasEnded:
                    Replay(replayed, at);
                    break;
                default:
                    break;
            }
        }
    }

    private void Begin(DateTimeOffset at)
    {
        if (!HasEnded)
        {
            WaitedFor += at - (WaitingSince ?? at);
            WaitingSince = null;
            Phase = RunPhase.Running;
            Waiting = null;
        }
    }

    private StepState NewStep(string stepId, string title)
    {
        // A step that a replay starts anew keeps its place.
        if (!_ordinals.TryGetValue(stepId, out var ordinal))
        {
            _ordinals[stepId] = ordinal = _ordinals.Count;
        }

        return new StepState { StepId = stepId, Title = title, Ordinal = ordinal };
    }

    private void EndStep(string stepId, Func<StepState, StepState> change)
    {
        // A step that is skipped was never started.
        var step = _steps.GetValueOrDefault(stepId) ?? NewStep(stepId, stepId);
        _steps[stepId] = change(step);
    }

    private void ChangeAction(string actionId, Func<ActionState, ActionState> change)
    {
        if (_actions.TryGetValue(actionId, out var action) && action.Status != ActionStatus.Confirmed)
        {
            _actions[actionId] = change(action);
        }
    }

    private void ConfirmAction(string actionId, Func<ActionState, ActionState> withResult)
    {
        ChangeAction(actionId, action => withResult(action) with { Status = ActionStatus.Confirmed, Code = null, Message = null, Field = null });
        if (_actions.TryGetValue(actionId, out var action) && _steps.TryGetValue(action.StepId, out var step))
        {
            _steps[action.StepId] = step with { Result = action.Result, Truncated = action.Truncated, ResultHash = action.ResultHash, ResultLength = action.ResultLength };
        }
    }

    // Used at most once, by the action that it was asked for, with the arguments that were shown.
    private void Approve(ActionApproved approved)
    {
        if (_decisions.TryGetValue(approved.RequestId, out var decision)
            && decision is { UsedBy: null, Made.Decision: "approve" }
            && decision.Request.ActionId == approved.ActionId
            && decision.Request.SubjectHash == approved.SubjectHash
            && _actions.TryGetValue(approved.ActionId, out var action))
        {
            _decisions[approved.RequestId] = decision with { UsedBy = approved.ActionId };
            _actions[approved.ActionId] = action with { ApprovedBy = approved.RequestId };
        }
    }

    private void End(RunEnded ended, DateTimeOffset at)
    {
        Phase = ended.Phase;
        ErrorCode = ended.ErrorCode;
        Open = ended.Open;
        _workingMemory = ended.WorkingMemory;
        EndedAt = at;
        Waiting = null;
        NoteFrom = null;
        IsTechnical = ended.IsTechnical;
        EndTextFrom = ended.AnswerFrom;
        _failedSteps = ended.FailedSteps ?? [.. _steps.Values.Where(step => step.Status == StepStatus.Failed && TechnicalCodes.Contains(step.Code)).Select(step => step.StepId)];
    }

    // What is known stays: results, actions, decisions. The steps that had failed are as if they had never begun; whether one of their actions may be sent again, the ledger says.
    private void Replay(RunReplayed replayed, DateTimeOffset at)
    {
        Attempt = Math.Max(Attempt + 1, replayed.Attempt);
        Phase = RunPhase.Running;
        WaitedFor += at - (EndedAt ?? at);
        (EndedAt, ErrorCode, Open, IsTechnical, DeadLetter, EndTextFrom) = (null, null, [], false, null, null);
        (CancelRequested, CancelReason, BackgroundUntil, ResumedAt) = (false, null, null, at);
        _workingMemory = new Dictionary<string, string>();
        foreach (var stepId in _failedSteps)
        {
            if (_steps.TryGetValue(stepId, out var step) && step.Status == StepStatus.Failed)
            {
                _steps.Remove(stepId);
            }
        }

        foreach (var (id, action) in _actions.ToList())
        {
            _actions[id] = action with
            {
                AttemptsBefore = action.Attempts,
                WillRetry = action.WillRetry || (action.Status == ActionStatus.Failed && !_steps.ContainsKey(action.StepId)),
            };
        }

        // Steps that begin anew bring something else.
        _novelty.Clear();
        _failedSteps = [];
    }
}
