using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>Messages in channels and chats. They take no key and keep no hidden mark.</summary>
internal sealed partial class GraphSystem
{
    private const int LongestMessage = 28 * 1024;

    private Reply ListChannelMessages(Call call) => Listed(call, ChannelOf(call).Messages.FindAll(m => m.ReplyTo is null), call.Route("teamId"), call.Route("channelId"));

    private Reply SendChannelMessage(Call call)
    {
        var channel = ChannelOf(call);
        return Sent(call, channel.Messages, null, $"teams('{call.Route("teamId")}')/channels('{channel.Id}')/messages", call.Route("teamId"), channel.Id);
    }

    private Reply ReplyToMessage(Call call)
    {
        var channel = ChannelOf(call);
        var parent = channel.Messages.Find(m => m.Id == call.Route("messageId") && m.ReplyTo is null) ?? throw Fail(404, "NotFound", "Message not found.");
        return Sent(call, channel.Messages, parent.Id, $"teams('{call.Route("teamId")}')/channels('{channel.Id}')/messages('{parent.Id}')/replies", call.Route("teamId"), channel.Id);
    }

    private Reply CreateChat(Call call)
    {
        var members = (call.Json.Array("members") ?? []).OfType<JsonObject>().Select(m => Bound(m).Id).Distinct().Order(StringComparer.Ordinal).ToList();
        if (call.Json.Text("chatType") != "oneOnOne" || members.Count != 2)
        {
            throw Fail(400, "BadRequest", "A chat of type oneOnOne must have exactly two members.");
        }

        if (call.Caller != App && !members.Contains(Me(call).Id))
        {
            throw Fail(403, "Forbidden", "The caller must be one of the members specified in the request body.");
        }

        // Between two people there is one chat.
        var chat = Directory.Chats.Find(c => c.Members.SequenceEqual(members));
        if (chat is null)
        {
            chat = new GraphChat { Id = $"19:{members[0]}_{members[1]}@unq.gbl.spaces", Created = call.Now, Members = members };
            Directory.Chats.Add(chat);
            call.Committed();
        }

        return One(call, new JsonObject
        {
            ["id"] = chat.Id, ["topic"] = null, ["createdDateTime"] = chat.Created.Iso(), ["lastUpdatedDateTime"] = chat.Created.Iso(), ["chatType"] = "oneOnOne",
            ["webUrl"] = $"https://teams.microsoft.com/l/chat/{Uri.EscapeDataString(chat.Id)}/0?tenantId={World.Options.Credentials.GraphDirectoryId}",
            ["tenantId"] = World.Options.Credentials.GraphDirectoryId,
        }, "chats", 201);
    }

    private Reply ListChatMessages(Call call) => Listed(call, ChatOf(call).Messages, null, call.Route("chatId"));

    private Reply SendChatMessage(Call call)
    {
        var chat = ChatOf(call);
        return Sent(call, chat.Messages, null, $"chats('{chat.Id}')/messages", null, chat.Id);
    }

    private Reply Listed(Call call, IReadOnlyList<GraphMessage> messages, string? teamId, string place) =>
        Many(call, messages.Reverse().Select(m => m.Render(teamId, place)), "messages", 20, 50);

    private Reply Sent(Call call, List<GraphMessage> messages, string? replyTo, string resource, string? teamId, string place)
    {
        if (call.Caller == App)
        {
            throw Fail(401, "Unauthorized", "Message POST is allowed in application-only context only for import purposes.");
        }

        var me = Me(call);
        var body = call.Json.Object("body");
        if (body?.Text("content") is not { Length: > 0 } content || body.Text("contentType") is not (null or "text" or "html"))
        {
            throw Fail(400, "BadRequest", "Missing body content.");
        }

        if (content.Length > LongestMessage)
        {
            throw Fail(413, "RequestEntityTooLarge", "The message is too large.");
        }

        var message = new GraphMessage
        {
            Id = Directory.NextMessageId(call.Now), FromId = me.Id, FromName = me.DisplayName, ContentType = body.Text("contentType") ?? "text", Content = content, Created = call.Now, ReplyTo = replyTo,
        };
        messages.Add(message);
        call.Committed();
        Emit("created", new JsonObject
        {
            ["resource"] = $"{resource}('{message.Id}')",
            ["resourceData"] = new JsonObject { ["id"] = message.Id, ["@odata.type"] = "#Microsoft.Graph.chatMessage", ["@odata.id"] = $"{resource}('{message.Id}')" },
        }, call.Now);
        return One(call, message.Render(teamId, place), "messages", 201);
    }

    private GraphChat ChatOf(Call call)
    {
        var chat = Directory.Chats.Find(c => c.Id == call.Route("chatId")) ?? throw Fail(404, "NotFound", "Chat not found.");
        return call.Caller == App || chat.Members.Contains(Me(call).Id) ? chat : throw Fail(403, "Forbidden", "Caller is not a member of the chat.");
    }
}
