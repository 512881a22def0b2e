using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Salesforce;

/// <summary>
/// The token endpoint: client credentials, and the JWT bearer flow if a public key is configured (RS256 only; issuer, subject,
/// audience, expiry and signature are checked). Neither gives a refresh token or an expiry, as in the product.
/// </summary>
internal sealed partial class SalesforceSystem
{
    private static readonly TimeSpan SessionLife = TimeSpan.FromHours(2);
    private readonly Dictionary<string, (string User, DateTimeOffset Expires)> sessions = [];

    private Reply Token(Call call)
    {
        var (form, credentials) = (call.Form, World.Options.Credentials);
        switch (form["grant_type"].ToString())
        {
            case "client_credentials":
                var (id, secret) = Secrets.Basic(call.Authorization) is { } basic
                    ? (Uri.UnescapeDataString(basic.User), Uri.UnescapeDataString(basic.Password))
                    : (form["client_id"].ToString(), form["client_secret"].ToString());
                if (id != credentials.SalesforceClientId)
                {
                    return OAuthError("invalid_client_id", "client identifier invalid");
                }

                return Secrets.Same(secret, credentials.SalesforceClientSecret) ? Grant(call, integration) : OAuthError("invalid_client", "invalid client credentials");
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return CheckAssertion(call, form["assertion"].ToString(), out var user) is { } problem ? OAuthError("invalid_grant", problem) : Grant(call, user);
            default:
                return OAuthError("unsupported_grant_type", "grant type not supported");
        }
    }

    private Reply Grant(Call call, string user)
    {
        foreach (var expired in sessions.Where(s => s.Value.Expires <= call.Now).Select(s => s.Key).ToList())
        {
            sessions.Remove(expired);
        }

        var token = $"{organization[..15]}!{World.Ids.Text(World.Ids.Fresh("session"), 96)}";
        sessions[token] = (user, call.Now + SessionLife);
        return Reply.Ok(new JsonObject
        {
            ["access_token"] = token,
            ["scope"] = "api",
            ["instance_url"] = call.BaseUrl,
            ["id"] = $"{call.BaseUrl}/id/{organization}/{user}",
            ["token_type"] = "Bearer",
            ["issued_at"] = call.Now.ToUnixTimeMilliseconds().Plain(),
        });
    }

    private Reply Revoke(Call call) => sessions.Remove(call.Form["token"].ToString()) ? new Reply(200) : OAuthError("unsupported_token_type", "this token type is not supported");

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
