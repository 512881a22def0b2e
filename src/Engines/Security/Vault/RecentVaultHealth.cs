namespace Steward.Engines.Security.Vault;

/// <summary>Asks the vault at most once in a few seconds, however often anybody looks at the health page.</summary>
internal sealed class RecentVaultHealth(IVaultHealth vault, TimeProvider time) : IVaultHealth, IDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private VaultHealthReport? _last;
    private long _lastAt;

    public async Task<VaultHealthReport> CheckAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is null || time.GetElapsedTime(_lastAt) >= Freshness)
            {
                _last = await vault.CheckAsync(cancellationToken);
                _lastAt = time.GetTimestamp();
            }

            return _last;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();
}
