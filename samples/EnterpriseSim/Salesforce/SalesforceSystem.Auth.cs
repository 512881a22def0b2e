using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>
/// The token endpoint: client credentials, the JWT bearer flow if a public key is configured (RS256 only; issuer, subject,
/// audience, expiry and signature are checked), SAML bearer assertions of the company's identity provider, and the web server flow with PKCE for people. No answer names an expiry, and only the
/// web server flow brings a refresh token, as in the product. A renewal brings a new one only where the connected app rotates them.
/// </summary>
internal sealed partial class SalesforceSystem
{
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(2);

    /// <summary>The page on which a person agrees; here whom <c>login_hint</c> names, else the administrator, agrees at once.</summary>
    private Reply Authorize(Call call)
    {
        var redirect = call.Query("redirect_uri") ?? "";
        if (call.Query("client_id") != World.Options.Credentials.SalesforceClientId || !Uri.TryCreate(redirect, UriKind.Absolute, out _))
        {
            return OAuthError("invalid_client_id", "client identifier invalid");
        }

        var person = World.Company.Find(call.Query("login_hint") ?? World.Company.People.First(p => p.Admin).Login);
        var user = person is null ? null : Org.FindBy(SalesforceSchema.All["User"], "Username", person.Email);
        var answer = user is null || user["IsActive"].AsText() != "true"
            ? "error=access_denied"
            : $"code={Tokens.Code(SalesforceOrg.IdOf(user), redirect, call.Query("code_challenge"))}";
        return Reply.Redirect($"{redirect}{(redirect.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{answer}&state={Uri.EscapeDataString(call.Query("state") ?? "")}");
    }

    private Reply Token(Call call)
    {
        var form = call.Form;
        switch (form["grant_type"].ToString())
        {
            case "client_credentials":
                return RefuseClient(call) ?? Grant(call, Tokens.Issue(integration, call.Now, withRefresh: false));
            case "authorization_code":
                return RefuseClient(call) ?? (Tokens.Redeem(form["code"].ToString(), form["redirect_uri"].ToString(), form["code_verifier"].ToString(), call.Now) is { } first
                    ? Grant(call, first)
                    : OAuthError("invalid_grant", "invalid authorization code"));
            case "refresh_token":
                return RefuseClient(call) ?? (Tokens.Refresh(form["refresh_token"].ToString(), call.Now) is { } renewed
                    ? Grant(call, Tokens.SingleUse ? renewed : renewed with { Refresh = null })
                    : OAuthError("invalid_grant", "expired access/refresh token"));
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return CheckAssertion(call, form["assertion"].ToString(), out var user) is { } problem
                    ? OAuthError("invalid_grant", problem)
                    : Grant(call, Tokens.Issue(user, call.Now, withRefresh: false));
            case "urn:ietf:params:oauth:grant-type:saml2-bearer":
                return World.Identity.EmailOf(form["assertion"].ToString(), call.Now) is { } email && Org.FindBy(SalesforceSchema.All["User"], "Username", email) is { } person && person["IsActive"].AsText() == "true"
                    ? Grant(call, Tokens.Issue(SalesforceOrg.IdOf(person), call.Now, withRefresh: false))
                    : OAuthError("invalid_grant", "invalid assertion");
            default:
                return OAuthError("unsupported_grant_type", "grant type not supported");
        }
    }

    private Reply? RefuseClient(Call call)
    {
        var (form, credentials) = (call.Form, World.Options.Credentials);
        var (id, secret) = Secrets.Basic(call.Authorization) is { } basic
            ? (Uri.UnescapeDataString(basic.User), Uri.UnescapeDataString(basic.Password))
            : (form["client_id"].ToString(), form["client_secret"].ToString());
        return id != credentials.SalesforceClientId ? OAuthError("invalid_client_id", "client identifier invalid")
            : Secrets.Same(secret, credentials.SalesforceClientSecret) ? null
            : OAuthError("invalid_client", "invalid client credentials");
    }

    private Reply Grant(Call call, TokenPair pair)
    {
        var body = new JsonObject
        {
            ["access_token"] = pair.Access,
            ["scope"] = pair.Refresh is null ? "api" : "refresh_token api",
            ["instance_url"] = call.BaseUrl,
            ["id"] = $"{call.BaseUrl}/id/{organization}/{pair.Subject}",
            ["token_type"] = "Bearer",
            ["issued_at"] = call.Now.ToUnixTimeMilliseconds().Plain(),
        };
        if (pair.Refresh is not null)
        {
            body["refresh_token"] = pair.Refresh;
        }

        return Reply.Ok(body);
    }

    private Reply Revoke(Call call) => Tokens.RevokeToken(call.Form["token"].ToString()) ? new Reply(200) : OAuthError("unsupported_token_type", "this token type is not supported");

    private static Reply OAuthError(string error, string description) =>
        new(400, new JsonObject { ["error"] = error, ["error_description"] = description });

    /// <summary>What is wrong with an assertion; null if it is good for the user.</summary>
    private string? CheckAssertion(Call call, string assertion, out string user)
    {
        user = "";
        if (World.Options.Credentials.SalesforceJwtPublicKey is not { } key)
        {
            return "user hasn't approved this consumer";
        }

        var parts = assertion.Split('.');
        if (parts.Length != 3 || Part(parts[0]) is not { } header || Part(parts[1]) is not { } claims || !Base64Url.IsValid(parts[2]))
        {
            return "invalid assertion";
        }

        using var rsa = RSA.Create();
        rsa.ImportFromPem(key);
        if (header.Text("alg") != "RS256"
            || !rsa.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), Base64Url.DecodeFromChars(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
        {
            return "invalid assertion";
        }

        if (claims.Text("iss") != World.Options.Credentials.SalesforceClientId)
        {
            return "client identifier invalid";
        }

        if (claims.Text("aud") is not { } audience || !(audience is "https://login.salesforce.com" or "https://test.salesforce.com" || audience.TrimEnd('/') == call.BaseUrl))
        {
            return "audience is invalid";
        }

        if (!double.TryParse(claims.Text("exp"), CultureInfo.InvariantCulture, out var expires)
            || expires < call.Now.ToUnixTimeSeconds() || expires > call.Now.AddMinutes(5).ToUnixTimeSeconds())
        {
            return "assertion is expired or valid for too long";
        }

        var found = Org.FindBy(SalesforceSchema.All["User"], "Username", claims.Text("sub") ?? "");
        if (found is null || found["IsActive"].AsText() != "true")
        {
            return "user hasn't approved this consumer";
        }

        user = SalesforceOrg.IdOf(found);
        return null;
    }

    private static JsonObject? Part(string encoded)
    {
        try
        {
            return Base64Url.IsValid(encoded)
                ? JsonNode.Parse(Base64Url.DecodeFromChars(encoded), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
