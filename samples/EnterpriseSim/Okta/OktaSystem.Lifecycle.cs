using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Okta;

/// <summary>Joining, changing and leaving: accounts, sessions and sign-in factors.</summary>
internal sealed partial class OktaSystem
{
    private static readonly string[] Needed = ["login", "email", "firstName", "lastName"];
    private readonly HashSet<string> withoutFactors = [];

    private Reply CreateUser(Call call)
    {
        var given = call.Json.Object("profile") ?? throw Fail(400, "E0000001", "Api validation failed: profile", "profile: The field cannot be left blank");
        var missing = Needed.Where(name => string.IsNullOrWhiteSpace(given.Text(name))).ToList();
        if (missing.Count > 0)
        {
            throw Fail(400, "E0000001", $"Api validation failed: {missing[0]}", [.. missing.Select(name => $"{name}: The field cannot be left blank")]);
        }

        var login = given.Text("login")!;
        if (!login.Contains('@', StringComparison.Ordinal))
        {
            throw Fail(400, "E0000001", "Api validation failed: login", "login: Username must be in the form of an email address");
        }

        if (directory.Find(login) is not null)
        {
            throw Fail(400, "E0000001", "Api validation failed: login", "login: An object with this field already exists in the current organization");
        }

        var groups = (call.Json.Array("groupIds") ?? []).Select(id => directory.Group(id.AsText() ?? "") ?? throw Missing(id.AsText() ?? "", "UserGroup")).ToList();
        var user = new OktaUser
        {
            Id = World.Ids.Okta("00u", World.Ids.Fresh("user")), Status = "STAGED", Profile = Checked(given), Created = call.Now, StatusChanged = call.Now, LastUpdated = call.Now, PasswordChanged = call.Now,
        };
        user.Profile["displayName"] ??= $"{given.Text("firstName")} {given.Text("lastName")}";
        directory.Add(user);
        foreach (var group in groups.Append(directory.Groups.First(g => g.Type == "BUILT_IN")))
        {
            group.Members.Add(user.Id);
        }

        directory.Log(call, "user.lifecycle.create", "Create Okta user", OktaDirectory.Target(user));
        if (Flag(call, "activate") != false)
        {
            // Without a password the person has to set one first.
            user.Become("PROVISIONED", call.Now);
            user.Activated = call.Now;
            directory.Log(call, "user.lifecycle.activate", "Activate Okta user", OktaDirectory.Target(user));
            Send(call, user, "Welcome to Okta!", $"{call.BaseUrl}/welcome/{SimIds.Secret(20)}");
        }

        call.Committed();
        return Reply.Ok(user.Render(call.BaseUrl, directory.UserTypeId));
    }

    /// <summary>A POST changes what is named and leaves the rest.</summary>
    private Reply UpdateUser(Call call)
    {
        var user = UserOf(call);
        if (user.Status == "DEPROVISIONED")
        {
            throw NotInThisStatus();
        }

        var changed = Checked(call.Json.Object("profile") ?? []);
        if (changed.Text("login") is { } login && directory.Find(login) is { } other && other != user)
        {
            throw Fail(400, "E0000001", "Api validation failed: login", "login: An object with this field already exists in the current organization");
        }

        foreach (var (name, value) in changed)
        {
            user.Profile[name] = value?.DeepClone();
        }

        user.LastUpdated = call.Now;
        directory.Log(call, "user.account.update_profile", "Update user profile for Okta", OktaDirectory.Target(user));
        call.Committed();
        return Reply.Ok(user.Render(call.BaseUrl, directory.UserTypeId));
    }

    private Reply Deactivate(Call call)
    {
        var user = UserOf(call);
        if (user.Status != "DEPROVISIONED")
        {
            foreach (var app in directory.Apps.Where(a => a.Assignments.ContainsKey(user.Id)))
            {
                app.Assignments.Remove(user.Id);
                LogAssignment(call, app, user, "application.user_membership.remove", "Remove user's application membership");
            }

            user.Become("DEPROVISIONED", call.Now);
            directory.Log(call, "user.lifecycle.deactivate", "Deactivate Okta user", OktaDirectory.Target(user));
            call.Committed();
        }

        return Reply.Ok(new JsonObject());
    }

    private Reply ClearSessions(Call call)
    {
        directory.Log(call, "user.session.clear", "Clear user session", OktaDirectory.Target(UserOf(call)));
        call.Committed();
        return Reply.NoContent();
    }

    private Reply ListFactors(Call call)
    {
        var user = UserOf(call);
        return Reply.Ok(new JsonArray([.. Factors(user).Select(f => new JsonObject
        {
            ["id"] = World.Ids.Okta(f.Prefix, user.Id), ["factorType"] = f.Type, ["provider"] = "OKTA", ["vendorName"] = "OKTA", ["status"] = "ACTIVE",
            ["created"] = user.Created.Iso(), ["lastUpdated"] = user.Created.Iso(),
        })]));
    }

    private Reply ResetFactors(Call call)
    {
        var user = UserOf(call);
        if (user.Status is not ("ACTIVE" or "RECOVERY" or "PASSWORD_EXPIRED" or "LOCKED_OUT"))
        {
            throw NotInThisStatus();
        }

        withoutFactors.Add(user.Id);
        directory.Log(call, "user.mfa.factor.reset_all", "Reset all factors for user", OktaDirectory.Target(user));
        call.Committed();
        return Reply.Ok(new JsonObject());
    }

    private (string Prefix, string Type)[] Factors(OktaUser user) =>
        user.Status == "DEPROVISIONED" || withoutFactors.Contains(user.Id) ? [] : [("opf", "push"), ("ost", "token:software:totp")];

    private JsonObject Checked(JsonObject profile)
    {
        var known = directory.Users[0].Profile;
        var result = new JsonObject();
        foreach (var (name, value) in profile)
        {
            if (!known.ContainsKey(name) && name is not "mobilePhone")
            {
                throw Fail(400, "E0000001", $"Api validation failed: {name}", $"{name}: The property is not defined in the schema of the user profile");
            }

            result[name] = value is null || value.GetValueKind() == JsonValueKind.String
                ? value?.DeepClone()
                : throw Fail(400, "E0000001", $"Api validation failed: {name}", $"{name}: The value is not of the expected type");
        }

        return result;
    }

    /// <summary>Client credentials of the service app with a signed assertion (<c>private_key_jwt</c>).</summary>
    private Reply Token(Call call)
    {
        var (form, credentials) = (call.Form, World.Options.Credentials);
        if (form["grant_type"] != "client_credentials")
        {
            return new(400, new JsonObject { ["error"] = "unsupported_grant_type", ["error_description"] = "The authorization grant type is not supported by the authorization server." });
        }

        var url = $"{call.BaseUrl}/oauth2/v1/token";
        var claims = form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
            ? Assertions.Check(form["client_assertion"].ToString(), credentials.OktaJwtPublicKey, credentials.OktaClientId, audience => audience == url, TimeSpan.FromHours(1), call.Now)
            : null;
        if (claims?.Text("sub") != credentials.OktaClientId)
        {
            return new(401, new JsonObject { ["error"] = "invalid_client", ["error_description"] = "The client_assertion token has an invalid signature, audience, subject or expiry." });
        }

        return form["scope"].ToString() is { Length: > 0 } scope
            ? Reply.Ok(new JsonObject
            {
                ["token_type"] = "Bearer", ["expires_in"] = (int)Tokens.AccessLife.TotalSeconds, ["access_token"] = Tokens.Issue("service", call.Now, withRefresh: false).Access, ["scope"] = scope,
            })
            : new(400, new JsonObject { ["error"] = "invalid_scope", ["error_description"] = "The authorization server resource does not have any configured default scopes, 'scope' must be provided." });
    }
}
