using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>Users and their lifecycle.</summary>
internal sealed partial class OktaSystem
{
    private static readonly string[] FilterProperties =
        ["status", "lastUpdated", "id", "profile.login", "profile.email", "profile.firstName", "profile.lastName"];

    private static readonly string[] PickerProperties = ["firstName", "lastName", "email"];

    private Reply ListUsers(Call call)
    {
        var mail = call.Query("search") is { } sought && OneMail().Match(sought) is { Success: true } one ? one.Groups[1].Value : null;

        // What is asked for most by far, and in a large company nobody else is worth being rendered for it.
        var candidates = mail is null ? directory.Users : directory.Users.Where(u => string.Equals(u.Profile.Text("email"), mail, StringComparison.OrdinalIgnoreCase));
        var users = candidates.Select(u => u.Render(call.BaseUrl, directory.UserTypeId));
        if (call.Query("search") is { Length: > 0 } search)
        {
            var predicate = Compile(search, search: true, (_, op) => op is "eq" or "ne" or "sw" or "ew" or "co" or "pr" or "gt" or "ge" or "lt" or "le");
            users = users.Where(predicate);
            if (call.Query("sortBy") is { Length: > 0 } sortBy)
            {
                var path = sortBy.Split('.');
                string Key(JsonObject user) => (path is [var outer, var inner] ? user.Object(outer)?.Text(inner) : user.Text(sortBy)) ?? "";
                users = call.Query("sortOrder") is "desc"
                    ? users.OrderByDescending(Key, StringComparer.OrdinalIgnoreCase).ThenBy(u => u.Text("id"), StringComparer.Ordinal)
                    : users.OrderBy(Key, StringComparer.OrdinalIgnoreCase).ThenBy(u => u.Text("id"), StringComparer.Ordinal);
            }
        }
        else if (call.Query("filter") is { Length: > 0 } filter)
        {
            users = users.Where(Compile(filter, search: false, (property, op) => FilterProperties.Contains(property)
                && (op is "eq" || (property == "lastUpdated" && op is "gt" or "ge" or "lt" or "le"))));
        }
        else
        {
            users = users.Where(u => u.Text("status") != "DEPROVISIONED");
        }

        if (call.Query("q") is { Length: > 0 } q)
        {
            users = users.Where(u => u.Text("status") != "DEPROVISIONED" && u.Object("profile") is { } profile
                && PickerProperties.Any(name => profile.Text(name)?.StartsWith(q, StringComparison.OrdinalIgnoreCase) == true));
            return Page(call, [.. users], 10, UsersPerPage, pages: false);
        }

        return Page(call, [.. users], UsersPerPage, UsersPerPage);
    }

    [GeneratedRegex("""^profile\.email eq "([^"\\]+)"$""")]
    private static partial Regex OneMail();

    private Reply GetUser(Call call) => Reply.Ok(UserOf(call).Render(call.BaseUrl, directory.UserTypeId));

    private Reply ListUserGroups(Call call)
    {
        var user = UserOf(call);
        return Page(call, [.. directory.Groups.Where(g => g.Members.Contains(user.Id)).Select(g => g.Render(call.BaseUrl))], UsersPerPage, UsersPerPage);
    }

    private Reply ListAppLinks(Call call)
    {
        var user = UserOf(call);
        var links = directory.Apps.Where(a => a.Assignments.ContainsKey(user.Id)).Select((app, i) => new JsonObject
        {
            ["id"] = user.Id,
            ["label"] = app.Application.Name,
            ["linkUrl"] = $"{call.BaseUrl}/home/{app.Application.Label}/{app.Id}/50",
            ["logoUrl"] = $"{call.BaseUrl}/img/logos/{app.Application.Key}.png",
            ["appName"] = app.Application.Label,
            ["appInstanceId"] = app.Id,
            ["appAssignmentId"] = World.Ids.Okta("0ua", $"{app.Id}/{user.Id}"),
            ["credentialsSetup"] = false,
            ["hidden"] = false,
            ["sortOrder"] = i,
        });
        return Reply.Ok(new JsonArray([.. links]));
    }

    private Reply ResetPassword(Call call)
    {
        var user = UserOf(call);
        if (Flag(call, "sendEmail") is not { } sendEmail)
        {
            throw Fail(400, "E0000001", "Api validation failed: sendEmail", "sendEmail: must be true or false.");
        }

        if (user.Status is not ("ACTIVE" or "RECOVERY" or "PASSWORD_EXPIRED"))
        {
            throw NotInThisStatus();
        }

        var link = $"{call.BaseUrl}/reset_password/{World.Ids.Text(World.Ids.Fresh("reset"), 20)}";
        user.Become("RECOVERY", call.Now);
        directory.Log(call, "user.account.reset_password", "Fired when the user's Okta password is reset", OktaDirectory.Target(user));
        call.Committed();
        if (!sendEmail)
        {
            return Reply.Ok(new JsonObject { ["resetPasswordUrl"] = link });
        }

        Send(call, user, "Account password reset", link);
        return Reply.Ok(new JsonObject());
    }

    private Reply Unlock(Call call)
    {
        var user = UserOf(call);
        if (user.Status != "LOCKED_OUT")
        {
            throw Fail(403, "E0000032", "Unlock is not allowed for this user.");
        }

        user.Become("ACTIVE", call.Now);
        directory.Log(call, "user.account.unlock", "Unlock user account", OktaDirectory.Target(user));
        call.Committed();
        return Reply.Ok(new JsonObject());
    }

    private Reply ExpirePassword(Call call)
    {
        var user = UserOf(call);
        if (user.Status is not ("ACTIVE" or "RECOVERY" or "PASSWORD_EXPIRED"))
        {
            throw NotInThisStatus();
        }

        user.Become("PASSWORD_EXPIRED", call.Now);
        directory.Log(call, "user.account.expire_password", "User password was expired", OktaDirectory.Target(user));
        call.Committed();
        return Reply.Ok(user.Render(call.BaseUrl, directory.UserTypeId));
    }

    private Reply Activate(Call call)
    {
        var user = UserOf(call);
        if (user.Status is not ("STAGED" or "DEPROVISIONED"))
        {
            throw user.Status == "ACTIVE"
                ? Fail(403, "E0000016", "Activation failed because the user is already active")
                : NotInThisStatus();
        }

        var token = World.Ids.Text(World.Ids.Fresh("activation"), 20);
        var link = $"{call.BaseUrl}/welcome/{token}";
        user.Become("PROVISIONED", call.Now);
        user.Activated = call.Now;
        directory.Log(call, "user.lifecycle.activate", "Activate Okta user", OktaDirectory.Target(user));
        call.Committed();
        if (Flag(call, "sendEmail") == false)
        {
            return Reply.Ok(new JsonObject { ["activationUrl"] = link, ["activationToken"] = token });
        }

        Send(call, user, "Welcome to Okta!", link);
        return Reply.Ok(new JsonObject());
    }

    private Reply Suspend(Call call)
    {
        var user = UserOf(call);
        if (user.Status != "ACTIVE")
        {
            throw Fail(400, "E0000001", "Api validation failed: suspendUser", "Cannot suspend a user that is not active");
        }

        user.Become("SUSPENDED", call.Now);
        directory.Log(call, "user.lifecycle.suspend", "Suspend Okta user", OktaDirectory.Target(user));
        call.Committed();
        return Reply.Ok(new JsonObject());
    }

    private Reply Unsuspend(Call call)
    {
        var user = UserOf(call);
        if (user.Status != "SUSPENDED")
        {
            throw Fail(400, "E0000001", "Api validation failed: unsuspendUser", "Cannot unsuspend a user that is not suspended");
        }

        user.Become("ACTIVE", call.Now);
        directory.Log(call, "user.lifecycle.unsuspend", "Unsuspend Okta user", OktaDirectory.Target(user));
        call.Committed();
        return Reply.Ok(new JsonObject());
    }

    private void Send(Call call, OktaUser user, string subject, string link) =>
        directory.Mail.Add(new SentMail(user.Profile.Text("email") ?? "", subject, link, call.Now));

    private ReplyException NotInThisStatus() => Fail(403, "E0000038", "This operation is not allowed in the user's current status.");
}
