using Microsoft.OpenApi;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Import;

/// <summary>Makes ways to sign in from the security schemes that a document declares and its operations require.</summary>
internal sealed class SignIns(OpenApiDocument document, GapReport gaps, ImportWarnings warnings)
{
    private const int MaxKinds = 10;
    private const int MaxScopes = 40;

    private readonly Dictionary<string, AuthSpec> _specs = new(StringComparer.Ordinal);
    private readonly List<FieldSpec> _connection = [];

    /// <summary>Fields that the connection needs for it, for addresses that the document does not name.</summary>
    public IReadOnlyList<FieldSpec> ConnectionFields => _connection;

    /// <summary>Header and query names that carry credentials, so that they are no arguments.</summary>
    public HashSet<string> CredentialNames { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The ways, those that most operations take first.</summary>
    public IReadOnlyList<AuthSpec> Read(IEnumerable<OpenApiOperation> operations, IEnumerable<IOpenApiParameter> parameters)
    {
        var schemes = document.Components?.SecuritySchemes ?? new Dictionary<string, IOpenApiSecurityScheme>();
        var wanted = new Dictionary<string, (List<string> Names, int Uses)>(StringComparer.Ordinal);
        var scopes = new Dictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var requirement in (document.Security ?? []).Concat(operations.SelectMany(operation => operation.Security ?? [])))
        {
            var names = new List<string>();
            foreach (var (reference, scope) in requirement)
            {
                if (reference.Reference?.Id is { } id && schemes.ContainsKey(id))
                {
                    names.Add(id);
                    if (!scopes.TryGetValue(id, out var set))
                    {
                        scopes[id] = set = new SortedSet<string>(StringComparer.Ordinal);
                    }

                    set.UnionWith((scope ?? []).Where(name => name is { Length: > 0 and <= 200 }));
                }
            }

            names.Sort(StringComparer.Ordinal);
            var key = string.Join('\n', names);
            wanted[key] = (names, wanted.GetValueOrDefault(key).Uses + 1);
        }

        foreach (var (names, _) in wanted.Values.Where(want => want.Names.Count > 0).OrderByDescending(want => want.Uses).Take(MaxKinds))
        {
            Add(names, schemes, scopes);
        }

        if (_specs.Count == 0)
        {
            foreach (var name in schemes.Keys.Take(MaxKinds))
            {
                Add([name], schemes, scopes);
            }
        }

        if (_specs.Count > 0)
        {
            return [.. _specs.Values];
        }

        if (KeyHeader(parameters) is { } header)
        {
            gaps.Add(GapArea.SignIn, "The document declares no way to sign in, but its operations want a header that looks like a key.", "Check auth; the header is no argument of operations any more.", GapReport.Json(header), applied: true);
            CredentialNames.Add(header);
            return [Key("key", header, null, new CredentialPlace { Header = header, Value = "{token}" })];
        }

        gaps.Add(GapArea.SignIn, "The document declares no way to sign in.", "Look it up in the vendor's documentation and add it under auth. The draft says none.", GapReport.Json(AuthKind.None), applied: true);
        return [new AuthSpec { Id = "none", Kind = AuthKind.None, Title = "No sign-in" }];
    }

    private void Add(List<string> names, IDictionary<string, IOpenApiSecurityScheme> schemes, Dictionary<string, SortedSet<string>> scopes)
    {
        var parts = names.SelectMany(name => Specs(name, schemes[name], scopes.GetValueOrDefault(name) ?? [])).ToList();
        if (names.Count > 1 && parts.Count == names.Count && parts.TrueForAll(part => part.Kind == AuthKind.ApiKey) && parts.Select(part => part.Id).Distinct(StringComparer.Ordinal).Count() == parts.Count)
        {
            Put(new AuthSpec
            {
                Id = Cut(string.Join('_', parts.Select(part => part.Id))),
                Kind = AuthKind.ApiKey,
                Title = ImportText.Trim(string.Join(" and ", parts.Select(part => part.Title)), 80),
                Fields = [.. parts.Select(part => part.Fields[0] with { Name = part.Id })],
                Apply = [.. parts.Select(part => part.Apply[0] with { Value = part.Apply[0].Value.Replace("{token}", "{" + part.Id + "}", StringComparison.Ordinal) })],
            });
            return;
        }

        if (names.Count > 1)
        {
            gaps.Add(GapArea.SignIn, $"Some operations want several kinds of sign-in together: {ImportText.Trim(string.Join(", ", names), 200)}.", "A template signs in with one of them; add what else is needed under auth.apply.");
        }

        parts.ForEach(Put);
    }

    private void Put(AuthSpec spec)
    {
        if (_specs.Count < MaxKinds && _specs.TryAdd(spec.Id, spec))
        {
            foreach (var place in spec.Apply)
            {
                CredentialNames.Add(place.Header ?? place.Query ?? "");
            }
        }
    }

    private List<AuthSpec> Specs(string name, IOpenApiSecurityScheme scheme, SortedSet<string> scopes)
    {
        var id = Cut(ImportText.Snake(name.Length > 200 ? name[..200] : name)) is { Length: > 0 } snake ? snake : "sign_in";
        var title = ImportText.Line(name, 60) ?? id;
        var description = ImportText.Line(scheme.Description, 200);
        switch (scheme.Type)
        {
            case SecuritySchemeType.ApiKey when !string.IsNullOrWhiteSpace(scheme.Name) && IsToken(scheme.Name):
                var place = scheme.In switch
                {
                    ParameterLocation.Query => new CredentialPlace { Query = scheme.Name, Value = "{token}" },
                    ParameterLocation.Cookie => new CredentialPlace { Header = "Cookie", Value = scheme.Name + "={token}" },
                    _ => new CredentialPlace { Header = scheme.Name, Value = "{token}" },
                };
                if (place.Header is "Authorization")
                {
                    var prefix = Prefix(scheme.Description);
                    gaps.Add(GapArea.SignIn, "A key goes into the Authorization header, and the document does not say in what form.", "Check whether a word such as Bearer stands before the key, in auth.apply.", GapReport.Json(prefix + "{token}"), applied: true);
                    place = place with { Value = prefix + "{token}" };
                }

                return [Key(id, title, description, place)];
            case SecuritySchemeType.Http when string.Equals(scheme.Scheme, "basic", StringComparison.OrdinalIgnoreCase):
                return
                [
                    new AuthSpec
                    {
                        Id = id,
                        Kind = AuthKind.Basic,
                        Title = title,
                        Fields = [new FieldSpec { Name = "username", Title = "User name", Description = description }, new FieldSpec { Name = "password", Title = "Password", Secret = true }],
                    },
                ];
            case SecuritySchemeType.Http when string.Equals(scheme.Scheme, "bearer", StringComparison.OrdinalIgnoreCase):
                return [Key(id, title, description, new CredentialPlace { Header = "Authorization", Value = "Bearer {token}" })];
            case SecuritySchemeType.OAuth2:
                return OAuth(id, title, scheme.Flows, scopes);
            case SecuritySchemeType.OpenIdConnect:
                gaps.Add(GapArea.SignIn, $"'{title}' is OpenID Connect, whose endpoints stand at an address that is not read.", "Fill in authorizeUrl and tokenUrl from the provider's discovery document.");
                return [OAuthSpec(id, title, AuthKind.OAuth2Code, null, Unknown("authorize"), scopes)];
            default:
                if (scheme.Type is { } type && type.ToString() == "MutualTLS")
                {
                    return
                    [
                        new AuthSpec
                        {
                            Id = id,
                            Kind = AuthKind.Mtls,
                            Title = title,
                            Fields = [new FieldSpec { Name = "certificate", Title = "Certificate", Multiline = true }, new FieldSpec { Name = "privateKey", Title = "Private key", Multiline = true, Secret = true }],
                        },
                    ];
                }

                warnings.Add("security scheme " + title, "a kind of sign-in that templates do not know; it is left out.");
                return [];
        }
    }

    private static AuthSpec Key(string id, string title, string? description, CredentialPlace place) => new()
    {
        Id = id,
        Kind = AuthKind.ApiKey,
        Title = title,
        Fields = [new FieldSpec { Name = "token", Title = "Token or key", Description = description, Secret = true }],
        Apply = [place],
    };

    private List<AuthSpec> OAuth(string id, string title, OpenApiOAuthFlows? flows, SortedSet<string> scopes)
    {
        List<AuthSpec> specs = [];
        if (flows?.AuthorizationCode is { } code)
        {
            specs.Add(OAuthSpec(id, title, AuthKind.OAuth2Code, code.TokenUrl, Address(code.AuthorizationUrl) ?? Unknown("authorize"), Scopes(scopes, code), code.RefreshUrl));
        }

        if (flows?.ClientCredentials is { } client)
        {
            specs.Add(OAuthSpec(specs.Count == 0 ? id : id + "_client", title + " (application)", AuthKind.OAuth2ClientCredentials, client.TokenUrl, null, Scopes(scopes, client), client.RefreshUrl));
        }

        if (flows?.Password is { } password)
        {
            specs.Add(OAuthSpec(specs.Count == 0 ? id : id + "_password", title + " (password)", AuthKind.OAuth2Password, password.TokenUrl, null, Scopes(scopes, password), password.RefreshUrl));
        }

        if (flows?.Implicit is { } implied && specs.Count == 0)
        {
            gaps.Add(GapArea.SignIn, $"'{title}' is the implicit flow, which is not safe and not supported.", "Vendors that have it usually have the authorisation code flow too; the draft assumes it. Check tokenUrl.");
            specs.Add(OAuthSpec(id, title, AuthKind.OAuth2Code, implied.TokenUrl, Address(implied.AuthorizationUrl) ?? Unknown("authorize"), Scopes(scopes, implied)));
        }

        if (specs.Count == 0)
        {
            gaps.Add(GapArea.SignIn, $"'{title}' is OAuth 2.0 without any flow.", "Look the endpoints up in the vendor's documentation; the draft asks each tenant for the token endpoint.");
            specs.Add(OAuthSpec(id, title, AuthKind.OAuth2ClientCredentials, null, null, scopes));
        }

        return specs;
    }

    private static SortedSet<string> Scopes(SortedSet<string> used, OpenApiOAuthFlow flow) =>
        used.Count > 0 ? used : new SortedSet<string>((flow.Scopes?.Keys ?? []).Where(name => name is { Length: > 0 and <= 200 }), StringComparer.Ordinal);

    private AuthSpec OAuthSpec(string id, string title, AuthKind kind, Uri? tokenUrl, string? authorizeUrl, SortedSet<string> scopes, Uri? refreshUrl = null)
    {
        var token = Address(tokenUrl);
        if (token is null)
        {
            gaps.Add(GapArea.SignIn, $"'{title}' has no usable token endpoint.", "Each tenant gives it; set auth.oauth2.tokenUrl if the vendor has one for all.");
            Ask("token", "Token endpoint");
        }

        if (authorizeUrl == Unknown("authorize"))
        {
            Ask("authorize", "Authorisation endpoint");
        }

        if (scopes.Count > MaxScopes)
        {
            gaps.Add(GapArea.SignIn, $"'{title}' has {scopes.Count} scopes; the draft asks for those that read, at most {MaxScopes}.", "Ask for the scopes that the operations in use need.");
            var reading = scopes.Where(scope => scope.Contains("read", StringComparison.OrdinalIgnoreCase)).Take(MaxScopes).ToList();
            scopes = new SortedSet<string>(reading.Count > 0 ? reading : scopes.Take(MaxScopes), StringComparer.Ordinal);
        }

        List<FieldSpec> fields = [new() { Name = "clientId", Title = "Client ID" }, new() { Name = "clientSecret", Title = "Client secret", Secret = true }];
        if (kind == AuthKind.OAuth2Password)
        {
            fields.AddRange([new FieldSpec { Name = "username", Title = "User name" }, new FieldSpec { Name = "password", Title = "Password", Secret = true }]);
        }

        return new AuthSpec
        {
            Id = id,
            Kind = kind,
            Title = title,
            Fields = fields,
            PerUser = kind == AuthKind.OAuth2Code,
            OAuth2 = new OAuth2Spec { AuthorizeUrl = authorizeUrl, TokenUrl = token ?? Unknown("token"), RefreshUrl = Address(refreshUrl) is { } refresh && refresh != token ? refresh : null, Scopes = [.. scopes] },
        };
    }

    private static string Unknown(string endpoint) => $"https://{{{endpoint}Endpoint}}";

    private void Ask(string endpoint, string title)
    {
        if (_connection.TrueForAll(field => field.Name != endpoint + "Endpoint"))
        {
            _connection.Add(new FieldSpec
            {
                Name = endpoint + "Endpoint",
                Title = title,
                Description = "Host and path of the address, without https://.",
                Pattern = "[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/[A-Za-z0-9_~-]+([./][A-Za-z0-9_~-]+)*",
                Example = "login.example.com/oauth2/" + endpoint,
            });
        }
    }

    // An address of the document is where secrets would be sent: https and public, or none.
    private static string? Address(Uri? uri)
    {
        if (uri is null)
        {
            return null;
        }

        if (!uri.IsAbsoluteUri)
        {
            return uri.OriginalString.StartsWith('/') && !uri.OriginalString.StartsWith("//", StringComparison.Ordinal) && ServerAddress.IsSafePath(uri.OriginalString) && !uri.OriginalString.Contains('{', StringComparison.Ordinal) ? "{baseUrl}" + uri.OriginalString : null;
        }

        return uri.Scheme == Uri.UriSchemeHttps && uri.UserInfo.Length == 0 && uri.Fragment.Length == 0 && uri.Query.Length == 0 && !ServerAddress.IsPlaceholderHost(uri.Host)
            && uri.OriginalString.Length <= 500 && !uri.OriginalString.Contains('{', StringComparison.Ordinal) ? uri.AbsoluteUri : null;
    }

    private static string? KeyHeader(IEnumerable<IOpenApiParameter> parameters) =>
        parameters.Where(parameter => parameter is { In: ParameterLocation.Header, Required: true, Name: { } name } && IsToken(name) && ImportText.Words(name).Any(word => word is "token" or "apikey" or "key" or "secret"))
            .GroupBy(parameter => parameter.Name!, StringComparer.OrdinalIgnoreCase).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).FirstOrDefault(group => !group.Key.Contains("idempotency", StringComparison.OrdinalIgnoreCase))?.Key;

    private static string Cut(string id) => id.Length <= 28 ? id : id[..28].TrimEnd('_');

    private static bool IsToken(string name) => name.Length <= 100 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') && char.IsAsciiLetterOrDigit(name[0]);

    private static string Prefix(string? description) =>
        description is null ? ""
        : description.Contains("SSWS", StringComparison.Ordinal) ? "SSWS "
        : description.Contains("Bearer", StringComparison.OrdinalIgnoreCase) ? "Bearer "
        : description.Contains("Token token=", StringComparison.OrdinalIgnoreCase) ? "Token token="
        : "";
}
