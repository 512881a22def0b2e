namespace Steward.People;

/// <summary>
/// Whose mail addresses those are that people came with: address to user id, in parts. Only who signs in is known; nothing is guessed from an address. Key: <c>t-acme/i-addresses-017</c>.
/// </summary>
[Alias("steward.known-addresses")]
public interface IKnownAddressesGrain : IGrainWithStringKey
{
    /// <summary>Somebody came with this address, in lower case. The platform only.</summary>
    [Alias("saw")]
    Task Saw(string address, string userId, CancellationToken cancellationToken = default);

    /// <summary>Whose the addresses are, by address: a user id; null when several people lately came with it; missing when nobody did. The platform only.</summary>
    [Alias("whose")]
    Task<Dictionary<string, string?>> Whose(IReadOnlyList<string> addresses, CancellationToken cancellationToken = default);
}
