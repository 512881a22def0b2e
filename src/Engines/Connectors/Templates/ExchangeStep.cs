using System.Text.Json.Serialization;

namespace Steward.Engines.Connectors.Templates;

/// <summary>One step from the token of a person who signed in elsewhere to a token that the system takes, with that person's rights. Values are templates over the sign-in's fields.</summary>
public sealed record ExchangeStep
{
    /// <summary>What is asked for.</summary>
    public required ExchangeGrant Grant { get; init; }

    /// <summary>The token endpoint; that of the sign-in when null.</summary>
    public string? TokenUrl { get; init; }

    /// <summary>How the client proves who it is there; as at the sign-in when null. A signed assertion is possible where the sign-in has one.</summary>
    public ClientAuthentication? ClientAuth { get; init; }

    /// <summary>The field that holds the client's id there.</summary>
    public string ClientIdField { get; init; } = "clientId";

    /// <summary>The secret field that holds the client's secret there.</summary>
    public string ClientSecretField { get; init; } = "clientSecret";

    /// <summary><c>audience</c>: for whom the new token is meant (RFC 8693 2.1).</summary>
    public string? Audience { get; init; }

    /// <summary><c>resource</c>: the address that it is meant for (RFC 8693 2.1, RFC 8707).</summary>
    public string? Resource { get; init; }

    /// <summary>The scopes that are asked for, with spaces between them.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>The kind of the token that is handed in, for <see cref="ExchangeGrant.TokenExchange"/> (RFC 8693 3).</summary>
    public string SubjectTokenType { get; init; } = "urn:ietf:params:oauth:token-type:access_token";

    /// <summary>The kind of the token that is asked for; what the endpoint gives by itself when null.</summary>
    public string? RequestedTokenType { get; init; }

    /// <summary>More parameters of the request.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the new token stands in the answer.</summary>
    public string TokenPath { get; init; } = "access_token";

    /// <summary>Where its lifetime stands, in seconds.</summary>
    public string ExpiresPath { get; init; } = "expires_in";

    /// <summary>Its lifetime where the answer names none.</summary>
    public TimeSpan DefaultTtl { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Where in the answer the address of the API stands, for systems that tell it there (Salesforce: <c>instance_url</c>).</summary>
    public string? BaseUrlPath { get; init; }
}

/// <summary>How one token is handed in for another.</summary>
public enum ExchangeGrant
{
    /// <summary>Token exchange (RFC 8693): the token as <c>subject_token</c>.</summary>
    TokenExchange,

    /// <summary>The on-behalf-of flow of Microsoft Entra ID: the token as <c>assertion</c> of a JWT bearer grant, with <c>requested_token_use</c>.</summary>
    OnBehalfOf,

    /// <summary>A JWT bearer assertion (RFC 7523) that the step before gave.</summary>
    JwtBearer,

    /// <summary>A SAML 2.0 bearer assertion (RFC 7522) that the step before gave.</summary>
    [JsonStringEnumMemberName("saml2_bearer")]
    Saml2Bearer,
}
