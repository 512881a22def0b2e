using System.Text.Json;
using Steward.Engines.Orchestration;

namespace Steward.Runs;

/// <summary>A run's decisions as the contract shows them. Pure.</summary>
internal static class RunDecisions
{
    public static PendingDecision ToPending(DecisionState decision)
    {
        var request = decision.Request;
        return new PendingDecision
        {
            RequestId = request.RequestId,
            Kind = request.Kind switch
            {
                DecisionKind.Approval => "approval",
                DecisionKind.PlanReview => "plan_review",
                _ => "unknown_outcome",
            },
            StepId = request.StepId,
            ActionId = request.ActionId,
            OperationId = request.OperationId,
            Summary = request.Summary,
            Reason = request.Reason,
            Subject = request.Subject?.GetRawText(),
            SubjectHash = request.SubjectHash,
            Options = [.. request.Options],
            Deciders = [.. request.Deciders],
            RequestedAt = decision.RequestedAt,
            ExpiresAt = request.ExpiresAt,
            ApprovalId = request.ApprovalId,
        };
    }

    /// <summary>The facts that close a request with what became of its approval; none when it is closed, or nobody waits for it any more.</summary>
    public static IReadOnlyList<RunFact> Settle(RunSnapshot snapshot, ApprovalSettled settled) =>
        !snapshot.HasEnded && snapshot.FindDecision(settled.RequestId) is { IsOpen: true } decision && decision.Request.ApprovalId == settled.ApprovalId
            ? [new DecisionMade
            {
                RequestId = settled.RequestId,
                Decision = settled.Decision,
                By = settled.By,
                Channel = settled.Channel,
                Comment = settled.Comment,
                ValidUntil = settled.ValidUntil,
            }]
            : [];

    public static RunDecision ToContract(DecisionState decision) => new()
    {
        Request = ToPending(decision),
        Decision = decision.Made?.Decision,
        By = decision.Made?.By,
        DecidedAt = decision.MadeAt,
        Channel = decision.Made?.Channel,
        Comment = decision.Made?.Comment,
    };

    /// <summary>The edited plan of a decision.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static JsonElement? ParseContent(string? content)
    {
        if (content is null)
        {
            return null;
        }

        using var document = JsonDocument.Parse(content);
        return document.RootElement.Clone();
    }
}
