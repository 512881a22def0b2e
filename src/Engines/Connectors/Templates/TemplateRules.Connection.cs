using System.Text.RegularExpressions;

namespace Steward.Engines.Connectors.Templates;

/// <content>Address and sign-in.</content>
public static partial class TemplateRules
{
    private static readonly string[] SecretNames = ["clientSecret", "password", "privateKey", "assertion", "secretAccessKey", "sessionToken"];

    private static void CheckConnection(ConnectorTemplate template, Faults faults)
    {
        CheckFields(template.Connection.Fields, "/connection/fields", faults);
        foreach (var (field, at) in template.Connection.Fields.Select((field, at) => (field, at)))
        {
            faults.When(field.Secret, $"/connection/fields/{at}/secret", "secrets belong to the fields of a way to sign in.");
        }

        CheckBaseUrl(template, template.Connection.BaseUrl, "/connection/baseUrl", faults);
        foreach (var (region, url) in template.Connection.Regions)
        {
            faults.When(!Slug().IsMatch(region), $"/connection/regions/{LocatedDocument.Escape(region)}", "a region is lower-case letters, digits and hyphens, such as eu.");
            CheckBaseUrl(template, url, $"/connection/regions/{LocatedDocument.Escape(region)}", faults);
        }
    }

    private static void CheckFields(IReadOnlyList<FieldSpec> fields, string path, Faults faults)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (field, at) in fields.Select((field, at) => (field, at)))
        {
            var here = $"{path}/{at}";
            faults.When(!NameOfValue().IsMatch(field.Name) || Reserved.Contains(field.Name), $"{here}/name", $"must be a name of letters, digits and underscores other than {string.Join(", ", Reserved)}.");
            faults.When(!names.Add(field.Name), $"{here}/name", $"the field '{field.Name}' appears twice.");
            faults.Text(field.Title, $"{here}/title", 80);
            faults.When(field.Values is { Count: 0 }, $"{here}/values", "must hold at least one value.");
            CheckPattern(field.Pattern, $"{here}/pattern", faults);
            faults.When(field.Default is { } value && !Fits(field, value), $"{here}/default", "must match the pattern and be one of the values.");
            faults.When(!field.Secret && field.Example is { } example && !Fits(field, example), $"{here}/example", "must match the pattern and be one of the values.");
            faults.When(field.Secret && field.Default is { Length: > 0 }, $"{here}/default", "a secret has no default.");
        }
    }

    private static bool Fits(FieldSpec field, string value)
    {
        try
        {
            return (field.Values is null || field.Values.Contains(value)) &&
                (field.Pattern is null || Regex.IsMatch(value, $@"\A(?:{field.Pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)));
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            // The pattern itself is at fault, and named as such.
            return true;
        }
    }

    /// <summary>The values that may stand in addresses: the connection's fields and the region.</summary>
    private static HashSet<string> AddressValues(ConnectorTemplate template) => [.. template.Connection.Fields.Select(field => field.Name), "region"];

    private static void CheckBaseUrl(ConnectorTemplate template, string url, string path, Faults faults)
    {
        faults.Placeholders(url, path, AddressValues(template));
        CheckUrl(template, url, path, faults);
    }

    /// <summary>
    /// An address begins with <c>https://</c>. One that a field brings whole may be http, too, where the product runs on the customer's own servers. A field
    /// in an address has a pattern, so that it cannot lead to another host.
    /// </summary>
    private static void CheckUrl(ConnectorTemplate template, string url, string path, Faults faults)
    {
        var text = TemplateText.Parse(url);
        var fields = template.Connection.Fields.ToDictionarySafely(field => field.Name);
        foreach (var name in text.Placeholders.Select(placeholder => placeholder.Name).Where(fields.ContainsKey))
        {
            var field = fields[name];
            faults.When(field.Pattern is null && field.Values is null, path, $"the field '{name}' stands in an address and so needs a pattern or values.");
            faults.When(!field.Required && field.Default is null && text.Needed.Contains(name), path, $"the field '{name}' stands in an address and so must be required or have a default.");
        }

        var shown = text.Render(name =>
            name == "baseUrl" ? Json("https://base.example") : name == "region" ? Json("eu") :
            fields.TryGetValue(name, out var field) ? Json(field.Default ?? field.Values?[0] ?? field.Example ?? (url.StartsWith($"{{{name}}}", StringComparison.Ordinal) ? "https://base.example" : "value")) : Json("value"));
        var bringsScheme = template.Connection.SelfHosted && url.StartsWith('{');
        faults.When(
            !Uri.TryCreate(shown, UriKind.Absolute, out var address) || address.UserInfo.Length > 0 || address.Query.Length > 0 || address.Fragment.Length > 0 ||
            !(url.StartsWith("https://", StringComparison.Ordinal) || url.StartsWith("{baseUrl}", StringComparison.Ordinal) || (bringsScheme && address.Scheme is "https" or "http")),
            path, "must be an address that begins with https:// (or, for products with selfHosted: true, with a field that holds the whole address), without user, query and fragment.");
    }

    private static System.Text.Json.JsonElement? Json(string text) => System.Text.Json.JsonSerializer.SerializeToElement(text);

    private static void CheckAuth(ConnectorTemplate template, Faults faults)
    {
        faults.When(template.Auth.Count == 0 && template.Kind == TemplateKind.Http, "/auth", "must name at least one way to sign in; kind: none says that there is none.");
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (auth, at) in template.Auth.Select((auth, at) => (auth, at)))
        {
            var path = $"/auth/{at}";
            faults.When(!AuthId().IsMatch(auth.Id), $"{path}/id", "must be 1 to 40 lower-case letters, digits, hyphens and underscores.");
            faults.When(!ids.Add(auth.Id), $"{path}/id", $"the way to sign in '{auth.Id}' appears twice.");
            CheckFields(auth.Fields, $"{path}/fields", faults);
            foreach (var (field, number) in auth.Fields.Select((field, number) => (field, number)))
            {
                faults.When(SecretNames.Contains(field.Name) && !field.Secret, $"{path}/fields/{number}/secret", $"'{field.Name}' must be a secret.");
                faults.When(template.Connection.Fields.Any(other => other.Name == field.Name), $"{path}/fields/{number}/name", $"the connection has a field '{field.Name}', too.");
            }

            CheckKind(auth, path, faults);
            CheckPlaces(template, auth, path, faults);
            if (auth.OAuth2 is { } oauth)
            {
                CheckOAuth(template, auth, oauth, $"{path}/oauth2", faults);
            }

            CheckSession(template, auth, $"{path}/session", faults);
            CheckHmac(template, auth, path, faults);
        }
    }

    private static void CheckKind(AuthSpec auth, string path, Faults faults)
    {
        var isOAuth = auth.Kind.ToString().StartsWith("OAuth2", StringComparison.Ordinal);
        faults.When(isOAuth && auth.OAuth2 is null, $"{path}/oauth2", "is needed for the kinds that begin with oauth2.");
        faults.When(!isOAuth && auth.OAuth2 is not null, $"{path}/oauth2", "is only for the kinds that begin with oauth2.");
        faults.When((auth.Kind == AuthKind.Sigv4) != auth.Sigv4 is not null, $"{path}/sigv4", "is needed for kind: sigv4, and only for it.");
        faults.When((auth.Kind == AuthKind.Session) != auth.Session is not null, $"{path}/session", "is needed for kind: session, and only for it.");
        faults.When((auth.Kind == AuthKind.Hmac) != auth.Hmac is not null, $"{path}/hmac", "is needed for kind: hmac, and only for it.");
        faults.When(auth.PerUser && !isOAuth && auth.Kind is not (AuthKind.ApiKey or AuthKind.Basic), $"{path}/perUser", "is only for sign-ins that a person can do.");
        IEnumerable<string> needed = auth.Kind switch
        {
            AuthKind.Basic => ["username", "password"],
            AuthKind.OAuth2Password => ["username", "password", .. ClientFields(auth)],
            AuthKind.OAuth2Code or AuthKind.OAuth2ClientCredentials => ClientFields(auth),
            AuthKind.OAuth2JwtBearer => ["privateKey"],
            AuthKind.OAuth2SamlBearer => ["assertion"],
            AuthKind.Mtls => ["certificate", "privateKey"],
            AuthKind.Sigv4 => ["accessKeyId", "secretAccessKey"],
            _ => [],
        };
        foreach (var name in needed.Where(name => auth.Fields.All(field => field.Name != name)))
        {
            faults.Add($"{path}/fields", $"the field '{name}' is missing, which this kind needs.");
        }

        faults.When(auth.Kind is AuthKind.ApiKey or AuthKind.Session && auth.Apply.Count == 0, $"{path}/apply", "must say where the key goes.");
        faults.When(auth.Kind == AuthKind.Hmac && !auth.Apply.Any(place => place.Value.Contains("{signature}", StringComparison.Ordinal)), $"{path}/apply", "must say where {signature} goes.");
        faults.When(auth.Kind == AuthKind.ApiKey && !auth.Fields.Any(field => field.Secret), $"{path}/fields", "must have a secret field, the key.");
        faults.When(auth.Kind == AuthKind.None && (auth.Fields.Count > 0 || auth.Apply.Count > 0), path, "kind: none has neither fields nor apply.");
    }

    private static IEnumerable<string> ClientFields(AuthSpec auth) => auth.OAuth2?.ClientAuth switch
    {
        ClientAuthentication.PrivateKeyJwt => ["clientId", "privateKey"],
        ClientAuthentication.None => ["clientId"],
        _ => ["clientId", "clientSecret"],
    };

    private static void CheckPlaces(ConnectorTemplate template, AuthSpec auth, string path, Faults faults)
    {
        var known = SignInValues(template, auth);
        known.Add("access_token");
        known.UnionWith(auth.Kind == AuthKind.Hmac ? HmacSpec.Values.Where(name => name != "body") : []);
        foreach (var (place, at) in auth.Apply.Select((place, at) => (place, at)))
        {
            var here = $"{path}/apply/{at}";
            faults.When(place.Header is null == place.Query is null, here, "must have either a header or a query parameter.");
            faults.When(place.Header is { } header && !HeaderName().IsMatch(header), $"{here}/header", "must be a header's name.");
            faults.When(place.Query is { Length: 0 }, $"{here}/query", "must be a parameter's name.");
            faults.Placeholders(place.Value, $"{here}/value", known);
        }
    }

    private static HashSet<string> SignInValues(ConnectorTemplate template, AuthSpec auth) =>
        [.. template.Connection.Fields.Select(field => field.Name), .. auth.Fields.Select(field => field.Name), "baseUrl", "region"];

    private static void CheckOAuth(ConnectorTemplate template, AuthSpec auth, OAuth2Spec oauth, string path, Faults faults)
    {
        var known = SignInValues(template, auth);
        faults.When(auth.Kind == AuthKind.OAuth2Code && oauth.AuthorizeUrl is null, $"{path}/authorizeUrl", "is needed for kind: oauth2_code.");
        foreach (var (name, url) in new[] { ("authorizeUrl", oauth.AuthorizeUrl), ("tokenUrl", oauth.TokenUrl), ("refreshUrl", oauth.RefreshUrl), ("revokeUrl", oauth.RevokeUrl) })
        {
            if (url is not null)
            {
                // Not over the sign-in's own fields: an address must not depend on what only the vault holds.
                faults.Placeholders(url, $"{path}/{name}", AddressValues(template).Append("baseUrl").ToHashSet(StringComparer.Ordinal));
                CheckUrl(template, url, $"{path}/{name}", faults);
            }
        }

        // What people's browsers send holds no secret.
        var shown = known.Except(auth.Fields.Where(field => field.Secret).Select(field => field.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, value) in oauth.AuthorizeParameters)
        {
            faults.Placeholders(value, $"{path}/authorizeParameters/{LocatedDocument.Escape(name)}", shown);
        }

        foreach (var (scope, at) in oauth.Scopes.Select((scope, at) => (scope, at)))
        {
            faults.Placeholders(scope, $"{path}/scopes/{at}", shown);
        }

        foreach (var (name, value) in oauth.TokenParameters)
        {
            faults.Placeholders(value, $"{path}/tokenParameters/{LocatedDocument.Escape(name)}", known);
        }

        CheckExchange(template, auth, oauth, path, known, faults);
        faults.When(oauth.DefaultTtl <= TimeSpan.Zero, $"{path}/defaultTtl", "must be longer than zero.");
        faults.When(oauth.RefreshMargin < TimeSpan.Zero, $"{path}/refreshMargin", "must not be negative.");
        var signs = auth.Kind == AuthKind.OAuth2JwtBearer || oauth.ClientAuth == ClientAuthentication.PrivateKeyJwt;
        faults.When(auth.Kind == AuthKind.OAuth2JwtBearer && oauth.Assertion is null, $"{path}/assertion", "is needed for kind: oauth2_jwt_bearer.");
        faults.When(oauth.Assertion is not null && !signs, $"{path}/assertion", "is only for kind: oauth2_jwt_bearer and clientAuth: private_key_jwt.");
        if (oauth.Assertion is not { } assertion)
        {
            return;
        }

        faults.When(assertion.Algorithm is not ("RS256" or "ES256"), $"{path}/assertion/algorithm", "must be RS256 or ES256.");
        faults.When(assertion.Lifetime <= TimeSpan.Zero || assertion.Lifetime > TimeSpan.FromHours(1), $"{path}/assertion/lifetime", "must be between one second and one hour.");
        faults.Placeholders(assertion.Issuer, $"{path}/assertion/issuer", known);
        faults.Placeholders(assertion.Subject, $"{path}/assertion/subject", known);
        faults.Placeholders(assertion.Audience ?? "", $"{path}/assertion/audience", known);
        foreach (var (name, value) in assertion.Claims)
        {
            faults.Placeholders(value, $"{path}/assertion/claims/{LocatedDocument.Escape(name)}", known);
        }
    }

    private static Dictionary<string, T> ToDictionarySafely<T>(this IEnumerable<T> items, Func<T, string> key)
    {
        // Duplicates are a fault that is named where they stand.
        var result = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            result.TryAdd(key(item), item);
        }

        return result;
    }

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_-]{0,39}\z", RegexOptions.CultureInvariant)]
    private static partial Regex AuthId();
}
