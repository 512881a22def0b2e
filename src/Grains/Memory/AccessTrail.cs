using System.Text.Json;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// Notes who read or changed a person's memory, in a journal of its own that holds no content and that erasing leaves. The last <see cref="Kept"/> are kept, and until the journal is shortened as many again. For the grain's scheduler only.
/// </summary>
internal sealed class AccessTrail(IJournalStore store, string key, TimeProvider time) : IDisposable
{
    /// <summary>How many accesses stay.</summary>
    public const int Kept = 1_000;

    private const string Type = "memory.access";
    private const string KeptType = "memory.accesses";
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
                        await ShortenAsync(appended.Sequence);
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
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async Task<IReadOnlyList<MemoryAccess>> ReadAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await store.ReadTailAsync(key, limit, cancellationToken)).Where(entry => entry.Payload.Length > 0).SelectMany(Of).Reverse().Take(limit)];

    // Every so often one entry takes the place of all: the last access, as a release reads it that knows no others in it, with those before it.
    private async Task ShortenAsync(long sequence)
    {
        if (sequence % Kept != 0)
        {
            return;
        }

        try
        {
            var last = (await store.ReadTailAsync(key, Kept)).Where(entry => entry.Payload.Length > 0).SelectMany(Of).TakeLast(Kept).ToList();
            var kept = new KeptAccesses { At = last[^1].At, By = last[^1].By, Action = last[^1].Action, MemoryIds = last[^1].MemoryIds, Earlier = last[..^1] };
            var receipt = new JournalRecord { Type = KeptType, Payload = JsonSerializer.SerializeToUtf8Bytes(kept, MemoryJson.Default.KeptAccesses), At = time.GetUtcNow().ToMilliseconds() };
            _sequence = await store.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = sequence, Receipt = receipt }) is JournalAppended appended ? appended.Sequence : null;
        }
        catch (StorageException)
        {
            // The access is noted; it is shortened after as many again.
            _sequence = null;
        }
    }

    private static IEnumerable<MemoryAccess> Of(JournalEntry entry)
    {
        if (entry.Type != KeptType)
        {
            return [JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.MemoryAccess)!];
        }

        var kept = JsonSerializer.Deserialize(entry.Payload.Span, MemoryJson.Default.KeptAccesses)!;
        return [.. kept.Earlier, new MemoryAccess { At = kept.At, By = kept.By, Action = kept.Action, MemoryIds = kept.MemoryIds }];
    }

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();
}

/// <summary>The last accesses in one entry.</summary>
internal sealed record KeptAccesses
{
    public required DateTimeOffset At { get; init; }
    public required string By { get; init; }
    public required string Action { get; init; }
    public required IReadOnlyList<long> MemoryIds { get; init; }

    /// <summary>Those before, oldest first.</summary>
    public required IReadOnlyList<MemoryAccess> Earlier { get; init; }
}
