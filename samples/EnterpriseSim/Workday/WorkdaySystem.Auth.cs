using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Workday;

/// <summary>The token endpoint: JWT bearer for the integration user, authorisation code and refresh for people.</summary>
internal sealed partial class WorkdaySystem
{
    private string IntegrationUser => World.Options.Credentials.WorkdayUser.Split('@')[0];

    private Reply Authorize(Call call)
    {
        var redirect = call.Query("redirect_uri") ?? "";
        if (call.Query("client_id") != World.Options.Credentials.WorkdayClientId || !Uri.TryCreate(redirect, UriKind.Absolute, out _))
        {
            return OAuthError("invalid_client");
        }

        var person = World.Company.Find(call.Query("login_hint") ?? World.Company.People.First(p => p.Admin).Login);
        var answer = person is null ? "error=access_denied" : $"code={Tokens.Code(person.Login, redirect, null)}";
        return Reply.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{answer}&state={Uri.EscapeDataString(call.Query("state") ?? "")}");
    }

    private Reply Token(Call call)
    {
        var (form, credentials) = (call.Form, World.Options.Credentials);
        if (form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer")
        {
            var claims = Assertions.Check(form["assertion"].ToString(), credentials.WorkdayJwtPublicKey, credentials.WorkdayClientId, audience => audience == "wd", TimeSpan.FromMinutes(6), call.Now);
            return claims?.Text("sub") == IntegrationUser ? Granted(Tokens.Issue(IntegrationUser, call.Now, withRefresh: false)) : OAuthError("invalid_grant");
        }

        if (Secrets.Basic(call.Authorization) is not var (id, secret) || Uri.UnescapeDataString(id) != credentials.WorkdayClientId || !Secrets.Same(Uri.UnescapeDataString(secret), credentials.WorkdayClientSecret))
        {
            return new Reply(401, new JsonObject { ["error"] = "invalid_client" });
        }

        var pair = form["grant_type"].ToString() switch
        {
            "authorization_code" => Tokens.Redeem(form["code"].ToString(), form["redirect_uri"].ToString(), null, call.Now),
            "refresh_token" => Tokens.Refresh(form["refresh_token"].ToString(), call.Now),
            _ => null,
        };
        return pair is null ? OAuthError("invalid_grant") : Granted(pair);
    }

    private Reply Granted(TokenPair pair)
    {
        var body = new JsonObject { ["access_token"] = pair.Access, ["token_type"] = "Bearer", ["expires_in"] = (int)Tokens.AccessLife.TotalSeconds };
        if (pair.Refresh is not null)
        {
            body["refresh_token"] = pair.Refresh;
        }

        return Reply.Ok(body);
    }

    private static Reply OAuthError(string error) => new(400, new JsonObject { ["error"] = error });
}
