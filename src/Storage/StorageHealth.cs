using Npgsql;

namespace Steward.Storage;

/// <summary>Probes the database with a small durable write, at most once a second.</summary>
internal sealed class StorageHealth(StorageBackend backend, TimeProvider clock) : IStorageHealth, IDisposable
{
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _gate = new(1, 1);
    private StorageHealthReport? _last;
    private long _lastAt;

    /// <inheritdoc/>
    public async ValueTask<StorageHealthReport> CheckAsync(CancellationToken cancellationToken = default)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_last is null || clock.GetElapsedTime(_lastAt) >= Freshness)
            {
                _last = await ProbeAsync(cancellationToken);
                _lastAt = clock.GetTimestamp();
            }

            return _last;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _gate.Dispose();

    private async Task<StorageHealthReport> ProbeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            if (backend.PostgreSql is { } postgreSql)
            {
                await postgreSql.WriteAsync(
                    now,
                    static async (database, at, cancellation) =>
                    {
                        await using var command = database.Command(
                            "INSERT INTO storage_probe (id, written_at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at");
                        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = at });
                        return await command.ExecuteNonQueryAsync(cancellation);
                    },
                    cancellationToken);
            }
            else
            {
                await backend.Sqlite!.WriteAsync(
                    session =>
                    {
                        session.Prepare("INSERT INTO storage_probe (id, written_at) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET written_at = excluded.written_at")
                            .Bind(1, now).Run();
                        return true;
                    },
                    cancellationToken);
            }

            return new StorageHealthReport(backend.Provider, backend.Location, IsWritable: true, Problem: null);
        }
        catch (StorageException exception)
        {
            return new StorageHealthReport(backend.Provider, backend.Location, IsWritable: false, exception.Message);
        }
    }
}
