using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>
/// Gets, renews and gives back tokens (RFC 6749, 7009, 7522, 7523, 7636, 8693), as a template describes it. Holds nothing between calls; safe for concurrent use.
/// </summary>
public sealed partial class OAuthClient
{
    private const string JwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    private const string SamlBearer = "urn:ietf:params:oauth:grant-type:saml2-bearer";
    private const string ClientAssertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private readonly TokenEndpoint _endpoint;
    private readonly TimeProvider _time;

    /// <summary>Creates a client.</summary>
    public OAuthClient(IHttpClientFactory clients, IOptions<CredentialOptions> options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _time = time;
        _endpoint = new TokenEndpoint(clients, time, options.Value.RequestTimeout);
    }

    /// <summary>The address that a person's browser is sent to, with a new state and PKCE challenge (S256).</summary>
    /// <param name="signIn">What it is for.</param>
    /// <param name="redirectUri">Where the browser comes back to; registered with the system beforehand.</param>
    /// <exception cref="OAuthException">A field is not given, or the address is not allowed.</exception>
    public static AuthorizationRequest Authorize(SignIn signIn, Uri redirectUri)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        ArgumentNullException.ThrowIfNull(redirectUri);
        var spec = signIn.OAuth;
        var address = TokenAddress.Resolve(
            spec.AuthorizeUrl ?? throw OAuthException.NotConfigured($"The template of {signIn.Product} does not say where people sign in."), signIn);
        var (state, verifier) = (AuthorizationRequest.NewSecret(), spec.Pkce ? AuthorizationRequest.NewSecret() : null);
        var parameters = new Dictionary<string, string>
        {
            ["response_type"] = "code",
            ["client_id"] = signIn.Need("clientId"),
            ["redirect_uri"] = redirectUri.OriginalString,
            ["state"] = state,
        };
        AddScopes(signIn, parameters);
        if (verifier is not null)
        {
            parameters["code_challenge"] = AuthorizationRequest.ChallengeOf(verifier);
            parameters["code_challenge_method"] = "S256";
        }

        foreach (var (name, value) in spec.AuthorizeParameters)
        {
            parameters[name] = signIn.Render(value);
        }

        var query = string.Join('&', parameters.Select(field => $"{Uri.EscapeDataString(field.Key)}={Uri.EscapeDataString(field.Value)}"));
        var url = new Uri(address.Query.Length > 1 ? $"{address.AbsoluteUri}&{query}" : $"{address.GetLeftPart(UriPartial.Path)}?{query}");
        return new AuthorizationRequest(url, state, verifier is null ? null : new SecretText(verifier), redirectUri);
    }

    /// <summary>Exchanges the code that came back for tokens. A code is good for one use.</summary>
    /// <exception cref="OAuthException">There are none to be had.</exception>
    public Task<TokenGrant> ExchangeAsync(SignIn signIn, SecretText code, SecretText? codeVerifier, Uri redirectUri, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        ArgumentNullException.ThrowIfNull(code);
        ArgumentNullException.ThrowIfNull(redirectUri);
        var parameters = new Dictionary<string, string> { ["grant_type"] = "authorization_code", ["code"] = code.Reveal(), ["redirect_uri"] = redirectUri.OriginalString };
        if (codeVerifier is not null)
        {
            parameters["code_verifier"] = codeVerifier.Reveal();
        }

        return RequestAsync(signIn, signIn.OAuth.TokenUrl, parameters, cancellationToken);
    }

    /// <summary>Gets a token without a person, for the kinds that need none.</summary>
    /// <exception cref="OAuthException">There is none to be had.</exception>
    public Task<TokenGrant> ObtainAsync(SignIn signIn, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        if (signIn.Auth.Kind == AuthKind.Session)
        {
            return _endpoint.LoginAsync(signIn, cancellationToken);
        }

        var spec = signIn.OAuth;
        var parameters = new Dictionary<string, string>();
        switch (signIn.Auth.Kind)
        {
            case AuthKind.OAuth2ClientCredentials:
                parameters["grant_type"] = "client_credentials";
                AddScopes(signIn, parameters);
                break;
            case AuthKind.OAuth2Password:
                parameters["grant_type"] = "password";
                parameters["username"] = signIn.Need("username");
                parameters["password"] = signIn.Need("password");
                AddScopes(signIn, parameters);
                break;
            case AuthKind.OAuth2JwtBearer:
                parameters["grant_type"] = JwtBearer;
                parameters["assertion"] = OAuthAssertion.OfGrant(signIn, TokenAddress.Resolve(spec.TokenUrl, signIn), _time.GetUtcNow());
                AddScopes(signIn, parameters);
                break;
            case AuthKind.OAuth2SamlBearer:
                parameters["grant_type"] = SamlBearer;
                var assertion = signIn.Need("assertion");
                parameters["assertion"] = Encoded(assertion);
                AddScopes(signIn, parameters);
                break;
            default:
                throw OAuthException.NotConfigured($"{signIn.Product} needs a person who signs in.");
        }

        return RequestAsync(signIn, spec.TokenUrl, parameters, cancellationToken);
    }

    /// <summary>Renews by a refresh token, which may be used up by it, whatever the outcome.</summary>
    /// <exception cref="OAuthException">There is no token to be had.</exception>
    public Task<TokenGrant> RefreshAsync(SignIn signIn, SecretText refreshToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        ArgumentNullException.ThrowIfNull(refreshToken);
        var parameters = new Dictionary<string, string> { ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken.Reveal() };
        return RequestAsync(signIn, signIn.OAuth.RefreshUrl ?? signIn.OAuth.TokenUrl, parameters, cancellationToken);
    }

    /// <summary>Gives a token back (RFC 7009).</summary>
    /// <param name="signIn">What it is for.</param>
    /// <param name="token">The token.</param>
    /// <param name="isRefreshToken">Which kind it is.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when the system has no such endpoint.</returns>
    /// <exception cref="OAuthException">The system did not take it.</exception>
    public async Task<bool> RevokeAsync(SignIn signIn, SecretText token, bool isRefreshToken, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        ArgumentNullException.ThrowIfNull(token);
        if (signIn.OAuth.RevokeUrl is not { } address)
        {
            return false;
        }

        var url = TokenAddress.Resolve(address, signIn);
        var parameters = new Dictionary<string, string> { ["token"] = token.Reveal(), ["token_type_hint"] = isRefreshToken ? "refresh_token" : "access_token" };
        var authorization = Authenticate(signIn, url, parameters);
        await _endpoint.RevokeAsync(signIn, url, parameters, authorization, cancellationToken);
        return true;
    }

    private Task<TokenGrant> RequestAsync(SignIn signIn, string address, Dictionary<string, string> parameters, CancellationToken cancellationToken)
    {
        var url = TokenAddress.Resolve(address, signIn);
        foreach (var (name, value) in signIn.OAuth.TokenParameters)
        {
            parameters[name] = signIn.Render(value);
        }

        var authorization = Authenticate(signIn, url, parameters);
        return _endpoint.RequestAsync(signIn, url, parameters, authorization, cancellationToken);
    }

    private AuthenticationHeaderValue? Authenticate(SignIn signIn, Uri url, Dictionary<string, string> parameters) => Authenticate(signIn, signIn.OAuth.ClientAuth, "clientId", "clientSecret", url, parameters);

    private AuthenticationHeaderValue? Authenticate(SignIn signIn, ClientAuthentication method, string idField, string secretField, Uri url, Dictionary<string, string> parameters)
    {
        // The assertion of a JWT bearer grant proves the client as well; many such apps have no secret.
        if (signIn.Auth.Kind == AuthKind.OAuth2JwtBearer && method is ClientAuthentication.Basic or ClientAuthentication.Body && signIn.Find(secretField) is null)
        {
            return null;
        }

        switch (method)
        {
            case ClientAuthentication.Basic:
                // RFC 6749 2.3.1: each part form-encoded first.
                var pair = $"{Uri.EscapeDataString(signIn.Need(idField))}:{Uri.EscapeDataString(signIn.Need(secretField))}";
                return new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
            case ClientAuthentication.Body:
                parameters["client_id"] = signIn.Need(idField);
                parameters["client_secret"] = signIn.Need(secretField);
                return null;
            case ClientAuthentication.PrivateKeyJwt:
                parameters["client_id"] = signIn.Need("clientId");
                parameters["client_assertion_type"] = ClientAssertion;
                parameters["client_assertion"] = OAuthAssertion.OfClient(signIn, url, _time.GetUtcNow());
                return null;
            default:
                if (signIn.Find(idField) is { } client)
                {
                    parameters["client_id"] = client;
                }

                return null;
        }
    }

    /// <summary>SAML assertions travel in base64url (RFC 7522 2.1).</summary>
    private static string Encoded(string assertion) => assertion.TrimStart().StartsWith('<') ? Base64Url.EncodeToString(Encoding.UTF8.GetBytes(assertion.Trim())) : assertion;

    private static void AddScopes(SignIn signIn, Dictionary<string, string> parameters)
    {
        if (signIn.OAuth is { Scopes.Count: > 0 } spec)
        {
            parameters["scope"] = string.Join(spec.ScopeSeparator, spec.Scopes.Select(signIn.Render));
        }
    }
}
