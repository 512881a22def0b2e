using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Slack;

/// <summary>Installing the app and token rotation: access tokens live twelve hours, refresh tokens are good for one use.</summary>
internal sealed partial class SlackSystem
{
    private const string BotScopes = "chat:write,channels:read,channels:manage,channels:history,users:read,users:read.email,usergroups:read,usergroups:write";

    /// <summary>The page on which a person agrees; here the administrator, or whom <c>login_hint</c> names, agrees at once.</summary>
    private Reply Authorize(Call call)
    {
        var redirect = call.Query("redirect_uri") ?? "";
        if (call.Query("client_id") != World.Options.Credentials.SlackClientId || !Uri.TryCreate(redirect, UriKind.Absolute, out _))
        {
            return Error("invalid_client_id");
        }

        var person = World.Company.Find(call.Query("login_hint") ?? World.Company.People.First(p => p.Admin).Login);
        if (person is null)
        {
            return Error("access_denied");
        }

        // Whoever asks for a person's scopes only gets no bot.
        var subject = string.IsNullOrEmpty(call.Query("scope")) && !string.IsNullOrEmpty(call.Query("user_scope")) ? person.Login : "bot";
        var code = Tokens.Code(subject, redirect, null);
        return Reply.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}code={code}&state={Uri.EscapeDataString(call.Query("state") ?? "")}");
    }

    private Reply Access(Call call)
    {
        var (form, credentials) = (call.Form, World.Options.Credentials);
        var (id, secret) = Secrets.Basic(call.Authorization) is { } basic
            ? (Uri.UnescapeDataString(basic.User), Uri.UnescapeDataString(basic.Password))
            : (form["client_id"].ToString(), form["client_secret"].ToString());
        if (id != credentials.SlackClientId)
        {
            return Error("invalid_client_id");
        }

        if (!Secrets.Same(secret, credentials.SlackClientSecret))
        {
            return Error("bad_client_secret");
        }

        if (form["grant_type"] == "refresh_token")
        {
            return Tokens.Refresh(form["refresh_token"].ToString(), call.Now) is { } renewed ? Granted(renewed) : Error("invalid_refresh_token");
        }

        return Tokens.Redeem(form["code"].ToString(), form["redirect_uri"].ToString(), null, call.Now) is { } first ? Granted(first) : Error("invalid_code");
    }

    private Reply Granted(TokenPair pair)
    {
        var token = new JsonObject
        {
            ["access_token"] = pair.Access, ["refresh_token"] = pair.Refresh, ["expires_in"] = (int)Tokens.AccessLife.TotalSeconds,
        };
        var body = pair.Subject == "bot" ? token : [];
        body["ok"] = true;
        body["app_id"] = "A0STEWARD01";
        body["team"] = new JsonObject { ["id"] = Workspace.TeamId, ["name"] = World.Company.Name };
        body["enterprise"] = null;
        body["is_enterprise_install"] = false;
        if (pair.Subject == "bot")
        {
            body["token_type"] = "bot";
            body["scope"] = BotScopes;
            body["bot_user_id"] = Workspace.Bot.Id;
            body["authed_user"] = new JsonObject { ["id"] = Workspace.User(World.Company.People.First(p => p.Admin).Login).Id };
        }
        else
        {
            token["id"] = Workspace.User(pair.Subject).Id;
            token["scope"] = "chat:write,users:read,users.profile:write,channels:read";
            token["token_type"] = "user";
            body["authed_user"] = token;
        }

        return Reply.Ok(body);
    }

    private Reply AuthTest(Call call)
    {
        var actor = ActorOf(call);
        var body = new JsonObject
        {
            ["ok"] = true, ["url"] = "https://acme.slack.com/", ["team"] = World.Company.Name, ["user"] = actor.Name, ["team_id"] = Workspace.TeamId, ["user_id"] = actor.Id,
        };
        if (actor.IsBot)
        {
            body["bot_id"] = Workspace.BotId;
        }

        body["is_enterprise_install"] = false;
        return Reply.Ok(body);
    }

    private Reply AuthRevoke(Call call)
    {
        var revoked = Tokens.RevokeToken(Secrets.After(call.Authorization, "Bearer") ?? "");
        call.Committed();
        return Ok(("revoked", revoked));
    }
}
