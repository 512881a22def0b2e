using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Jira;

/// <summary>People, projects and what an issue can be made of.</summary>
internal sealed partial class JiraSystem
{
    private static readonly (string Id, string Name, bool Required)[] CreateFields =
    [
        ("summary", "Summary", true), ("issuetype", "Issue Type", true), ("project", "Project", true), ("description", "Description", false),
        ("assignee", "Assignee", false), ("reporter", "Reporter", false), ("priority", "Priority", false), ("labels", "Labels", false), ("components", "Components", false), ("duedate", "Due date", false),
    ];

    private Reply GetMyself(Call call) => Reply.Ok(Site.Integration.Render(call.BaseUrl));

    private Reply GetUser(Call call) => Reply.Ok(
        (Site.Account(call.Query("accountId") ?? "") ?? throw Fail(404, "Specified user does not exist or you do not have required permissions")).Render(call.BaseUrl));

    private Reply FindUsers(Call call)
    {
        var (query, accountId) = (call.Query("query"), call.Query("accountId"));
        if (query is null && accountId is null)
        {
            throw Fail(400, "The query parameter 'query', 'accountId' or 'property' is required.");
        }

        // Words of the display name and the e-mail address match by their beginning.
        var found = accountId is not null
            ? Site.Accounts.Where(a => a.Id == accountId)
            : Site.Accounts.Where(a => a.Active && (a.Name.StartsWith(query!, StringComparison.OrdinalIgnoreCase)
                || a.Email.StartsWith(query!, StringComparison.OrdinalIgnoreCase)
                || a.Name.Split(' ').Any(word => word.StartsWith(query!, StringComparison.OrdinalIgnoreCase))));
        var page = found.Skip(Number(call, "startAt", 0, int.MaxValue)).Take(Number(call, "maxResults", 50, 1_000));
        return Reply.Ok(new JsonArray([.. page.Select(a => a.Render(call.BaseUrl))]));
    }

    private Reply SearchProjects(Call call)
    {
        var query = call.Query("query") ?? "";
        var keys = call.Http.Request.Query["keys"].SelectMany(k => (k ?? "").Split(',')).ToList();
        var found = Site.Projects.Where(p => (p.Key.Contains(query, StringComparison.OrdinalIgnoreCase) || p.Name.Contains(query, StringComparison.OrdinalIgnoreCase))
            && (keys.Count == 0 || keys.Contains(p.Key))).ToList();
        var (start, size) = (Number(call, "startAt", 0, int.MaxValue), Math.Max(1, Number(call, "maxResults", 50, 100)));
        var page = found.Skip(start).Take(size).ToList();
        var body = new JsonObject
        {
            ["self"] = call.UrlWith(("startAt", start.Plain()), ("maxResults", size.Plain())),
            ["maxResults"] = size,
            ["startAt"] = start,
            ["total"] = found.Count,
            ["isLast"] = start + page.Count >= found.Count,
            ["values"] = new JsonArray([.. page.Select(p => Expanded(call, p))]),
        };
        if (start + page.Count < found.Count)
        {
            body["nextPage"] = call.UrlWith(("startAt", (start + size).Plain()), ("maxResults", size.Plain()));
        }

        return Reply.Ok(body);
    }

    private static JsonObject Expanded(Call call, JiraProject project)
    {
        var json = project.Render(call.BaseUrl);
        if (call.Query("expand")?.Split(',').Contains("lead") == true)
        {
            json["lead"] = project.Lead.Render(call.BaseUrl);
        }

        return json;
    }

    private Reply GetProject(Call call)
    {
        var project = ProjectOf(call);
        var body = project.Render(call.BaseUrl);
        body["lead"] = project.Lead.Render(call.BaseUrl);
        body["issueTypes"] = new JsonArray([.. project.Types.Select(t => t.Render(call.BaseUrl))]);
        return Reply.Ok(body);
    }

    private Reply GetComponents(Call call)
    {
        var project = ProjectOf(call);
        return Reply.Ok(new JsonArray([.. project.Components.Select(component =>
        {
            var json = component.Render(call.BaseUrl);
            json["lead"] = project.Lead.Render(call.BaseUrl);
            json["project"] = project.Key;
            return json;
        })]));
    }

    private static Reply GetPriorities(Call call) => Reply.Ok(new JsonArray([.. JiraSite.Priorities.Select(p => p.Render(call.BaseUrl))]));

    private Reply GetCreateMeta(Call call)
    {
        var keys = call.Http.Request.Query["projectKeys"].SelectMany(k => (k ?? "").Split(',')).ToList();
        var projects = Site.Projects.Where(p => keys.Count == 0 || keys.Contains(p.Key)).Select(p =>
        {
            var project = p.Render(call.BaseUrl);
            project["issuetypes"] = new JsonArray([.. p.Types.Select(t => t.Render(call.BaseUrl))]);
            return project;
        });
        return Reply.Ok(new JsonObject { ["expand"] = "projects", ["projects"] = new JsonArray([.. projects]) });
    }

    private Reply GetCreateTypes(Call call)
    {
        var types = ProjectOf(call).Types;
        var (start, size) = (Number(call, "startAt", 0, int.MaxValue), Number(call, "maxResults", 50, 200));
        return Reply.Ok(new JsonObject
        {
            ["startAt"] = start,
            ["maxResults"] = size,
            ["total"] = types.Count,
            ["issueTypes"] = new JsonArray([.. types.Skip(start).Take(size).Select(t => t.Render(call.BaseUrl))]),
        });
    }

    private Reply GetCreateFields(Call call)
    {
        if (ProjectOf(call).Types.All(t => t.Id != call.Route("type")))
        {
            throw Fail(404, $"Issue type with id '{call.Route("type")}' not found");
        }

        var (start, size) = (Number(call, "startAt", 0, int.MaxValue), Number(call, "maxResults", 50, 200));
        return Reply.Ok(new JsonObject
        {
            ["startAt"] = start,
            ["maxResults"] = size,
            ["total"] = CreateFields.Length,
            ["fields"] = new JsonArray([.. CreateFields.Skip(start).Take(size).Select(f => new JsonObject
            {
                ["fieldId"] = f.Id,
                ["key"] = f.Id,
                ["name"] = f.Name,
                ["required"] = f.Required,
                ["hasDefaultValue"] = f.Id is "priority" or "reporter",
                ["operations"] = new JsonArray("set"),
            })]),
        });
    }

    private JiraProject ProjectOf(Call call) => Site.Project(call.Route("project"))
        ?? throw Fail(404, $"No project could be found with key '{call.Route("project")}'.");
}
