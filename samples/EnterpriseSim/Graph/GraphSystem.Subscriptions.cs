using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>Change notifications: a handshake by echo, a client state to compare, an end that has to be put off.</summary>
internal sealed partial class GraphSystem
{
    private static readonly TimeSpan HandshakeWithin = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan NotificationWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestOfMessages = TimeSpan.FromMinutes(4_230);
    private static readonly TimeSpan LongestOfOthers = TimeSpan.FromMinutes(41_760);
    private static readonly TimeSpan[] RenotifyAfter = [TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)];

    private readonly List<GraphSubscription> subscriptions = [];

    /// <summary>Subscribes a receiver to everything; the secret is the client state.</summary>
    public async Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        if (await HandshakeAsync(url, cancellationToken) is { } problem)
        {
            return problem;
        }

        lock (Gate)
        {
            subscriptions.Add(new GraphSubscription
            {
                Id = World.Ids.Guid(World.Ids.Fresh("subscription")), Resource = "", ChangeTypes = ["created", "updated", "deleted"], Url = url, ClientState = secret,
                Expires = World.Time.GetUtcNow() + LongestOfOthers,
            });
        }

        return null;
    }

    /// <summary>Notifies about a change; the content has resource and resourceData.</summary>
    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        var resource = Plain(content.Text("resource") ?? "");
        foreach (var subscription in subscriptions.Where(s => s.Expires > now && s.ChangeTypes.Contains(type) && Covers(s.Resource, resource)))
        {
            var id = World.Ids.Guid(World.Ids.Fresh("notification"));
            var body = new JsonObject
            {
                ["value"] = new JsonArray(new JsonObject
                {
                    ["id"] = id,
                    ["subscriptionId"] = subscription.Id,
                    ["subscriptionExpirationDateTime"] = subscription.Expires.Iso(),
                    ["changeType"] = type,
                    ["resource"] = content.Text("resource"),
                    ["resourceData"] = content["resourceData"]?.DeepClone(),
                    ["clientState"] = subscription.ClientState,
                    ["tenantId"] = World.Options.Credentials.GraphDirectoryId,
                }),
            }.ToJsonString();
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = subscription.Url, AnswerWithin = NotificationWithin, Retries = RenotifyAfter,
                Request = (_, _) => new HttpRequestMessage(HttpMethod.Post, subscription.Url) { Content = new StringContent(body, Encoding.UTF8, "application/json") },
            });
        }
    }

    private async Task ShakeHandsAsync(Call call)
    {
        lock (Gate)
        {
            if (Authenticate(call) is not null)
            {
                return;
            }
        }

        try
        {
            call.Finding = JsonNode.Parse(call.BodyText) is JsonObject json && Uri.TryCreate(json.Text("notificationUrl"), UriKind.Absolute, out var url) && url.IsLoopback
                ? await HandshakeAsync(url, call.Http.RequestAborted)
                : "NotificationUrl must be an address on this machine: simulated notifications go nowhere else.";
        }
        catch (JsonException)
        {
            // The call itself answers for it.
        }
    }

    private async Task<string?> HandshakeAsync(Uri url, CancellationToken cancellationToken)
    {
        var token = $"Validation: Testing client application reachability for subscription Request-Id: {SimIds.Secret(16)}";
        var separator = url.Query.Length > 0 ? "&" : "?";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"{url}{separator}validationToken={Uri.EscapeDataString(token)}"))
        {
            Content = new StringContent("", Encoding.UTF8, "text/plain"),
        };
        using var response = await World.Hooks.AskAsync(request, HandshakeWithin, cancellationToken);
        if (response is null)
        {
            return "Subscription validation request timed out.";
        }

        return response.StatusCode == HttpStatusCode.OK && response.Content.Headers.ContentType?.MediaType == "text/plain" && await response.Content.ReadAsStringAsync(cancellationToken) == token
            ? null
            : $"Subscription validation request failed. Response must exactly match validationToken query parameter (status {((int)response.StatusCode).Plain()}).";
    }

    private Reply CreateSubscription(Call call)
    {
        if (call.Finding is { } problem)
        {
            throw Fail(400, "ValidationError", problem);
        }

        var json = call.Json;
        var types = (json.Text("changeType") ?? "").Split(',', StringSplitOptions.TrimEntries);
        if (json.Text("resource") is not { Length: > 0 } resource || types.Any(t => t is not ("created" or "updated" or "deleted")) || json.Text("clientState") is { Length: > 128 })
        {
            throw Fail(400, "InvalidRequest", "A subscription needs changeType of created, updated, deleted, a resource, and a clientState of at most 128 characters.");
        }

        var subscription = new GraphSubscription
        {
            Id = World.Ids.Guid(World.Ids.Fresh("subscription")), Resource = resource, ChangeTypes = types, Url = new Uri(json.Text("notificationUrl")!), ClientState = json.Text("clientState"),
            Expires = ExpiryOf(call, resource),
        };
        subscriptions.Add(subscription);
        call.Committed();
        return One(call, subscription.Render(), "subscriptions", 201);
    }

    private Reply ListSubscriptions(Call call)
    {
        subscriptions.RemoveAll(s => s.Expires <= call.Now);
        return Many(call, subscriptions.Select(s => s.Render()), "subscriptions", 100, 999);
    }

    private Reply GetSubscription(Call call) => One(call, SubscriptionOf(call).Render(), "subscriptions");

    private Reply RenewSubscription(Call call)
    {
        var subscription = SubscriptionOf(call);
        subscription.Expires = ExpiryOf(call, subscription.Resource);
        call.Committed();
        return One(call, subscription.Render(), "subscriptions");
    }

    private Reply DeleteSubscription(Call call)
    {
        subscriptions.Remove(SubscriptionOf(call));
        call.Committed();
        return Reply.NoContent();
    }

    private GraphSubscription SubscriptionOf(Call call) => subscriptions.Find(s => s.Id == call.Route("id") && s.Expires > call.Now)
        ?? throw Fail(404, "ResourceNotFound", "The object was not found.");

    private DateTimeOffset ExpiryOf(Call call, string resource)
    {
        var longest = resource.Contains("essages", StringComparison.Ordinal) ? LongestOfMessages : LongestOfOthers;
        return DateTimeOffset.TryParse(call.Json.Text("expirationDateTime"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time > call.Now && time <= call.Now + longest
            ? time
            : throw Fail(400, "InvalidRequest", $"Subscription expiration can only be {((int)longest.TotalMinutes).Plain()} minutes in the future.");
    }

    private static bool Covers(string subscribed, string resource) => Plain(subscribed) switch
    {
        "" => true,
        "teams/getallmessages" => resource.StartsWith("teams/", StringComparison.Ordinal),
        "chats/getallmessages" => resource.StartsWith("chats/", StringComparison.Ordinal),
        var prefix => resource == prefix || resource.StartsWith(prefix + "/", StringComparison.Ordinal),
    };

    /// <summary>One spelling for the two that the product has: <c>teams('x')/messages</c> and <c>/teams/x/messages</c>.</summary>
    private static string Plain(string resource) =>
        resource.Replace("('", "/", StringComparison.Ordinal).Replace("')", "", StringComparison.Ordinal).Trim('/').ToLowerInvariant();
}
