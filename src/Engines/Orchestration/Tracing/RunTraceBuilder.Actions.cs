using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Tracing;

/// <content>Actions with their attempts, and the decisions of people.</content>
public sealed partial class RunTraceBuilder
{
    private void TakeAction(long sequence, DateTimeOffset at, RunFact fact)
    {
        Begin();
        switch (fact)
        {
            case ActionPlanned planned:
                var node = ActionNode(sequence, planned.ActionId, at, planned.StepId);
                node.Name = planned.Summary;
                node.Status = "planned";
                node.EndedAt = null;
                node.Reason = planned.AllowedBy is { } rule ? "allowed: " + rule : null;
                node.Input = TraceMask.Of(planned.Arguments);
                node.With("operation", planned.OperationId).With("allowedBy", planned.AllowedBy);
                break;
            case ActionApproved approved:
                ActionNode(sequence, approved.ActionId, at)
                    .With("approvedBy", approved.By).With("decision", "decision:" + approved.RequestId).With("approvedHash", approved.SubjectHash);
                break;
            case ActionSent sent:
                var attempt = Add(sequence, $"attempt:{sent.ActionId}:{sent.Attempt}", "attempt", $"Attempt {sent.Attempt}", at, "action:" + sent.ActionId).With("attempt", sent.Attempt);
                CloseAttempt(sent.ActionId, at, "unknown");
                _openAttempts[sent.ActionId] = attempt;
                _retries += sent.Attempt > 1 ? 1 : 0;
                Change(sent.ActionId, "running", null);
                break;
            case ActionConfirmed confirmed:
                var done = Outcome(sequence, confirmed.ActionId, at, "ok");
                done.With("truncated", confirmed.Truncated ? true : null).With("resultHash", confirmed.ResultHash).With("resultLength", confirmed.ResultLength).With("vendorRequestId", confirmed.VendorRequestId).With("undoneBy", confirmed.UndoneBy).With("undoArguments", TraceMask.Of(confirmed.UndoArguments));
                Change(confirmed.ActionId, "ok", at, TraceMask.Of(confirmed.Result));
                break;
            case ActionRejected rejected:
                var refused = Outcome(sequence, rejected.ActionId, at, "failed");
                (refused.Code, refused.Message) = (rejected.Code, rejected.Message);
                refused.With("willRetry", rejected.WillRetry ? true : null).With("field", rejected.Field).With("vendorRequestId", rejected.VendorRequestId);
                Change(rejected.ActionId, rejected.WillRetry ? "running" : "failed", rejected.WillRetry ? null : at, null, rejected.Code, rejected.Message);
                break;
            case ActionOutcomeUnknown unknown:
                Outcome(sequence, unknown.ActionId, at, "unknown").Message = unknown.Reason;
                Change(unknown.ActionId, "unknown", null, null, null, unknown.Reason);
                break;
            case ActionReconciled reconciled:
                var from = _reconcileFrom.GetValueOrDefault(reconciled.ActionId, at);
                var lookup = Add(sequence, $"reconcile:{reconciled.ActionId}:{sequence}", "reconcile", "Looked up in the target system", from, "action:" + reconciled.ActionId)
                    .End(at, reconciled.Outcome == "unknown" ? "unknown" : "ok");
                lookup.Reason = reconciled.Reason;
                lookup.With("outcome", reconciled.Outcome).With("truncated", reconciled.Truncated ? true : null).With("resultHash", reconciled.ResultHash).With("resultLength", reconciled.ResultLength).With("undoneBy", reconciled.UndoneBy).With("undoArguments", TraceMask.Of(reconciled.UndoArguments));
                CloseAttempt(reconciled.ActionId, from, "unknown");
                _reconcileFrom[reconciled.ActionId] = at;
                Change(
                    reconciled.ActionId,
                    reconciled.Outcome switch { "done" => "ok", "not_done" => "running", _ => "unknown" },
                    reconciled.Outcome == "done" ? at : null,
                    TraceMask.Of(reconciled.Result),
                    null,
                    reconciled.Reason);
                break;
            default:
                break;
        }
    }

    // A look-up begins when the outcome became unknown, or after the look-up before it, unless a person was asked in between.
    private readonly Dictionary<string, DateTimeOffset> _reconcileFrom = new(StringComparer.Ordinal);

    private TraceDraft ActionNode(long sequence, string actionId, DateTimeOffset at, string? stepId = null) =>
        Find("action:" + actionId)?.Took(sequence) ?? Add(sequence, "action:" + actionId, "action", actionId, at, stepId is null ? null : "step:" + stepId);

    // The outcome of the attempt that is under way; a journal that lacks it gets a node for the outcome alone.
    private TraceDraft Outcome(long sequence, string actionId, DateTimeOffset at, string status)
    {
        if (status == "unknown")
        {
            _reconcileFrom[actionId] = at;
        }

        return _openAttempts.Remove(actionId, out var attempt)
            ? attempt.Took(sequence).End(at, status)
            : Add(sequence, $"outcome:{actionId}:{sequence}", "attempt", "Outcome", at, "action:" + actionId).End(at, status);
    }

    private void CloseAttempt(string actionId, DateTimeOffset at, string status)
    {
        if (_openAttempts.Remove(actionId, out var lost))
        {
            lost.End(at, status).Message = "The outcome was not recorded; the action was looked up or sent again.";
        }
    }

    private void Change(string actionId, string status, DateTimeOffset? endedAt, JsonNode? output = null, string? code = null, string? message = null)
    {
        if (Find("action:" + actionId) is { } action)
        {
            (action.Status, action.EndedAt, action.Code, action.Message) = (status, endedAt, code, message);
            action.Output = output ?? action.Output;
        }
    }

    private void TakeDecision(long sequence, DateTimeOffset at, RunFact fact)
    {
        switch (fact)
        {
            case DecisionRequested requested:
                Begin();
                var kind = requested.Kind switch { DecisionKind.Approval => "approval", DecisionKind.PlanReview => "plan_review", _ => "unknown_outcome" };
                var under = requested.ActionId is { } actionId && Find("action:" + actionId) is not null ? "action:" + actionId
                    : requested.StepId is { } stepId ? "step:" + stepId
                    : kind == "plan_review" ? _nodes.Values.LastOrDefault(node => node.Kind == "plan")?.Id : null;
                var node = Add(sequence, "decision:" + requested.RequestId, "decision", requested.Summary, at, under);
                node.Status = "waiting";
                node.Reason = requested.Reason;
                node.Input = TraceMask.Of(requested.Subject);
                node.With("decisionKind", kind).With("operation", requested.OperationId).With("subjectHash", requested.SubjectHash)
                    .With("action", requested.ActionId is { } action ? "action:" + action : null)
                    .With("options", new JsonArray([.. requested.Options.Select(option => JsonValue.Create(option))]))
                    .With("deciders", new JsonArray([.. requested.Deciders.Select(decider => JsonValue.Create(decider))]))
                    .With("expiresAt", requested.ExpiresAt is { } expires ? JsonValue.Create(expires) : null);
                break;
            case DecisionMade made:
                EndWait(at);
                Begin();
                _reconcileFrom.Clear();
                var decided = Find("decision:" + made.RequestId)?.Took(sequence) ?? Add(sequence, "decision:" + made.RequestId, "decision", made.RequestId, at);
                if (decided.IsOpen)
                {
                    decided.End(at, made.Decision switch { "reject" or "give_up" or "expired" => "rejected", _ => "ok" });
                    decided.Output = TraceMask.Of(made.Content);
                    decided.With("decision", made.Decision).With("by", made.By).With("channel", made.Channel)
                        .With("comment", made.Comment is { } comment ? TraceMask.Text(comment) : null)
                        .With("waitedMs", Interval.Milliseconds(at - decided.StartedAt));
                }

                break;
            default:
                break;
        }
    }
}
