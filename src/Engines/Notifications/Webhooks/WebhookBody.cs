using System.Globalization;
using System.Text.Json.Nodes;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Orchestration.Tracing;

namespace Steward.Engines.Notifications.Webhooks;

/// <summary>A notice as a webhook's event: type, time and data, as Standard Webhooks have it.</summary>
internal static class WebhookBody
{
    public static JsonObject Of(Notice notice, NoticeContent content) => new()
    {
        ["type"] = notice.Kind,
        ["timestamp"] = notice.CreatedAt.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        ["data"] = new JsonObject
        {
            ["noticeId"] = notice.NoticeId,
            ["subjectId"] = notice.SubjectId,
            ["recipient"] = new JsonObject { ["userId"] = notice.Recipient.UserId, ["email"] = notice.Recipient.Email },
            ["title"] = content.Title,
            ["text"] = content.Text,
            ["link"] = content.Link?.Address.ToString(),
            ["notice"] = Data(notice),
        },
    };

    /// <summary>The notice's data with secrets masked.</summary>
    public static JsonObject Data(Notice notice)
    {
        var data = TraceMask.Of(notice.Data) as JsonObject ?? [];

        // The hash is what a decision names, not a secret's; without it nobody could answer over the API.
        if (NoticeKinds.IsOfApproval(notice.Kind) && NoticeData.Read<ApprovalNoticeData>(notice.Data).SubjectHash is { Length: > 0 } hash)
        {
            data["subjectHash"] = hash;
        }

        return data;
    }
}
