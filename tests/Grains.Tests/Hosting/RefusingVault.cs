using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Grains.Tests.Hosting;

/// <summary>A vault that refuses to remove earlier versions when it is told, as one does whose policy does not allow it.</summary>
internal sealed class RefusingVault(ISecretVault inner) : ISecretVault
{
    /// <summary>The tenant whose earlier versions it refuses to remove, if any.</summary>
    public string? KeepsVersionsOf { get; set; }

    public string Description => inner.Description;

    public Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default) => inner.ReadAsync(path, version, cancellationToken);

    public Task<int> WriteAsync(VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default) =>
        inner.WriteAsync(path, values, expectedVersion, cancellationToken);

    public Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default) => inner.DeleteAsync(path, cancellationToken);

    public Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default) =>
        path.TenantId == KeepsVersionsOf ? throw new VaultException("The vault does not allow that.", isRetryable: false) : inner.DeleteEarlierAsync(path, version, cancellationToken);

    public Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default) => inner.ListAsync(path, cancellationToken);
}
