using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Access;
using Steward.Gateway.Streaming;
using Steward.Notifications;

namespace Steward.Gateway.Api;

/// <summary>What people are told, and how they want to be told.</summary>
internal static class NotificationEndpoints
{
    private const int MaxPageSize = 200;
    private const int DefaultPageSize = 50;
    private const int MaxSettingsBytes = 1024 * 1024;
    private const string LastEventId = "Last-Event-ID";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/notifications", (Delegate)ListAsync)
            .WithName("listNotifications")
            .WithTags("Notifications")
            .WithSummary("Read the inbox")
            .WithDescription("What the caller was told in-app, newest first, and how much of it was not seen.")
            .Produces<InboxResource>()
            .WithProblems(400, 401, 429, 503);
        v1.MapGet("/notifications/stream", (Delegate)WatchAsync)
            .WithName("watchNotifications")
            .WithTags("Notifications")
            .WithSummary("Watch the inbox")
            .WithDescription(
                "Server-sent events: items after the given sequence number, then live ones. Each has its sequence number as id, its kind as event and the JSON of an InboxItemResource as data. After a break "
                + "send the last id as Last-Event-ID (browsers do) or as after: nothing that is kept is lost or repeated. Comments keep the connection alive. An event named problem ends a stream that could "
                + "not be continued.")
            .Produces<InboxItemResource>(StatusCodes.Status200OK, EventStream.ContentType)
            .WithProblems(400, 401, 429, 503);
        v1.MapPost("/notifications/mark", (Delegate)MarkAsync)
            .WithName("markNotifications")
            .WithTags("Notifications")
            .WithSummary("Mark items")
            .WithDescription("All up to a sequence number as seen, or one as read. Idempotent; nothing is ever taken back.")
            .Accepts<MarkInboxRequest>("application/json")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 413, 415, 429, 503);
        v1.MapGet("/notifications/preferences", (Delegate)GetPreferencesAsync)
            .WithName("getNotificationPreferences")
            .WithTags("Notifications")
            .WithSummary("Read preferences")
            .WithDescription("How the caller wants to be told.")
            .Produces<NotificationPreferences>()
            .WithProblems(401, 429, 503);
        v1.MapPut("/notifications/preferences", (Delegate)SetPreferencesAsync)
            .WithName("setNotificationPreferences")
            .WithTags("Notifications")
            .WithSummary("Replace preferences")
            .WithDescription("What is left out is the tenant's. In-app always gets everything. Idempotent.")
            .Accepts<SetPreferencesRequest>("application/json")
            .Produces<NotificationPreferences>()
            .WithProblems(400, 401, 413, 415, 429, 503);
        v1.MapGet("/notifications/settings", (Delegate)GetSettingsAsync)
            .WithName("getNotificationSettings")
            .WithTags("Notifications")
            .WithSummary("Read the tenant's settings")
            .WithDescription("Channels, languages and texts. Admins only.")
            .Produces<NotificationSettings>()
            .WithProblems(401, 403, 429, 503);
        v1.MapPut("/notifications/settings", (Delegate)SetSettingsAsync)
            .WithName("setNotificationSettings")
            .WithTags("Notifications")
            .WithSummary("Replace the tenant's settings")
            .WithDescription("409 when revision is not the one that holds. Admins only.")
            .Accepts<SetNotificationSettingsRequest>("application/json")
            .Produces<NotificationSettings>()
            .WithProblems(400, 401, 403, 409, 413, 415, 429, 503);
        v1.MapPost("/notifications/preview", (Delegate)PreviewAsync)
            .WithName("previewNotification")
            .WithTags("Notifications")
            .WithSummary("Look at a message")
            .WithDescription("What a notice would look like on a channel, with sample data or yours, and with the text that holds or yours. Keeps and sends nothing. Admins only.")
            .Accepts<PreviewNoticeRequest>("application/json")
            .Produces<NoticePreview>()
            .WithProblems(400, 401, 403, 413, 415, 429, 503);
        v1.MapGet("/notifications/sent", (Delegate)ListBySubjectAsync)
            .WithName("listNotificationsBySubject")
            .WithTags("Notifications")
            .WithSummary("List what was sent about something")
            .WithDescription("What became of the notices about an approval, for example, on each channel. Admins only.")
            .Produces<NoticeListResource>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapGet("/notifications/dead-letters", (Delegate)ListDeadLettersAsync)
            .WithName("listDeadNotifications")
            .WithTags("Notifications")
            .WithSummary("List what could not be delivered")
            .WithDescription("Notices that no channel could deliver, newest first. Admins only.")
            .Produces<NoticeListResource>()
            .WithProblems(400, 401, 403, 429, 503);
        v1.MapPost("/notifications/dead-letters/replay", (Delegate)ReplayAsync)
            .WithName("replayDeadNotification")
            .WithTags("Notifications")
            .WithSummary("Send again")
            .WithDescription("Sends a notice that could not be delivered again, on its first channel. Admins only.")
            .Accepts<ReplayNoticeRequest>("application/json")
            .Produces(StatusCodes.Status204NoContent)
            .WithProblems(400, 401, 403, 404, 413, 415, 429, 503);
        v1.MapGet("/notifications/queues/{channel}", (Delegate)GetQueueAsync)
            .WithName("getNotificationQueue")
            .WithTags("Notifications")
            .WithSummary("Look at a channel's queue")
            .WithDescription("How much waits, since when, and what went wrong last. Admins only.")
            .Produces<QueueInfo>()
            .WithProblems(400, 401, 403, 429, 503);
    }

    private static async Task ListAsync(HttpContext context, [FromQuery] string? before, [FromQuery] string? limit)
    {
        var from = QueryNumbers.Sequence(before, "before", whenAbsent: 0);
        var page = await Caller.Of(context).Client.Notifications.ListAsync(from == 0 ? null : from, QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize), context.RequestAborted);
        var resource = new InboxResource { Items = [.. page.Items.Select(ApprovalWireMapping.ToResource)], Unseen = page.Unseen, LastSequence = page.LastSequence };
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, resource, ApprovalWireJson.Default.InboxResource);
    }

    private static async Task WatchAsync(
        HttpContext context, [FromQuery] string? after, [FromHeader(Name = LastEventId)] string? lastEventId, EventStream stream, UserAdmission admission)
    {
        // A browser that reconnects repeats the address with its old "after" and adds the header, which is newer.
        var from = string.IsNullOrEmpty(lastEventId) ? QueryNumbers.Sequence(after, "after", whenAbsent: 0) : QueryNumbers.Sequence(lastEventId, LastEventId, whenAbsent: 0);
        var caller = Caller.Of(context);
        using var slot = admission.AdmitStream(caller.Identity);
        await stream.WriteAsync(context, cancellationToken => caller.Client.Notifications.WatchAsync(from, cancellationToken), WriteItem);
    }

    private static void WriteItem(PipeWriter writer, Utf8JsonWriter json, InboxItem item)
    {
        EventStream.BeginEvent(writer, item.Sequence, item.Kind);
        json.Reset(writer);
        // Written without line breaks, which would end the event's data.
        JsonSerializer.Serialize(json, ApprovalWireMapping.ToResource(item), ApprovalWireJson.Default.InboxItemResource);
        json.Flush();
        writer.Write("\n\n"u8);
    }

    private static async Task MarkAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.MarkInboxRequest, options.Value.MaxBodyBytes);
        if (body.SeenThrough is < 0 || body.Read is < 1)
        {
            throw StewardException.Invalid(body.SeenThrough is < 0 ? "seenThrough" : "read", "must be an item's sequence number.");
        }

        if (body.SeenThrough is null && body.Read is null)
        {
            throw StewardException.Invalid("seenThrough", "must be given, or read.");
        }

        await Caller.Of(context).Client.Notifications.MarkAsync(new MarkInbox { SeenThrough = body.SeenThrough, Read = body.Read }, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task GetPreferencesAsync(HttpContext context) =>
        await WriteAsync(context, await Caller.Of(context).Client.Notifications.GetPreferencesAsync(context.RequestAborted));

    private static async Task SetPreferencesAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.SetPreferencesRequest, options.Value.MaxBodyBytes);
        await WriteAsync(context, await Caller.Of(context).Client.Notifications.SetPreferencesAsync(ApprovalWireMapping.ToContract(body), context.RequestAborted));
    }

    private static async Task GetSettingsAsync(HttpContext context) => await WriteAsync(context, await Caller.Of(context).Client.Notifications.GetSettingsAsync(context.RequestAborted));

    private static async Task SetSettingsAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.SetNotificationSettingsRequest, MaxSettingsBytes);
        await WriteAsync(context, await Caller.Of(context).Client.Notifications.SetSettingsAsync(ApprovalWireMapping.ToContract(body), context.RequestAborted));
    }

    private static async Task PreviewAsync(HttpContext context)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.PreviewNoticeRequest, MaxSettingsBytes);
        var command = new PreviewNotice { Kind = body.Kind, Channel = body.Channel, Locale = body.Locale, Template = body.Template, Data = body.Data?.GetRawText() };
        var preview = await Caller.Of(context).Client.Notifications.PreviewAsync(command, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, preview, ApprovalWireJson.Default.NoticePreview);
    }

    private static async Task ListBySubjectAsync(HttpContext context, [FromQuery] string? subject) =>
        await WriteAsync(context, await Caller.Of(context).Client.Notifications.ListBySubjectAsync(subject ?? "", context.RequestAborted));

    private static async Task ListDeadLettersAsync(HttpContext context, [FromQuery] string? limit) => await WriteAsync(
        context, await Caller.Of(context).Client.Notifications.ListDeadLettersAsync(QueryNumbers.Limit(limit, DefaultPageSize, MaxPageSize), context.RequestAborted));

    private static async Task ReplayAsync(HttpContext context, IOptions<StewardGatewayOptions> options)
    {
        var body = await RequestBody.ReadAsync(context, ApprovalWireJson.Default.ReplayNoticeRequest, options.Value.MaxBodyBytes);
        await Caller.Of(context).Client.Notifications.ReplayDeadLetterAsync(body.NoticeId, context.RequestAborted);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static async Task GetQueueAsync(HttpContext context, string channel)
    {
        var queue = await Caller.Of(context).Client.Notifications.GetQueueAsync(channel, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, queue, ApprovalWireJson.Default.QueueInfo);
    }

    private static Task WriteAsync(HttpContext context, NotificationPreferences preferences) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, preferences, ApprovalWireJson.Default.NotificationPreferences);

    private static Task WriteAsync(HttpContext context, NotificationSettings settings) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, settings, ApprovalWireJson.Default.NotificationSettings);

    private static Task WriteAsync(HttpContext context, IReadOnlyList<NoticeStatus> notices) =>
        JsonAnswer.WriteAsync(context, StatusCodes.Status200OK, new NoticeListResource { Notices = notices }, ApprovalWireJson.Default.NoticeListResource);
}
