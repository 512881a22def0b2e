using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>
/// People decide their approvals in the product's own pages, and a business rule on <c>sysapproval_approver</c> tells others with an outbound REST message: what it sends is what docs/api/approval-rules.md shows.
/// </summary>
internal sealed partial class ServiceNowSystem
{
    private const string Approvals = "sysapproval_approver";
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(10);
    private static readonly string[] States = ["requested", "approved", "rejected", "cancelled", "not_required"];
    private readonly List<HookReceiver> receivers = [];

    /// <summary>There is no handshake: an administrator writes the rule.</summary>
    public Task<string?> SubscribeAsync(Uri url, string? secret, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            receivers.Add(new HookReceiver(url, secret ?? ""));
        }

        return Task.FromResult<string?>(null);
    }

    /// <summary>Sends what the business rule says. It sends once: the product's outbound messages are not repeated by themselves.</summary>
    public void Emit(string type, JsonObject content, DateTimeOffset now)
    {
        var body = HookDialect.With("type", type, content);
        body["id"] ??= World.Ids.ServiceNow(World.Ids.Fresh("event"));
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

    /// <summary>A person sets an approval's state, or that of the record that it is about.</summary>
    public string? Decide(SimDecision decision)
    {
        var (table, row) = Store.Find(Approvals, decision.Record) is { } approval ? (Approvals, approval) : ("change_request", Store.Find("change_request", decision.Record));
        if (row is null || Store.FindBy("sys_user", "user_name", decision.User) is null)
        {
            return "There is no such record, or no such person.";
        }

        if (!States.Contains(decision.Decision))
        {
            return $"A state is one of {string.Join(", ", States)}.";
        }

        var now = World.Time.GetUtcNow();
        Store.Update(table, row, new Dictionary<string, string> { [table == Approvals ? "state" : "approval"] = decision.Decision, ["comments"] = decision.Comment ?? "" }, decision.User, now);
        Tell(table, row, "updated", now);
        return null;
    }

    private void Tell(string table, Dictionary<string, string> row, string operation, DateTimeOffset now)
    {
        if (receivers.Count == 0 || table is not (Approvals or Incidents))
        {
            return;
        }

        Emit($"{table}.{operation}", table == Incidents ? ContentOf(row) : new JsonObject
        {
            ["table"] = table,
            ["sys_id"] = row["sys_id"],
            ["document"] = row["sysapproval"],
            ["correlation_id"] = Store.Find("task", row["sysapproval"])?.GetValueOrDefault("correlation_id") ?? "",
            ["state"] = row["state"],
            ["updated_by"] = row["sys_updated_by"],
        }, now);
    }
}
