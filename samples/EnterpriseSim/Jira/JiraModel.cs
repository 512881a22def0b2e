using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

internal sealed record JiraAccount(string Id, string Name, string Email, bool Active, string TimeZone)
{
    public JsonObject Render(string baseUrl) => new()
    {
        ["self"] = $"{baseUrl}/rest/api/3/user?accountId={Id}",
        ["accountId"] = Id,
        ["accountType"] = "atlassian",
        ["emailAddress"] = Email,
        ["displayName"] = Name,
        ["active"] = Active,
        ["timeZone"] = TimeZone,
    };
}

internal sealed record JiraIssueType(string Id, string Name, string Description)
{
    /// <summary>The statuses that its issues can have; they begin in the first.</summary>
    public IReadOnlyList<JiraStatus> Workflow { get; init; } = JiraSite.Statuses;

    public JsonObject Render(string baseUrl) => new()
    {
        ["self"] = $"{baseUrl}/rest/api/3/issuetype/{Id}",
        ["id"] = Id,
        ["description"] = Description,
        ["name"] = Name,
        ["subtask"] = false,
    };
}

internal sealed record JiraStatus(string Id, string Name, string Transition, string Category, int CategoryId, string CategoryName)
{
    public JsonObject Render(string baseUrl) => new()
    {
        ["self"] = $"{baseUrl}/rest/api/3/status/{Id}",
        ["description"] = "",
        ["name"] = Name,
        ["id"] = Id,
        ["statusCategory"] = new JsonObject
        {
            ["self"] = $"{baseUrl}/rest/api/3/statuscategory/{CategoryId.Plain()}",
            ["id"] = CategoryId,
            ["key"] = Category,
            ["name"] = CategoryName,
        },
    };
}

internal sealed record JiraPriority(string Id, string Name)
{
    public JsonObject Render(string baseUrl) => new() { ["self"] = $"{baseUrl}/rest/api/3/priority/{Id}", ["name"] = Name, ["id"] = Id };
}

/// <summary>A part of a project, and the group that works on it.</summary>
internal sealed record JiraComponent(string Id, string Name, string Description)
{
    public JsonObject Render(string baseUrl) => new() { ["self"] = $"{baseUrl}/rest/api/3/component/{Id}", ["id"] = Id, ["name"] = Name, ["description"] = Description };
}

internal sealed class JiraProject(string id, string key, string name, JiraAccount lead, IReadOnlyList<JiraIssueType> types)
{
    public string Id => id;

    public string Key => key;

    public string Name => name;

    public JiraAccount Lead => lead;

    public IReadOnlyList<JiraIssueType> Types => types;

    public IReadOnlyList<JiraComponent> Components { get; init; } = [];

    public int LastNumber { get; set; }

    public JsonObject Render(string baseUrl) => new()
    {
        ["self"] = $"{baseUrl}/rest/api/3/project/{id}",
        ["id"] = id,
        ["key"] = key,
        ["name"] = name,
        ["projectTypeKey"] = "software",
        ["simplified"] = false,
    };
}

internal sealed record JiraChange(string Id, JiraAccount Author, DateTimeOffset Created, string Field, (string? Id, string? Text) From, (string? Id, string? Text) To)
{
    public JsonObject Render(string baseUrl) => new()
    {
        ["id"] = Id,
        ["author"] = Author.Render(baseUrl),
        ["created"] = JiraText.Time(Created),
        ["items"] = Items(),
    };

    public JsonArray Items() => new(new JsonObject
    {
        ["field"] = Field,
        ["fieldtype"] = "jira",
        ["fieldId"] = Field,
        ["from"] = From.Id,
        ["fromString"] = From.Text,
        ["to"] = To.Id,
        ["toString"] = To.Text,
    });
}

internal sealed record JiraComment(string Id, JiraAccount Author, JsonObject Body, DateTimeOffset Created, bool IsInternal = false)
{
    public JsonObject Render(string baseUrl, string issueId) => new()
    {
        ["self"] = $"{baseUrl}/rest/api/3/issue/{issueId}/comment/{Id}",
        ["id"] = Id,
        ["author"] = Author.Render(baseUrl),
        ["body"] = Body.DeepClone(),
        ["updateAuthor"] = Author.Render(baseUrl),
        ["created"] = JiraText.Time(Created),
        ["updated"] = JiraText.Time(Created),
        ["jsdPublic"] = !IsInternal,
    };
}

internal sealed record JiraAttachment(string Id, JiraAccount Author, string FileName, string ContentType, byte[] Content, DateTimeOffset Created)
{
    public JsonObject Render(string baseUrl) => new()
    {
        ["self"] = $"{baseUrl}/rest/api/3/attachment/{Id}",
        ["id"] = Id,
        ["filename"] = FileName,
        ["author"] = Author.Render(baseUrl),
        ["created"] = JiraText.Time(Created),
        ["size"] = Content.Length,
        ["mimeType"] = ContentType,
        ["content"] = $"{baseUrl}/rest/api/3/attachment/content/{Id}",
    };
}

internal sealed class JiraIssue
{
    public required string Id { get; init; }

    public required string Key { get; init; }

    public required JiraProject Project { get; init; }

    public required JiraIssueType Type { get; set; }

    public required string Summary { get; set; }

    public JsonObject? Description { get; set; }

    public required JiraStatus Status { get; set; }

    public required JiraPriority Priority { get; set; }

    public JiraAccount? Assignee { get; set; }

    public required JiraAccount Reporter { get; set; }

    public required JiraAccount Creator { get; init; }

    public IReadOnlyList<string> Labels { get; set; } = [];

    public IReadOnlyList<JiraComponent> Components { get; set; } = [];

    public string? DueDate { get; set; }

    public required DateTimeOffset Created { get; init; }

    public required DateTimeOffset Updated { get; set; }

    public DateTimeOffset? Resolved { get; set; }

    public List<JiraComment> Comments { get; } = [];

    public List<JiraAttachment> Attachments { get; } = [];
    /// <summary>The changes of its status, oldest first.</summary>
    public List<JiraChange> Changes { get; } = [];

    public JsonObject Fields(string baseUrl) => new()
    {
        ["summary"] = Summary,
        ["description"] = Description?.DeepClone(),
        ["issuetype"] = Type.Render(baseUrl),
        ["project"] = Project.Render(baseUrl),
        ["status"] = Status.Render(baseUrl),
        ["priority"] = Priority.Render(baseUrl),
        ["assignee"] = Assignee?.Render(baseUrl),
        ["reporter"] = Reporter.Render(baseUrl),
        ["creator"] = Creator.Render(baseUrl),
        ["labels"] = new JsonArray([.. Labels]),
        ["components"] = new JsonArray([.. Components.Select(component => component.Render(baseUrl))]),
        ["duedate"] = DueDate,
        ["created"] = JiraText.Time(Created),
        ["updated"] = JiraText.Time(Updated),
        ["resolution"] = Resolved is null ? null : new JsonObject { ["self"] = $"{baseUrl}/rest/api/3/resolution/10000", ["id"] = "10000", ["name"] = "Done", ["description"] = "" },
        ["resolutiondate"] = Resolved is { } resolved ? JiraText.Time(resolved) : null,
        ["attachment"] = new JsonArray([.. Attachments.Select(attachment => attachment.Render(baseUrl))]),
        ["comment"] = new JsonObject
        {
            ["comments"] = new JsonArray([.. Comments.Select(c => c.Render(baseUrl, Id))]),
            ["self"] = $"{baseUrl}/rest/api/3/issue/{Id}/comment",
            ["maxResults"] = Comments.Count,
            ["total"] = Comments.Count,
            ["startAt"] = 0,
        },
    };

    /// <summary>The issue with the chosen fields: names, <c>*all</c>, <c>*navigable</c>, and names to leave out after a minus sign.</summary>
    public JsonObject Render(string baseUrl, IReadOnlyList<string> wanted)
    {
        var fields = Fields(baseUrl);
        var everything = wanted.Contains("*all") || wanted.Contains("*navigable") || wanted.All(w => w.StartsWith('-'));
        foreach (var name in fields.Select(f => f.Key).ToList())
        {
            var left = wanted.Contains($"-{name}") || (!everything && !wanted.Contains(name)) || (name is "comment" or "attachment" && wanted.Contains("*navigable"));
            if (left)
            {
                fields.Remove(name);
            }
        }

        return new JsonObject
        {
            ["expand"] = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations",
            ["id"] = Id,
            ["self"] = $"{baseUrl}/rest/api/3/issue/{Id}",
            ["key"] = Key,
            ["fields"] = fields,
        };
    }
}

/// <summary>Jira's time format and the plain text of Atlassian documents.</summary>
internal static class JiraText
{
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0000'", CultureInfo.InvariantCulture);

    public static JsonObject Document(string text) => new()
    {
        ["type"] = "doc",
        ["version"] = 1,
        ["content"] = new JsonArray(new JsonObject
        {
            ["type"] = "paragraph",
            ["content"] = new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text }),
        }),
    };

    /// <summary>Whether a node is a document of version 1 all of whose nodes have a type and whose texts are text.</summary>
    public static bool IsDocument(JsonNode? node) =>
        node is JsonObject document && document.Text("type") == "doc" && document.Text("version") == "1"
        && document.Array("content") is { } content && content.All(IsNode);

    public static string Plain(JsonNode? node)
    {
        var text = new StringBuilder();
        Collect(node, text);
        return text.ToString();
    }

    private static bool IsNode(JsonNode? node) => node is JsonObject json && json.Text("type") is { Length: > 0 } type
        && (type != "text" || json["text"] is JsonValue)
        && (!json.ContainsKey("content") || (json.Array("content") is { } content && content.All(IsNode)));

    private static void Collect(JsonNode? node, StringBuilder text)
    {
        if (node is not JsonObject json)
        {
            return;
        }

        if (json.Text("text") is { } own)
        {
            text.Append(own);
        }

        foreach (var child in json.Array("content") ?? [])
        {
            Collect(child, text);
        }

        if (json.Text("type") is "paragraph" or "heading" or "listItem" or "codeBlock")
        {
            text.Append('\n');
        }
    }
}
