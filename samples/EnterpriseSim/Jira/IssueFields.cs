using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>Checks the <c>fields</c> of a create or edit and turns them into values. Nothing is applied if one is wrong.</summary>
internal sealed class IssueFields
{
    private readonly JiraSite site;

    public IssueFields(JiraSite site, JsonObject fields, JiraIssue? existing)
    {
        this.site = site;
        Project = existing?.Project ?? ReadProject(fields);
        Type = ReadType(fields, existing);
        Summary = existing?.Summary ?? "";
        if (existing is null || fields.ContainsKey("summary"))
        {
            ReadSummary(fields);
        }

        foreach (var (name, value) in fields)
        {
            switch (name)
            {
                case "project" or "issuetype" or "summary": break;
                case "description": Description = ReadDescription(value); break;
                case "assignee": Assignee = ReadAccount(name, value); break;
                case "reporter": Reporter = ReadAccount(name, value); break;
                case "priority": Priority = ReadPriority(value); break;
                case "labels": Labels = ReadLabels(value); break;
                case "components": Components = ReadComponents(value); break;
                case "duedate": DueDate = ReadDate(value); break;
                default: Errors[name] = $"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."; break;
            }

            Given.Add(name);
        }
    }

    public Dictionary<string, string> Errors { get; } = [];

    public HashSet<string> Given { get; } = [];

    public JiraProject? Project { get; }

    public JiraIssueType? Type { get; }

    public string Summary { get; private set; }

    public JsonObject? Description { get; }

    public JiraAccount? Assignee { get; }

    public JiraAccount? Reporter { get; }

    public JiraPriority? Priority { get; }

    public IReadOnlyList<string> Labels { get; } = [];

    public IReadOnlyList<JiraComponent> Components { get; } = [];

    public string? DueDate { get; }

    /// <summary>Puts the given values into an issue.</summary>
    public void ApplyTo(JiraIssue issue, DateTimeOffset now)
    {
        issue.Summary = Summary;
        issue.Type = Type!;
        issue.Description = Given.Contains("description") ? Description : issue.Description;
        issue.Assignee = Given.Contains("assignee") ? Assignee : issue.Assignee;
        issue.Reporter = Reporter ?? issue.Reporter;
        issue.Priority = Priority ?? issue.Priority;
        issue.Labels = Given.Contains("labels") ? Labels : issue.Labels;
        issue.Components = Given.Contains("components") ? Components : issue.Components;
        issue.DueDate = Given.Contains("duedate") ? DueDate : issue.DueDate;
        issue.Updated = now;
    }

    private JiraProject? ReadProject(JsonObject fields)
    {
        var reference = fields.Object("project");
        var project = (reference?.Text("key") ?? reference?.Text("id")) is { } name ? site.Project(name) : null;
        if (project is null)
        {
            Errors["project"] = "Specify a valid project ID or key";
        }

        return project;
    }

    private JiraIssueType? ReadType(JsonObject fields, JiraIssue? existing)
    {
        if (existing is not null && !fields.ContainsKey("issuetype"))
        {
            return existing.Type;
        }

        var reference = fields.Object("issuetype");
        var type = Project?.Types.FirstOrDefault(t => t.Id == reference?.Text("id") || t.Name.Equals(reference?.Text("name"), StringComparison.OrdinalIgnoreCase));
        if (type is null)
        {
            Errors["issuetype"] = "Specify a valid issue type";
        }

        return type;
    }

    private void ReadSummary(JsonObject fields)
    {
        Summary = (fields["summary"] as JsonValue).AsText()?.Trim() ?? "";
        if (Summary.Length == 0)
        {
            Errors["summary"] = "You must specify a summary of the issue.";
        }
        else if (Summary.Length > 255)
        {
            Errors["summary"] = "Summary can't exceed 255 characters.";
        }
        else if (Summary.AsSpan().ContainsAny('\r', '\n'))
        {
            Errors["summary"] = "The summary is invalid because it contains newline characters.";
        }
    }

    private JsonObject? ReadDescription(JsonNode? value)
    {
        if (value is not null && !JiraText.IsDocument(value))
        {
            Errors["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)";
            return null;
        }

        return value?.DeepClone() as JsonObject;
    }

    private JiraAccount? ReadAccount(string name, JsonNode? value)
    {
        if (value is null && name == "assignee")
        {
            return null;
        }

        var id = (value as JsonObject)?.Text("accountId") ?? (value as JsonObject)?.Text("id");
        var account = id is null ? null : site.Account(id);
        if (account is null)
        {
            Errors[name] = id is null ? "Specify a valid value for " + name : $"User '{id}' does not exist.";
        }
        else if (!account.Active)
        {
            Errors[name] = $"User '{id}' cannot be assigned issues.";
        }

        return account;
    }

    private JiraPriority? ReadPriority(JsonNode? value)
    {
        var priority = JiraSite.Priorities.FirstOrDefault(p => p.Id == (value as JsonObject)?.Text("id") || p.Name.Equals((value as JsonObject)?.Text("name"), StringComparison.OrdinalIgnoreCase));
        if (priority is null)
        {
            Errors["priority"] = "Specify a valid 'id' or 'name' for Priority";
        }

        return priority;
    }

    private string[] ReadLabels(JsonNode? value)
    {
        if (value is null)
        {
            return [];
        }

        var labels = (value as JsonArray)?.Select(l => l.AsText()).ToList();
        if (labels is null || labels.Exists(l => l is null))
        {
            Errors["labels"] = "data was not an array of strings";
        }
        else if (labels.Find(l => l!.Any(char.IsWhiteSpace) || l!.Length is 0 or > 255) is { } wrong)
        {
            Errors["labels"] = $"The label '{wrong}' contains spaces which is invalid.";
        }
        else
        {
            return [.. labels.Select(l => l!).Distinct()];
        }

        return [];
    }

    private List<JiraComponent> ReadComponents(JsonNode? value)
    {
        var known = Project?.Components ?? [];
        var read = (value as JsonArray)?.Select(item => known.FirstOrDefault(component =>
            component.Id == (item as JsonObject)?.Text("id") || component.Name.Equals((item as JsonObject)?.Text("name"), StringComparison.OrdinalIgnoreCase))).ToList();
        if (read is null || read.Contains(null))
        {
            Errors["components"] = read is null ? "data was not an array" : "Component name is not valid";
            return [];
        }

        return [.. read.Select(component => component!).Distinct()];
    }

    private string? ReadDate(JsonNode? value)
    {
        var text = value.AsText();
        if (value is not null && !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _))
        {
            Errors["duedate"] = "Error parsing date string: " + (text ?? value.GetValueKind().ToString());
        }

        return text;
    }
}
