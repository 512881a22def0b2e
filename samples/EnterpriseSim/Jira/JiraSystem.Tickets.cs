using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>People open and change issues in the product's own pages.</summary>
internal sealed partial class JiraSystem
{
    /// <summary>A person opens or changes an issue.</summary>
    public (string? Record, string? Problem) Edit(SimEdit edit)
    {
        var issue = edit.Record is null ? null : Site.Find(edit.Record);
        if (Site.Account(World.Ids.JiraAccount(edit.User)) is not { } person || (edit.Record is not null && issue is null))
        {
            return (null, "There is no such issue, or no such person.");
        }

        var given = new JsonObject();
        foreach (var (name, value) in edit.Values)
        {
            JsonNode? node = name switch
            {
                "description" => JiraText.Document(value),
                "component" => new JsonArray([.. new[] { value }.Where(text => text.Length > 0).Select(text => (JsonNode)new JsonObject { ["name"] = text })]),
                "project" => new JsonObject { ["key"] = value },
                "issuetype" or "priority" => new JsonObject { ["name"] = value },
                _ => value,
            };
            given[name == "component" ? "components" : name] = node;
        }

        var fields = new IssueFields(Site, given, issue);
        if (fields.Errors.Count > 0)
        {
            return (null, string.Join(' ', fields.Errors.Select(error => $"{error.Key}: {error.Value}")));
        }

        var now = World.Time.GetUtcNow();
        if (issue is null)
        {
            issue = Site.Add(fields.Project!, fields.Type!, fields.Summary, person, now);
            fields.ApplyTo(issue, now);
            Emit("jira:issue_created", new JsonObject { ["user"] = person.Render(""), ["issue"] = issue.Render("", ["*all"]) }, now);
            return (issue.Key, null);
        }

        var before = issue.Changes.Count;
        Change(issue, fields, person, now);
        var content = new JsonObject { ["user"] = person.Render(""), ["issue"] = issue.Render("", ["*all"]) };
        if (issue.Changes.Count > before)
        {
            content["changelog"] = ChangelogOf(issue.Changes[^1]);
        }

        Emit("jira:issue_updated", content, now);
        return (issue.Key, null);
    }
}
