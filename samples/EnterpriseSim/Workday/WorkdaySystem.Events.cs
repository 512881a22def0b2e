using System.Text;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Workday;

/// <summary>
/// An orchestration on time off and inbox tasks tells others: it posts JSON with user and password. What it sends is what docs/connectors/simulators.md shows.
/// </summary>
internal sealed partial class WorkdaySystem
{
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private readonly List<HookReceiver> receivers = [];

    /// <summary>There is no handshake: an administrator writes the orchestration. The secret is <c>user:password</c>.</summary>
    public Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        if (secret?.IndexOf(':', StringComparison.Ordinal) is null or <= 0)
        {
            return Task.FromResult<string?>("The receiver needs user:password.");
        }

        lock (Gate)
        {
            receivers.Add(new HookReceiver(url, $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(secret))}"));
        }

        return Task.FromResult<string?>(null);
    }

    /// <summary>Sends what the orchestration says. It sends once: a step that fails ends it.</summary>
    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        var body = HookDialect.With("type", type, content);
        body["id"] ??= World.Ids.Workday(World.Ids.Fresh("event"));
        body["tenant"] ??= World.Options.Credentials.WorkdayTenant;
        body["occurredAt"] ??= now.Iso();
        var (text, id) = (body.ToJsonString(), body.Text("id")!);
        foreach (var receiver in receivers)
        {
            World.Hooks.Enqueue(new HookDelivery
            {
                System = System, EventType = type, EventId = id, Url = receiver.Url, AnswerWithin = AnswerWithin,
                Request = (_, _) => HookDialect.WithHeader(receiver, "Authorization", text),
            });
        }
    }

    private void Tell(WorkdayTimeOff entry, string type, DateTimeOffset now)
    {
        if (receivers.Count == 0)
        {
            return;
        }

        Emit(type, new JsonObject
        {
            ["worker"] = new JsonObject { ["id"] = entry.WorkerId, ["descriptor"] = Tenant.Find(entry.WorkerId)?.Name },
            ["timeOff"] = new JsonObject { ["id"] = entry.Id, ["date"] = Day(entry.Date), ["type"] = TypeOf(entry.TypeId)!.Value.Name, ["status"] = entry.Status },
        }, now);
    }
}
