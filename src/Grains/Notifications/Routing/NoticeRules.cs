using System.Text.Json;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Notifications;

/// <summary>What a notice must have so that it can be kept and sent. Pure.</summary>
internal static class NoticeRules
{
    private const int MaxName = 400;
    private const int MaxData = 256 * 1024;

    /// <summary>Checks a notice.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(string tenantId, Notice notice)
    {
        if (notice.TenantId != tenantId)
        {
            throw StewardException.Invalid("tenantId", $"must be {tenantId}: all notices of a call are of one tenant.");
        }

        Name(notice.NoticeId, "noticeId");
        Name(notice.ThreadId, "threadId");
        Name(notice.SubjectId, "subjectId");
        Name(notice.Kind, "kind");
        if (!GrainKeys.IsValidPart(notice.Recipient.UserId, 'u'))
        {
            throw StewardException.Invalid("recipient.userId", "must be 'u-' followed by 1 to 94 of a-z, 0-9, '.', '_' and '-'.");
        }

        if (notice.Data.ValueKind != JsonValueKind.Object || notice.Data.GetRawText().Length > MaxData)
        {
            throw StewardException.Invalid("data", $"must be a JSON object of at most {MaxData} characters.");
        }
    }

    private static void Name(string value, string field)
    {
        if (value is not { Length: > 0 and <= MaxName } || value.Any(char.IsControl))
        {
            throw StewardException.Invalid(field, $"must have 1 to {MaxName} characters and no control characters.");
        }
    }
}
