using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Identity;

/// <summary>
/// The company's identity provider. People sign in there once, with a code and PKCE; its tokens are good for nothing but an exchange (RFC 8693) into an access token that ServiceNow takes, or a SAML assertion that Salesforce
/// takes. Its routes are on the servers of those systems, since a system on this machine has its login on this machine. It has a lock of its own.
/// </summary>
internal sealed class IdentityProvider : IDisposable
{
    /// <summary>Who it says that it is.</summary>
    public const string Issuer = "https://login.acme.example";

    /// <summary>The audience that stands for ServiceNow.</summary>
    public const string ServiceNow = "https://acme.service-now.example";

    /// <summary>The audience that stands for Salesforce.</summary>
    public const string Salesforce = "https://login.salesforce.com";

    private const string SalesforceToken = $"{Salesforce}/services/oauth2/token";
    private const string AccessTokenType = "urn:ietf:params:oauth:token-type:access_token";
    private const string SamlType = "urn:ietf:params:oauth:token-type:saml2";
    private static readonly TimeSpan ExchangedLife = TimeSpan.FromMinutes(5);

    private readonly Lock gate = new();
    private readonly Dictionary<string, (string Audience, string Login, DateTimeOffset Expires)> exchanged = [];
    private readonly SamlAssertions assertions = new();
    private readonly TokenBook tokens;
    private readonly SimWorld world;

    public IdentityProvider(SimWorld world)
    {
        this.world = world;
        tokens = new TokenBook(world, "idp-", "idr-", TimeSpan.FromHours(1));
        Routes =
        [
            new("GET", "/idp/authorize", "idp.authorize", Authorize) { Open = true },
            new("POST", "/idp/token", "idp.token", Token) { Open = true, SecretForm = true },
        ];
    }

    public IReadOnlyList<SimRoute> Routes { get; }

    public void Dispose() => assertions.Dispose();

    /// <summary>Whose an access token for a system is; null if it is none, or for another system.</summary>
    public string? LoginOf(string? token, string audience, DateTimeOffset now)
    {
        lock (gate)
        {
            return token is not null && exchanged.TryGetValue(token, out var known) && known.Audience == audience && known.Expires > now ? known.Login : null;
        }
    }

    /// <summary>The mail address of the person that an assertion for Salesforce is about; null if it is not good.</summary>
    public string? EmailOf(string assertion, DateTimeOffset now)
    {
        lock (gate)
        {
            return assertions.Check(assertion, Issuer, Salesforce, SalesforceToken, now);
        }
    }

    /// <summary>Ends the time of the access tokens for a system.</summary>
    public void Expire(string audience)
    {
        lock (gate)
        {
            foreach (var token in exchanged.Where(pair => pair.Value.Audience == audience).Select(pair => pair.Key).ToList())
            {
                exchanged.Remove(token);
            }
        }
    }

    /// <summary>The page on which a person signs in; here whom <c>login_hint</c> names, else the administrator, is signed in at once.</summary>
    private Reply Authorize(Call call)
    {
        var redirect = call.Query("redirect_uri") ?? "";
        if (call.Query("client_id") != world.Options.Credentials.IdentityClientId || !Uri.TryCreate(redirect, UriKind.Absolute, out _) || call.Query("code_challenge") is not { Length: > 0 } challenge)
        {
            return Error(400, "invalid_request", "The client, the redirect address or the code challenge is wrong.");
        }

        lock (gate)
        {
            var person = world.Company.Find(call.Query("login_hint") ?? world.Company.People.First(p => p.Admin).Login);
            var answer = person is not { Status: "ACTIVE" } ? "error=access_denied" : $"code={tokens.Code(person.Login, redirect, challenge)}";
            return Reply.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{answer}&state={Uri.EscapeDataString(call.Query("state") ?? "")}");
        }
    }

    private Reply Token(Call call)
    {
        var (form, credentials) = (call.Form, world.Options.Credentials);
        if (Secrets.Basic(call.Authorization) is not var (id, secret) || Uri.UnescapeDataString(id) != credentials.IdentityClientId || !Secrets.Same(Uri.UnescapeDataString(secret), credentials.IdentityClientSecret))
        {
            return Error(401, "invalid_client", "The client is not known.");
        }

        lock (gate)
        {
            switch (form["grant_type"].ToString())
            {
                case "authorization_code":
                    return Granted(tokens.Redeem(form["code"].ToString(), form["redirect_uri"].ToString(), form["code_verifier"].ToString(), call.Now));
                case "refresh_token":
                    return Granted(tokens.Refresh(form["refresh_token"].ToString(), call.Now));
                case "urn:ietf:params:oauth:grant-type:token-exchange":
                    return Exchange(call);
                default:
                    return Error(400, "unsupported_grant_type", "The grant type is not supported.");
            }
        }
    }

    private Reply Exchange(Call call)
    {
        var form = call.Form;
        if (form["subject_token_type"] != AccessTokenType || tokens.SubjectOf(form["subject_token"].ToString(), call.Now) is not { } login)
        {
            return Error(400, "invalid_grant", "The subject token is not valid.");
        }

        var (audience, wanted) = (form["audience"].ToString(), form["requested_token_type"].ToString());
        switch (audience, wanted)
        {
            case (ServiceNow, "" or AccessTokenType):
                var token = $"idx-{SimIds.Secret(72)}";
                exchanged[token] = (audience, login, call.Now + ExchangedLife);
                world.Issued.Add(token);
                return Exchanged(token, AccessTokenType, "Bearer");
            case (Salesforce, SamlType):
                var assertion = assertions.Make(Issuer, world.Company.Find(login)!.Email, Salesforce, SalesforceToken, call.Now);
                world.Issued.Add(assertion);
                return Exchanged(assertion, SamlType, "N_A");
            default:
                return Error(400, "invalid_target", "There is no such audience, or it takes no tokens of this kind.");
        }
    }

    private static Reply Exchanged(string token, string type, string use) => Reply.Ok(new JsonObject
    {
        ["access_token"] = token, ["issued_token_type"] = type, ["token_type"] = use, ["expires_in"] = (int)ExchangedLife.TotalSeconds,
    });

    private Reply Granted(TokenPair? pair) => pair is null
        ? Error(400, "invalid_grant", "The code or token is not valid, or was used before.")
        : Reply.Ok(new JsonObject { ["access_token"] = pair.Access, ["refresh_token"] = pair.Refresh, ["token_type"] = "Bearer", ["expires_in"] = (int)tokens.AccessLife.TotalSeconds });

    private static Reply Error(int status, string error, string description) => new(status, new JsonObject { ["error"] = error, ["error_description"] = description });
}
