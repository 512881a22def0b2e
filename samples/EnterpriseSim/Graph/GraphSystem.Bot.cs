using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>The Bot Connector service of Teams, under <c>/bot</c>: chats of the app's bot with people, messages and cards.</summary>
internal sealed partial class GraphSystem
{
    private const string BotRoot = "/bot";
    private const int LargestActivity = 28 * 1024;

    private readonly List<BotChat> chats = [];

    private IEnumerable<SimRoute> BotRoutes =>
    [
        new("GET", $"{BotRoot}/v1/.well-known/openidconfiguration", "botConfiguration", BotConfiguration) { Open = true },
        new("GET", "/v1/.well-known/openidconfiguration", "botConfiguration", BotConfiguration) { Open = true },
        new("GET", "/v1/.well-known/keys", "botKeys", _ => Reply.Ok(signer.Value.Keys())) { Open = true },
        new("POST", $"{BotRoot}/v3/conversations", "createConversation", CreateConversation),
        new("GET", $"{BotRoot}/v3/conversations/{{conversationId}}/members/{{memberId}}", "getConversationMember", GetConversationMember),
        new("POST", $"{BotRoot}/v3/conversations/{{conversationId}}/activities", "sendToConversation", SendActivity),
        new("PUT", $"{BotRoot}/v3/conversations/{{conversationId}}/activities/{{activityId}}", "updateActivity", UpdateActivity),
    ];

    /// <summary>What the bot and a person have in their chat, oldest first.</summary>
    public IReadOnlyList<JsonObject> MessagesTo(string user)
    {
        lock (Gate)
        {
            return PersonOf(user) is { } person && chats.Find(c => c.UserId == person.Id) is { } chat ? [.. chat.Activities.Select(a => a.Render(chat.Id))] : [];
        }
    }

    private GraphUser? PersonOf(string user) => Directory.Find(user) ?? Directory.Users.Find(u => u.Login.Equals(user, StringComparison.OrdinalIgnoreCase));

    private Reply BotConfiguration(Call call) => Reply.Ok(new JsonObject
    {
        ["issuer"] = BotSigner.Issuer,
        ["jwks_uri"] = $"{call.BaseUrl}/v1/.well-known/keys",
        ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
        ["token_endpoint_auth_methods_supported"] = new JsonArray("private_key_jwt"),
    });

    private Reply CreateConversation(Call call)
    {
        NeedBot(call);
        var members = call.Json.Array("members");
        if (call.Json.Object("bot")?.Text("id") != $"28:{World.Options.Credentials.GraphClientId}" || call.Json.Text("isGroup") == "true" || members is not [JsonObject member])
        {
            throw BotFail(400, "BadSyntax", "Bad format of conversation parameters.");
        }

        var user = Directory.Find(member.Text("id") ?? "") ?? throw BotFail(400, "BadArgument", "Invalid user identity in provided tenant.");
        if (!user.Enabled)
        {
            throw BotFail(403, "ForbiddenOperationException", "The user is disabled.");
        }

        var chat = chats.Find(c => c.UserId == user.Id);
        if (chat is null)
        {
            chat = new BotChat { Id = $"a:1{World.Ids.Text($"bot/{user.Login}", 60)}", UserId = user.Id };
            chats.Add(chat);
            call.Committed();
        }

        return new Reply(201, new JsonObject { ["id"] = chat.Id });
    }

    private Reply GetConversationMember(Call call)
    {
        NeedBot(call);
        var chat = BotChatOf(call);
        var user = Directory.Find(call.Route("memberId"));
        if (user is null || user.Id != chat.UserId)
        {
            throw BotFail(404, "MemberNotFoundInConversation", "Member not found in conversation.");
        }

        return Reply.Ok(new JsonObject
        {
            ["id"] = BotIdOf(user), ["name"] = user.DisplayName, ["aadObjectId"] = user.Id, ["objectId"] = user.Id, ["email"] = user.Properties.Text("mail"),
            ["userPrincipalName"] = user.Properties.Text("userPrincipalName"), ["tenantId"] = World.Options.Credentials.GraphDirectoryId, ["userRole"] = "user",
        });
    }

    private Reply SendActivity(Call call)
    {
        NeedBot(call);
        var chat = BotChatOf(call);
        var content = ActivityOf(call);
        var activity = new BotActivity { Id = Directory.NextMessageId(call.Now), Created = call.Now, Content = content };
        chat.Activities.Add(activity);
        call.Committed();
        return new Reply(201, new JsonObject { ["id"] = activity.Id });
    }

    private Reply UpdateActivity(Call call)
    {
        NeedBot(call);
        var chat = BotChatOf(call);
        var activity = chat.Activities.Find(a => a.Id == call.Route("activityId")) ?? throw BotFail(404, "ActivityNotFoundInConversation", "Activity not found in conversation.");
        activity.Content = ActivityOf(call);
        activity.Updates++;
        call.Committed();
        return Reply.Ok(new JsonObject { ["id"] = activity.Id });
    }

    private static JsonObject ActivityOf(Call call)
    {
        if (call.BodyText.Length > LargestActivity)
        {
            throw BotFail(413, "MessageSizeTooBig", "Message size too large.");
        }

        var attachments = call.Json.Array("attachments");
        if (call.Json.Text("type") != "message" || (string.IsNullOrEmpty(call.Json.Text("text")) && attachments is null or { Count: 0 }))
        {
            throw BotFail(400, "BadSyntax", "Activity has neither text nor attachments.");
        }

        foreach (var attachment in attachments ?? [])
        {
            if (attachment is not JsonObject card || card.Text("contentType") != "application/vnd.microsoft.card.adaptive" || card.Object("content")?.Text("type") != "AdaptiveCard"
                || card.Object("content")?.Text("version") is not ("1.4" or "1.5") || card.Object("content")?.Array("body") is null)
            {
                throw BotFail(400, "BadSyntax", "Unknown attachment type or card that cannot be read.");
            }
        }

        return (JsonObject)call.Json.DeepClone();
    }

    private BotChat BotChatOf(Call call) => chats.Find(c => c.Id == call.Route("conversationId")) ?? throw BotFail(404, "ConversationNotFound", "Conversation not found.");

    private static void NeedBot(Call call)
    {
        if (call.Caller != App)
        {
            throw BotFail(401, "Unauthorized", "The bot is not authorised.");
        }
    }

    private static string BotIdOf(GraphUser user) => $"29:1{user.Id.Replace("-", "", StringComparison.Ordinal)}";

    private static ReplyException BotFail(int status, string code, string message) => new(new Reply(status, new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message } }));
}
