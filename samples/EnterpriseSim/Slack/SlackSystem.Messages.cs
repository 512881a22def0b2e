using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>Messages: the time stamp is the id, and there is no key for a repetition.</summary>
internal sealed partial class SlackSystem
{
    private const int LongestText = 40_000;

    private Reply PostMessage(Call call)
    {
        var actor = ActorOf(call);
        var target = Need(call, "channel");
        if (!channelRate.Count(target).Allowed)
        {
            return RateLimited(call, 1);
        }

        var channel = target[0] is 'U' or 'W'
            ? Workspace.DirectWith((Workspace.Users.Find(u => u.Id == target && !u.Deleted) ?? throw Fail("channel_not_found")).Id, actor.Id, call.Now)
            : ChannelOf(call);
        if (channel.IsArchived)
        {
            throw Fail("is_archived");
        }

        if (!channel.Members.Contains(actor.Id))
        {
            throw Fail("not_in_channel");
        }

        var thread = Arg(call, "thread_ts");
        if (thread is not null && channel.Messages.Find(m => m.Ts == thread) is not { ThreadTs: null })
        {
            throw Fail("thread_not_found");
        }

        var (text, blocks) = ContentOf(call);
        var message = new SlackMessage
        {
            Ts = Workspace.NextTs(call.Now), User = actor.Id, BotId = actor.IsBot ? Workspace.BotId : null, Text = text, Blocks = blocks, ThreadTs = thread, Metadata = MetadataOf(call),
        };
        channel.Messages.Add(message);
        call.Committed();
        Tell(channel, message, call.Now);
        return Ok(("channel", channel.Id), ("ts", message.Ts), ("message", Render(channel, message, withMetadata: message.Metadata is not null)));
    }

    private Reply UpdateMessage(Call call)
    {
        var (channel, message) = OwnMessageOf(call, "cant_update_message");
        var (text, blocks) = ContentOf(call);
        (message.Text, message.Blocks) = (text, blocks);
        message.Metadata = MetadataOf(call) ?? message.Metadata;
        message.EditedTs = Workspace.NextTs(call.Now);
        call.Committed();
        return Ok(("channel", channel.Id), ("ts", message.Ts), ("text", message.Text), ("message", Render(channel, message, withMetadata: false)));
    }

    private Reply DeleteMessage(Call call)
    {
        var (channel, message) = OwnMessageOf(call, "cant_delete_message");
        channel.Messages.Remove(message);
        call.Committed();
        return Ok(("channel", channel.Id), ("ts", message.Ts));
    }

    private Reply History(Call call)
    {
        var channel = ReadableOf(call);
        var (oldest, latest) = (TimeOf(call, "oldest", 0), TimeOf(call, "latest", decimal.MaxValue));
        var inclusive = Flag(call, "inclusive");
        var found = Enumerable.Reverse(channel.Messages).Where(m => m.ThreadTs is null)
            .Where(m => Number(m.Ts) is var at && (inclusive ? at >= oldest && at <= latest : at > oldest && at < latest)).ToList();
        var (page, cursor) = Page(call, found, 100, 999);
        return Ok(
            ("messages", new JsonArray([.. page.Select(m => Render(channel, m, Flag(call, "include_all_metadata")))])),
            ("has_more", cursor.Length > 0),
            ("pin_count", 0),
            ("response_metadata", Metadata(cursor)));
    }

    private Reply Replies(Call call)
    {
        var channel = ReadableOf(call);
        var ts = Need(call, "ts");
        var parent = channel.Messages.Find(m => m.Ts == ts) ?? throw Fail("thread_not_found");
        var (page, cursor) = Page(call, [parent, .. channel.RepliesTo(ts)], 1_000, 1_000);
        return Ok(
            ("messages", new JsonArray([.. page.Select(m => Render(channel, m, Flag(call, "include_all_metadata")))])),
            ("has_more", cursor.Length > 0),
            ("response_metadata", Metadata(cursor)));
    }

    private JsonObject Render(SlackChannel channel, SlackMessage message, bool withMetadata) =>
        message.Render(Workspace.TeamId, withMetadata, message.ThreadTs is null ? channel.RepliesTo(message.Ts) : []);

    private SlackChannel ReadableOf(Call call)
    {
        var channel = ChannelOf(call);
        return channel.Members.Contains(ActorOf(call).Id) ? channel : throw Fail("not_in_channel");
    }

    private (SlackChannel Channel, SlackMessage Message) OwnMessageOf(Call call, string refusal)
    {
        var channel = ChannelOf(call);
        var ts = Need(call, "ts");
        var message = channel.Messages.Find(m => m.Ts == ts) ?? throw Fail("message_not_found");
        return message.User == ActorOf(call).Id ? (channel, message) : throw Fail(refusal);
    }

    private static (string Text, JsonNode? Blocks) ContentOf(Call call)
    {
        var (text, blocks) = (Arg(call, "text") ?? "", Structure(call, "blocks"));
        if (text.Length == 0 && blocks is null && Structure(call, "attachments") is null)
        {
            throw Fail("no_text");
        }

        if (BlockRules.Fault(blocks) is { } fault)
        {
            throw Fail(fault);
        }

        return text.Length <= LongestText ? (text, blocks) : throw Fail("msg_too_long");
    }

    private static JsonObject? MetadataOf(Call call) => Structure(call, "metadata") switch
    {
        null => null,
        JsonObject json when json.Text("event_type") is { Length: > 0 } && json.Object("event_payload") is not null => json,
        _ => throw Fail("invalid_metadata_format"),
    };

    private static decimal TimeOf(Call call, string name, decimal fallback) => Arg(call, name) is { Length: > 0 } text
        ? decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var time) ? time : throw Fail($"invalid_ts_{name}")
        : fallback;

    private static decimal Number(string ts) => decimal.Parse(ts, CultureInfo.InvariantCulture);
}
