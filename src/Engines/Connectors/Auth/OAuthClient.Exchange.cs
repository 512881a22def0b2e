using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>From the token of a person who signed in at an identity provider to the one that a system takes, with that person's rights.</summary>
public sealed partial class OAuthClient
{
    private const string TokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange";

    /// <summary>
    /// Turns a person's token into the one that calls are made with, by the template's steps (<see cref="OAuth2Spec.Exchange"/>). What the steps between give is kept nowhere. The result has no refresh token: it is
    /// got anew with the person's own.
    /// </summary>
    /// <param name="signIn">What it is for.</param>
    /// <param name="grant">What the person's sign-in gave; it is the result where the template has no steps.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OAuthException">There is no token to be had: the identity provider or the system refuses the person, or cannot be reached.</exception>
    public async Task<TokenGrant> ExchangeTokenAsync(SignIn signIn, TokenGrant grant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(signIn);
        ArgumentNullException.ThrowIfNull(grant);
        var current = grant;
        foreach (var step in signIn.OAuth.Exchange)
        {
            var url = TokenAddress.Resolve(step.TokenUrl ?? signIn.OAuth.TokenUrl, signIn);
            var parameters = ParametersOf(signIn, step, current.AccessToken);
            var authorization = Authenticate(signIn, step.ClientAuth ?? signIn.OAuth.ClientAuth, step.ClientIdField, step.ClientSecretField, url, parameters);
            current = await _endpoint.RequestAsync(signIn, url, parameters, authorization, cancellationToken, step);
        }

        return current;
    }

    private static Dictionary<string, string> ParametersOf(SignIn signIn, ExchangeStep step, SecretText token)
    {
        var parameters = new Dictionary<string, string>();
        switch (step.Grant)
        {
            case ExchangeGrant.TokenExchange:
                parameters["grant_type"] = TokenExchange;
                parameters["subject_token"] = token.Reveal();
                parameters["subject_token_type"] = signIn.Render(step.SubjectTokenType);
                break;
            case ExchangeGrant.OnBehalfOf:
                parameters["grant_type"] = JwtBearer;
                parameters["assertion"] = token.Reveal();
                parameters["requested_token_use"] = "on_behalf_of";
                break;
            case ExchangeGrant.JwtBearer:
                parameters["grant_type"] = JwtBearer;
                parameters["assertion"] = token.Reveal();
                break;
            default:
                parameters["grant_type"] = SamlBearer;
                parameters["assertion"] = Encoded(token.Reveal());
                break;
        }

        Add("audience", step.Audience);
        Add("resource", step.Resource);
        Add("requested_token_type", step.RequestedTokenType);
        Add("scope", step.Scopes.Count > 0 ? string.Join(' ', step.Scopes) : null);
        foreach (var (name, value) in step.Parameters)
        {
            Add(name, value);
        }

        return parameters;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                parameters[name] = signIn.Render(value);
            }
        }
    }
}
