using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>Event hooks: every entry of the system log goes to all receivers, three seconds for an answer, one retry.</summary>
internal sealed partial class OktaSystem
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan[] Waits = [TimeSpan.Zero];
    private readonly List<HookReceiver> receivers = [];

    /// <summary>A receiver shows once that it is meant to be one: it answers a challenge.</summary>
    public async Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        var challenge = SimIds.Secret(40);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Add("X-Okta-Verification-Challenge", challenge);
        request.Headers.TryAddWithoutValidation("Authorization", secret ?? "");
        using var response = await World.Hooks.AskAsync(request, AnswerWithin, cancellationToken);
        if (response is not { IsSuccessStatusCode: true } || VerificationIn(await response.Content.ReadAsStringAsync(cancellationToken)) != challenge)
        {
            return "The event hook could not be verified.";
        }

        lock (Gate)
        {
            receivers.Add(new HookReceiver(url, secret ?? ""));
        }

        return null;
    }

    /// <summary>Sends an entry of the system log; without a uuid it gets one.</summary>
    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        var entry = HookDialect.With("eventType", type, content);
        entry["uuid"] ??= World.Ids.Guid(World.Ids.Fresh("event"));
        entry["published"] ??= now.Iso();
        var id = entry.Text("uuid")!;
        var body = new JsonObject
        {
            ["eventType"] = "com.okta.event_hook",
            ["eventTypeVersion"] = "1.0",
            ["cloudEventsVersion"] = "0.1",
            ["source"] = "https://acme.okta.example/api/v1/eventHooks/who1",
            ["eventId"] = World.Ids.Guid(World.Ids.Fresh("delivery")),
            ["data"] = new JsonObject { ["events"] = new JsonArray(entry) },
            ["eventTime"] = now.Iso(),
            ["contentType"] = "application/json",
        }.ToJsonString();
        foreach (var receiver in receivers)
        {
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = receiver.Url, AnswerWithin = AnswerWithin, Retries = Waits,
                Request = (_, _) => HookDialect.WithHeader(receiver, "Authorization", body),
            });
        }
    }

    private static string? VerificationIn(string answer)
    {
        try
        {
            return (JsonNode.Parse(answer) as JsonObject)?.Text("verification");
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
