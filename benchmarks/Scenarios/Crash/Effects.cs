using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim;

namespace Steward.Benchmarks.Scenarios.Crash;

/// <summary>What the simulated systems hold of each order: the truth about what was done how often.</summary>
internal sealed partial class Effects
{
    private readonly Dictionary<(string Effect, string Order), int> _counts = [];

    /// <summary>Whether an operation has taken effect for an order, as a person sees who looks into the system.</summary>
    public delegate bool Truth(string order, string operationId);

    /// <summary>The effect that an operation has.</summary>
    public static string EffectOf(string operationId) => operationId switch
    {
        "servicenow.incidents.create" => "incident",
        "jira.issues.create" => "issue",
        "jira.issues.comment" => "comment",
        "salesforce.cases.create" => "case",
        _ => throw new ArgumentException($"No effect is known of {operationId}.", nameof(operationId)),
    };

    public static Effects Read(EnterpriseSimulation simulation)
    {
        var effects = new Effects();
        foreach (var incident in simulation.State.ServiceNowTable("incident"))
        {
            effects.Count("incident", incident.GetValueOrDefault("description"));
        }

        foreach (var issue in simulation.State.JiraIssues())
        {
            var fields = issue["fields"] as JsonObject;
            effects.Count("issue", fields?["summary"]?.GetValue<string>());
            foreach (var comment in fields?["comment"]?["comments"] as JsonArray ?? [])
            {
                effects.Count("comment", comment?["body"]?.ToJsonString());
            }
        }

        foreach (var record in simulation.State.SalesforceRecords("Case"))
        {
            effects.Count("case", record["Subject"]?.GetValue<string>());
        }

        return effects;
    }

    /// <summary>How often an effect of an order is there.</summary>
    public int Of(string effect, string order) => _counts.GetValueOrDefault((effect, order));

    /// <summary>Every effect that is there more than once.</summary>
    public IReadOnlyList<string> Duplicates => [.. _counts.Where(count => count.Value > 1).Select(count => $"{count.Key.Effect} of {count.Key.Order}: {count.Value} times").Order(StringComparer.Ordinal)];

    /// <summary>How many effects there are.</summary>
    public int Total => _counts.Values.Sum();

    private void Count(string effect, string? text)
    {
        if (text is not null && Marker().Match(text) is { Success: true } match)
        {
            var key = (effect, match.Groups[1].Value);
            _counts[key] = _counts.GetValueOrDefault(key) + 1;
        }
    }

    [GeneratedRegex("(?:work-order|customer-case):([a-z0-9]+);", RegexOptions.CultureInvariant)]
    private static partial Regex Marker();
}
