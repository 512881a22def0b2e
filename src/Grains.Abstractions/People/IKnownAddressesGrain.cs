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

    /// <summary>The user ids of the addresses; those are missing that nobody came with lately, or several people. The platform only.</summary>
    [Alias("find")]
    Task<Dictionary<string, string>> Find(IReadOnlyList<string> addresses, CancellationToken cancellationToken = default);
}
