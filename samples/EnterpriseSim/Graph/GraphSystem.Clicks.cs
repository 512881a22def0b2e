using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>Buttons of cards: the signed invoke that <c>Action.Execute</c> sends, and the card that comes back in its place.</summary>
internal sealed partial class GraphSystem
{
    private static readonly TimeSpan InvokeWithin = TimeSpan.FromSeconds(15);
    private readonly Lazy<BotSigner> signer = new(() => new BotSigner(), LazyThreadSafetyMode.ExecutionAndPublication);

    public Uri? ClicksUrl { get; set; }

    /// <summary>Where this server is reached; known once it has started.</summary>
    public Uri? OwnUrl { get; set; }

    public async Task<SimClickAnswer> ClickAsync(SimClick click, CancellationToken cancellationToken)
    {
        BotActivity? activity;
        HttpRequestMessage request;
        lock (Gate)
        {
            var chat = chats.Find(c => c.Id == click.Conversation);
            activity = chat?.Activities.Find(a => a.Id == click.Message);
            var action = activity is null ? null : ExecuteOf(activity, click.Action);
            if (ClicksUrl is not { } url)
            {
                return new SimClickAnswer(0, "", "The bot has no messaging endpoint.");
            }

            if (PersonOf(click.User) is not { } person || chat is null || activity is null || (action is null && click.Value is null))
            {
                return new SimClickAnswer(0, "", "There is no such person, card or button.");
            }

            request = Invoke(url, person, chat, activity, click.Action, click.Value ?? action!["data"]);
        }

        using (request)
        {
            using var response = await World.Hooks.AskAsync(request, InvokeWithin, cancellationToken);
            if (response is null)
            {
                return new SimClickAnswer(0, "");
            }

            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            Show(activity, body);
            return new SimClickAnswer((int)response.StatusCode, body);
        }
    }

    // A card in the answer takes the place of the one that was clicked.
    private void Show(BotActivity activity, string body)
    {
        try
        {
            if (JsonNode.Parse(body) is JsonObject answer && answer.Text("type") == "application/vnd.microsoft.card.adaptive" && answer.Object("value") is { } card)
            {
                lock (Gate)
                {
                    activity.Content["attachments"] = new JsonArray(new JsonObject { ["contentType"] = "application/vnd.microsoft.card.adaptive", ["content"] = card.DeepClone() });
                    activity.Updates++;
                }
            }
        }
        catch (JsonException)
        {
            // What cannot be read is shown as an error and changes nothing.
        }
    }

    private static JsonObject? ExecuteOf(BotActivity activity, string verb)
    {
        var card = activity.Content.Array("attachments") is [JsonObject attachment, ..] ? attachment.Object("content") : null;
        var refresh = card?.Object("refresh")?.Object("action");
        return card?.Array("actions")?.OfType<JsonObject>().FirstOrDefault(a => a.Text("type") == "Action.Execute" && a.Text("verb") == verb) ?? (refresh?.Text("verb") == verb ? refresh : null);
    }

    private HttpRequestMessage Invoke(Uri url, GraphUser person, BotChat chat, BotActivity activity, string verb, JsonNode? data)
    {
        var credentials = World.Options.Credentials;
        var now = World.Time.GetUtcNow();
        var body = new JsonObject
        {
            ["type"] = "invoke",
            ["name"] = "adaptiveCard/action",
            ["id"] = $"f:{World.Ids.Guid(World.Ids.Fresh("invoke"))}",
            ["timestamp"] = now.Iso(),
            ["channelId"] = "msteams",
            ["serviceUrl"] = new Uri(OwnUrl!, "bot/").ToString(),
            ["from"] = new JsonObject { ["id"] = BotIdOf(person), ["name"] = person.DisplayName, ["aadObjectId"] = person.Id },
            ["conversation"] = new JsonObject { ["conversationType"] = "personal", ["id"] = chat.Id, ["tenantId"] = credentials.GraphDirectoryId },
            ["recipient"] = new JsonObject { ["id"] = $"28:{credentials.GraphClientId}", ["name"] = "Steward" },
            ["channelData"] = new JsonObject { ["tenant"] = new JsonObject { ["id"] = credentials.GraphDirectoryId }, ["source"] = new JsonObject { ["name"] = "message" } },
            ["replyToId"] = activity.Id,
            ["locale"] = "en-US",
            ["value"] = new JsonObject
            {
                ["action"] = new JsonObject { ["type"] = "Action.Execute", ["verb"] = verb, ["data"] = data?.DeepClone() },
                ["trigger"] = verb == "refresh" ? "automatic" : "manual",
            },
        }.ToJsonString();
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", signer.Value.Sign(credentials.GraphClientId, new Uri(OwnUrl!, "bot/").ToString(), now));
        return request;
    }
}
