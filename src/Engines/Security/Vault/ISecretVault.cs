namespace Steward.Engines.Security.Vault;

/// <summary>
/// Keeps secrets by tenant and path, in versions. Nothing is remembered between calls but what an implementation says. No secret is in any message of an exception.
/// </summary>
public interface ISecretVault
{
    /// <summary>Which vault it is and where, for health reports; no secret in it.</summary>
    string Description { get; }

    /// <summary>The newest version of a secret, or the one that is asked for; null when there is none.</summary>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default);

    /// <summary>Writes a new version.</summary>
    /// <param name="path">Where.</param>
    /// <param name="values">All values of the version, by name.</param>
    /// <param name="expectedVersion">The version that must be the newest (check and set); 0 when there must be none; null writes in any case.</param>
    /// <param name="cancellationToken">Stops waiting; the outcome is then unknown.</param>
    /// <returns>The new version's number, from 1.</returns>
    /// <exception cref="VaultConflictException">Another version is the newest; nothing was written.</exception>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    Task<int> WriteAsync(VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default);

    /// <summary>Removes all versions for good; nothing happens when there is none.</summary>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default);

    /// <summary>Removes all versions before one for good; what is in that one and the later ones stays. Idempotent.</summary>
    /// <param name="path">Where.</param>
    /// <param name="version">The oldest version that stays, from 1.</param>
    /// <param name="cancellationToken">Stops waiting; the outcome is then unknown.</param>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default);

    /// <summary>The names directly below a path.</summary>
    /// <exception cref="VaultException">The vault cannot be asked, or refuses.</exception>
    Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default);
}

/// <summary>Where a secret is.</summary>
/// <param name="TenantId">The tenant, for example <c>t-acme</c>; no implementation reads across tenants.</param>
/// <param name="Path">Names with slashes between them, for example <c>connectors/okta</c>: letters, digits, dots, hyphens and underscores.</param>
public sealed record VaultPath(string TenantId, string Path);

/// <summary>One version of a secret.</summary>
/// <param name="Version">From 1.</param>
/// <param name="Values">The values by name.</param>
/// <param name="CreatedAt">When it was written.</param>
public sealed record VaultSecret(int Version, IReadOnlyDictionary<string, SecretText> Values, DateTimeOffset CreatedAt);

/// <summary>A vault cannot be asked, or refuses.</summary>
public class VaultException : Exception
{
    /// <summary>Says what happened.</summary>
    /// <param name="message">Safe to show.</param>
    /// <param name="isRetryable">Whether the same call may succeed later.</param>
    /// <param name="inner">The cause.</param>
    /// <param name="code">One of <see cref="VaultCodes"/>.</param>
    public VaultException(string message, bool isRetryable, Exception? inner = null, string code = VaultCodes.Unavailable)
        : base(message, inner)
    {
        IsRetryable = isRetryable;
        Code = code;
    }

    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsRetryable { get; }

    /// <summary>One of <see cref="VaultCodes"/>.</summary>
    public string Code { get; }
}

/// <summary>A check-and-set write found another version than expected; nothing was written.</summary>
public sealed class VaultConflictException(string message) : VaultException(message, isRetryable: false, code: VaultCodes.Conflict);

/// <summary>The codes of <see cref="VaultException"/>.</summary>
public static class VaultCodes
{
    /// <summary>It cannot be reached, or answers with a server error.</summary>
    public const string Unavailable = "vault_unavailable";

    /// <summary>It is sealed: an operator has to unseal it, or its key is missing.</summary>
    public const string Sealed = "vault_sealed";

    /// <summary>It does not allow this: role, policy or token.</summary>
    public const string Denied = "vault_denied";

    /// <summary>It takes no more requests for now.</summary>
    public const string RateLimited = "vault_rate_limited";

    /// <summary>Another version than expected is the newest.</summary>
    public const string Conflict = "vault_conflict";

    /// <summary>What is stored cannot be opened, or the answer cannot be understood.</summary>
    public const string Corrupt = "vault_corrupt";
}
