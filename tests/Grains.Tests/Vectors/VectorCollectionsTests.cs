using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Grains.Tests.Hosting;
using Steward.Storage;
using Steward.Storage.Tests.Vectors;
using Steward.Vectors;

namespace Steward.Grains.Tests.Vectors;

public sealed class VectorCollectionsTests : IAsyncLifetime
{
    private const string Tenant = "t-acme";
    private static readonly VectorSpace Tickets = new(Tenant, "tickets", "embedder@1");
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _directory = Directory.CreateTempSubdirectory("steward-vectors-").FullName;
    private readonly ShiftedTime _time = new();
    private ServiceProvider _storage = null!;

    private IVectorStore Store => _storage.GetRequiredService<IVectorStore>();

    public async Task InitializeAsync()
    {
        _storage = new ServiceCollection().AddLogging().AddStewardStorage(options => options.SqliteFile = Path.Combine(_directory, "steward.db")).BuildServiceProvider();
        await _storage.GetRequiredService<StorageMigrator>().MigrateAsync();
    }

    public async Task DisposeAsync()
    {
        await _storage.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Search_ByScanWithEveryFilter_FindsWhatAnExactSearchFinds()
    {
        var data = new ClusteredVectors(11, 4_000);
        await data.WriteAsync(Store, Tickets);
        using var collections = Collections(Store);
        foreach (var (reader, kinds) in new (VectorReader, string[]?)[]
        {
            (VectorReader.Everything, null), (VectorReader.Person("u-3"), null), (VectorReader.Everything, ["rare"]), (VectorReader.Everything, ["cluster-7"]), (VectorReader.Person("u-5"), ["kind-4", "cluster-9"]),
        })
        {
            var (found, wanted) = (0, 0);
            for (var i = 0; i < 40; i++)
            {
                var search = new VectorSearch { Space = Tickets, Reader = reader, Kinds = kinds, Vector = data.Query() };
                var (count, exact) = ClusteredVectors.Nearest(data.Rows, search);
                var hits = await collections.SearchAsync(search);
                Assert.Equal(count, hits.Count);
                Assert.All(hits, hit => Assert.True(reader.Sees(hit.Owner) && (kinds is null || kinds.Contains(hit.Kind))));
                (found, wanted) = (found + hits.Count(hit => exact.Contains(hit.Id)), wanted + count);
            }

            Assert.True(found >= wanted * 0.99, $"{found} of {wanted} for {string.Join(',', reader.Owners ?? ["all"])} and {string.Join(',', kinds ?? ["all"])}");
        }
    }

    [Fact]
    public async Task Search_AfterAnyChangesOfTwoProcesses_FindsAllOfItsReadersAndNothingOfOthers()
    {
        var space = Gen.Choose(0, 2);
        var write = from at in space from who in Gen.Choose(0, 1) from id in Gen.Choose(0, 7) from owner in Gen.Elements("u-1", "u-2", VectorRow.Everyone, VectorRow.Nobody) from kind in Gen.Elements("a", "b") select (at, who, id, owner, kind);
        var remove = from at in space from who in Gen.Choose(0, 1) from id in Gen.Choose(0, 7) select (at, who, id, owner: "", kind: "");
        var erase = from at in space from who in Gen.Choose(0, 1) from owner in Gen.Elements("u-1", "u-2") select (at, who, id: -1, owner, kind: "");
        var drop = from at in space from who in Gen.Choose(0, 1) select (at, who, id: -2, owner: "", kind: "");
        var look = from at in space from who in Gen.Choose(0, 1) select (at, who, id: -3, owner: "", kind: "");
        var changes = Gen.ArrayOf(Gen.Frequency((8, write), (2, remove), (1, erase), (1, drop), (4, look)));

        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(40), Prop.ForAll(Arb.From(changes), made => AgreeAsync(made).GetAwaiter().GetResult())));
    }

    [Fact]
    public async Task Search_MoreThanTheMemoryHolds_TheOneUsedLeastRecentlyLeaves()
    {
        var data = new ClusteredVectors(12, 1_000);
        using var collections = Collections(Store, options => options.ScanMemoryBytes = 1_000_000);
        foreach (var name in new[] { "one", "two", "one", "three" })
        {
            var space = Tickets with { Collection = name };
            await data.WriteAsync(Store, space);
            Assert.Equal(10, (await collections.SearchAsync(Search(space, data.Query()))).Count);
        }

        var described = await collections.DescribeAsync();
        Assert.StartsWith("exact scan in the process over SQLite; ", described, StringComparison.Ordinal);
        Assert.Contains(" 2 collections with 2000 vectors in memory", described, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EraseTenant_ByAnotherSilo_LeavesMemoryOnceItWasIdle()
    {
        var data = new ClusteredVectors(17, 50);
        await data.WriteAsync(Store, Tickets);
        using var other = Collections(Store);
        using var collections = Collections(Store);
        await collections.SearchAsync(Search(Tickets, data.Query()));
        await other.EraseTenantAsync(Tenant, Noon);

        _time.Advance(VectorCollections.IdleAfter - TimeSpan.FromMinutes(1));
        collections.DropIdle();
        Assert.Contains(" 1 collections with 50 vectors in memory", await collections.DescribeAsync(), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromMinutes(1));
        collections.DropIdle();

        Assert.Contains(" 0 collections with 0 vectors in memory", await collections.DescribeAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task EraseTenant_InMemory_IsFoundNoMore()
    {
        var data = new ClusteredVectors(18, 50);
        await data.WriteAsync(Store, Tickets);
        using var other = Collections(Store);
        using var collections = Collections(Store);
        await collections.SearchAsync(Search(Tickets, data.Query()));

        Assert.Equal(50, await other.EraseTenantAsync(Tenant, Noon.AddYears(1)));
        Assert.Empty(await collections.SearchAsync(Search(Tickets, data.Query())));
    }

    [Fact]
    public async Task Search_LargeCollection_IsScannedUntilTheDatabaseHasAnIndexOfIt()
    {
        var data = new ClusteredVectors(13, 120);
        await data.WriteAsync(Store, Tickets);
        await data.WriteAsync(Store, Tickets with { Collection = "small" });
        var store = new IndexingStore(Store);
        using var collections = Collections(store, options => options.IndexFromRows = 120);

        await collections.SearchAsync(Search(Tickets, data.Query()));
        await store.Begun.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([Tickets], store.Asked);
        Assert.Empty(store.Searched);
        store.Built.SetResult(true);
        await collections.Building;
        await collections.SearchAsync(Search(Tickets, data.Query()));
        Assert.Single(store.Searched);
        Assert.Contains(" from 120 rows on; 0 collections", await collections.DescribeAsync(), StringComparison.Ordinal);

        await Store.WriteAsync(new VectorWrite { Space = Tickets with { Collection = "small" }, Removed = ["r0"] });
        await collections.SearchAsync(Search(Tickets with { Collection = "small" }, data.Query()));
        Assert.Equal([Tickets], store.Asked);
    }

    [Fact]
    public async Task Search_IndexCannotBeBuilt_ScansAndTriesAgainLater()
    {
        var data = new ClusteredVectors(14, 120);
        await data.WriteAsync(Store, Tickets);
        var store = new IndexingStore(Store);
        store.Built.SetException(new StorageException("The disk is full."));
        using var collections = Collections(store, options => options.IndexFromRows = 100);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(10, (await collections.SearchAsync(Search(Tickets, data.Query()))).Count);
            await collections.Building;
        }

        Assert.Single(store.Asked);
        _time.Advance(TimeSpan.FromMinutes(5));
        await collections.SearchAsync(Search(Tickets, data.Query()));
        await collections.Building;
        Assert.Equal(2, store.Asked.Count);
    }

    [Fact]
    public async Task Search_RemovedAfterAFirstReadingThatBrokeOff_IsNotFound()
    {
        var data = new ClusteredVectors(15, 2_100);
        await data.WriteAsync(Store, Tickets);
        var store = new IndexingStore(Store) { FailsFromRead = 2 };
        using var collections = Collections(store, options => options.IndexFromRows = 0);
        var search = Search(Tickets, data.Rows[0].Vector.ToArray());
        await Assert.ThrowsAsync<StorageException>(() => collections.SearchAsync(search).AsTask());
        store.FailsFromRead = int.MaxValue;
        await Store.WriteAsync(new VectorWrite { Space = Tickets, Removed = ["r0"] });

        var hits = await collections.SearchAsync(search with { Top = 50 });

        Assert.Equal(50, hits.Count);
        Assert.DoesNotContain(hits, hit => hit.Id == "r0");
    }

    // A store may read in the caller's turn, as SQLite's does: other calls of the same grain go on meanwhile.
    [Fact]
    public async Task Search_ReadsAndCompares_OutsideTheSchedulerOfWhoeverAsks()
    {
        var data = new ClusteredVectors(16, 20);
        await data.WriteAsync(Store, Tickets);
        var store = new IndexingStore(Store);
        using var collections = Collections(store, options => options.IndexFromRows = 0);
        var schedulers = new ConcurrentExclusiveSchedulerPair();

        var hits = await Task.Factory.StartNew(() => collections.SearchAsync(Search(Tickets, data.Query())).AsTask(), CancellationToken.None, TaskCreationOptions.None, schedulers.ExclusiveScheduler).Unwrap();

        Assert.Equal(10, hits.Count);
        Assert.Equal([TaskScheduler.Default], store.ReadBy.Distinct());
    }

    [Fact]
    public async Task Search_OtherLengthOrNothingThere_FindsNothing()
    {
        using var collections = Collections(Store);
        Assert.Empty(await collections.SearchAsync(Search(Tickets, [1, 0])));
        await Store.WriteAsync(new VectorWrite { Space = Tickets, Rows = [Row("a", VectorRow.Everyone, "a", 0)] });
        Assert.Empty(await collections.SearchAsync(Search(Tickets, [1, 0, 0])));
        Assert.Single(await collections.SearchAsync(Search(Tickets, [1, 0])));
    }

    private async Task<bool> AgreeAsync((int At, int By, int Id, string Owner, string Kind)[] changes)
    {
        var tenant = $"t-{Guid.NewGuid():n}";
        VectorSpace[] spaces = [new(tenant, "tickets", "m@1"), new(tenant, "articles", "m@1"), new(tenant + "x", "tickets", "m@1")];
        using var first = Collections(Store);
        using var second = Collections(Store);
        VectorCollections[] processes = [first, second];
        var model = spaces.Select(_ => new Dictionary<string, (string Owner, string Kind)>()).ToArray();
        var erased = new HashSet<(string, string)>();
        foreach (var (at, by, id, owner, kind) in changes)
        {
            var space = spaces[at];
            switch (id)
            {
                case -1:
                    while ((await processes[by].EraseOwnerAsync(space.TenantId, owner, "e-1", Noon, 1)).HasMore)
                    {
                    }

                    erased.Add((space.TenantId, owner));
                    for (var i = 0; i < spaces.Length; i++)
                    {
                        foreach (var gone in model[i].Where(row => spaces[i].TenantId == space.TenantId && row.Value.Owner == owner).Select(row => row.Key).ToList())
                        {
                            model[i].Remove(gone);
                        }
                    }

                    break;
                case -2:
                    await processes[by].DropAsync(space);
                    model[at].Clear();
                    break;
                case -3:
                    await SameAsync(processes[by], at);
                    break;
                default:
                    await processes[by].WriteAsync(owner.Length == 0 ? new VectorWrite { Space = space, Removed = [$"r{id}"] } : new VectorWrite { Space = space, Rows = [Row($"r{id}", owner, kind, id * 40)] });
                    if (owner.Length == 0)
                    {
                        model[at].Remove($"r{id}");
                    }
                    else if (!erased.Contains((space.TenantId, owner)))
                    {
                        model[at][$"r{id}"] = (owner, kind);
                    }

                    break;
            }
        }

        for (var i = 0; i < spaces.Length; i++)
        {
            await SameAsync(first, i);
            await SameAsync(second, i);
        }

        return true;

        async Task SameAsync(VectorCollections process, int at)
        {
            foreach (var (reader, kinds) in new (VectorReader, string[]?)[] { (VectorReader.Everything, null), (VectorReader.Person("u-1"), null), (VectorReader.Person("u-2"), ["a"]) })
            {
                var hits = await process.SearchAsync(new VectorSearch { Space = spaces[at], Reader = reader, Kinds = kinds, Vector = new float[] { 1, 0 }, Top = 50 });
                var expected = model[at].Where(row => (reader.Owners is null || reader.Owners.Contains(row.Value.Owner)) && (kinds is null || kinds.Contains(row.Value.Kind))).Select(row => (row.Key, row.Value.Owner, row.Value.Kind));
                Assert.Equal(expected.Order(), hits.Select(hit => (hit.Id, hit.Owner, hit.Kind)).Order());
            }
        }
    }

    private VectorCollections Collections(IVectorStore store, Action<VectorOptions>? configure = null)
    {
        var options = new VectorOptions();
        configure?.Invoke(options);
        return new VectorCollections([store], Options.Create(options), _time, NullLogger<VectorCollections>.Instance);
    }

    private static VectorSearch Search(VectorSpace space, float[] vector) => new() { Space = space, Reader = VectorReader.Everything, Vector = vector };

    private static VectorRow Row(string id, string owner, string kind, int angle) =>
        new() { Id = id, Owner = owner, Kind = kind, At = Noon, Vector = new[] { (float)Math.Cos(angle * Math.PI / 180), (float)Math.Sin(angle * Math.PI / 180) } };

    /// <summary>A store whose database can index, when the test says so.</summary>
    private sealed class IndexingStore(IVectorStore inner) : IVectorStore
    {
        private readonly HashSet<VectorSpace> _indexed = [];

        public TaskCompletionSource<bool> Built { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<VectorSpace> Asked { get; } = [];

        public List<VectorSpace> Searched { get; } = [];

        public List<TaskScheduler> ReadBy { get; } = [];

        public int FailsFromRead { get; set; } = int.MaxValue;

        public ValueTask<VectorSupport> GetSupportAsync(CancellationToken cancellationToken = default) => new(new VectorSupport(true, "it can"));

        public async ValueTask<IReadOnlyList<VectorSpaceState>> ListAsync(string tenantId, string collection, CancellationToken cancellationToken = default) =>
            [.. (await inner.ListAsync(tenantId, collection, cancellationToken)).Select(state => state with { IsIndexed = _indexed.Contains(state.Space) })];

        public ValueTask<VectorsWritten> WriteAsync(VectorWrite write, CancellationToken cancellationToken = default) => inner.WriteAsync(write, cancellationToken);

        public ValueTask<IReadOnlyList<StoredVector>> ReadAsync(VectorSpace space, long afterRevision, int limit, CancellationToken cancellationToken = default)
        {
            ReadBy.Add(TaskScheduler.Current);
            return ReadBy.Count >= FailsFromRead ? throw new StorageException("The disk is gone.") : inner.ReadAsync(space, afterRevision, limit, cancellationToken);
        }

        public ValueTask<IReadOnlyList<string>> ListIdsAsync(VectorSpace space, CancellationToken cancellationToken = default) => inner.ListIdsAsync(space, cancellationToken);

        public async ValueTask<bool> IndexAsync(VectorSpace space, CancellationToken cancellationToken = default)
        {
            Asked.Add(space);
            Begun.TrySetResult();
            return await Built.Task && _indexed.Add(space);
        }

        public ValueTask<IReadOnlyList<VectorHit>> SearchAsync(VectorSearch search, CancellationToken cancellationToken = default)
        {
            Searched.Add(search.Space);
            return new([]);
        }

        public ValueTask<OwnerErased> EraseOwnerAsync(string tenantId, string owner, string operation, DateTimeOffset before, int limit, CancellationToken cancellationToken = default) => inner.EraseOwnerAsync(tenantId, owner, operation, before, limit, cancellationToken);

        public ValueTask<bool> DropAsync(VectorSpace space, CancellationToken cancellationToken = default) => inner.DropAsync(space, cancellationToken);

        public ValueTask<long> EraseTenantAsync(string tenantId, DateTimeOffset before, CancellationToken cancellationToken = default) => inner.EraseTenantAsync(tenantId, before, cancellationToken);

        public ValueTask<bool> RemoveErasedAsync(string tenantId, int limit, CancellationToken cancellationToken = default) => inner.RemoveErasedAsync(tenantId, limit, cancellationToken);
    }
}
