using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.ServiceNow;

/// <summary>People open and change incidents in the product's own pages, and a business rule on <c>incident</c> tells others with an outbound REST message: what it sends is what docs/operations/triage-connectors.md shows.</summary>
internal sealed partial class ServiceNowSystem
{
    private const string Incidents = "incident";

    /// <summary>A person opens or changes an incident.</summary>
    public (string? Record, string? Problem) Edit(SimEdit edit)
    {
        if (Store.FindBy("sys_user", "user_name", edit.User) is null)
        {
            return (null, "There is no such person.");
        }

        if (edit.Values.Keys.FirstOrDefault(name => !TableSchema.All[Incidents].Columns.ContainsKey(name)) is { } unknown)
        {
            return (null, $"An incident has no column {unknown}.");
        }

        var now = World.Time.GetUtcNow();
        if (edit.Record is null)
        {
            var opened = Store.Insert(Incidents, With("caller_id", edit.User, edit.Values), edit.User, now);
            Tell(Incidents, opened, "inserted", now);
            return (opened["sys_id"], null);
        }

        if (Store.Find(Incidents, edit.Record) is not { } row)
        {
            return (null, "There is no such incident.");
        }

        if (!Store.Update(Incidents, row, edit.Values, edit.User, now))
        {
            return (null, "Resolution code and resolution notes are mandatory.");
        }

        Tell(Incidents, row, "updated", now);
        return (row["sys_id"], null);
    }

    private static Dictionary<string, string> With(string column, string value, IReadOnlyDictionary<string, string> others)
    {
        var values = new Dictionary<string, string>(others);
        values.TryAdd(column, value);
        return values;
    }

    private static JsonObject ContentOf(Dictionary<string, string> incident) => new()
    {
        ["table"] = Incidents,
        ["sys_id"] = incident["sys_id"],
        ["number"] = incident["number"],
        ["state"] = incident["state"],
        ["updated_by"] = incident["sys_updated_by"],
    };
}
