namespace Steward.Engines.Connectors.Templates;

/// <content>Login calls and signatures.</content>
public static partial class TemplateRules
{
    private const int MostExchanges = 4;

    private static readonly string[] AddressOfRequest = ["{url}", "{host}", "{path}", "{query}", "{pathAndQuery}"];

    private static void CheckSession(ConnectorTemplate template, AuthSpec auth, string path, Faults faults)
    {
        if (auth.Session is not { } session)
        {
            return;
        }

        // Not over the sign-in's own fields: an address must not depend on what only the vault holds.
        faults.Placeholders(session.LoginUrl, $"{path}/loginUrl", [.. AddressValues(template), "baseUrl"]);
        CheckUrl(template, session.LoginUrl, $"{path}/loginUrl", faults);
        faults.When(session.Method is not ("POST" or "PUT" or "GET"), $"{path}/method", "must be POST, PUT or GET.");
        faults.When(session.Method == "GET" && session.Body is not null, $"{path}/body", "GET has no body.");
        faults.When(session.BodyFormat is not (BodyFormat.Json or BodyFormat.Form), $"{path}/bodyFormat", "must be json or form.");
        var known = SignInValues(template, auth);
        if (session.Body is { } body)
        {
            faults.When(body.ValueKind != System.Text.Json.JsonValueKind.Object, $"{path}/body", "must be an object.");
            faults.Placeholders(body, $"{path}/body", known);
        }

        CheckHeaders(session.Headers, $"{path}/headers", faults);
        foreach (var (name, value) in session.Headers)
        {
            faults.Placeholders(value, $"{path}/headers/{LocatedDocument.Escape(name)}", known);
            CheckIsPlain(value, $"{path}/headers/{LocatedDocument.Escape(name)}", faults);
        }

        foreach (var name in session.Basic ? ["username", "password"] : Array.Empty<string>())
        {
            faults.When(auth.Fields.All(field => field.Name != name), path[..^"session".Length] + "fields", $"the field '{name}' is missing, which basic: true needs.");
        }

        faults.When(
            new[] { session.TokenPath, session.TokenHeader, session.TokenCookie }.Count(place => place is not null) != 1, path,
            "must name exactly one of tokenPath, tokenHeader and tokenCookie, where the answer holds the token.");
        faults.When(session.DefaultTtl <= TimeSpan.Zero, $"{path}/defaultTtl", "must be longer than zero.");
        faults.When(session.RefreshMargin < TimeSpan.Zero, $"{path}/refreshMargin", "must not be negative.");
    }

    private static void CheckHmac(ConnectorTemplate template, AuthSpec auth, string path, Faults faults)
    {
        if (auth.Hmac is not { } hmac)
        {
            return;
        }

        var known = SignInValues(template, auth);
        foreach (var (field, at) in auth.Fields.Select((field, at) => (field, at)))
        {
            faults.When(HmacSpec.Values.Contains(field.Name), $"{path}/fields/{at}/name", $"'{field.Name}' means something else in signatures; fields need other names than {string.Join(", ", HmacSpec.Values)}.");
        }

        faults.When(hmac.Algorithm is not ("sha1" or "sha256" or "sha512"), $"{path}/hmac/algorithm", "must be sha1, sha256 or sha512.");
        faults.Placeholders(hmac.Key, $"{path}/hmac/key", known);
        CheckIsPlain(hmac.Key, $"{path}/hmac/key", faults);
        faults.When(!auth.Fields.Any(field => field.Secret && hmac.Key.Contains($"{{{field.Name}}}", StringComparison.Ordinal)), $"{path}/hmac/key", "must hold a secret field of this sign-in.");
        faults.Placeholders(hmac.Payload, $"{path}/hmac/payload", [.. known, .. HmacSpec.Values.Where(name => name != "signature")]);
        CheckIsPlain(hmac.Payload, $"{path}/hmac/payload", faults);
        foreach (var (place, at) in auth.Apply.Select((place, at) => (place, at)))
        {
            CheckIsPlain(place.Value, $"{path}/apply/{at}/value", faults);

            // What is put in first cannot know what comes out of it.
            faults.When(
                !place.Value.Contains("{signature}", StringComparison.Ordinal) && AddressOfRequest.Any(name => place.Value.Contains(name, StringComparison.Ordinal)),
                $"{path}/apply/{at}/value", "may hold the address only beside {signature}.");
        }
    }

    private static void CheckExchange(ConnectorTemplate template, AuthSpec auth, OAuth2Spec oauth, string path, HashSet<string> known, Faults faults)
    {
        faults.When(oauth.Exchange.Count > 0 && auth.Kind != AuthKind.OAuth2Code, $"{path}/exchange", "is only for kind: oauth2_code.");
        faults.When(oauth.Exchange.Count > MostExchanges, $"{path}/exchange", $"has more than {MostExchanges} steps.");
        foreach (var (step, at) in oauth.Exchange.Select((step, at) => (step, at)))
        {
            var here = $"{path}/exchange/{at}";
            if (step.TokenUrl is { } url)
            {
                faults.Placeholders(url, $"{here}/tokenUrl", AddressValues(template).Append("baseUrl").ToHashSet(StringComparer.Ordinal));
                CheckUrl(template, url, $"{here}/tokenUrl", faults);
            }

            var method = step.ClientAuth ?? oauth.ClientAuth;
            faults.When(
                method == ClientAuthentication.PrivateKeyJwt && oauth.ClientAuth != method, $"{here}/clientAuth", "may be private_key_jwt only where the sign-in's is, too.");
            faults.When(
                method != ClientAuthentication.None && auth.Fields.All(field => field.Name != step.ClientIdField), $"{here}/clientIdField", $"this sign-in has no field '{step.ClientIdField}'.");
            faults.When(
                method is ClientAuthentication.Basic or ClientAuthentication.Body && !auth.Fields.Any(field => field.Secret && field.Name == step.ClientSecretField),
                $"{here}/clientSecretField", $"this sign-in has no secret field '{step.ClientSecretField}'.");
            faults.When(at == 0 && step.Grant == ExchangeGrant.Saml2Bearer, $"{here}/grant", "needs a step before it that gives a SAML assertion.");
            faults.When(step.DefaultTtl <= TimeSpan.Zero, $"{here}/defaultTtl", "must be longer than zero.");
            var given = new Dictionary<string, string?> { ["audience"] = step.Audience, ["resource"] = step.Resource, ["requestedTokenType"] = step.RequestedTokenType, ["subjectTokenType"] = step.SubjectTokenType };
            foreach (var (name, value) in given.Concat(step.Parameters.Select(pair => KeyValuePair.Create($"parameters/{LocatedDocument.Escape(pair.Key)}", (string?)pair.Value))))
            {
                faults.Placeholders(value ?? "", $"{here}/{name}", known);
            }

            foreach (var (scope, number) in step.Scopes.Select((scope, number) => (scope, number)))
            {
                faults.Placeholders(scope, $"{here}/scopes/{number}", known);
            }
        }
    }

    /// <summary>These are filled in without functions and optional parts.</summary>
    private static void CheckIsPlain(string text, string path, Faults faults) =>
        faults.When(text.Contains("{?", StringComparison.Ordinal) || TemplateText.Parse(text).Placeholders.Any(placeholder => placeholder.Functions.Count > 0), path, "must hold plain placeholders only, without functions and optional parts.");
}
