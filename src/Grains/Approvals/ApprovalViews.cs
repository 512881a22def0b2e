using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>An approval as the contract shows it. Pure.</summary>
internal static class ApprovalViews
{
    /// <summary>The statuses of requests that are not over.</summary>
    public static readonly IReadOnlyList<string> OpenStatuses = ["submitted", "pending", "escalated"];

    /// <summary>A status as the contract names it.</summary>
    public static string StatusOf(ApprovalStatus status) => status switch
    {
        ApprovalStatus.Submitted => "submitted",
        ApprovalStatus.Pending => "pending",
        ApprovalStatus.Escalated => "escalated",
        ApprovalStatus.Approved => "approved",
        ApprovalStatus.Rejected => "rejected",
        ApprovalStatus.Expired => "expired",
        _ => "cancelled",
    };

    /// <summary>A risk as the contract names it.</summary>
    public static string RiskOf(RiskLevel risk) => risk switch
    {
        RiskLevel.Low => "low",
        RiskLevel.Medium => "medium",
        RiskLevel.High => "high",
        _ => "critical",
    };

    /// <summary>Whoever calls, as the machine sees them.</summary>
    public static ApprovalActor ActorOf(CallerIdentity caller) => new() { UserId = caller.UserId, Email = caller.Email, Name = caller.Name, Roles = caller.Roles };

    /// <summary>The request as somebody sees it.</summary>
    public static ApprovalView Of(ApprovalState state, ApprovalActor viewer)
    {
        var right = ApprovalMachine.RightOf(state, viewer);
        return new ApprovalView
        {
            ApprovalId = state.Request.ApprovalId,
            Status = StatusOf(state.Status),
            Request = ToSubmit(state.Request),
            SubjectHash = state.Request.SubjectHash,
            Route = state.Route is not { } route ? null : new ApprovalRoute
            {
                RulesVersion = route.Version,
                Rule = route.Rule,
                Explanation = route.Explanation,
                LevelCount = route.Chain.Levels.Count,
                Freeze = route.Freeze is { } freeze ? $"{freeze.Text} (until {freeze.Until:u})" : null,
            },
            Levels = [.. state.Levels.Select(LevelOf)],
            Comments = [.. state.Comments.Select(comment => new ApprovalComment { By = comment.By ?? comment.Email ?? "", At = comment.At, Text = comment.Text })],
            EndedAt = state.End?.At,
            EndReason = state.End?.Reason,
            ValidUntil = state.End?.ValidUntil,
            ExpiresAt = state.DueAt,
            CanDecide = right.CanVote,
            ActsFor = right.ActsFor,
            Version = state.Version,
            MirrorReference = state.Mirror?.Reference,
            Mirror = state.Route?.Chain.Mirror is { } definition && (state.Mirror is not null || !state.IsOver) ? MirrorOf(definition, state.Mirror) : null,
        };
    }

    /// <summary>The request in a list.</summary>
    public static ApprovalSummary SummaryOf(ApprovalState state) => new()
    {
        ApprovalId = state.Request.ApprovalId,
        Status = StatusOf(state.Status),
        Type = state.Request.Type,
        Action = state.Request.Action,
        Summary = state.Request.Summary,
        Requester = state.Request.Requester.UserId,
        RequesterName = state.Request.Requester.Name,
        Risk = RiskOf(state.Request.Risk),
        SubjectHash = state.Request.SubjectHash,
        RequestedAt = state.Request.RequestedAt,
        DueAt = state.DueAt,
        EndedAt = state.End?.At,
        DecidedBy = [.. DecidersOf(state)],
        RunId = state.Request.RunId,
    };

    /// <summary>Who voted, by user id.</summary>
    public static IEnumerable<string> DecidersOf(ApprovalState state) => state.Votes.Select(known => known.Vote.By).OfType<string>().Distinct(StringComparer.Ordinal);

    private static ApprovalMirror MirrorOf(MirrorDefinition definition, MirrorState? mirror) => new()
    {
        Instance = definition.Instance,
        Kind = definition.Kind,
        Status = (mirror?.Status ?? MirrorStatus.Creating) switch
        {
            MirrorStatus.Creating => "creating",
            MirrorStatus.Open => "open",
            MirrorStatus.Closed => "closed",
            _ => "failed",
        },
        Reference = mirror?.Reference,
        Url = mirror?.Url,
        Error = mirror?.Error,
        NextAt = mirror?.NextAt,
    };

    private static SubmitApproval ToSubmit(ApprovalRequest request) => new()
    {
        Type = request.Type,
        Action = request.Action,
        Arguments = request.Arguments.GetRawText(),
        Summary = request.Summary,
        Reason = request.Reason,
        Requester = new CallerIdentity { TenantId = request.TenantId, UserId = request.Requester.UserId, Email = request.Requester.Email, Name = request.Requester.Name, Roles = [.. request.Requester.Roles] },
        Risk = RiskOf(request.Risk),
        Amount = request.Amount,
        Currency = request.Currency,
        Environment = request.Environment,
        Preview = request.Preview?.GetRawText(),
        Attributes = request.Attributes?.GetRawText(),
        RunId = request.RunId,
        RunRequestId = request.RunRequestId,
        PolicyApprovers = [.. request.PolicyApprovers],
        RequestedAt = request.RequestedAt,
        ExpiresAt = request.ExpiresAt,
    };

    private static ApprovalLevelView LevelOf(LevelState level) => new()
    {
        Name = level.Name,
        State = level.Status switch
        {
            LevelStatus.Open => "open",
            LevelStatus.Approved => "approved",
            LevelStatus.Rejected => "rejected",
            _ => "over",
        },
        Required = level.Required,
        Approvers = [.. level.Seats.Select(ApproverOf)],
        OpenedAt = level.OpenedAt,
        EndsAt = level.EndsAt,
        Votes = [.. level.Votes.Select(vote => new ApprovalVote
        {
            By = vote.By ?? vote.Email ?? "",
            For = vote.For,
            Decision = vote.Decision == VoteDecision.Approve ? "approve" : "reject",
            At = vote.At,
            Channel = vote.Channel ?? "",
            Comment = vote.Comment,
        })],
    };

    private static ApproverView ApproverOf(Seat seat) => new()
    {
        Email = seat.Person?.Email,
        UserId = seat.Person?.UserId,
        Name = seat.Label,
        Via = string.Join("; ", seat.Via),
        Delegates = [.. seat.StandIns.Select(standIn => standIn.Person.Email)],
        Role = seat.Role,
    };
}
