using Steward.Engines.Retrieval.Vectors;
using Steward.Storage;

namespace Steward.Vectors;

/// <summary>A space's rows in memory, to be scanned. Any number of searches at the same time; changes wait for them.</summary>
internal sealed class LoadedSpace(VectorSpaceState state) : IDisposable
{
    private const int PageSize = 2_000;

    private readonly VectorIndex _index = new(state.Dimensions);
    private readonly Dictionary<string, long> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<long, StoredVector> _rows = [];
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly SemaphoreSlim _refreshing = new(1, 1);
    private long _nextKey;
    private long _textBytes;
    private long _revision;

    /// <summary>The space's number.</summary>
    public long Id => state.Id;

    /// <summary>When it was last searched; set by whoever holds it.</summary>
    public DateTimeOffset AskedAt { get; set; }

    /// <summary>How many rows there are.</summary>
    public int Count => _rows.Count;

    /// <summary>About what it takes.</summary>
    public long Bytes { get; private set; }

    /// <summary>Brings it to where the space stood when it was asked.</summary>
    /// <exception cref="StorageException">The store could not be reached; what is there stays.</exception>
    public async Task RefreshAsync(IVectorStore store, VectorSpaceState now, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _revision) >= now.Revision)
        {
            return;
        }

        await _refreshing.WaitAsync(cancellationToken);
        try
        {
            var after = _revision;
            if (after >= now.Revision)
            {
                return;
            }

            // First what was removed: an id that came again since is read again below. Also after a first reading that broke off.
            var held = _keys.Count > 0 && now.RemovedAt > after ? (await store.ListIdsAsync(now.Space, cancellationToken)).ToHashSet(StringComparer.Ordinal) : null;
            var through = after;
            while (true)
            {
                var page = await store.ReadAsync(now.Space, through, PageSize, cancellationToken);
                Take(page, held);
                held = null;
                through = page.Count == 0 ? through : page[^1].Revision;
                if (page.Count < PageSize)
                {
                    break;
                }
            }

            // Not further, though rows of later may have been read: what was removed meanwhile is not known yet.
            Volatile.Write(ref _revision, now.Revision);
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>Takes a change of this process, if nothing lies between; otherwise it is read with the next refresh.</summary>
    public void Take(VectorsWritten written, IReadOnlyList<string> removed)
    {
        if (!_refreshing.Wait(0))
        {
            return;
        }

        try
        {
            if (written.SpaceId == Id && written.Before == _revision)
            {
                Take(written.Rows, null, removed);
                Volatile.Write(ref _revision, written.Revision);
            }
        }
        finally
        {
            _refreshing.Release();
        }
    }

    /// <summary>The rows nearest to a direction that the reader may see, nearest first.</summary>
    public IReadOnlyList<VectorHit> Search(VectorSearch search)
    {
        var kinds = search.Kinds?.ToHashSet(StringComparer.Ordinal);
        _gate.EnterReadLock();
        try
        {
            // Asked about each row before it may take a place among the nearest: what the reader may not see never displaces what they may.
            var found = _index.Search(search.Vector.Span, search.Top, key => _rows[key] is var row && search.Reader.Sees(row.Owner) && (kinds is null || kinds.Contains(row.Kind)));
            return [.. found.Select(match => _rows[match.Id] is var row ? new VectorHit(row.Id, row.Owner, row.Kind, row.Note, match.Cosine) : null!)];
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <summary>For the end of the process: one that leaves memory may still be searched, and holds nothing that is not the collector's.</summary>
    public void Dispose()
    {
        _gate.Dispose();
        _refreshing.Dispose();
    }

    // The row, its places in both tables and its texts.
    private static long BytesOf(StoredVector row) => 200L + (2 * (row.Id.Length + row.Owner.Length + row.Kind.Length + row.Note.Length));

    private void Take(IReadOnlyList<StoredVector> rows, HashSet<string>? held, IReadOnlyList<string>? removed = null)
    {
        _gate.EnterWriteLock();
        try
        {
            foreach (var id in held is null ? removed ?? [] : [.. _keys.Keys.Where(id => !held.Contains(id))])
            {
                if (_keys.Remove(id, out var gone))
                {
                    _rows.Remove(gone, out var row);
                    _textBytes -= BytesOf(row!);
                    _index.Remove(gone);
                }
            }

            foreach (var row in rows)
            {
                if (!_keys.TryGetValue(row.Id, out var key))
                {
                    _keys[row.Id] = key = _nextKey++;
                }

                // The index has the direction in its own form.
                _textBytes += BytesOf(row) - (_rows.TryGetValue(key, out var before) ? BytesOf(before) : 0);
                _rows[key] = row with { Vector = default };
                _index.Set(key, row.Vector.Span);
            }

            Bytes = _index.Bytes + _textBytes;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }
}
