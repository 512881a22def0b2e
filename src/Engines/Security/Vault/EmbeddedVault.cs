using Microsoft.Extensions.Logging;
using Steward.Storage;

namespace Steward.Engines.Security.Vault;

/// <summary>
/// Keeps secrets in Steward's own store, sealed with keys of a file that only its owner may read. Nothing that is opened stays in memory.
/// </summary>
public sealed partial class EmbeddedVault(IVaultStore store, VaultKeyFile keys, TimeProvider time, ILogger<EmbeddedVault> logger) : ISecretVault, IVaultHealth
{
    private const int Page = 500;
    private const int Attempts = 20;

    private volatile bool _keysAreThere;

    /// <inheritdoc/>
    public string Description => "embedded";

    /// <inheritdoc/>
    public async Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        VaultRules.CheckVersion(version, nameof(version));
        var row = await AskAsync(() => store.ReadAsync(path.TenantId, path.Path, version is 0 ? null : version, cancellationToken));
        if (row is null)
        {
            return null;
        }

        var key = keys.Find(row.KeyId) ?? throw KeyMissing([row.KeyId]);
        var values = VaultEnvelope.Open(row, key)
            ?? throw new VaultException($"The secret '{path.Path}' of {path.TenantId} was changed outside of the vault; it cannot be opened.", isRetryable: false, code: VaultCodes.Corrupt);
        return new VaultSecret(row.Version, values, row.CreatedAt);
    }

    /// <inheritdoc/>
    public async Task<int> WriteAsync(
        VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        VaultRules.Check(values);
        VaultRules.CheckVersion(expectedVersion, nameof(expectedVersion));
        await EnsureKeysAsync(cancellationToken);
        for (var attempt = 1; ; attempt++)
        {
            // The number is part of what is sealed, so it must be known first.
            var before = expectedVersion ?? await AskAsync(() => store.GetVersionAsync(path.TenantId, path.Path, cancellationToken));
            var (keyId, key) = keys.Current();
            var row = VaultEnvelope.Seal(path, before + 1, values, time.GetUtcNow(), keyId, key);
            if (await AskAsync(() => store.AddAsync(row, cancellationToken)))
            {
                return row.Version;
            }

            if (expectedVersion is not null || attempt == Attempts)
            {
                throw new VaultConflictException($"The secret '{path.Path}' of {path.TenantId} has another version than the one expected.");
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        await AskAsync(() => store.RemoveAsync(path.TenantId, path.Path, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        await AskAsync(() => store.RemoveEarlierAsync(path.TenantId, path.Path, version, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        VaultRules.Check(path);
        var prefix = path.Path + "/";
        var names = new SortedSet<string>(StringComparer.Ordinal);
        string? after = null;
        while (true)
        {
            var from = after;
            var found = await AskAsync(() => store.ListAsync(path.TenantId, prefix, from, Page, cancellationToken));
            foreach (var below in found)
            {
                var slash = below.IndexOf('/', prefix.Length);
                names.Add(slash < 0 ? below[prefix.Length..] : below[prefix.Length..slash]);
            }

            if (found.Count < Page)
            {
                return [.. names];
            }

            after = found[^1];
        }
    }

    /// <summary>Makes a new master key the current one. What is stored is sealed with it by <see cref="RewrapAsync"/>.</summary>
    /// <returns>The new key's id.</returns>
    /// <exception cref="VaultException">The key file cannot be read or written.</exception>
    public string Rotate()
    {
        var id = keys.AddKey();
        LogRotated(id);
        return id;
    }

    /// <summary>
    /// Seals the data keys of all secrets with the current master key. The secrets themselves are not opened. May be stopped and repeated, and run in several processes at once.
    /// </summary>
    /// <returns>How many versions were changed.</returns>
    /// <exception cref="VaultException">The store cannot be asked, or a key is missing.</exception>
    public async Task<int> RewrapAsync(CancellationToken cancellationToken = default)
    {
        if (!keys.Exists)
        {
            return 0;
        }

        var changed = 0;
        while (true)
        {
            var (current, key) = keys.Current();
            var rows = await AskAsync(() => store.ListOtherKeysAsync(current, Page, cancellationToken));
            if (rows.Count == 0)
            {
                if (changed > 0)
                {
                    LogRewrapped(changed, current);
                }

                return changed;
            }

            var before = changed;
            foreach (var row in rows)
            {
                var rewrapped = VaultEnvelope.Rewrap(row, keys.Find(row.KeyId) ?? throw KeyMissing([row.KeyId]), current, key)
                    ?? throw new VaultException($"The secret '{row.Path}' of {row.TenantId} was changed outside of the vault; it cannot be opened.", isRetryable: false, code: VaultCodes.Corrupt);
                changed += await AskAsync(() => store.RewrapAsync(rewrapped, row.KeyId, cancellationToken)) ? 1 : 0;
            }

            if (changed == before)
            {
                // Another process is at the same rows.
                await Task.Delay(TimeSpan.FromMilliseconds(100), time, cancellationToken);
            }
        }
    }

    /// <summary>Seals everything with the current master key and then takes the older ones out of the key file.</summary>
    /// <exception cref="VaultException">The store cannot be asked, a key is missing, or the key file cannot be written.</exception>
    public async Task RetireKeysAsync(CancellationToken cancellationToken = default)
    {
        await RewrapAsync(cancellationToken);
        var used = await AskAsync(() => store.ListKeysAsync(cancellationToken));
        if (used.Any(id => id != keys.CurrentKeyId))
        {
            throw new VaultException("Other processes still seal with an older key; try again in a few seconds.", isRetryable: true);
        }

        keys.RemoveOldKeys();
    }

    /// <inheritdoc/>
    public async Task<VaultHealthReport> CheckAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            var used = await AskAsync(() => store.ListKeysAsync(cancellationToken));
            if (used.Count > 0)
            {
                var missing = used.Except(keys.KeyIds).ToList();
                if (missing.Count > 0)
                {
                    throw KeyMissing(missing);
                }
            }
            else if (keys.Exists)
            {
                _ = keys.KeyIds;
            }

            return new VaultHealthReport(VaultKind.Embedded, Description, Answers: true);
        }
        catch (VaultException exception)
        {
            return new VaultHealthReport(VaultKind.Embedded, Description, Answers: false, exception.Code, exception.Message);
        }
    }

    /// <summary>Makes the key file with the first secret. Never beside secrets that an older file sealed: then that file is missing.</summary>
    private async Task EnsureKeysAsync(CancellationToken cancellationToken)
    {
        if (_keysAreThere)
        {
            return;
        }

        if (!keys.Exists)
        {
            var used = await AskAsync(() => store.ListKeysAsync(cancellationToken));
            if (used.Count == 0)
            {
                if (keys.Create())
                {
                    LogCreated(keys.CurrentKeyId);
                }
            }
            else if (!keys.Exists)
            {
                throw KeyMissing(used);
            }
        }

        _ = keys.CurrentKeyId;
        _keysAreThere = true;
    }

    private VaultException KeyMissing(IReadOnlyList<string> ids) => new(
        $"Secrets in the store are sealed with the key {string.Join(", ", ids)}, which the key file '{keys.Path}' does not hold. Put that file back from its backup.",
        isRetryable: false,
        code: VaultCodes.Sealed);

    private static async Task<TResult> AskAsync<TResult>(Func<ValueTask<TResult>> ask)
    {
        try
        {
            return await ask();
        }
        catch (StorageException exception)
        {
            throw new VaultException("The vault's store cannot be asked: " + exception.Message, exception.IsRetryable, exception);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Made the vault's key file with key {KeyId}. Back it up apart from the database: without it, the secrets are lost.")]
    private partial void LogCreated(string keyId);

    [LoggerMessage(2, LogLevel.Information, "The vault's current key is {KeyId} now.")]
    private partial void LogRotated(string keyId);

    [LoggerMessage(3, LogLevel.Information, "Sealed {Count} versions of secrets with the vault's key {KeyId}.")]
    private partial void LogRewrapped(int count, string keyId);
}
