using System.Text.Json;
using Steward.Runs;

namespace Steward.Client.Http;

/// <summary>Decisions and dead letters as resources of the HTTP API, and back.</summary>
public static class DecisionMapping
{
    /// <summary>An open decision as a resource.</summary>
    public static DecisionResource ToResource(PendingDecision request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new DecisionResource
        {
            RequestId = request.RequestId,
            Kind = request.Kind,
            StepId = request.StepId,
            ActionId = request.ActionId,
            OperationId = request.OperationId,
            Summary = request.Summary,
            Reason = request.Reason,
            Subject = request.Subject is { } subject ? Parse(subject) : null,
            SubjectHash = request.SubjectHash,
            Options = request.Options,
            Deciders = request.Deciders,
            RequestedAt = request.RequestedAt,
            ExpiresAt = request.ExpiresAt,
            ApprovalId = request.ApprovalId,
        };
    }

    /// <summary>A decision, open or made, as a resource.</summary>
    public static DecisionResource ToResource(RunDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        return ToResource(decision.Request) with
        {
            Decision = decision.Decision,
            By = decision.By,
            DecidedAt = decision.DecidedAt,
            Channel = decision.Channel,
            Comment = decision.Comment,
        };
    }

    /// <summary>A dead letter as a resource.</summary>
    public static DeadLetterResource ToResource(DeadLetter letter)
    {
        ArgumentNullException.ThrowIfNull(letter);
        return new DeadLetterResource
        {
            RunId = letter.RunId,
            Attempt = letter.Attempt,
            UserId = letter.UserId,
            Code = letter.Code,
            StepId = letter.StepId,
            Cause = letter.Cause,
            RequestedAt = letter.RequestedAt,
            FailedAt = letter.FailedAt,
            Sequence = letter.Sequence,
        };
    }

    internal static PendingDecision ToPending(DecisionResource decision) => new()
    {
        RequestId = decision.RequestId,
        Kind = decision.Kind,
        StepId = decision.StepId,
        ActionId = decision.ActionId,
        OperationId = decision.OperationId,
        Summary = decision.Summary,
        Reason = decision.Reason,
        Subject = decision.Subject?.GetRawText(),
        SubjectHash = decision.SubjectHash,
        Options = decision.Options,
        Deciders = decision.Deciders,
        RequestedAt = decision.RequestedAt,
        ExpiresAt = decision.ExpiresAt,
        ApprovalId = decision.ApprovalId,
    };

    internal static RunDecision ToContract(DecisionResource decision) => new()
    {
        Request = ToPending(decision),
        Decision = decision.Decision,
        By = decision.By,
        DecidedAt = decision.DecidedAt,
        Channel = decision.Channel,
        Comment = decision.Comment,
    };

    internal static DeadLetter ToContract(DeadLetterResource letter) => new()
    {
        RunId = letter.RunId,
        Attempt = letter.Attempt,
        UserId = letter.UserId,
        Code = letter.Code,
        StepId = letter.StepId,
        Cause = letter.Cause,
        RequestedAt = letter.RequestedAt,
        FailedAt = letter.FailedAt,
        Sequence = letter.Sequence,
    };

    private static JsonElement Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }
}
