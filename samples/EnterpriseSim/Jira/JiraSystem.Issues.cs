using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>Issues, transitions, comments and search.</summary>
internal sealed partial class JiraSystem
{
    private const int LargestPage = 5_000;
    private const int LargestPageWithFields = 100;

    private Reply CreateIssue(Call call)
    {
        var fields = new IssueFields(Site, call.Json.Object("fields") ?? [], existing: null);
        if (fields.Errors.Count > 0)
        {
            return Error(400, fields.Errors);
        }

        var issue = Site.Add(fields.Project!, fields.Type!, fields.Summary, Site.Integration, call.Now);
        fields.ApplyTo(issue, call.Now);
        call.Committed();
        return new Reply(201, new JsonObject { ["id"] = issue.Id, ["key"] = issue.Key, ["self"] = $"{call.BaseUrl}/rest/api/3/issue/{issue.Id}" });
    }

    private Reply GetIssue(Call call)
    {
        var fields = call.Query("fields") is { Length: > 0 } list ? list.Split(',', StringSplitOptions.TrimEntries) : ["*all"];
        return Reply.Ok(IssueOf(call).Render(call.BaseUrl, fields));
    }

    private Reply EditIssue(Call call)
    {
        var issue = IssueOf(call);
        if (call.Json.Object("fields") is not { Count: > 0 } given)
        {
            throw Fail(400, "one of 'fields' or 'update' required");
        }

        var fields = new IssueFields(Site, given, issue);
        if (fields.Errors.Count > 0)
        {
            return Error(400, fields.Errors);
        }

        Change(issue, fields, Site.Integration, call.Now);
        call.Committed();
        return Reply.NoContent();
    }

    /// <summary>Puts values into an issue and notes in its log who changed what.</summary>
    private void Change(JiraIssue issue, IssueFields fields, JiraAccount author, DateTimeOffset now)
    {
        var (summary, description, components) = (issue.Summary, Plain(issue.Description), issue.Components);
        fields.ApplyTo(issue, now);
        Log("summary", (null, summary), (null, issue.Summary));
        Log("description", (null, description), (null, Plain(issue.Description)));
        foreach (var gone in components.Except(issue.Components))
        {
            Log("Component", (gone.Id, gone.Name), (null, ""));
        }

        foreach (var added in issue.Components.Except(components))
        {
            Log("Component", (null, ""), (added.Id, added.Name));
        }

        void Log(string field, (string? Id, string Text) before, (string? Id, string Text) after)
        {
            if (before != after)
            {
                issue.Changes.Add(new JiraChange(Site.NextId(), author, now, field, before, after));
            }
        }

        static string Plain(JsonObject? document) => document?.ToJsonString() ?? "";
    }

    private Reply AssignIssue(Call call)
    {
        var issue = IssueOf(call);
        var fields = new IssueFields(Site, new JsonObject { ["assignee"] = call.Json.Text("accountId") is { } id ? new JsonObject { ["accountId"] = id } : null }, issue);
        if (fields.Errors.Count > 0)
        {
            return Error(400, fields.Errors);
        }

        fields.ApplyTo(issue, call.Now);
        call.Committed();
        return Reply.NoContent();
    }

    private Reply GetTransitions(Call call)
    {
        var issue = IssueOf(call);
        return Reply.Ok(new JsonObject
        {
            ["expand"] = "transitions",
            ["transitions"] = new JsonArray([.. issue.Type.Workflow.Where(s => s != issue.Status).Select(s => new JsonObject
            {
                ["id"] = s.Transition,
                ["name"] = s.Name,
                ["to"] = s.Render(call.BaseUrl),
                ["hasScreen"] = false,
                ["isGlobal"] = true,
                ["isInitial"] = false,
                ["isAvailable"] = true,
                ["isConditional"] = false,
                ["isLooped"] = false,
            })]),
        });
    }

    private Reply DoTransition(Call call)
    {
        var issue = IssueOf(call);
        var id = call.Json.Object("transition")?.Text("id") ?? throw Fail(400, "Missing 'transition' identifier");
        var status = issue.Type.Workflow.FirstOrDefault(s => s.Transition == id && s != issue.Status)
            ?? throw Fail(400, $"Transition id '{id}' is not valid for this issue.");
        if (call.Json.Object("fields") is { Count: > 0 } fields)
        {
            // The transitions have no screen on which a field could be.
            return Error(400, fields.ToDictionary(f => f.Key, f => $"Field '{f.Key}' cannot be set. It is not on the appropriate screen, or unknown."));
        }

        Move(issue, status, Site.Integration, call.Now);
        call.Committed();
        return Reply.NoContent();
    }

    private JiraChange Move(JiraIssue issue, JiraStatus status, JiraAccount author, DateTimeOffset now)
    {
        var change = new JiraChange(Site.NextId(), author, now, "status", (issue.Status.Id, issue.Status.Name), (status.Id, status.Name));
        issue.Changes.Add(change);
        issue.Status = status;
        issue.Updated = now;
        issue.Resolved = status.Category == "done" ? now : null;
        return change;
    }

    private Reply GetChangelog(Call call)
    {
        var issue = IssueOf(call);
        var (start, size) = (Number(call, "startAt", 0, int.MaxValue), Math.Max(1, Number(call, "maxResults", 100, 100)));
        var page = issue.Changes.Skip(start).Take(size).ToList();
        return Reply.Ok(new JsonObject
        {
            ["self"] = call.UrlWith(("startAt", start.Plain()), ("maxResults", size.Plain())),
            ["maxResults"] = size,
            ["startAt"] = start,
            ["total"] = issue.Changes.Count,
            ["isLast"] = start + page.Count >= issue.Changes.Count,
            ["values"] = new JsonArray([.. page.Select(change => change.Render(call.BaseUrl))]),
        });
    }

    private Reply GetComments(Call call)
    {
        var issue = IssueOf(call);
        var (start, size) = (Number(call, "startAt", 0, int.MaxValue), Number(call, "maxResults", 100, 5_000));
        var comments = call.Query("orderBy") is "-created" ? Enumerable.Reverse(issue.Comments) : issue.Comments;
        return Reply.Ok(new JsonObject
        {
            ["startAt"] = start,
            ["maxResults"] = size,
            ["total"] = issue.Comments.Count,
            ["comments"] = new JsonArray([.. comments.Skip(start).Take(size).Select(c => c.Render(call.BaseUrl, issue.Id))]),
        });
    }

    private Reply AddAttachment(Call call)
    {
        var issue = IssueOf(call);
        if (call.Http.Request.Headers["X-Atlassian-Token"] != "no-check")
        {
            return Error(403, "XSRF check failed");
        }

        var added = call.Files.Where(file => file.Field == "file").Select(file => new JiraAttachment(Site.NextId(), Site.Integration, file.Name, file.ContentType, file.Content, call.Now)).ToList();
        if (added.Count == 0)
        {
            return Error(400, "No file was found in the part 'file'.");
        }

        issue.Attachments.AddRange(added);
        issue.Updated = call.Now;
        call.Committed();
        return Reply.Ok(new JsonArray([.. added.Select(attachment => attachment.Render(call.BaseUrl))]));
    }

    private Reply AddComment(Call call)
    {
        var issue = IssueOf(call);
        if (!JiraText.IsDocument(call.Json["body"]))
        {
            return Error(400, new Dictionary<string, string> { ["comment"] = "Comment body is not valid!" });
        }

        var isInternal = call.Json["properties"] is JsonArray properties && properties.Any(property =>
            property is JsonObject && property["key"]?.ToString() == "sd.public.comment" && property["value"] is JsonObject value && value["internal"]?.ToString() == "true");
        var comment = new JiraComment(Site.NextId(), Site.Integration, (JsonObject)call.Json["body"]!.DeepClone(), call.Now, isInternal);
        issue.Comments.Add(comment);
        issue.Updated = call.Now;
        call.Committed();
        return new Reply(201, comment.Render(call.BaseUrl, issue.Id));
    }

    private Reply SearchGet(Call call) => Search(
        call,
        call.Query("jql"),
        Number(call, "maxResults", 50, LargestPage),
        call.Query("fields")?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        call.Query("nextPageToken"));

    private Reply SearchPost(Call call)
    {
        string[] known = ["jql", "maxResults", "fields", "nextPageToken", "expand", "properties", "fieldsByKeys", "failFast", "reconcileIssues"];
        var size = 50;
        if (call.Json.Any(p => !known.Contains(p.Key))
            || (call.Json.ContainsKey("maxResults") && !int.TryParse(call.Json.Text("maxResults"), NumberStyles.None, CultureInfo.InvariantCulture, out size))
            || (call.Json["fields"] is { } fields and not JsonArray))
        {
            throw Fail(400, "Invalid request payload. Refer to the REST API documentation and try again.");
        }

        return Search(call, call.Json.Text("jql"), Math.Min(size, LargestPage),
            [.. (call.Json.Array("fields") ?? []).Select(f => f.AsText() ?? "")], call.Json.Text("nextPageToken"));
    }

    /// <summary>Without fields an issue is only its id. There is no total; the token names the position in the same query's result.</summary>
    private Reply Search(Call call, string? jql, int size, string[] fields, string? token)
    {
        JqlQuery query;
        try
        {
            query = JqlQuery.Parse(jql ?? "", Site, call.Now);
        }
        catch (FormatException e)
        {
            throw Fail(400, e.Message);
        }

        if (!query.Bounded)
        {
            throw Fail(400, "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.");
        }

        size = Math.Max(1, fields.Length > 0 ? Math.Min(size, LargestPageWithFields) : size);
        var mark = World.Ids.Text($"jql/{jql}", 8);
        var start = 0;
        if (!string.IsNullOrEmpty(token))
        {
            var bytes = new byte[token.Length];
            if (!Convert.TryFromBase64String(token, bytes, out var length)
                || Encoding.UTF8.GetString(bytes, 0, length).Split(':') is not [var of, var at]
                || of != mark || !int.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out start))
            {
                throw Fail(400, "The provided next page token is invalid or expired.");
            }
        }

        var page = query.Run().Skip(start).Take(size + 1).ToList();
        var last = page.Count <= size;
        var body = new JsonObject
        {
            ["issues"] = new JsonArray([.. page.Take(size).Select(i => fields.Length == 0 || fields is ["id"] ? new JsonObject { ["id"] = i.Id } : i.Render(call.BaseUrl, fields))]),
        };
        if (!last)
        {
            body["nextPageToken"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{mark}:{(start + size).Plain()}"));
        }

        body["isLast"] = last;
        return Reply.Ok(body);
    }
}
