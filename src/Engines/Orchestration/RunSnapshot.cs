using System.Text;
using System.Text.Json;

namespace Steward.Engines.Orchestration;

/// <summary>
/// The fold of a run's facts: what is shown as its status and what the engine resumes from. Applying the same facts in the same
/// order always gives the same snapshot. Safe for concurrent use; reads see whole facts.
/// </summary>
public sealed class RunSnapshot
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, StepState> _steps = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ActionState> _actions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DecisionState> _decisions = new(StringComparer.Ordinal);
    private readonly List<ModelCalled> _modelCalls = [];
    private readonly List<BudgetExhausted> _exhausted = [];
    private readonly List<GuardTripped> _trips = [];
    private readonly StringBuilder _answer = new();
    private IReadOnlyDictionary<string, string> _workingMemory = new Dictionary<string, string>();
    private RunUsageTotals _usage = new();
    private string? _answerText = "";

    /// <summary>Where the run is.</summary>
    public RunPhase Phase { get; private set; }

    /// <summary>What it started from; null before <c>run.requested</c>.</summary>
    public RunInput? Input { get; private set; }

    /// <summary>How it is answered; null before that is decided.</summary>
    public StrategyChosen? Choice { get; private set; }

    /// <summary><c>playbook</c>, <c>react</c> or <c>none</c>; null before that is decided.</summary>
    public string? Strategy => Choice?.Strategy;

    /// <summary>The playbook's id, if one was chosen.</summary>
    public string? Playbook => Choice?.Playbook;

    /// <summary>A stable code when the run did not simply complete.</summary>
    public string? ErrorCode { get; private set; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset? RequestedAt { get; private set; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; private set; }

    /// <summary>What it knew at the start; null before it was gathered.</summary>
    public ContextGathered? Context { get; private set; }

    /// <summary>What it waits for; null while it does not wait.</summary>
    public RunWaiting? Waiting { get; private set; }

    /// <summary>When work on it began; null before.</summary>
    public DateTimeOffset? BegunAt { get; private set; }

    /// <summary>When it began to wait; null while it does not wait.</summary>
    public DateTimeOffset? WaitingSince { get; private set; }

    /// <summary>How long it has waited for people, without the wait that is under way.</summary>
    public TimeSpan WaitedFor { get; private set; }

    /// <summary>Until when it goes on in the background, once its deadline has passed; null before.</summary>
    public DateTimeOffset? BackgroundUntil { get; private set; }

    /// <summary>Whether the user wants it to stop.</summary>
    public bool CancelRequested { get; private set; }

    /// <summary>Why the user wants it to stop.</summary>
    public string? CancelReason { get; private set; }

    /// <summary>What is still open at the end, for people.</summary>
    public IReadOnlyList<string> Open { get; private set; } = [];

    /// <summary>Whether the run is over.</summary>
    public bool HasEnded => Phase is RunPhase.Completed or RunPhase.Partial or RunPhase.Failed or RunPhase.Cancelled;

    /// <summary>The answer so far.</summary>
    public string Answer
    {
        get
        {
            lock (_gate)
            {
                return _answerText ??= _answer.ToString();
            }
        }
    }

    /// <summary>The length of the answer so far, in UTF-16 units.</summary>
    public int AnswerLength
    {
        get
        {
            lock (_gate)
            {
                return _answer.Length;
            }
        }
    }

    /// <summary>What models used.</summary>
    public RunUsageTotals Usage
    {
        get
        {
            lock (_gate)
            {
                return _usage;
            }
        }
    }

    /// <summary>Slots for the session's working memory, known at the end of the run; an empty value removes the slot.</summary>
    public IReadOnlyDictionary<string, string> WorkingMemory
    {
        get
        {
            lock (_gate)
            {
                return _workingMemory;
            }
        }
    }

    /// <summary>The steps in the order in which they were first started.</summary>
    public IReadOnlyList<StepState> Steps
    {
        get
        {
            lock (_gate)
            {
                return [.. _steps.Values.OrderBy(step => step.Ordinal)];
            }
        }
    }

    /// <summary>The actions in the order in which they were planned.</summary>
    public IReadOnlyList<ActionState> Actions
    {
        get
        {
            lock (_gate)
            {
                return [.. _actions.Values.OrderBy(action => action.Ordinal)];
            }
        }
    }

    /// <summary>The decisions that people were asked for, in the order of asking.</summary>
    public IReadOnlyList<DecisionState> Decisions
    {
        get
        {
            lock (_gate)
            {
                return [.. _decisions.Values.OrderBy(decision => decision.RequestedAt)];
            }
        }
    }

    /// <summary>The budgets that were used up, in order.</summary>
    public IReadOnlyList<BudgetExhausted> Exhausted
    {
        get
        {
            lock (_gate)
            {
                return [.. _exhausted];
            }
        }
    }

    /// <summary>The guards that stepped in, in order.</summary>
    public IReadOnlyList<GuardTripped> Trips
    {
        get
        {
            lock (_gate)
            {
                return [.. _trips];
            }
        }
    }

    /// <summary>The model calls that have ended, in order.</summary>
    public IReadOnlyList<ModelCalled> ModelCalls
    {
        get
        {
            lock (_gate)
            {
                return [.. _modelCalls];
            }
        }
    }

    /// <summary>One step, or null when it was never started.</summary>
    public StepState? FindStep(string stepId)
    {
        lock (_gate)
        {
            return _steps.GetValueOrDefault(stepId);
        }
    }

    /// <summary>One action, or null when it was never planned.</summary>
    public ActionState? FindAction(string actionId)
    {
        lock (_gate)
        {
            return _actions.GetValueOrDefault(actionId);
        }
    }

    /// <summary>One decision, or null when it was never asked for.</summary>
    public DecisionState? FindDecision(string requestId)
    {
        lock (_gate)
        {
            return _decisions.GetValueOrDefault(requestId);
        }
    }

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
                    _steps[started.StepId] = (known ?? new StepState { StepId = started.StepId, Title = started.Title, Ordinal = _steps.Count }) with
                    {
                        OperationId = started.OperationId,
                        Arguments = started.Arguments,
                        Status = StepStatus.Running,
                        StartedAt = known?.StartedAt ?? at,
                    };
                    break;
                case StepCompleted completed:
                    EndStep(completed.StepId, step => step with
                    {
                        Status = completed.Status == "skipped" ? StepStatus.Skipped : StepStatus.Done,
                        Result = completed.Result ?? (completed.SameAs is { } same ? _steps.GetValueOrDefault(same)?.Result : step.Result),
                        SameAs = completed.SameAs,
                        Truncated = completed.Truncated,
                        ResultHash = completed.ResultHash,
                        ResultLength = completed.ResultLength,
                        Summary = completed.Summary,
                        EndedAt = at,
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
                    ConfirmAction(confirmed.ActionId, confirmed.Result);
                    break;
                case ActionRejected rejected:
                    ChangeAction(rejected.ActionId, action => action with
                    {
                        Status = ActionStatus.Failed,
                        Code = rejected.Code,
                        Message = rejected.Message,
                        Field = rejected.Field,
                        WillRetry = rejected.WillRetry,
                        Attempts = rejected.Attempt,
                    });
                    break;
                case ActionOutcomeUnknown unknown:
                    ChangeAction(unknown.ActionId, action => action with { Status = ActionStatus.Unknown, Message = unknown.Reason });
                    break;
                case ActionReconciled { Outcome: "done" } reconciled:
                    ConfirmAction(reconciled.ActionId, reconciled.Result);
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
                case AnswerDelta delta when delta.Offset >= 0 && delta.Offset <= _answer.Length:
                    _answer.Length = delta.Offset;
                    _answer.Append(delta.Text);
                    _answerText = null;
                    break;
                case ContextGathered context:
                    Context ??= context;
                    break;
                case DecisionRequested requested:
                    _decisions.TryAdd(requested.RequestId, new DecisionState(requested, at));
                    break;
                case DecisionMade made when _decisions.TryGetValue(made.RequestId, out var decision) && decision.IsOpen:
                    _decisions[made.RequestId] = decision with { Made = made, MadeAt = at };
                    Begin(at);
                    break;
                case RunWaiting waiting when !HasEnded:
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
                case DeadlineReached deadline:
                    BackgroundUntil ??= deadline.Until;
                    break;
                case CancelRequested cancel:
                    CancelReason ??= cancel.Reason;
                    CancelRequested = true;
                    break;
                case RunEnded ended when !HasEnded:
                    Phase = ended.Phase;
                    ErrorCode = ended.ErrorCode;
                    Open = ended.Open;
                    _workingMemory = ended.WorkingMemory;
                    EndedAt = at;
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

    private void EndStep(string stepId, Func<StepState, StepState> change)
    {
        // A step that is skipped was never started.
        var step = _steps.GetValueOrDefault(stepId) ?? new StepState { StepId = stepId, Title = stepId, Ordinal = _steps.Count };
        _steps[stepId] = change(step);
    }

    private void ChangeAction(string actionId, Func<ActionState, ActionState> change)
    {
        if (_actions.TryGetValue(actionId, out var action) && action.Status != ActionStatus.Confirmed)
        {
            _actions[actionId] = change(action);
        }
    }

    private void ConfirmAction(string actionId, JsonElement? result)
    {
        ChangeAction(actionId, action => action with { Status = ActionStatus.Confirmed, Result = result, Code = null, Message = null, Field = null });
        if (_actions.TryGetValue(actionId, out var action) && _steps.TryGetValue(action.StepId, out var step))
        {
            _steps[action.StepId] = step with { Result = action.Result };
        }
    }
}
