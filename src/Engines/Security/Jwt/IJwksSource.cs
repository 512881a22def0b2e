namespace Steward.Engines.Security.Jwt;

/// <summary>Where the keys of issuers come from.</summary>
public interface IJwksSource
{
    /// <summary>The keys of an issuer.</summary>
    /// <param name="issuer">The issuer.</param>
    /// <param name="refresh">Whether to look for newer ones, because a token named a key that the last answer lacked. The source limits how often.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="JwksUnavailableException">There are no keys to be had now.</exception>
    ValueTask<JsonWebKeySet> GetAsync(JwtIssuerOptions issuer, bool refresh, CancellationToken cancellationToken);
}

/// <summary>The keys of an issuer cannot be had now. The message is safe to show.</summary>
public sealed class JwksUnavailableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public JwksUnavailableException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
