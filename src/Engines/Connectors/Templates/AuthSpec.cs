using System.Text.Json.Serialization;

namespace Steward.Engines.Connectors.Templates;

/// <summary>One way to sign in to a system.</summary>
public sealed record AuthSpec
{
    /// <summary>How an instance names its choice.</summary>
    public required string Id { get; init; }

    /// <summary>The kind.</summary>
    public required AuthKind Kind { get; init; }

    /// <summary>How a form names it.</summary>
    public string? Title { get; init; }

    /// <summary>What the tenant gives: client id and secret, key, user. By convention the OAuth kinds read <c>clientId</c>, <c>clientSecret</c>,
    /// <c>username</c>, <c>password</c>, <c>privateKey</c> (PEM), <c>keyId</c>, <c>subject</c>, <c>assertion</c>; basic reads <c>username</c> and
    /// <c>password</c>; SigV4 <c>accessKeyId</c>, <c>secretAccessKey</c>, <c>sessionToken</c>; mTLS <c>certificate</c> and <c>privateKey</c> (PEM).</summary>
    public IReadOnlyList<FieldSpec> Fields { get; init; } = [];

    /// <summary>Where the credential goes; by default <c>Authorization: Bearer {access_token}</c> for tokens. Several for systems that want several keys.</summary>
    public IReadOnlyList<CredentialPlace> Apply { get; init; } = [];

    /// <summary>OAuth 2.0 endpoints and habits, for the kinds that begin with oauth2.</summary>
    [JsonPropertyName("oauth2")]
    public OAuth2Spec? OAuth2 { get; init; }

    /// <summary>AWS Signature Version 4, for <see cref="AuthKind.Sigv4"/>.</summary>
    public SigV4Spec? Sigv4 { get; init; }

    /// <summary>The login call, for <see cref="AuthKind.Session"/>.</summary>
    public SessionSpec? Session { get; init; }

    /// <summary>What is signed and how, for <see cref="AuthKind.Hmac"/>.</summary>
    public HmacSpec? Hmac { get; init; }

    /// <summary>Whether each employee may sign in on their own, so that calls are made with their rights in the target system.</summary>
    public bool PerUser { get; init; }
}

/// <summary>The kinds of sign-in.</summary>
public enum AuthKind
{
    /// <summary>None.</summary>
    None,

    /// <summary>A key in a header or the query.</summary>
    ApiKey,

    /// <summary>User and password (RFC 7617).</summary>
    Basic,

    /// <summary>Authorisation code with PKCE (RFC 6749 4.1, RFC 7636).</summary>
    [JsonStringEnumMemberName("oauth2_code")]
    OAuth2Code,

    /// <summary>Client credentials (RFC 6749 4.4).</summary>
    [JsonStringEnumMemberName("oauth2_client_credentials")]
    OAuth2ClientCredentials,

    /// <summary>Resource owner password (RFC 6749 4.3), for systems that have nothing better.</summary>
    [JsonStringEnumMemberName("oauth2_password")]
    OAuth2Password,

    /// <summary>JWT bearer assertion (RFC 7523).</summary>
    [JsonStringEnumMemberName("oauth2_jwt_bearer")]
    OAuth2JwtBearer,

    /// <summary>SAML 2.0 bearer assertion (RFC 7522).</summary>
    [JsonStringEnumMemberName("oauth2_saml_bearer")]
    OAuth2SamlBearer,

    /// <summary>A client certificate.</summary>
    Mtls,

    /// <summary>AWS Signature Version 4.</summary>
    Sigv4,

    /// <summary>A login call that gives a token for the calls that follow.</summary>
    Session,

    /// <summary>A signature of each request with a shared key.</summary>
    Hmac,
}

/// <summary>Where a credential goes. Exactly one of <see cref="Header"/> and <see cref="Query"/>.</summary>
public sealed record CredentialPlace
{
    /// <summary>A header's name.</summary>
    public string? Header { get; init; }

    /// <summary>A query parameter's name.</summary>
    public string? Query { get; init; }

    /// <summary>The value, a template over the sign-in's fields and <c>access_token</c>, for example <c>SSWS {token}</c>.</summary>
    public required string Value { get; init; }
}

/// <summary>OAuth 2.0 endpoints and habits of one system. Addresses are templates over the connection's fields and <c>baseUrl</c>.</summary>
public sealed record OAuth2Spec
{
    /// <summary>The authorisation endpoint.</summary>
    public string? AuthorizeUrl { get; init; }

    /// <summary>The token endpoint.</summary>
    public required string TokenUrl { get; init; }

    /// <summary>The endpoint for refreshing, where it is another one.</summary>
    public string? RefreshUrl { get; init; }

    /// <summary>The revocation endpoint (RFC 7009).</summary>
    public string? RevokeUrl { get; init; }

    /// <summary>The scopes that are asked for; templates over the sign-in's fields.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>What stands between scopes.</summary>
    public string ScopeSeparator { get; init; } = " ";

    /// <summary>Whether the authorisation request carries a PKCE challenge (S256).</summary>
    public bool Pkce { get; init; } = true;

    /// <summary>How the client proves who it is.</summary>
    public ClientAuthentication ClientAuth { get; init; } = ClientAuthentication.Basic;

    /// <summary>Whether the token request's body is JSON instead of a form.</summary>
    public bool JsonBody { get; init; }

    /// <summary>More parameters of the authorisation request.</summary>
    public IReadOnlyDictionary<string, string> AuthorizeParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>More parameters of the token request.</summary>
    public IReadOnlyDictionary<string, string> TokenParameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the token stands in the answer, for example <c>authed_user.access_token</c>.</summary>
    public string TokenPath { get; init; } = "access_token";

    /// <summary>Where the refresh token stands.</summary>
    public string RefreshTokenPath { get; init; } = "refresh_token";

    /// <summary>Where the lifetime stands.</summary>
    public string ExpiresPath { get; init; } = "expires_in";

    /// <summary>The unit of the lifetime.</summary>
    public LifetimeUnit ExpiresUnit { get; init; } = LifetimeUnit.Seconds;

    /// <summary>The lifetime where the answer names none.</summary>
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long before its end a token is renewed; a random part of the same length again is added.</summary>
    public TimeSpan RefreshMargin { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether a refresh token is good for one use, and the answer brings the next.</summary>
    public bool RotatesRefreshToken { get; init; }

    /// <summary>Where in the token answer the address of the API stands, for systems that tell it there (Salesforce: <c>instance_url</c>).</summary>
    public string? BaseUrlPath { get; init; }

    /// <summary>The claims of the assertion, for <see cref="AuthKind.OAuth2JwtBearer"/> and <see cref="ClientAuthentication.PrivateKeyJwt"/>.</summary>
    public AssertionSpec? Assertion { get; init; }

    /// <summary>
    /// What the token of the person who signed in is turned into before a call, in this order, for <see cref="AuthKind.OAuth2Code"/>: people sign in to an identity provider, and the system takes tokens of its own. Each step
    /// takes what the one before gave; the last one's token is what calls are made with. Empty for systems that people sign in to themselves.
    /// </summary>
    public IReadOnlyList<ExchangeStep> Exchange { get; init; } = [];
}

/// <summary>How an OAuth client proves who it is.</summary>
public enum ClientAuthentication
{
    /// <summary>The Authorization header.</summary>
    Basic,

    /// <summary>Fields of the form.</summary>
    Body,

    /// <summary>A signed assertion (RFC 7523 2.2).</summary>
    PrivateKeyJwt,

    /// <summary>Not at all (public client).</summary>
    None,
}

/// <summary>The unit of a lifetime.</summary>
public enum LifetimeUnit
{
    /// <summary>Seconds from now.</summary>
    Seconds,

    /// <summary>Milliseconds from now.</summary>
    Milliseconds,

    /// <summary>Seconds since 1970: the time of the end itself.</summary>
    Epoch,
}

/// <summary>A signed assertion (RFC 7523). Values are templates.</summary>
public sealed record AssertionSpec
{
    /// <summary><c>iss</c>.</summary>
    public string Issuer { get; init; } = "{clientId}";

    /// <summary><c>sub</c>.</summary>
    public string Subject { get; init; } = "{subject}";

    /// <summary><c>aud</c>; the token endpoint when null.</summary>
    public string? Audience { get; init; }

    /// <summary>RS256 or ES256.</summary>
    public string Algorithm { get; init; } = "RS256";

    /// <summary>From <c>iat</c> to <c>exp</c>.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>More claims, for example <c>scope</c>.</summary>
    public IReadOnlyDictionary<string, string> Claims { get; init; } = new Dictionary<string, string>();
}

/// <summary>AWS Signature Version 4. Values are templates.</summary>
public sealed record SigV4Spec
{
    /// <summary>The service in the credential scope, for example <c>execute-api</c>.</summary>
    public required string Service { get; init; }

    /// <summary>The region in the credential scope.</summary>
    public string Region { get; init; } = "{region}";
}
