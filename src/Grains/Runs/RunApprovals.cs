using Steward.Approvals;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>
/// What runs and their approvals say to each other: a request, a decision that came over the run, and that nobody needs it any more. Everything here may be said twice; an approval takes it once.
/// </summary>
internal sealed class RunApprovals(IGrainFactory grains, PlatformIdentity platform)
{
    private const int MaxSummaryLength = 1000;
    private const int MaxReasonLength = 2000;
    private const int MaxTypeLength = 64;

    /// <summary>Whether the run closed a request itself, so that its approval is to be withdrawn.</summary>
    public static bool IsClosedByRun(DecisionState decision) => decision is { Request.ApprovalId: not null, Made.Decision: DecisionRules.Expired };

    /// <summary>Hands over what the run asks for; durable when this returns.</summary>
    /// <returns>What cannot even be asked, closed as withdrawn with the reason: it is never done, and the person learns why.</returns>
    public async Task<IReadOnlyList<DecisionMade>> SubmitAsync(string runKey, RunSnapshot snapshot, IEnumerable<DecisionState> asked, CancellationToken cancellationToken)
    {
        var refused = new List<DecisionMade>();
        foreach (var decision in asked)
        {
            try
            {
                await SubmitAsync(runKey, snapshot, decision, cancellationToken);
            }
            catch (StewardException exception) when (exception.Code is ErrorCodes.InvalidArgument or ErrorCodes.Conflict)
            {
                refused.Add(new DecisionMade { RequestId = decision.Request.RequestId, Decision = DecisionRules.Cancelled, Comment = $"It could not be asked for: {exception.Message}" });
            }
        }

        return refused;
    }

    /// <summary>Withdraws what the run closed itself, because it has ended or goes another way.</summary>
    public async Task WithdrawAsync(string runKey, IEnumerable<DecisionState> closed, CancellationToken cancellationToken)
    {
        foreach (var decision in closed)
        {
            platform.Assume(GrainKeys.TenantOf(runKey));
            await Approval(runKey, decision).Cancel(new CancelApproval { Reason = decision.Made!.Comment ?? "Nobody waits for it any more." }, cancellationToken);
        }
    }

    /// <summary>Votes as the caller. The approval is handed over first: the run may not have come to that.</summary>
    public async Task DecideAsync(string runKey, RunSnapshot snapshot, DecisionState decision, MakeDecision command, CallerIdentity caller, CancellationToken cancellationToken)
    {
        if (decision.IsOpen)
        {
            await SubmitAsync(runKey, snapshot, decision, cancellationToken);
        }

        // The person's own identity, not the platform's: the approval judges who may.
        platform.AssumePerson(caller);
        await Approval(runKey, decision).Decide(
            new DecideApproval { Decision = command.Decision, SubjectHash = command.SubjectHash, Comment = command.Comment, Channel = command.Channel ?? "api" },
            cancellationToken);
    }

    private async Task SubmitAsync(string runKey, RunSnapshot snapshot, DecisionState decision, CancellationToken cancellationToken)
    {
        platform.Assume(GrainKeys.TenantOf(runKey));
        await Approval(runKey, decision).Submit(ToSubmit(GrainKeys.LastPart(runKey), snapshot.Input!, decision), cancellationToken);
    }

    private IApprovalGrain Approval(string runKey, DecisionState decision) => grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(GrainKeys.TenantOf(runKey), decision.Request.ApprovalId!));

    private static SubmitApproval ToSubmit(string runId, RunInput input, DecisionState decision)
    {
        var request = decision.Request;
        return new SubmitApproval
        {
            Type = TypeOf(request.OperationId),
            Action = request.OperationId ?? "",
            Arguments = request.Subject?.GetRawText() ?? "{}",
            Summary = Cut(request.Summary, MaxSummaryLength),
            Reason = request.Why is null ? null : Cut(request.Why, MaxReasonLength),
            Requester = new CallerIdentity { TenantId = input.TenantId, UserId = input.Requester.UserId, Email = input.Requester.Email, Name = input.Requester.Name, Roles = input.Requester.Roles },
            Risk = request.Risk ?? "medium",
            Amount = request.Amount,
            Currency = request.Currency,
            Environment = request.Environment,
            Preview = request.Preview?.GetRawText(),
            RunId = runId,
            RunRequestId = request.RequestId,
            PolicyApprovers = request.Deciders,
            RequestedAt = decision.RequestedAt,
            ExpiresAt = request.ExpiresAt,
        };
    }

    // The system, until rules say another kind.
    private static string TypeOf(string? operationId)
    {
        var connector = (operationId ?? "").Split('.', 2)[0].ToLowerInvariant();
        return connector.Length is >= 1 and <= MaxTypeLength && connector.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_') ? connector : "action";
    }

    private static string Cut(string text, int length)
    {
        var cut = text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
        return cut.Length > 0 ? cut : "?";
    }
}
