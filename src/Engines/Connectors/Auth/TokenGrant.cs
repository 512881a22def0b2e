using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Auth;

/// <summary>What a token endpoint gave.</summary>
public sealed record TokenGrant
{
    /// <summary>The access token.</summary>
    public required SecretText AccessToken { get; init; }

    /// <summary>The refresh token; null when the answer brought none.</summary>
    public SecretText? RefreshToken { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset ObtainedAt { get; init; }

    /// <summary>When the access token ends; the template's lifetime where the answer said none.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether the answer named the lifetime.</summary>
    public required bool StatesLifetime { get; init; }

    /// <summary>The address of the API, for systems that tell it with the token.</summary>
    public Uri? BaseUrl { get; init; }
}

/// <summary>A sign-in that a person is about to make in a browser.</summary>
/// <param name="Url">Where the browser goes.</param>
/// <param name="State">Comes back with the code; binds the answer to this request.</param>
/// <param name="CodeVerifier">Proves at the exchange that the asker is the same (RFC 7636); null where the template switches PKCE off.</param>
/// <param name="RedirectUri">Where the browser comes back to.</param>
public sealed record AuthorizationRequest(Uri Url, string State, SecretText? CodeVerifier, Uri RedirectUri)
{
    /// <summary>Whether a state that came back is this request's. Takes the same time wherever they differ.</summary>
    public bool Matches(string? state) =>
        state is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(state), Encoding.UTF8.GetBytes(State));

    internal static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    internal static string ChallengeOf(string verifier) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
}
