using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Expressions;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Actions;

internal sealed partial class ActionLedger
{
    private static readonly string[] ApprovalOptions = ["approve", "reject"];

    private static readonly string[] OutcomeOptions = ["done", "not_done", "give_up"];

    private static readonly string[] OutcomeDeciders = ["requester", "role:helpdesk", "role:admin"];

    private async Task<CallResult> PlanAsync(string stepId, ConnectorOperation operation, JsonElement arguments, string summary, int maxAttempts)
    {
        var decision = await DecideAsync(stepId, operation, arguments);
        if (decision.Verdict is PolicyVerdict.Denied or PolicyVerdict.Undecided)
        {
            return Refusal(stepId, decision, [])!;
        }

        run.Work.ThrowIfCancellationRequested();
        var request = Request(stepId, operation.Id, arguments);
        var planned = new ActionPlanned
        {
            ActionId = request.ActionId,
            StepId = stepId,
            OperationId = operation.Id,
            Summary = summary,
            Arguments = arguments,
            AllowedBy = decision.Verdict == PolicyVerdict.Allowed ? decision.Reason : "approval",
        };
        if (decision.Verdict == PolicyVerdict.ApprovalNeeded)
        {
            var asked = await AskForApprovalAsync(request, operation, summary, CanonicalJson.SubjectHash(operation.Id, arguments), 0, decision);
            await run.RecordAsync(planned, asked);
            return Waits(asked.RequestId);
        }

        await run.RecordAsync(planned, new ActionSent { ActionId = request.ActionId, Attempt = 1 });
        return await SendAsync(new Call(stepId, request, maxAttempts), 1);
    }

    /// <summary>
    /// Sends an action that people were waited for, or that a replay takes up, if that is still allowed: rights may have changed since. An approval is used up in the append that marks
    /// the action as sent, so that no loss can separate the two.
    /// </summary>
    private async Task<CallResult> PassAsync(ActionState action, ConnectorOperation operation, string hash, Call call, IReadOnlyList<RunFact> before)
    {
        var approval = action.ApprovedBy is null ? FindApproval(action, hash) : null;
        if (approval is { IsOpen: true })
        {
            await run.RecordAsync(before);
            return Waits(approval.Request.RequestId);
        }

        if (approval?.Made is { Decision: not "approve" } refused)
        {
            return refused.Decision == DecisionRules.Expired
                ? Failed(call.StepId, "approval_expired", "Nobody approved it in time.", false, null, before)
                : Failed(call.StepId, "approval_rejected", NotApproved(refused), false, null, before);
        }

        var decision = await DecideAsync(call.StepId, operation, action.Arguments);
        if (decision.Verdict is PolicyVerdict.Denied or PolicyVerdict.Undecided)
        {
            return Refusal(call.StepId, decision, before)!;
        }

        run.Work.ThrowIfCancellationRequested();
        if (decision.Verdict == PolicyVerdict.ApprovalNeeded && approval is null && action.ApprovedBy is null)
        {
            var asked = await AskForApprovalAsync(call.Request, operation, action.Summary, hash, action.Attempts, decision);
            await run.RecordAsync([.. before, asked]);
            return Waits(asked.RequestId);
        }

        IReadOnlyList<RunFact> approved = approval is null
            ? before
            : [.. before, new ActionApproved { ActionId = action.ActionId, RequestId = approval.Request.RequestId, SubjectHash = hash, By = approval.Made!.By ?? "" }];
        return await SendNextAsync(call with { LastAttempt = Math.Max(call.LastAttempt, action.Attempts + 1) }, action.Attempts, approved);
    }

    // An approval of other arguments is none, and neither is one that nobody used in the time for which it was given. What lapsed with the end of an earlier attempt of the run is asked again.
    private DecisionState? FindApproval(ActionState action, string hash) =>
        Find(action, DecisionKind.Approval, decision => decision.UsedBy is null && decision.Request.SubjectHash == hash && !(decision.Made?.ValidUntil <= run.Time.GetUtcNow()));

    private DecisionState? FindQuestion(ActionState action) => Find(action, DecisionKind.UnknownOutcome, decision => decision.ActionAttempts == action.Attempts);

    private DecisionState? Find(ActionState action, DecisionKind kind, Func<DecisionState, bool> fits) => run.Snapshot.Decisions.LastOrDefault(decision =>
        decision.Request.Kind == kind
        && decision.Request.ActionId == action.ActionId
        && fits(decision)
        && !(decision.Made?.Decision == DecisionRules.Expired && decision.RunAttempt < run.Snapshot.Attempt));

    private static Knowledge Answered(ActionState action, DecisionState question, string stepId) => question switch
    {
        { IsOpen: true } => new Knowledge(Waits(question.Request.RequestId), []),
        { Made.Decision: "done" } => new Knowledge(Done(stepId, null, [AsPeopleSaid(action, question.Made)]), []),
        { Made.Decision: "not_done" } => new Knowledge(null, [AsPeopleSaid(action, question.Made)], ByPerson: true),
        _ => new Knowledge(Failed(stepId, "outcome_unknown", "Whether this was done is not known. Please check before it is tried again.", false, null), []),
    };

    private static ActionReconciled AsPeopleSaid(ActionState action, DecisionMade made) =>
        new() { ActionId = action.ActionId, Outcome = made.Decision, Reason = $"{made.By} said so." };

    private ActionReconciled? WhatPeopleSaid(ActionState action) =>
        FindQuestion(action)?.Made is { Decision: "done" or "not_done" } made ? AsPeopleSaid(action, made) : null;

    private static string NotApproved(DecisionMade refused)
    {
        var what = refused.Decision == DecisionRules.Cancelled ? "The request for an approval was withdrawn" : "It was not approved";
        return string.IsNullOrWhiteSpace(refused.Comment) ? what + "." : $"{what}: {refused.Comment}";
    }

    private async Task<DecisionRequested> AskForApprovalAsync(ActionRequest request, ConnectorOperation operation, string summary, string hash, int attempts, PolicyDecision decision)
    {
        var stepId = request.StepId!;
        var earlier = run.Snapshot.Decisions.Count(known =>
            known.Request.Kind == DecisionKind.Approval
            && known.Request.ActionId == request.ActionId
            && known.Request.SubjectHash == hash
            && known.ActionAttempts == attempts
            && known.RunAttempt == run.Snapshot.Attempt);
        var requestId = RequestId(stepId, earlier == 0 ? "approval" : $"approval.{earlier}", hash, attempts);
        var (amount, currency) = ApprovalDetails.AmountOf(request.Arguments);
        return new DecisionRequested
        {
            RequestId = requestId,
            Kind = DecisionKind.Approval,
            StepId = stepId,
            ActionId = request.ActionId,
            OperationId = operation.Id,
            Summary = summary,
            Reason = "The policy asks for an approval of this.",
            Subject = request.Arguments,
            SubjectHash = hash,
            Options = ApprovalOptions,
            Deciders = decision.Approvers,
            ExpiresAt = run.Time.GetUtcNow() + decision.Expires,
            ApprovalId = string.Concat("a-", requestId.AsSpan(2)),
            Why = ApprovalDetails.WhyOf(run.Snapshot, run.Input, stepId),
            Risk = ApprovalDetails.RiskOf(operation),
            Amount = amount,
            Currency = currency,
            Environment = ApprovalDetails.EnvironmentOf(request.Arguments),
            Preview = await PreviewAsync(request, operation),
        };
    }

    /// <summary>What the target system says that the action would do. Asked only where the template says how that is shown without being done; whoever is asked can decide without it.</summary>
    private async Task<JsonElement?> PreviewAsync(ActionRequest request, ConnectorOperation operation)
    {
        if (!operation.CanDryRun || run.Options.PreviewTimeout <= TimeSpan.Zero)
        {
            return null;
        }

        using var patience = new CancellationTokenSource(run.Options.PreviewTimeout, run.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, run.Work);
        try
        {
            var outcome = await run.Connectors.ExecuteAsync(request with { DryRun = true, Deadline = run.Time.GetUtcNow() + run.Options.PreviewTimeout }, either.Token);
            return outcome is ActionSucceeded succeeded ? ResultShaper.Shape(succeeded.Result, run.Options.MaxResultLength).Result : null;
        }
        catch (OperationCanceledException) when (!run.Work.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogConnectorFailed(logger, request.OperationId, request.ActionId, e);
            return null;
        }
    }

    private DecisionRequested AskWhatHappened(ActionState action, string? reason)
    {
        var facts = Values.Element(new JsonObject
        {
            ["operation"] = action.OperationId,
            ["arguments"] = Values.Node(action.Arguments)?.DeepClone(),
            ["sentAt"] = action.SentAt,
            ["attempts"] = action.Attempts,
            ["reason"] = reason,
        });
        var hash = CanonicalJson.SubjectHash(action.OperationId, facts);
        return new DecisionRequested
        {
            RequestId = RequestId(action.StepId, "unknown_outcome", hash, action.Attempts),
            Kind = DecisionKind.UnknownOutcome,
            StepId = action.StepId,
            ActionId = action.ActionId,
            OperationId = action.OperationId,
            Summary = action.Summary,
            Reason = $"Whether this was done is not known: {reason} It is not tried again before somebody has checked.",
            Subject = facts,
            SubjectHash = hash,
            Options = OutcomeOptions,
            Deciders = OutcomeDeciders,
            ExpiresAt = run.Time.GetUtcNow() + run.Options.UnknownOutcomeExpires,
        };
    }

    private string RequestId(string stepId, string kind, string hash, int attempts) => "d-" + Convert.ToHexStringLower(SHA256.HashData(
        Encoding.UTF8.GetBytes($"{run.Input.TenantId}\n{run.Input.RunId}\n{stepId}\n{kind}\n{hash}\n{run.Snapshot.Attempt}\n{attempts}")))[..32];
}
