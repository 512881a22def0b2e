using Steward.Approvals;
using Steward.Engines.Notifications.Answers;
using Steward.Errors;

namespace Steward.Notifications;

/// <summary>How a click ended, and what is said of it. Pure.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Status">The request's status, where it was over.</param>
/// <param name="By">Who had decided.</param>
internal sealed record ClickDecision(ClickOutcome Outcome, string? Status = null, string? By = null)
{
    /// <summary>Whether the vote stands.</summary>
    public bool IsVote => Outcome is ClickOutcome.Recorded or ClickOutcome.Waiting or ClickOutcome.Repeated;

    /// <summary>What a vote led to.</summary>
    public static ClickDecision OfVote(ApprovalView after) => new(after.Status is "approved" or "rejected" ? ClickOutcome.Recorded : ClickOutcome.Waiting);

    /// <summary>Why a vote was refused.</summary>
    /// <param name="exception">What the request said.</param>
    /// <param name="view">The request, as the platform sees it; null when there is none.</param>
    /// <param name="hash">The hash of what was shown.</param>
    /// <param name="userId">Whoever clicked.</param>
    public static ClickDecision OfRefusal(StewardException exception, ApprovalView? view, string hash, string userId)
    {
        if (exception.IsRetryable || exception.Code is ErrorCodes.Unavailable or ErrorCodes.Overloaded or ErrorCodes.Internal)
        {
            return new ClickDecision(ClickOutcome.Unavailable);
        }

        if (view is null)
        {
            return new ClickDecision(ClickOutcome.NotFound);
        }

        // Those who may not decide learn nothing else.
        if (exception.Code is ErrorCodes.Forbidden or ErrorCodes.NotFound or ErrorCodes.Unauthenticated)
        {
            return new ClickDecision(view.Request.Requester.UserId == userId ? ClickOutcome.OwnRequest : ClickOutcome.NotYours);
        }

        var isOther = view.SubjectHash != hash;
        return view.Status switch
        {
            "approved" or "rejected" => new ClickDecision(ClickOutcome.AlreadyDecided, view.Status, DeciderOf(view)),
            "expired" => new ClickDecision(ClickOutcome.Expired),
            "cancelled" => new ClickDecision(isOther ? ClickOutcome.Changed : ClickOutcome.Withdrawn),
            _ when isOther => new ClickDecision(ClickOutcome.Changed),

            // The request is open, and the same person had said otherwise.
            _ when VoteOf(view, userId) is { } vote => new ClickDecision(ClickOutcome.AlreadyDecided, vote.Decision == "approve" ? "approved" : "rejected", NameOf(view, vote)),
            _ => new ClickDecision(ClickOutcome.Unavailable),
        };
    }

    /// <summary>Who ended a request, for people; null when nobody did.</summary>
    public static string? DeciderOf(ApprovalView view) => view.Levels.SelectMany(level => level.Votes).MaxBy(vote => vote.At) is { } last ? NameOf(view, last) : null;

    private static ApprovalVote? VoteOf(ApprovalView view, string userId) => view.Levels.SelectMany(level => level.Votes).LastOrDefault(vote => vote.By == userId);

    private static string NameOf(ApprovalView view, ApprovalVote vote) =>
        view.Levels.SelectMany(level => level.Approvers).FirstOrDefault(approver => approver.UserId == vote.By || (approver.Email is { } email && email.Equals(vote.By, StringComparison.OrdinalIgnoreCase)))?.Name
        ?? vote.By;
}
