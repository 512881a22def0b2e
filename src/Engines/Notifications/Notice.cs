using System.Text.Json;

namespace Steward.Engines.Notifications;

/// <summary>Something that one person, or a webhook, is to be told.</summary>
public sealed record Notice
{
    /// <summary>Unique in the tenant, and the same however often the same is said: what makes sending idempotent.</summary>
    public required string NoticeId { get; init; }

    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>What it is about; see <see cref="NoticeKinds"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>To whom.</summary>
    public required NoticeRecipient Recipient { get; init; }

    /// <summary>
    /// What belongs together for this person, for example an approval: notices of a thread are sent in order, and a later one brings the message of an earlier one up to date where the channel can.
    /// </summary>
    public required string ThreadId { get; init; }

    /// <summary>What the thread is about, for example <c>a-…</c>; the copies of all recipients share it.</summary>
    public required string SubjectId { get; init; }

    /// <summary>What the texts are filled with, an object; see docs/api/notifications.md for each kind's members. Written by people and models: data, never markup.</summary>
    public required JsonElement Data { get; init; }

    /// <summary>Whether the person can answer it with a button.</summary>
    public bool IsActionable { get; init; }

    /// <summary>Whether quiet hours do not hold it up.</summary>
    public bool IsUrgent { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>After which it is not worth sending any more; null never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>Who is told.</summary>
public sealed record NoticeRecipient
{
    /// <summary>The person's id, <c>u-…</c>.</summary>
    public required string UserId { get; init; }

    /// <summary>Mail address, by which channels find the person; null when it is not known: then only in-app reaches them.</summary>
    public string? Email { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>BCP 47 tag; null is the tenant's language.</summary>
    public string? Locale { get; init; }

    /// <summary>IANA time zone; null is the tenant's.</summary>
    public string? TimeZone { get; init; }
}

/// <summary>The kinds of <see cref="Notice"/>.</summary>
public static class NoticeKinds
{
    /// <summary>Please decide.</summary>
    public const string ApprovalRequested = "approval.requested";

    /// <summary>You have not decided yet.</summary>
    public const string ApprovalReminder = "approval.reminder";

    /// <summary>Nobody decided in time, so you are asked.</summary>
    public const string ApprovalEscalated = "approval.escalated";

    /// <summary>It was approved, rejected, lapsed or withdrawn; to those who were asked.</summary>
    public const string ApprovalClosed = "approval.closed";

    /// <summary>What became of what you asked for; to the requester.</summary>
    public const string ApprovalResult = "approval.result";

    /// <summary>Somebody wrote a comment.</summary>
    public const string ApprovalComment = "approval.comment";

    /// <summary>A connector's sign-in is about to break or is broken; to admins.</summary>
    public const string ConnectorSignIn = "connector.sign_in";

    /// <summary>Many tickets in minutes say the same: a major incident; to admins.</summary>
    public const string MajorIncident = "triage.major_incident";

    /// <summary>A budget of model calls is nearly spent, or spent; to admins.</summary>
    public const string ModelBudget = "model.budget";

    /// <summary>Judged answers became worse after a change of model or prompt; to admins.</summary>
    public const string ModelRegression = "model.regression";

    /// <summary>Questions or the judge's scores are not what they were; to admins.</summary>
    public const string ModelDrift = "model.drift";

    /// <summary>Whether notices of a kind are about a request for an approval.</summary>
    internal static bool IsOfApproval(string kind) => kind is not (ConnectorSignIn or MajorIncident or ModelBudget or ModelRegression or ModelDrift);
}
