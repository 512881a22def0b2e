using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Tests.Auth;

/// <summary>A vault in memory whose writes fail when a test says so.</summary>
internal sealed class FailingVault : ISecretVault
{
    private readonly ConcurrentDictionary<VaultPath, VaultSecret> _secrets = new();
    private int _writes;
    private int? _failAfter;

    public string Description => "in memory";

    /// <summary>So many writes from now on succeed, and the others fail; null when all succeed.</summary>
    public int? FailWritesAfter
    {
        get => _failAfter;
        set => (_failAfter, _writes) = (value, 0);
    }

    public static void Add(IServiceCollection services) => services.AddSingleton<ISecretVault, FailingVault>();

    public Task<VaultSecret?> ReadAsync(VaultPath path, int? version = null, CancellationToken cancellationToken = default) => Task.FromResult(_secrets.GetValueOrDefault(path));

    public Task<int> WriteAsync(VaultPath path, IReadOnlyDictionary<string, SecretText> values, int? expectedVersion = null, CancellationToken cancellationToken = default)
    {
        if (_writes++ >= _failAfter)
        {
            throw new VaultException("The vault is away.", isRetryable: true);
        }

        var before = _secrets.GetValueOrDefault(path)?.Version ?? 0;
        if (expectedVersion is { } expected && expected != before)
        {
            throw new VaultConflictException("Another version.");
        }

        _secrets[path] = new VaultSecret(before + 1, values, DateTimeOffset.UtcNow);
        return Task.FromResult(before + 1);
    }

    public Task DeleteAsync(VaultPath path, CancellationToken cancellationToken = default)
    {
        _secrets.TryRemove(path, out _);
        return Task.CompletedTask;
    }

    public Task DeleteEarlierAsync(VaultPath path, int version, CancellationToken cancellationToken = default) => Task.CompletedTask;

    public Task<IReadOnlyList<string>> ListAsync(VaultPath path, CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<string>>([]);
}
