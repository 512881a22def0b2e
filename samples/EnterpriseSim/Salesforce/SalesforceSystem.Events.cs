using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>
/// A flow on cases and their comments tells others with an HTTP callout: JSON, with the header of its named credential. What it sends is what docs/connectors/simulators.md shows.
/// </summary>
internal sealed partial class SalesforceSystem
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private readonly List<HookReceiver> receivers = [];

    /// <summary>There is no handshake: an administrator writes the flow.</summary>
    public Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(secret))
        {
            return Task.FromResult<string?>("A named credential needs the header's value.");
        }

        lock (Gate)
        {
            receivers.Add(new HookReceiver(url, secret));
        }

        return Task.FromResult<string?>(null);
    }

    /// <summary>Sends what the flow says. It sends once: a callout that fails is not made again by itself.</summary>
    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        var body = HookDialect.With("type", type, content);
        body["id"] ??= World.Ids.Guid(World.Ids.Fresh("event"));
        body["organizationId"] ??= organization;
        body["occurredAt"] ??= SalesforceOrg.Stamp(now);
        var (text, id) = (body.ToJsonString(), body.Text("id")!);
        foreach (var receiver in receivers)
        {
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = receiver.Url, AnswerWithin = AnswerWithin,
                Request = (_, _) => HookDialect.WithHeader(receiver, "X-Webhook-Token", text),
            });
        }
    }

    private void Tell(SalesforceSchema schema, Dictionary<string, JsonValue?> record, string change, Call call)
    {
        if (receivers.Count == 0 || schema.Name is not ("Case" or "CaseComment"))
        {
            return;
        }

        Emit($"{schema.Name}.{change}", new JsonObject
        {
            ["record"] = new JsonObject(record.Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))),
            ["changedBy"] = call.Caller,
        }, call.Now);
    }
}
