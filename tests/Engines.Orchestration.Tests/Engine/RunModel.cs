namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>
/// What a run may do, told as simply as possible and apart from the engine: sees every durable append and refuses what must not happen. Knows nothing of playbooks, retries or crashes.
/// </summary>
internal sealed class RunModel
{
    private readonly Dictionary<string, Action> _actions = [];
    private readonly Dictionary<string, Decision> _decisions = [];
    private readonly HashSet<string> _openSteps = [];
    private bool _waits;

    public bool HasEnded { get; private set; }

    public int Ends { get; private set; }

    public int Replays { get; private set; }

    public void Observe(IReadOnlyList<RunFact> append)
    {
        for (var i = 0; i < append.Count; i++)
        {
            var fact = append[i];
            Demand(!HasEnded || fact is RunDeadLettered or RunReplayed, $"{fact.Type} after the end");
            Demand(!_waits || fact is DecisionMade or CancelRequested or RunReplayed or ActionReconciled or AnswerDelta or RunEnded, $"{fact.Type} while waiting");
            Observe(fact, i > 0 ? append[i - 1] : null, i + 1 < append.Count ? append[i + 1] : null);
        }
    }

    private void Observe(RunFact fact, RunFact? before, RunFact? after)
    {
        switch (fact)
        {
            case StepStarted started:
                _openSteps.Add(started.StepId);
                break;
            case StepCompleted completed:
                Demand(completed.Status == "skipped" || _openSteps.Remove(completed.StepId), $"{completed.StepId} ended without having begun");
                Demand(_actions.Values.All(action => action.StepId != completed.StepId || action.State == State.Done), $"{completed.StepId} is done, its action is not");
                break;
            case StepFailed failed:
                Demand(_openSteps.Remove(failed.StepId), $"{failed.StepId} failed without having begun");
                Demand(_actions.Values.All(action => action.StepId != failed.StepId || action.State != State.Done), $"{failed.StepId} failed, its action is done");
                break;
            case ActionPlanned planned:
                Demand(_actions.TryAdd(planned.ActionId, new Action(planned.StepId, CanonicalJson.SubjectHash(planned.OperationId, planned.Arguments))), "planned twice");
                break;
            case DecisionRequested requested:
                Demand(_decisions.TryAdd(requested.RequestId, new Decision(requested)), "asked twice under one id");
                Demand(_decisions.Values.Count(decision => decision.IsOpen && decision.Request.ActionId == requested.ActionId) == 1, "two open requests for one action");
                break;
            case DecisionMade made when _decisions[made.RequestId].IsOpen:
                _decisions[made.RequestId].Made = made.Decision;
                _waits = false;
                break;
            case ActionApproved approved:
                var decision = _decisions[approved.RequestId];
                Demand(decision is { Made: "approve", IsUsed: false }, "an approval that was not given, or was used before");
                Demand(decision.Request.ActionId == approved.ActionId && decision.Request.SubjectHash == _actions[approved.ActionId].Hash, "an approval of something else");
                Demand(after is ActionSent sending && sending.ActionId == approved.ActionId, "an approval is used up without sending");
                decision.IsUsed = true;
                _actions[approved.ActionId].IsApproved = true;
                break;
            case ActionSent sent:
                var action = _actions[sent.ActionId];
                var requests = _decisions.Values.Where(known => known.Request.ActionId == sent.ActionId).ToList();
                Demand(action.State is State.NotDone, $"sent while {action.State}");
                Demand(sent.Attempt == ++action.Attempts, "attempts are not counted one by one");
                Demand(requests.TrueForAll(request => !request.IsOpen), "sent while somebody is asked");
                Demand(action.IsApproved || requests.TrueForAll(request => request.Request.Kind != DecisionKind.Approval), "sent without the approval that was asked for");
                Demand(requests.TrueForAll(request => request.Request.Kind != DecisionKind.UnknownOutcome || request.Made != "give_up"), "sent although it was given up");
                action.State = State.Sent;
                break;
            case ActionConfirmed confirmed:
                Change(confirmed.ActionId, State.Sent, State.Done);
                break;
            case ActionRejected rejected:
                Change(rejected.ActionId, State.Sent, State.NotDone);
                break;
            case ActionOutcomeUnknown unknown:
                Change(unknown.ActionId, State.Sent, State.Unknown);
                break;
            case ActionReconciled reconciled:
                Demand(_actions[reconciled.ActionId].State is State.Sent or State.Unknown, "an outcome that was known is looked up");
                _actions[reconciled.ActionId].State = reconciled.Outcome switch
                {
                    "done" => State.Done,
                    "not_done" => State.NotDone,
                    _ => State.Unknown,
                };
                break;
            case RunWaiting waiting:
                Demand(waiting.RequestIds.Count > 0, "waits for nothing");
                Demand(_actions.Values.All(known => known.State != State.Sent), "waits while something is under way");
                _waits = waiting.RequestIds.All(id => _decisions[id].IsOpen);
                break;
            case RunEnded:
                Demand(_actions.Values.All(known => known.State != State.Sent), "ended with an action whose outcome nobody asked for");
                Demand(_decisions.Values.All(known => !known.IsOpen), "ended while somebody is asked");
                (HasEnded, _waits) = (true, false);
                Ends++;
                break;
            case RunReplayed:
                Demand(HasEnded, "replayed before the end");
                HasEnded = false;
                Replays++;
                break;
            default:
                _ = before;
                break;
        }
    }

    private void Change(string actionId, State from, State to)
    {
        Demand(_actions[actionId].State == from, $"{to} after {_actions[actionId].State}");
        _actions[actionId].State = to;
    }

    private static void Demand(bool condition, string message)
    {
        if (!condition)
        {
            throw new ModelViolatedException(message);
        }
    }

    private enum State
    {
        NotDone,
        Sent,
        Unknown,
        Done,
    }

    private sealed class Action(string stepId, string hash)
    {
        public string StepId { get; } = stepId;

        public string Hash { get; } = hash;

        public State State { get; set; }

        public int Attempts { get; set; }

        public bool IsApproved { get; set; }
    }

    private sealed class Decision(DecisionRequested request)
    {
        public DecisionRequested Request { get; } = request;

        public string? Made { get; set; }

        public bool IsUsed { get; set; }

        public bool IsOpen => Made is null;
    }
}

internal sealed class ModelViolatedException(string message) : Exception(message);
