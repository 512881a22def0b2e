using System.Globalization;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Graph;

/// <summary>
/// The login of Entra ID: client credentials, authorisation code with PKCE, refresh, and on-behalf-of: a token for the app's own API (<c>api://{client id}/…</c>) is refused by Graph, and the app gets one for Graph for it.
/// </summary>
internal sealed partial class GraphSystem
{
    private const string App = "app";

    /// <summary>Begins the subject of tokens that are meant for the app itself.</summary>
    private const string ForApp = "for-app:";

    private bool IsDirectory(Call call) => call.Route("directory") is var id
        && (id == World.Options.Credentials.GraphDirectoryId || id.Equals(World.Company.Domain, StringComparison.OrdinalIgnoreCase));

    /// <summary>The page on which a person signs in; here whom <c>login_hint</c> names, else the administrator, is signed in at once.</summary>
    private Reply Authorize(Call call)
    {
        var redirect = call.Query("redirect_uri") ?? "";
        if (!IsDirectory(call) || call.Query("client_id") != World.Options.Credentials.GraphClientId || !Uri.TryCreate(redirect, UriKind.Absolute, out _))
        {
            return LoginError(400, "unauthorized_client", 700016, "Application was not found in the directory.");
        }

        var person = World.Company.Find(call.Query("login_hint") ?? World.Company.People.First(p => p.Admin).Login);
        var answer = person is null
            ? "error=access_denied"
            : $"code={Tokens.Code(IsForApp(call.Query("scope")) ? ForApp + person.Login : person.Login, redirect, call.Query("code_challenge"))}";
        return Reply.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{answer}&state={Uri.EscapeDataString(call.Query("state") ?? "")}");
    }

    private Reply Token(Call call)
    {
        var (form, credentials) = (call.Form, World.Options.Credentials);
        if (!IsDirectory(call))
        {
            return LoginError(400, "invalid_request", 90002, $"Tenant '{call.Route("directory")}' not found.");
        }

        if (form["client_id"] != credentials.GraphClientId)
        {
            return LoginError(400, "unauthorized_client", 700016, $"Application with identifier '{form["client_id"]}' was not found in the directory '{World.Company.Name}'.");
        }

        if (!Secrets.Same(form["client_secret"], credentials.GraphClientSecret))
        {
            return LoginError(401, "invalid_client", 7000215, "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.");
        }

        switch (form["grant_type"].ToString())
        {
            case "client_credentials":
                return form["scope"].ToString().EndsWith("/.default", StringComparison.Ordinal)
                    ? Granted(Tokens.Issue(App, call.Now, withRefresh: false), null)
                    : LoginError(400, "invalid_scope", 1002012, "The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier.");
            case "authorization_code":
                return Tokens.Redeem(form["code"].ToString(), form["redirect_uri"].ToString(), form["code_verifier"].ToString(), call.Now) is { } first
                    ? Granted(first, form["scope"].ToString())
                    : LoginError(400, "invalid_grant", 54005, "OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.");
            case "refresh_token":
                return Tokens.Refresh(form["refresh_token"].ToString(), call.Now) is { } renewed
                    ? Granted(renewed, form["scope"].ToString())
                    : LoginError(400, "invalid_grant", 9002313, "Invalid request. Request is malformed or invalid.");
            case "urn:ietf:params:oauth:grant-type:jwt-bearer" when form["requested_token_use"] == "on_behalf_of":
                return OnBehalfOf(form["assertion"].ToString(), form["scope"].ToString(), call.Now);
            default:
                return LoginError(400, "unsupported_grant_type", 70003, $"The app requested an unsupported grant type '{form["grant_type"]}'.");
        }
    }

    private bool IsForApp(string? scope) => scope?.Contains($"api://{World.Options.Credentials.GraphClientId}/", StringComparison.OrdinalIgnoreCase) == true;

    private Reply OnBehalfOf(string assertion, string scope, DateTimeOffset now)
    {
        if (Tokens.SubjectOf(assertion, now) is not { } subject)
        {
            return LoginError(400, "invalid_grant", 500133, "Assertion is not within its valid time range.");
        }

        if (!subject.StartsWith(ForApp, StringComparison.Ordinal))
        {
            return LoginError(400, "invalid_grant", 500131, $"Assertion audience does not match the Client app presenting the assertion. The audience in the assertion was '00000003-0000-0000-c000-000000000000' and the expected audience is 'api://{World.Options.Credentials.GraphClientId}'.");
        }

        return scope.Length > 0
            ? Granted(Tokens.Issue(subject[ForApp.Length..], now, withRefresh: false), scope)
            : LoginError(400, "invalid_scope", 70011, "The provided request must include a 'scope' input parameter.");
    }

    private Reply Granted(TokenPair pair, string? scope)
    {
        var body = new JsonObject
        {
            ["token_type"] = "Bearer", ["expires_in"] = (int)Tokens.AccessLife.TotalSeconds, ["ext_expires_in"] = (int)Tokens.AccessLife.TotalSeconds, ["access_token"] = pair.Access,
        };
        if (pair.Refresh is not null)
        {
            body["scope"] = scope;
            body["refresh_token"] = pair.Refresh;
        }

        return Reply.Ok(body);
    }

    private Reply LoginError(int status, string error, int code, string description)
    {
        var now = World.Time.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        return new Reply(status, new JsonObject
        {
            ["error"] = error,
            ["error_description"] = $"AADSTS{code.Plain()}: {description} Timestamp: {now}",
            ["error_codes"] = new JsonArray(code),
            ["timestamp"] = now,
            ["trace_id"] = World.Ids.Guid(World.Ids.Fresh("trace")),
            ["correlation_id"] = World.Ids.Guid(World.Ids.Fresh("correlation")),
        });
    }

    /// <summary>The person who is signed in.</summary>
    private GraphUser Me(Call call) => call.Caller == App
        ? throw Fail(400, "BadRequest", "/me request is only valid with delegated authentication flow.")
        : Directory.ByLogin(call.Caller);

    private Reply GetMe(Call call) => One(call, Me(call).Properties, "users");
}
