using System.Text.Json;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>Notes who read or changed a person's memory, in a journal of its own that holds no content and that erasing leaves. For the grain's scheduler only.</summary>
internal sealed class AccessTrail(IJournalStore store, string key, TimeProvider time) : IDisposable
{
    private const string Type = "memory.access";
    private const int MostIds = 50;
    private const int MostAttempts = 3;

    private readonly SemaphoreSlim _appending = new(1, 1);
    private long? _sequence;

    /// <summary>Notes one access; it is durable when this returns.</summary>
    /// <exception cref="StorageException">It could not be noted.</exception>
    public async Task AddAsync(string by, string action, IEnumerable<long>? ids = null)
    {
        var access = new MemoryAccess { At = time.GetUtcNow().ToMilliseconds(), By = by, Action = action, MemoryIds = [.. (ids ?? []).Take(MostIds)] };
        var record = new JournalRecord { Type = Type, Payload = JsonSerializer.SerializeToUtf8Bytes(access, MemoryJson.Default.MemoryAccess), At = access.At };
        await _appending.WaitAsync();
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                _sequence ??= (await store.GetHeadAsync(key))?.Sequence ?? 0;
                switch (await store.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = _sequence.Value, Records = [record] }))
                {
                    case JournalAppended appended:
                        _sequence = appended.Sequence;
                        return;
                    case JournalConflict conflict when attempt < MostAttempts:
                        _sequence = conflict.Sequence;
                        break;
                    default:
                        throw new InvalidOperationException($"{key} is written by others all the time.");
                }
            }
        }
        catch (StorageException)
        {
            _sequence = null;
            throw;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>The last accesses, newest first.</summary>
    public async Task<IReadOnlyList<MemoryAccess>> ReadAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await store.ReadTailAsync(key, limit, cancellationToken)).Where(entry => entry.Payload.Length > 0).Select(entry => JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryAccess)!).Reverse()];

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();
}
