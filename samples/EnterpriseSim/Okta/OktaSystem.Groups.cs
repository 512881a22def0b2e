using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>Groups, applications and the system log.</summary>
internal sealed partial class OktaSystem
{
    private static readonly string[] Operators = ["eq", "ne", "sw", "ew", "co", "pr", "gt", "ge", "lt", "le"];

    private Reply ListGroups(Call call)
    {
        IEnumerable<JsonObject> groups = directory.Groups.Select(g => g.Render(call.BaseUrl));
        if ((call.Query("search") ?? call.Query("filter")) is { Length: > 0 } expression)
        {
            groups = groups.Where(Compile(expression, search: call.Query("search") is not null, (_, op) => Operators.Contains(op)));
        }

        if (call.Query("q") is { Length: > 0 } q)
        {
            groups = groups.Where(g => g.Object("profile")?.Text("name")?.StartsWith(q, StringComparison.OrdinalIgnoreCase) == true);
        }

        return Page(call, [.. groups], 200, 10_000);
    }

    private Reply GetGroup(Call call) => Reply.Ok(GroupOf(call).Render(call.BaseUrl));

    private Reply ListGroupUsers(Call call) =>
        Page(call, [.. GroupOf(call).Members.Select(id => directory.Find(id)!.Render(call.BaseUrl, directory.UserTypeId))], 1_000, 1_000);

    private Reply AssignUserToGroup(Call call)
    {
        var (group, user) = (OwnGroupOf(call), UserOf(call, "userId"));
        if (!group.Members.Contains(user.Id))
        {
            group.Members.Add(user.Id);
            Moved(call, group, user, "group.user_membership.add", "Add user to group membership");
        }

        return Reply.NoContent();
    }

    private Reply UnassignUserFromGroup(Call call)
    {
        var (group, user) = (OwnGroupOf(call), UserOf(call, "userId"));
        if (group.Members.Remove(user.Id))
        {
            Moved(call, group, user, "group.user_membership.remove", "Remove user from group membership");
        }

        return Reply.NoContent();
    }

    private OktaGroup OwnGroupOf(Call call)
    {
        var group = GroupOf(call);
        return group.Type == "OKTA_GROUP"
            ? group
            : throw Fail(403, "E0000006", "You do not have permission to perform the requested action");
    }

    private void Moved(Call call, OktaGroup group, OktaUser user, string eventType, string message)
    {
        group.MembershipUpdated = call.Now;
        directory.Log(call, eventType, message, OktaDirectory.Target(user), OktaDirectory.Target(group.Id, "UserGroup", "unknown", group.Name));
        call.Committed();
    }

    private Reply ListApps(Call call)
    {
        IEnumerable<OktaApp> apps = directory.Apps;
        if (call.Query("q") is { Length: > 0 } q)
        {
            apps = apps.Where(a => a.Application.Name.StartsWith(q, StringComparison.OrdinalIgnoreCase)
                || a.Application.Label.StartsWith(q, StringComparison.OrdinalIgnoreCase));
        }

        var rendered = apps.Select(a => a.Render(call.BaseUrl));
        if (call.Query("filter") is { Length: > 0 } filter)
        {
            if (filter.Split(' ') is ["user.id", "eq", var quoted])
            {
                var id = quoted.Trim('"');
                rendered = apps.Where(a => a.Assignments.ContainsKey(id)).Select(a => a.Render(call.BaseUrl));
            }
            else
            {
                rendered = rendered.Where(Compile(filter, search: false, (property, op) => property is "status" or "id" or "name" && op is "eq"));
            }
        }

        return Page(call, [.. rendered], 20, 200);
    }

    private Reply GetApp(Call call) => Reply.Ok(AppOf(call).Render(call.BaseUrl));

    private Reply GetAppUser(Call call)
    {
        var (app, user) = (AppOf(call), UserOf(call, "userId"));
        return Reply.Ok((app.Assignments.GetValueOrDefault(user.Id) ?? throw Missing(user.Id, "AppUser")).Render(call.BaseUrl, app.Id));
    }

    private Reply AssignUserToApp(Call call)
    {
        var app = AppOf(call);
        if (call.Json.Text("id") is not { Length: > 0 } id)
        {
            throw Fail(400, "E0000001", "Api validation failed: id", "id: The field cannot be left blank");
        }

        var user = directory.Find(id) ?? throw Missing(id, "User");
        if (user.Status == "DEPROVISIONED")
        {
            throw NotInThisStatus();
        }

        if (!app.Assignments.TryGetValue(user.Id, out var assignment))
        {
            var name = call.Json.Object("credentials")?.Text("userName") ?? user.Login;
            app.Assignments[user.Id] = assignment = new OktaAssignment(user.Id, name, call.Now);
            LogAssignment(call, app, user, "application.user_membership.add", "Add user to application membership");
        }

        return Reply.Ok(assignment.Render(call.BaseUrl, app.Id));
    }

    private Reply UnassignUserFromApp(Call call)
    {
        var (app, user) = (AppOf(call), UserOf(call, "userId"));
        if (!app.Assignments.Remove(user.Id))
        {
            throw Missing(user.Id, "AppUser");
        }

        LogAssignment(call, app, user, "application.user_membership.remove", "Remove user's application membership");
        return Reply.NoContent();
    }

    private void LogAssignment(Call call, OktaApp app, OktaUser user, string eventType, string message)
    {
        directory.Log(call, eventType, message,
            OktaDirectory.Target(World.Ids.Okta("0ua", $"{app.Id}/{user.Id}"), "AppUser", user.Login, user.DisplayName),
            OktaDirectory.Target(app.Id, "AppInstance", app.Application.Name, app.Application.Name),
            OktaDirectory.Target(user));
        call.Committed();
    }

    /// <summary>
    /// The system log. As in the product a query without <c>until</c>, in ascending order, is a polling query: it always has a
    /// next link, also after the newest event; it ends with an empty page.
    /// </summary>
    private Reply ListLogs(Call call)
    {
        var polling = string.IsNullOrEmpty(call.Query("until")) && call.Query("sortOrder") is null or "" or "ASCENDING";
        var until = TimeOf(call, "until", DateTimeOffset.MaxValue);
        var since = TimeOf(call, "since", (until == DateTimeOffset.MaxValue ? call.Now : until).AddDays(-7));
        var limit = call.QueryNumber("limit", 100);
        if (limit is null or < 0 or > 1000)
        {
            throw Fail(400, "E0000001", "Api validation failed: limit", "limit: must be between 0 and 1000.");
        }

        var after = 0;
        if (call.Query("after") is { Length: > 0 } cursor && !int.TryParse(cursor.AsSpan(cursor.IndexOf('_', StringComparison.Ordinal) + 1), NumberStyles.None, CultureInfo.InvariantCulture, out after))
        {
            throw Fail(400, "E0000001", "Api validation failed: after", "after: The cursor is not valid.");
        }

        var found = directory.Events.Select((e, i) => (e.Event, e.Published, Position: i + 1))
            .Where(e => e.Published >= since.AddMilliseconds(-1) && e.Published < until);
        if (call.Query("filter") is { Length: > 0 } filter)
        {
            var predicate = Compile(filter, search: true, (_, op) => Operators.Contains(op));
            found = found.Where(e => predicate(e.Event));
        }

        foreach (var keyword in (call.Query("q") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            found = found.Where(e => e.Event.ToJsonString().Contains(keyword, StringComparison.OrdinalIgnoreCase));
        }

        if (call.Query("sortOrder") == "DESCENDING")
        {
            found = found.Reverse().Where(e => after == 0 || e.Position < after);
        }
        else
        {
            found = found.Where(e => e.Position > after);
        }

        var all = found.ToList();
        var page = all.Take(limit.Value).ToList();
        var reply = Reply.Ok(new JsonArray([.. page.Select(e => e.Event.DeepClone())]));
        reply.With("Link", $"<{call.UrlWith()}>; rel=\"self\"");
        if (polling || page.Count < all.Count)
        {
            var next = page.Count > 0 ? page[^1].Position : after;
            reply.With("Link", $"<{call.UrlWith(("after", $"{World.Ids.Text("cursor", 8)}_{next.Plain()}"))}>; rel=\"next\"");
        }

        return reply;
    }
}
