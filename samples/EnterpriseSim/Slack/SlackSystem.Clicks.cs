using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>Buttons: the signed request that a click sends, and the address at which the app may answer the person alone.</summary>
internal sealed partial class SlackSystem
{
    private const int MostAnswers = 5;
    private static readonly TimeSpan AnswersLast = TimeSpan.FromMinutes(30);

    private readonly Dictionary<string, ClickAddress> addresses = [];
    private readonly List<SimEphemeral> ephemerals = [];

    public Uri? ClicksUrl { get; set; }

    /// <summary>Where this server is reached; known once it has started.</summary>
    public Uri? OwnUrl { get; set; }

    public IReadOnlyList<SimEphemeral> Ephemerals()
    {
        lock (Gate)
        {
            return [.. ephemerals];
        }
    }

    public async Task<SimClickAnswer> ClickAsync(SimClick click, CancellationToken cancellationToken)
    {
        HttpRequestMessage request;
        lock (Gate)
        {
            if (ClicksUrl is not { } url)
            {
                return new SimClickAnswer(0, "", "The app has no request URL for interactivity.");
            }

            if (Prepare(click, World.Time.GetUtcNow()) is not { } payload)
            {
                return new SimClickAnswer(0, "", "There is no such person, message or button.");
            }

            request = Signed(url, $"payload={Uri.EscapeDataString(payload.ToJsonString())}", "application/x-www-form-urlencoded");
        }

        using (request)
        {
            using var response = await World.Hooks.AskAsync(request, AnswerWithin, cancellationToken);
            return response is null ? new SimClickAnswer(0, "") : new SimClickAnswer((int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    public IReadOnlyList<JsonObject> MessagesTo(string user)
    {
        lock (Gate)
        {
            return PersonOf(user) is { } person
                ? [.. Workspace.Channels.Where(c => c.IsDirect && c.Members.Contains(person.Id) && c.Members.Contains(Workspace.Bot.Id))
                    .SelectMany(c => c.Messages.Select(m => HookDialect.With("channel", c.Id, m.Render(Workspace.TeamId, withMetadata: true, []))))]
                : [];
        }
    }

    /// <summary>What the app posts to the address of a click.</summary>
    private Reply AnswerClick(Call call)
    {
        if (!addresses.TryGetValue(call.Route("key"), out var address) || call.Now > address.Until)
        {
            return new Reply(404, new JsonObject { ["ok"] = false, ["error"] = "expired_url" });
        }

        if (++address.Used > MostAnswers)
        {
            return new Reply(404, new JsonObject { ["ok"] = false, ["error"] = "used_url" });
        }

        if (call.Json.Text("text") is not { Length: > 0 } text)
        {
            return new Reply(500, new JsonObject { ["ok"] = false, ["error"] = "no_text" });
        }

        ephemerals.Add(new SimEphemeral(address.User, address.Channel, text, call.Now));
        call.Committed();
        return Reply.Ok(new JsonObject { ["ok"] = true });
    }

    private SlackUser? PersonOf(string user) =>
        Workspace.Users.Find(u => u.Id == user || u.Name.Equals(user, StringComparison.OrdinalIgnoreCase) || u.Email.Equals(user, StringComparison.OrdinalIgnoreCase));

    private JsonObject? Prepare(SimClick click, DateTimeOffset now)
    {
        var channel = Workspace.Channels.Find(c => c.Id == click.Conversation);
        var message = channel?.Messages.Find(m => m.Ts == click.Message);
        var button = BlockRules.Button(message?.Blocks, click.Action);
        if (PersonOf(click.User) is not { } person || channel is null || message is null || (button is null && click.Value is null))
        {
            return null;
        }

        var key = SimIds.Secret(24);
        addresses[key] = new ClickAddress(person.Id, channel.Id, now + AnswersLast);
        var value = click.Value switch { null => button!.Text("value"), JsonValue text => text.AsText(), var json => json.ToJsonString() };
        return new JsonObject
        {
            ["type"] = "block_actions",
            ["user"] = new JsonObject { ["id"] = person.Id, ["username"] = person.Name, ["name"] = person.Name, ["team_id"] = Workspace.TeamId },
            ["api_app_id"] = "A0STEWARD01",
            ["token"] = "verification-token",
            ["container"] = new JsonObject { ["type"] = "message", ["message_ts"] = message.Ts, ["channel_id"] = channel.Id, ["is_ephemeral"] = false },
            ["trigger_id"] = $"{now.ToUnixTimeMilliseconds().Plain()}.{World.Ids.Text(World.Ids.Fresh("trigger"), 12)}",
            ["team"] = new JsonObject { ["id"] = Workspace.TeamId, ["domain"] = "acme" },
            ["enterprise"] = null,
            ["is_enterprise_install"] = false,
            ["channel"] = new JsonObject { ["id"] = channel.Id, ["name"] = "directmessage" },
            ["message"] = Render(channel, message, withMetadata: false),
            ["state"] = new JsonObject { ["values"] = new JsonObject() },
            ["response_url"] = new Uri(OwnUrl!, $"actions/{Workspace.TeamId}/{key}").ToString(),
            ["actions"] = new JsonArray(new JsonObject
            {
                ["action_id"] = click.Action,
                ["block_id"] = "b1",
                ["text"] = button?["text"]?.DeepClone() ?? new JsonObject { ["type"] = "plain_text", ["text"] = click.Action, ["emoji"] = false },
                ["value"] = value,
                ["style"] = button?.Text("style") ?? "primary",
                ["type"] = "button",
                ["action_ts"] = Workspace.NextTs(now),
            }),
        };
    }

    private sealed class ClickAddress(string user, string channel, DateTimeOffset until)
    {
        public string User => user;

        public string Channel => channel;

        public DateTimeOffset Until => until;

        public int Used { get; set; }
    }
}
