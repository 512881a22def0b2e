using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Engines.Notifications;

namespace Steward.Approvals;

/// <summary>What people are told of an approval, from what the machine says that they are to be told. Pure: the same drafts in the same state always give the same notices.</summary>
internal static class ApprovalNotices
{
    /// <summary>The notices of what waits to be told. Whoever is only known by a role finds the request in their list.</summary>
    /// <param name="state">The approval.</param>
    /// <param name="similar">Past decisions about the like, for those who are asked.</param>
    public static IReadOnlyList<Notice> Of(ApprovalState state, IReadOnlyList<ApprovalListed> similar)
    {
        var notices = new List<Notice>();
        foreach (var draft in state.Outbox)
        {
            if (draft.To is { } to)
            {
                notices.Add(Of(state, draft, to, similar));
            }
        }

        return notices;
    }

    /// <summary>The id under which a person is told who never signed in: it follows from the address.</summary>
    public static string PlaceholderOf(string email) => "u-h." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(email.ToLowerInvariant())).AsSpan(0, 16));

    private static Notice Of(ApprovalState state, NoticeDraft draft, PersonRef to, IReadOnlyList<ApprovalListed> similar)
    {
        var userId = to.UserId ?? PlaceholderOf(to.Email);
        var isAsked = draft.Kind is NoticeKinds.ApprovalRequested or NoticeKinds.ApprovalEscalated;
        return new Notice
        {
            NoticeId = draft.NoticeId,
            TenantId = state.Request.TenantId,
            Kind = draft.Kind,
            Recipient = new NoticeRecipient { UserId = userId, Email = to.Email.Length > 0 ? to.Email : null, Name = to.Name, Locale = to.Locale, TimeZone = to.TimeZone },
            ThreadId = $"{state.Request.ApprovalId}:{userId}",
            SubjectId = state.Request.ApprovalId,
            Data = NoticeData.Write(DataOf(state, draft) with { Similar = isAsked && similar.Count > 0 ? [.. similar.Select(SimilarOf)] : null }),
            IsActionable = draft.IsActionable && !state.IsOver,
            IsUrgent = draft.Kind == NoticeKinds.ApprovalEscalated,
            CreatedAt = draft.At,
            ExpiresAt = draft.IsActionable ? state.DueAt : null,
        };
    }

    private static ApprovalNoticeData DataOf(ApprovalState state, NoticeDraft draft)
    {
        var request = state.Request;
        var level = draft.Level is { } number && number <= state.Levels.Count ? state.Levels[number - 1] : state.OpenLevel;
        var isComment = draft.Kind == NoticeKinds.ApprovalComment;
        var comment = isComment ? state.Comments.LastOrDefault(known => known.At == draft.At && known.Text == draft.Text) : null;
        return new ApprovalNoticeData
        {
            ApprovalId = request.ApprovalId,
            SubjectHash = request.SubjectHash,
            Summary = request.Summary,
            Type = request.Type,
            Action = request.Action,
            Arguments = request.Arguments,
            Reason = request.Reason,
            Requester = new NoticePerson { UserId = request.Requester.UserId, Email = request.Requester.Email, Name = request.Requester.Name },
            Risk = ApprovalViews.RiskOf(request.Risk),
            Amount = request.Amount,
            Currency = request.Currency,
            Environment = request.Environment,
            Preview = request.Preview,
            Level = level?.Name,
            LevelNumber = level?.Number ?? 0,
            LevelCount = state.Route?.Chain.Levels.Count ?? 0,
            Required = level?.Required ?? 0,
            Deadline = state.DueAt,
            AtDeadline = level is null || state.IsOver ? null : AtEndOf(state, level),
            Rule = state.Route?.Rule,
            Why = state.Route?.Explanation,
            Freeze = state.Route?.Freeze is { } freeze ? $"{freeze.Text} (until {freeze.Until:u})" : null,
            Via = draft.Via,
            ActsFor = draft.ActsFor,
            Status = state.IsOver ? ApprovalViews.StatusOf(state.Status) : null,
            DecidedBy = state.End?.Label,
            DecidedFor = state.End?.For,
            DecidedOn = state.End?.Channel,
            EndedAt = state.End?.At,
            EndReason = state.End?.Reason,
            CommentBy = isComment ? comment?.Name ?? comment?.Email ?? comment?.By : null,
            CommentText = isComment ? draft.Text : null,
            Reminder = draft.Kind == NoticeKinds.ApprovalReminder ? level?.Reminded ?? 0 : 0,
        };
    }

    // A level that has no end of its own lapses with the request.
    private static string AtEndOf(ApprovalState state, LevelState level) => level.EndsAt is null || level.EndsAt > state.ExpiresAt
        ? "expire"
        : state.Route?.Chain.Levels[level.Number - 1].Sla?.End switch
        {
            SlaEnd.Approve => "approve",
            SlaEnd.Reject => "reject",
            _ => "expire",
        };

    private static SimilarDecision SimilarOf(ApprovalListed past) => new()
    {
        Summary = past.Approval.Summary,
        Status = past.Approval.Status,
        Requester = past.Approval.RequesterName ?? past.Approval.Requester,
        DecidedBy = past.EndedBy,
        EndedAt = past.Approval.EndedAt,
    };
}
