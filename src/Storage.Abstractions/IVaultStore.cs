namespace Steward.Storage;

/// <summary>
/// Rows of the embedded vault: sealed values in versions, by tenant and path. The store sees cipher text only. A version's content never changes; what its data key is
/// wrapped with may.
/// </summary>
public interface IVaultStore
{
    /// <summary>How many versions of a secret are kept; older ones go with the next write.</summary>
    public const int KeptVersions = 10;

    /// <summary>The newest version of a secret, or the one that is asked for; null when there is none.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<VaultRow?> ReadAsync(string tenantId, string path, int? version, CancellationToken cancellationToken = default);

    /// <summary>The newest version's number; 0 when there is none.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<int> GetVersionAsync(string tenantId, string path, CancellationToken cancellationToken = default);

    /// <summary>Adds a version, provided that the one before it is the newest.</summary>
    /// <returns>Whether it was added; nothing changes when it was not.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<bool> AddAsync(VaultRow row, CancellationToken cancellationToken = default);

    /// <summary>Removes all versions.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<int> RemoveAsync(string tenantId, string path, CancellationToken cancellationToken = default);

    /// <summary>Removes the versions before one.</summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<int> RemoveEarlierAsync(string tenantId, string path, int version, CancellationToken cancellationToken = default);

    /// <summary>The paths that begin with <paramref name="prefix"/>, in ordinal order, after <paramref name="afterPath"/> (exclusive; null from the start).</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<string>> ListAsync(string tenantId, string prefix, string? afterPath, int limit, CancellationToken cancellationToken = default);

    /// <summary>The ids of all keys that data keys are wrapped with.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<string>> ListKeysAsync(CancellationToken cancellationToken = default);

    /// <summary>Rows of all tenants whose data key is wrapped with another key than <paramref name="keyId"/>.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    ValueTask<IReadOnlyList<VaultRow>> ListOtherKeysAsync(string keyId, int limit, CancellationToken cancellationToken = default);

    /// <summary>Replaces what a row's data key is wrapped with, provided that it still is <paramref name="oldKeyId"/>.</summary>
    /// <returns>False when the row is gone or has another key by now.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<bool> RewrapAsync(VaultRow row, string oldKeyId, CancellationToken cancellationToken = default);
}

/// <summary>One version of a secret as it is stored.</summary>
public sealed record VaultRow
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The path.</summary>
    public required string Path { get; init; }

    /// <summary>From 1.</summary>
    public required int Version { get; init; }

    /// <summary>When it was written, with millisecond precision.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The key that <see cref="WrappedKey"/> is wrapped with.</summary>
    public required string KeyId { get; init; }

    /// <summary>The data key, encrypted.</summary>
    public required byte[] WrappedKey { get; init; }

    /// <summary>The values, encrypted with the data key.</summary>
    public required byte[] Sealed { get; init; }
}
