using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Storage;

namespace Steward.Vectors;

/// <summary>
/// Collections of vectors as this silo searches them: small ones by an exact scan in memory, large ones by the database where it can, which gives each an index of its own. Rows are durable in the store; what is in memory follows
/// it, whoever changed it.
/// </summary>
internal sealed partial class VectorCollections(IEnumerable<IVectorStore> stores, IOptions<VectorOptions> options, TimeProvider time, ILogger<VectorCollections> logger) : IDisposable
{
    /// <summary>How long a collection that nobody searches stays in memory.</summary>
    internal static readonly TimeSpan IdleAfter = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan SweepEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BuildAgainAfter = TimeSpan.FromMinutes(5);

    private readonly IVectorStore? _store = stores.FirstOrDefault();
    private readonly Lock _gate = new();
    private readonly Dictionary<VectorSpace, LinkedListNode<(VectorSpace Space, LoadedSpace Loaded)>> _loaded = [];
    private readonly LinkedList<(VectorSpace Space, LoadedSpace Loaded)> _order = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _building = Task.CompletedTask;
    private DateTimeOffset _buildsAfter;
    private ITimer? _sweeps;
    private volatile bool _isDescribed;

    /// <summary>The index that is being built, if any; for tests.</summary>
    internal Task Building => _building;

    /// <summary>Whether there is a store; without one nothing is kept, and nothing found.</summary>
    public bool HasStore => _store is not null;

    private IVectorStore Store => _store ?? throw new InvalidOperationException("This silo has no store of vectors.");

    /// <summary>How collections are searched here, for the log and <c>/healthz</c>.</summary>
    public async ValueTask<string> DescribeAsync(CancellationToken cancellationToken = default)
    {
        var support = await Store.GetSupportAsync(cancellationToken);
        var (spaces, rows, bytes) = Held();
        return FormattableString.Invariant($"{VectorOptions.Describe(support, options.Value)}; {spaces} collections with {rows} vectors in memory, {bytes / 1024.0 / 1024.0:0.0} MiB");
    }

    /// <inheritdoc cref="IVectorStore.ListAsync"/>
    public ValueTask<IReadOnlyList<VectorSpaceState>> ListAsync(string tenantId, string collection, CancellationToken cancellationToken = default) => Store.ListAsync(tenantId, collection, cancellationToken);

    /// <inheritdoc cref="IVectorStore.WriteAsync"/>
    public async ValueTask<VectorsWritten> WriteAsync(VectorWrite write, CancellationToken cancellationToken = default)
    {
        var written = await Store.WriteAsync(write, cancellationToken);
        if (Find(write.Space) is { } loaded)
        {
            // It waits for searches that are under way.
            await Task.Run(() => loaded.Take(written, write.Removed), CancellationToken.None);
        }

        return written;
    }

    /// <inheritdoc cref="IVectorStore.ReadAsync"/>
    public ValueTask<IReadOnlyList<StoredVector>> ReadAsync(VectorSpace space, long afterRevision, int limit, CancellationToken cancellationToken = default) => Store.ReadAsync(space, afterRevision, limit, cancellationToken);

    /// <inheritdoc cref="IVectorStore.EraseOwnerAsync"/>
    public ValueTask<OwnerErased> EraseOwnerAsync(string tenantId, string owner, string operation, DateTimeOffset before, int limit, CancellationToken cancellationToken = default) => Store.EraseOwnerAsync(tenantId, owner, operation, before, limit, cancellationToken);

    /// <inheritdoc cref="IVectorStore.DropAsync"/>
    public async ValueTask<bool> DropAsync(VectorSpace space, CancellationToken cancellationToken = default)
    {
        Forget(space);
        return await Store.DropAsync(space, cancellationToken);
    }

    /// <inheritdoc cref="IVectorStore.EraseTenantAsync"/>
    /// <remarks>Other silos notice it with their next search; what nobody searches leaves their memory after <see cref="IdleAfter"/>.</remarks>
    public ValueTask<long> EraseTenantAsync(string tenantId, DateTimeOffset before, CancellationToken cancellationToken = default)
    {
        Forget(space => space.TenantId == tenantId);
        return Store.EraseTenantAsync(tenantId, before, cancellationToken);
    }

    /// <inheritdoc cref="IVectorStore.RemoveErasedAsync"/>
    public ValueTask<bool> RemoveErasedAsync(string tenantId, int limit, CancellationToken cancellationToken = default) => Store.RemoveErasedAsync(tenantId, limit, cancellationToken);

    /// <summary>The rows nearest to a direction that the reader may see, nearest first; of equal ones the smaller id first. None where nothing was ever written, or vectors of another length.</summary>
    /// <exception cref="StorageException">The store could not be reached.</exception>
    public async ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(search);
        if (!_isDescribed)
        {
            _isDescribed = true;
            LogServes(logger, await DescribeAsync(cancellationToken));
        }

        var space = search.Space;
        var state = (await Store.ListAsync(space.TenantId, space.Collection, cancellationToken)).FirstOrDefault(state => state.Space == space);
        if (state is null || state.Rows == 0 || state.Dimensions != search.Vector.Length)
        {
            Forget(space);
            return [];
        }

        if (state.IsIndexed && options.Value.IndexFromRows > 0)
        {
            Forget(space);
            return Ordered(await Store.SearchAsync(search, cancellationToken));
        }

        if (options.Value.IndexFromRows > 0 && state.Rows >= options.Value.IndexFromRows)
        {
            Build(space, state.Rows);
        }

        // Not on the scheduler of whoever asks: stores may read at once, and comparing all rows takes its time.
        var loaded = Load(state);
        return await Task.Run(
            async () =>
            {
                await loaded.RefreshAsync(Store, state, cancellationToken);
                Trim(loaded);
                return Ordered(loaded.Search(search));
            },
            cancellationToken);
    }

    /// <summary>Lets go of what was not searched for <see cref="IdleAfter"/>. Called every minute.</summary>
    internal void DropIdle() => Forget(space => time.GetUtcNow() - _loaded[space].Value.Loaded.AskedAt >= IdleAfter);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _sweeps?.Dispose();
        lock (_gate)
        {
            foreach (var (_, loaded) in _order)
            {
                loaded.Dispose();
            }
        }
    }

    private static IReadOnlyList<VectorHit> Ordered(IReadOnlyList<VectorHit> hits) => [.. hits.OrderByDescending(hit => hit.Cosine).ThenBy(hit => hit.Id, StringComparer.Ordinal)];

    private LoadedSpace Load(VectorSpaceState state)
    {
        lock (_gate)
        {
            if (_loaded.TryGetValue(state.Space, out var node) && node.Value.Loaded.Id == state.Id)
            {
                _order.Remove(node);
                _order.AddFirst(node);
                node.Value.Loaded.AskedAt = time.GetUtcNow();
                return node.Value.Loaded;
            }

            if (node is not null)
            {
                _order.Remove(node);
            }

            // What was removed by another silo must not stay in memory because nobody looks for it any more.
            _sweeps ??= time.CreateTimer(_ => DropIdle(), null, SweepEvery, SweepEvery);
            var loaded = new LoadedSpace(state) { AskedAt = time.GetUtcNow() };
            _loaded[state.Space] = _order.AddFirst((state.Space, loaded));
            return loaded;
        }
    }

    private LoadedSpace? Find(VectorSpace space)
    {
        lock (_gate)
        {
            return _loaded.TryGetValue(space, out var node) ? node.Value.Loaded : null;
        }
    }

    private void Forget(VectorSpace space) => Forget(held => held == space);

    private void Forget(Func<VectorSpace, bool> goes)
    {
        lock (_gate)
        {
            foreach (var space in _loaded.Keys.Where(goes).ToList())
            {
                _loaded.Remove(space, out var node);
                _order.Remove(node!);
            }
        }
    }

    // The one that was just asked stays, however large it is.
    private void Trim(LoadedSpace asked)
    {
        lock (_gate)
        {
            var bytes = _order.Sum(static held => held.Loaded.Bytes);
            while (bytes > options.Value.ScanMemoryBytes && _order.Last is { } last && last.Value.Loaded != asked)
            {
                bytes -= last.Value.Loaded.Bytes;
                _order.RemoveLast();
                _loaded.Remove(last.Value.Space);
            }
        }
    }

    private (int Spaces, int Rows, long Bytes) Held()
    {
        lock (_gate)
        {
            return (_order.Count, _order.Sum(static held => held.Loaded.Count), _order.Sum(static held => held.Loaded.Bytes));
        }
    }

    // One at a time: building takes all that the database has to give.
    private void Build(VectorSpace space, long rows)
    {
        lock (_gate)
        {
            if (_building.IsCompleted && time.GetUtcNow() >= _buildsAfter)
            {
                _building = Task.Run(() => BuildAsync(space, rows), CancellationToken.None);
            }
        }
    }

    private async Task BuildAsync(VectorSpace space, long rows)
    {
        try
        {
            var began = time.GetTimestamp();
            if (await Store.IndexAsync(space, _stop.Token))
            {
                LogIndexed(logger, space.Collection, space.TenantId, rows, time.GetElapsedTime(began).TotalSeconds);
                return;
            }

            _buildsAfter = time.GetUtcNow() + BuildAgainAfter;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // The scan goes on; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _buildsAfter = time.GetUtcNow() + BuildAgainAfter;
            LogNotIndexed(logger, exception, space.Collection, space.TenantId, rows);
        }
    }

    [LoggerMessage(EventId = 3303, Level = LogLevel.Information, Message = "Collections of vectors: {Description}")]
    private static partial void LogServes(ILogger logger, string description);

    [LoggerMessage(EventId = 3301, Level = LogLevel.Information, Message = "The collection {Collection} of {TenantId} with {Rows} vectors is searched by the database from now on; its index took {Seconds:0.0} s")]
    private static partial void LogIndexed(ILogger logger, string collection, string tenantId, long rows, double seconds);

    [LoggerMessage(EventId = 3302, Level = LogLevel.Warning, Message = "The collection {Collection} of {TenantId} with {Rows} vectors could not be given an index; it is scanned in the process, and tried again in five minutes")]
    private static partial void LogNotIndexed(ILogger logger, Exception exception, string collection, string tenantId, long rows);
}
