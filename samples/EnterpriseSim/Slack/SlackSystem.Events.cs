using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>The Events API and interactivity: signed requests, three seconds for an answer, three further attempts for events.</summary>
internal sealed partial class SlackSystem
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);

    // At once, after a minute, after five.
    private static readonly TimeSpan[] Waits = [TimeSpan.Zero, TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5)];

    private readonly List<Uri> receivers = [];

    /// <summary>The request URL is checked with a challenge before anything is sent to it.</summary>
    public async Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        var challenge = SimIds.Secret(52);
        var body = new JsonObject { ["token"] = "verification-token", ["challenge"] = challenge, ["type"] = "url_verification" }.ToJsonString();
        using var request = Signed(url, body, "application/json");
        using var response = await World.Hooks.AskAsync(request, AnswerWithin, cancellationToken);
        if (response is null)
        {
            return "Your URL didn't respond within 3 seconds.";
        }

        var answer = (await response.Content.ReadAsStringAsync(cancellationToken)).Trim();
        if (response.StatusCode != HttpStatusCode.OK || (answer != challenge && ChallengeIn(answer) != challenge))
        {
            return "Your URL didn't respond with the value of the challenge parameter.";
        }

        lock (Gate)
        {
            receivers.Add(url);
        }

        return null;
    }

    /// <summary>Sends an event of the Events API, or with a type such as <c>block_actions</c> what a click sends.</summary>
    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        if (type is "block_actions" or "view_submission" or "shortcut")
        {
            Interact(type, content, now);
            return;
        }

        var id = $"Ev{World.Ids.Text(World.Ids.Fresh("event"), 9).ToUpperInvariant()}";
        var @event = new JsonObject { ["type"] = type };
        foreach (var (name, value) in content)
        {
            @event[name] = value?.DeepClone();
        }

        @event["event_ts"] ??= content.Text("ts") ?? Workspace.NextTs(now);
        var body = new JsonObject
        {
            ["token"] = "verification-token",
            ["team_id"] = Workspace.TeamId,
            ["api_app_id"] = "A0STEWARD01",
            ["event"] = @event,
            ["type"] = "event_callback",
            ["event_id"] = id,
            ["event_time"] = now.ToUnixTimeSeconds(),
            ["authorizations"] = new JsonArray(new JsonObject { ["enterprise_id"] = null, ["team_id"] = Workspace.TeamId, ["user_id"] = Workspace.Bot.Id, ["is_bot"] = true }),
            ["is_ext_shared_channel"] = false,
        }.ToJsonString();
        foreach (var url in receivers)
        {
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = url, AnswerWithin = AnswerWithin, Retries = Waits,
                Request = (attempt, reason) =>
                {
                    var request = Signed(url, body, "application/json");
                    if (attempt > 1)
                    {
                        request.Headers.Add("X-Slack-Retry-Num", (attempt - 1).Plain());
                        request.Headers.Add("X-Slack-Retry-Reason", reason);
                    }

                    return request;
                },
            });
        }
    }

    private void Tell(SlackChannel channel, SlackMessage message, DateTimeOffset now)
    {
        var content = Render(channel, message, withMetadata: false);
        content.Remove("type");
        content["channel"] = channel.Id;
        content["channel_type"] = channel.Kind;
        Emit("message", content, now);
    }

    /// <summary>A click: a form with one field of JSON, sent once.</summary>
    private void Interact(string type, JsonObject content, DateTimeOffset now)
    {
        var id = $"{now.ToUnixTimeMilliseconds().Plain()}.{World.Ids.Text(World.Ids.Fresh("trigger"), 12)}";
        var payload = new JsonObject { ["type"] = type, ["team"] = new JsonObject { ["id"] = Workspace.TeamId, ["domain"] = "acme" }, ["api_app_id"] = "A0STEWARD01", ["trigger_id"] = id };
        foreach (var (name, value) in content)
        {
            payload[name] = value?.DeepClone();
        }

        var body = $"payload={Uri.EscapeDataString(payload.ToJsonString())}";
        foreach (var url in receivers)
        {
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = url, AnswerWithin = AnswerWithin,
                Request = (_, _) => Signed(url, body, "application/x-www-form-urlencoded"),
            });
        }
    }

    private HttpRequestMessage Signed(Uri url, string body, string mediaType)
    {
        var time = World.Time.GetUtcNow().ToUnixTimeSeconds().Plain();
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(World.Options.Credentials.SlackSigningSecret), Encoding.UTF8.GetBytes($"v0:{time}:{body}"));
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent(body, Encoding.UTF8, mediaType) };
        request.Headers.Add("X-Slack-Request-Timestamp", time);
        request.Headers.Add("X-Slack-Signature", $"v0={Convert.ToHexStringLower(signature)}");
        request.Headers.TryAddWithoutValidation("User-Agent", "Slackbot 1.0 (+https://api.slack.com/robots)");
        return request;
    }

    private static string? ChallengeIn(string answer)
    {
        try
        {
            return (JsonNode.Parse(answer) as JsonObject)?.Text("challenge");
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
