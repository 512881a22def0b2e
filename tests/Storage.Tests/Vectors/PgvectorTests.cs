using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Steward.Storage.PostgreSql;
using Steward.Storage.Vectors;

namespace Steward.Storage.Tests.Vectors;

/// <summary>Searches by the extension <c>vector</c>, each compared with an exact search.</summary>
[Collection(PgvectorGroup.Name)]
public sealed class PgvectorTests(PgvectorFixture fixture)
{
    private const double WantedRecall = 0.99;
    private const int Queries = 30;

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IVectorStore Store => fixture.Services.GetRequiredService<IVectorStore>();

    private PostgreSqlDatabase Database => fixture.Services.GetRequiredService<StorageBackend>().PostgreSql!;

    private VectorSpace Space => new(_tenant, "tickets", "embedder@1");

    // With 0 every search asks the index, however few rows its filter lets pass; with 5,000 each of these compares all.
    [PgvectorFact]
    public async Task Search_WithEveryFilter_FindsWhatAnExactSearchFinds()
    {
        var data = new ClusteredVectors(1, 3_000);
        await data.WriteAsync(Store, Space);
        Assert.True(await Store.IndexAsync(Space));
        await using var index = new PgvectorIndex(Database, TimeProvider.System) { ComparedRows = 20 };
        var state = (await Store.ListAsync(_tenant, "tickets"))[0];
        foreach (var (reader, kinds) in new (VectorReader, string[]?)[]
        {
            (VectorReader.Everything, null),
            (VectorReader.Person("u-3"), null),
            (VectorReader.Person("u-none"), null),
            (VectorReader.Everything, ["kind-1"]),
            (VectorReader.Everything, ["rare"]),
            (VectorReader.Everything, ["cluster-7"]),
            (VectorReader.Everything, ["kind-1", "kind-2", "rare", "cluster-3"]),
            (VectorReader.Person("u-5"), ["kind-4"]),
            (VectorReader.Person("u-5"), ["cluster-9"]),
        })
        {
            var byIndex = await RecallAsync(data.Rows, data.Query, Search(reader, kinds), search => index.SearchAsync(search, state, VectorArguments.Stored(search.Vector.Span, state.Dimensions), default));
            var byStore = await RecallAsync(data.Rows, data.Query, Search(reader, kinds), search => Store.SearchAsync(search));

            Assert.True(byIndex >= WantedRecall, $"{byIndex:0.0000} by the index for {string.Join(',', reader.Owners ?? ["all"])} and {string.Join(',', kinds ?? ["all"])}");
            Assert.True(byStore >= (reader.Owners is null && kinds is null ? WantedRecall : 1), $"{byStore:0.0000} by the store for {string.Join(',', reader.Owners ?? ["all"])} and {string.Join(',', kinds ?? ["all"])}");
        }
    }

    [PgvectorFact]
    public async Task Search_AcrossManySmallTenants_FindsWhatAnExactSearchFinds()
    {
        var tenants = new List<(ClusteredVectors Data, VectorSpace Space)>();
        for (var i = 0; i < 25; i++)
        {
            var one = (Data: new ClusteredVectors(100 + i, 40 + (i * 7)), Space: Space with { TenantId = $"{_tenant}-{i}" });
            await one.Data.WriteAsync(Store, one.Space);
            Assert.True(await Store.IndexAsync(one.Space));
            tenants.Add(one);
        }

        await using var index = new PgvectorIndex(Database, TimeProvider.System) { ComparedRows = 5 };
        foreach (var (data, space) in tenants)
        {
            var state = (await Store.ListAsync(space.TenantId, "tickets"))[0];
            foreach (var (reader, kinds) in new (VectorReader, string[]?)[] { (VectorReader.Everything, null), (VectorReader.Person("u-3"), null), (VectorReader.Everything, ["kind-1"]) })
            {
                var recall = await RecallAsync(data.Rows, data.Query, Search(reader, kinds) with { Space = space }, search => index.SearchAsync(search, state, VectorArguments.Stored(search.Vector.Span, state.Dimensions), default), 6);

                Assert.True(recall >= WantedRecall, $"{recall:0.0000} in {space.TenantId} with {data.Rows.Count} rows");
            }
        }
    }

    [PgvectorFact]
    public async Task Index_HnswOfEachSpace_IsItsOwnAndTheParentHasNone()
    {
        var spaces = new[] { Space, Space with { Collection = "articles" }, Space with { TenantId = _tenant + "x" } };
        foreach (var space in spaces)
        {
            await new ClusteredVectors(2, 30).WriteAsync(Store, space);
            Assert.True(await Store.IndexAsync(space));
            Assert.True(await Store.IndexAsync(space));
        }

        var tables = await ListAsync("SELECT tablename FROM pg_indexes WHERE indexdef LIKE '%USING hnsw%'");
        Assert.Equal(tables.Count, tables.Distinct().Count());
        Assert.All(tables, table => Assert.StartsWith("vector_partition_", table, StringComparison.Ordinal));
        foreach (var space in spaces)
        {
            var id = (await Store.ListAsync(space.TenantId, space.Collection))[0].Id;
            Assert.Contains(PgvectorIndex.TableOf(id), tables);
            Assert.Equal([space.TenantId], await ListAsync($"SELECT DISTINCT tenant FROM {PgvectorIndex.TableOf(id)}"));
        }
    }

    [PgvectorFact]
    public async Task Statements_AskTheIndexOrCompare_AsTheyAreMeantTo()
    {
        var data = new ClusteredVectors(3, 3_000);
        await data.WriteAsync(Store, Space);
        await Store.IndexAsync(Space);
        var state = (await Store.ListAsync(_tenant, "tickets"))[0];
        var search = Search(VectorReader.Everything, null) with { Vector = data.Query() };
        var direction = $"'[{string.Join(',', search.Vector.ToArray().Select(value => value.ToString("0.####", System.Globalization.CultureInfo.InvariantCulture)))}]'::halfvec";
        string Filled(string sql) => sql.Replace("$1", state.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("$2", $"'{_tenant}'", StringComparison.Ordinal).Replace("$3", direction, StringComparison.Ordinal);

        Assert.Contains(await ListAsync("EXPLAIN " + Filled(PgvectorIndex.IndexSql(search, state))), line => line.Contains($"{PgvectorIndex.TableOf(state.Id)}_near", StringComparison.Ordinal));
        Assert.DoesNotContain(await ListAsync("EXPLAIN " + Filled(PgvectorIndex.CompareSql(search, state))), line => line.Contains("_near", StringComparison.Ordinal));
    }

    [PgvectorFact]
    public async Task Changes_AfterTheIndexWasBuilt_AreFound()
    {
        var data = new ClusteredVectors(4, 200);
        await data.WriteAsync(Store, Space);
        await Store.IndexAsync(Space);
        var moved = data.Rows[0] with { Vector = data.Query() };
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [moved, data.Rows[1] with { Id = "new" }], Removed = [data.Rows[2].Id] });
        while ((await Store.EraseOwnerAsync(_tenant, "u-1", "e-1", data.Rows[0].At, 500)).HasMore)
        {
        }

        var rows = data.Rows.Skip(3).Append(data.Rows[1]).Append(moved).Append(data.Rows[1] with { Id = "new" }).Where(row => row.Owner != "u-1").ToList();

        var found = await Store.SearchAsync(Search(VectorReader.Everything, null) with { Vector = moved.Vector, Top = 200 });

        Assert.Equal(rows.Select(row => row.Id).Order(), found.Select(hit => hit.Id).Order());
        Assert.Equal(moved.Owner == "u-1" ? found[0].Id : moved.Id, found[0].Id);
        Assert.Equal(rows.Count, (await Store.ListAsync(_tenant, "tickets"))[0].Rows);
    }

    [PgvectorFact]
    public async Task EraseTenant_WithIndex_LeavesNoPartitionAndTheEmptiedSpaceCanHaveItsOwn()
    {
        var data = new ClusteredVectors(8, 120);
        await data.WriteAsync(Store, Space);
        await Store.IndexAsync(Space);
        var table = PgvectorIndex.TableOf((await Store.ListAsync(_tenant, "tickets"))[0].Id);

        Assert.Equal(120, await Store.EraseTenantAsync(_tenant, data.Rows[0].At));

        Assert.Empty(await ListAsync($"SELECT relname FROM pg_class WHERE relname LIKE '{table}%'"));
        Assert.False((await Store.ListAsync(_tenant, "tickets"))[0].IsIndexed);
        while (await Store.RemoveErasedAsync(_tenant, 50))
        {
        }

        Assert.Equal(["1"], await ListAsync($"SELECT count(*)::text FROM vector_spaces WHERE tenant = '{_tenant}'"));
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [data.Rows[0] with { At = data.Rows[0].At.AddDays(1) }] });
        Assert.True(await Store.IndexAsync(Space));
        Assert.Single(await Store.SearchAsync(Search(VectorReader.Everything, null) with { Vector = data.Query() }));
    }

    [PgvectorFact]
    public async Task Drop_WithIndex_LeavesNoPartition()
    {
        await new ClusteredVectors(5, 30).WriteAsync(Store, Space);
        await Store.IndexAsync(Space);
        var table = PgvectorIndex.TableOf((await Store.ListAsync(_tenant, "tickets"))[0].Id);

        Assert.True(await Store.DropAsync(Space));

        Assert.Empty(await ListAsync($"SELECT relname FROM pg_class WHERE relname LIKE '{table}%'"));
        await Assert.ThrowsAsync<StorageException>(async () => await Store.SearchAsync(Search(VectorReader.Everything, null) with { Vector = new float[] { 1 } }));
    }

    [PgvectorFact]
    public async Task Support_IsToldWithTheVersion()
    {
        var support = await Store.GetSupportAsync();

        Assert.True(support.CanIndex);
        Assert.Matches(@"^exact scan in the process over PostgreSQL, pgvector 0\.\d+\.\d+ for large collections$", support.Summary);
    }

    // On a server with many backends the role is that of new connections, on PGlite that of the one there is.
    [PgvectorFact]
    public async Task Support_RoleMayNotCreateTables_IsTheScanAndSaysWhatToGrant()
    {
        var role = "plain_" + Guid.NewGuid().ToString("n");
        await ListAsync($"CREATE ROLE {role}");
        await ListAsync("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        await ListAsync("ALTER TABLE IF EXISTS vector_partitions RENAME TO vector_partitions_away");
        var asRole = fixture.ConnectionString + (VectorServer.HasManyBackends ? $";Options=-c role={role}" : "");
        await using var services = StorageFixture.Open(options => (options.Provider, options.ConnectionString) = (StorageProvider.PostgreSql, asRole));
        await using var index = new PgvectorIndex(services.GetRequiredService<StorageBackend>().PostgreSql!, TimeProvider.System);
        try
        {
            if (!VectorServer.HasManyBackends)
            {
                await ListAsync($"SET ROLE {role}");
            }

            var support = await index.GetSupportAsync(default);

            Assert.False(support.CanIndex);
            Assert.Contains("GRANT CREATE ON SCHEMA", support.Summary, StringComparison.Ordinal);
            Assert.Same(support, await index.GetSupportAsync(default));
        }
        finally
        {
            await ListAsync("RESET ROLE");
            await ListAsync("ALTER TABLE IF EXISTS vector_partitions_away RENAME TO vector_partitions");
        }
    }

    [ManyBackendsFact]
    public async Task Index_WhileOthersWrite_MissesNothing()
    {
        var data = new ClusteredVectors(6, 3_000);
        await data.WriteAsync(Store, Space);
        using var over = new CancellationTokenSource();
        var written = new List<VectorRow>();
        var writing = Task.Run(async () =>
        {
            for (var i = 0; !over.IsCancellationRequested || i < 20; i++)
            {
                var row = data.Rows[i] with { Id = $"late-{i}" };
                await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [row], Removed = [data.Rows[i].Id] });
                written.Add(row);
            }
        });
        var built = await Task.WhenAll(Store.IndexAsync(Space).AsTask(), Store.IndexAsync(Space).AsTask());
        await over.CancelAsync();
        await writing;

        Assert.Contains(true, built);
        var table = PgvectorIndex.TableOf((await Store.ListAsync(_tenant, "tickets"))[0].Id);
        var expected = data.Rows.Skip(written.Count).Concat(written).Select(row => row.Id).Order(StringComparer.Ordinal);
        Assert.Equal(expected, (await ListAsync($"SELECT id FROM {table}")).Order(StringComparer.Ordinal));
    }

    private static async Task<double> RecallAsync(IReadOnlyList<VectorRow> rows, Func<float[]> query, VectorSearch search, Func<VectorSearch, ValueTask<IReadOnlyList<VectorHit>>> ask, int queries = Queries)
    {
        var (found, wanted) = (0, 0);
        for (var i = 0; i < queries; i++)
        {
            var asked = search with { Vector = query() };
            var ((count, exact), hits) = (ClusteredVectors.Nearest(rows, asked), await ask(asked));
            Assert.All(hits, hit => Assert.True(search.Reader.Sees(hit.Owner) && (search.Kinds is null || search.Kinds.Contains(hit.Kind)), $"{hit.Id} of {hit.Owner}"));
            wanted += count;
            found += hits.Count(hit => exact.Contains(hit.Id));
        }

        return wanted == 0 ? 1 : (double)found / wanted;
    }

    private VectorSearch Search(VectorReader reader, IReadOnlyList<string>? kinds) => new() { Space = Space, Reader = reader, Kinds = kinds, Vector = default };

    private async Task<List<string>> ListAsync(string sql)
    {
        await using var connection = await Database.OpenAsync(default);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync();
        var found = new List<string>();
        while (await row.ReadAsync())
        {
            found.Add(row.GetString(0));
        }

        return found;
    }
}

/// <summary>These tests run one after the other: PGlite is one backend.</summary>
[CollectionDefinition(Name)]
public sealed class PgvectorGroup : ICollectionFixture<PgvectorFixture>
{
    public const string Name = "pgvector";
}
