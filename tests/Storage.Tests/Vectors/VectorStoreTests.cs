using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Steward.Storage.Tests.Vectors;

/// <summary>What every vector store must do.</summary>
public abstract class VectorStoreTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IVectorStore Store => fixture.Services.GetRequiredService<IVectorStore>();

    private VectorSpace Space => new(_tenant, "tickets", "embedder@1");

    [Fact]
    public async Task Write_ThenRead_GivesDirectionsOfLengthOneInTheOrderOfTheirChanges()
    {
        var written = await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("b", [3, 4, 0]), Row("a", [0, 0, 2])], Through = 7 });

        var rows = await Store.ReadAsync(Space, 0, 10);
        Assert.Equal(["b", "a"], rows.Select(row => row.Id));
        Assert.Equal([(float)(Half)0.6, (float)(Half)0.8, 0], rows[0].Vector.ToArray());
        Assert.Equal(rows.Select(Shown), written.Rows.Select(Shown));
        var state = Assert.Single(await Store.ListAsync(_tenant, "tickets"));
        Assert.Equal((3, 2, 2, 0, 7, false), (state.Dimensions, state.Rows, state.Revision, state.RemovedAt, state.Through, state.IsIndexed));
        Assert.Equal((state.Id, 0, 2), (written.SpaceId, written.Before, written.Revision));
    }

    [Fact]
    public async Task Write_SameIdAgain_TakesItsPlaceAndComesLast()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0]), Row("b", [1, 0])] });
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [0, 1], "u-2", "Network")] });

        Assert.Equal(["b", "a"], (await Store.ReadAsync(Space, 0, 10)).Select(row => row.Id));
        var changed = Assert.Single(await Store.ReadAsync(Space, 2, 10));
        Assert.Equal(("a", "u-2", "Network", 3), (changed.Id, changed.Owner, changed.Kind, changed.Revision));
        Assert.Equal(2, (await Store.ListAsync(_tenant, "tickets"))[0].Rows);
    }

    [Fact]
    public async Task Write_RemovedIds_AreGoneAndItIsSaidWhen()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0]), Row("b", [1, 0])] });
        var written = await Store.WriteAsync(new VectorWrite { Space = Space, Removed = ["a", "none"] });

        Assert.Equal(1, written.Removed);
        Assert.Equal(["b"], await Store.ListIdsAsync(Space));
        var state = (await Store.ListAsync(_tenant, "tickets"))[0];
        Assert.Equal((1, 3, 3), (state.Rows, state.Revision, state.RemovedAt));
    }

    [Fact]
    public async Task Write_Through_NeverGoesBackAndNeedsNoRow()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Through = 9, Dimensions = 2 });
        await Store.WriteAsync(new VectorWrite { Space = Space, Through = 4 });

        Assert.Equal((9, 0), ((await Store.ListAsync(_tenant, "tickets"))[0].Through, (await Store.ListAsync(_tenant, "tickets"))[0].Rows));
    }

    [Fact]
    public async Task Write_ManyAtOnce_AllArriveAndEachChangeHasItsNumber()
    {
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row($"a{i}", [1, i]), Row($"b{i}", [i, 1])] }).AsTask()));

        Assert.Equal(Enumerable.Range(1, 40).Select(i => (long)i), (await Store.ReadAsync(Space, 0, 100)).Select(row => row.Revision));
    }

    [Fact]
    public async Task Read_InPages_GivesEachRowOnce()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [.. Enumerable.Range(0, 25).Select(i => Row($"r{i:00}", [i, 1]))] });
        var seen = new List<string>();
        for (var after = 0L; await Store.ReadAsync(Space, after, 10) is { Count: > 0 } page; after = page[^1].Revision)
        {
            seen.AddRange(page.Select(row => row.Id));
        }

        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"r{i:00}"), seen);
    }

    [Fact]
    public async Task Spaces_OtherTenantCollectionOrModel_KnowNothingOfEachOther()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0])] });
        foreach (var other in new[] { Space with { TenantId = _tenant + "x" }, Space with { Collection = "articles" }, Space with { Model = "embedder@2" } })
        {
            Assert.Empty(await Store.ReadAsync(other, 0, 10));
            Assert.Empty(await Store.ListIdsAsync(other));
            Assert.False(await Store.DropAsync(other));
        }

        await Store.WriteAsync(new VectorWrite { Space = Space with { Model = "embedder@2" }, Rows = [Row("a", [1, 0, 0])] });
        Assert.Equal([("embedder@1", 2), ("embedder@2", 3)], (await Store.ListAsync(_tenant, "tickets")).Select(state => (state.Space.Model, state.Dimensions)));
    }

    [Fact]
    public async Task EraseOwner_AllCollections_RemovesTheirsAndRefusesThatOfBefore()
    {
        var articles = Space with { Collection = "articles" };
        var elsewhere = Space with { TenantId = _tenant + "x" };
        foreach (var space in new[] { Space, articles, elsewhere })
        {
            await Store.WriteAsync(new VectorWrite { Space = space, Rows = [Row("a", [1, 0], "u-1"), Row("b", [1, 0], "u-2"), Row("c", [1, 0], VectorRow.Everyone)] });
        }

        Assert.Equal(2, await EraseAsync("u-1", Noon));

        // A replay of what was before, and something that came later.
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0], "u-1"), Row("d", [1, 0], "u-1") with { At = Noon.AddSeconds(1) }] });
        Assert.Equal(["b", "c", "d"], (await Store.ListIdsAsync(Space)).Order());
        Assert.Equal(["b", "c"], (await Store.ListIdsAsync(articles)).Order());
        Assert.Equal(["a", "b", "c"], (await Store.ListIdsAsync(elsewhere)).Order());
        var state = (await Store.ListAsync(_tenant, "articles"))[0];
        Assert.Equal((2, 4, 4), (state.Rows, state.Revision, state.RemovedAt));
        Assert.Equal(0, await EraseAsync("u-9", Noon));
    }

    [Fact]
    public async Task EraseOwner_InSteps_GoesOnWhereItWasAndLeavesWhatCameAfterItBegan()
    {
        var articles = Space with { Collection = "articles" };
        foreach (var space in new[] { Space, articles })
        {
            await Store.WriteAsync(new VectorWrite { Space = space, Rows = [.. Enumerable.Range(0, 5).Select(i => Row($"r{i}", [1, 0], "u-1")), Row("other", [1, 0], "u-2")] });
        }

        var first = await Store.EraseOwnerAsync(_tenant, "u-1", "e-1", Noon, 2);
        Assert.Equal(new OwnerErased(2, HasMore: true), first);

        // Between two steps: a replay of what was before, something new, and a row that is written anew.
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("old", [1, 0], "u-1"), Row("new", [1, 0], "u-1") with { At = Noon.AddSeconds(1) }, Row("r4", [0, 1], "u-1") with { At = Noon.AddSeconds(1) }] });
        var steps = 1;
        OwnerErased erased;
        do
        {
            erased = await Store.EraseOwnerAsync(_tenant, "u-1", "e-1", Noon, 2);
            steps++;
        }
        while (erased.HasMore);

        Assert.InRange(erased.Removed, 9, 10);
        Assert.InRange(steps, 5, 7);
        Assert.Equal(["new", "other", "r4"], (await Store.ListIdsAsync(Space)).Order());
        Assert.Equal(["other"], await Store.ListIdsAsync(articles));
        Assert.Equal(3, (await Store.ListAsync(_tenant, "tickets"))[0].Rows);
        Assert.Equal(1, (await Store.ListAsync(_tenant, "articles"))[0].Rows);

        // Asked again it has nothing to do and says the same; a later one takes what came after.
        Assert.Equal(erased, await Store.EraseOwnerAsync(_tenant, "u-1", "e-1", Noon, 2));
        Assert.Equal(2, await EraseAsync("u-1", Noon.AddMinutes(1)));
        Assert.Equal(["other"], await Store.ListIdsAsync(Space));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-7)]
    public async Task EraseOwner_AgainByAClockThatIsNotLater_RemovesWhatCameAfterTheFirst(int seconds)
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0], "u-1"), Row("b", [1, 0], "u-1")] });
        Assert.Equal(new OwnerErased(2, HasMore: false), await Store.EraseOwnerAsync(_tenant, "u-1", "first", Noon, 10));
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("c", [1, 0], "u-1") with { At = Noon.AddSeconds(1) }, Row("d", [1, 0], "u-1") with { At = Noon.AddSeconds(1) }, Row("e", [1, 0], "u-1") with { At = Noon.AddSeconds(1) }] });

        var begun = await Store.EraseOwnerAsync(_tenant, "u-1", "second", Noon.AddSeconds(seconds), 2);
        var done = await Store.EraseOwnerAsync(_tenant, "u-1", "second", Noon.AddSeconds(seconds), 2);

        Assert.Equal((new OwnerErased(2, HasMore: true), new OwnerErased(3, HasMore: false)), (begun, done));
        Assert.Empty(await Store.ListIdsAsync(Space));

        // What the first refuses is refused still.
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0], "u-1")] });
        Assert.Empty(await Store.ListIdsAsync(Space));
    }

    private async Task<long> EraseAsync(string owner, DateTimeOffset before)
    {
        while (true)
        {
            if (await Store.EraseOwnerAsync(_tenant, owner, $"e-{before.Ticks}", before, 1_000) is { HasMore: false } erased)
            {
                return erased.Removed;
            }
        }
    }

    [Fact]
    public async Task Drop_AndMadeAgain_HasAnotherNumber()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0])] });
        var id = (await Store.ListAsync(_tenant, "tickets"))[0].Id;

        Assert.True(await Store.DropAsync(Space));
        Assert.Empty(await Store.ListAsync(_tenant, "tickets"));
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("b", [1, 0, 0])] });
        Assert.NotEqual(id, (await Store.ListAsync(_tenant, "tickets"))[0].Id);
        Assert.Equal(["b"], await Store.ListIdsAsync(Space));
    }

    [Fact]
    public async Task EraseTenant_SeveralSpaces_LeavesNothingOfItTakesNothingFromBeforeAndKeepsAllOfOthers()
    {
        var other = Space with { TenantId = _tenant + "x" };
        foreach (var space in new[] { Space, Space with { Collection = "articles" }, other })
        {
            await Store.WriteAsync(new VectorWrite { Space = space, Rows = [Row("a", [1, 0], "u-1")], Through = 7 });
        }

        var before = (await Store.ListAsync(_tenant, "tickets"))[0];
        await EraseAsync("u-2", Noon.AddHours(2));

        Assert.Equal(2, await Store.EraseTenantAsync(_tenant, Noon.AddHours(1)));

        // Whoever follows a journal does not begin again: nothing of before is taken anyway.
        var emptied = Assert.Single(await Store.ListAsync(_tenant, "tickets"));
        Assert.Equal((0, 0, 7, 2), (emptied.Rows, emptied.Revision, emptied.Through, emptied.Dimensions));
        Assert.NotEqual(before.Id, emptied.Id);
        Assert.Empty(await Store.ReadAsync(Space, 0, 10));
        Assert.Empty(await Store.ListIdsAsync(Space with { Collection = "articles" }));
        Assert.Equal(["a"], await Store.ListIdsAsync(other));

        // Whoever reads from the start again brings nothing back, whosever it is; who was erased before still is.
        await Store.WriteAsync(new VectorWrite
        {
            Space = Space,
            Rows =
            [
                Row("a", [1, 0], "u-1"),
                Row("b", [1, 0], VectorRow.Nobody),
                Row("c", [1, 0], "u-1") with { At = Noon.AddMinutes(61) },
                Row("d", [1, 0], "u-2") with { At = Noon.AddMinutes(61) },
                Row("e", [1, 0], "u-2") with { At = Noon.AddMinutes(121) },
            ],
        });
        Assert.Equal(["c", "e"], (await Store.ListIdsAsync(Space)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RemoveErased_ALimitAtATime_RemovesAllOfItAndNothingElse()
    {
        foreach (var space in new[] { Space, Space with { Collection = "articles" } })
        {
            await Store.WriteAsync(new VectorWrite { Space = space, Rows = [.. Enumerable.Range(0, 25).Select(i => Row($"a{i}", [1, 0]))] });
        }

        Assert.False(await Store.RemoveErasedAsync(_tenant, 10));
        Assert.Equal(50, await Store.EraseTenantAsync(_tenant, Noon.AddHours(1)));
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("b", [1, 0]) with { At = Noon.AddHours(2) }] });

        Assert.True(await Store.RemoveErasedAsync(_tenant, 10));
        Assert.Equal(40 + 1, await Store.EraseTenantAsync(_tenant, Noon.AddHours(1)));
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("c", [1, 0]) with { At = Noon.AddHours(2) }] });
        var calls = 1;
        while (await Store.RemoveErasedAsync(_tenant, 10))
        {
            calls++;
        }

        Assert.Equal(0, await Store.EraseTenantAsync(_tenant + "x", Noon));
        Assert.InRange(calls, 6, 8);
        Assert.Equal(["c"], await Store.ListIdsAsync(Space));
        Assert.Equal(1, await Store.EraseTenantAsync(_tenant, Noon.AddHours(1)));
    }

    [Fact]
    public async Task Write_NotAllowed_IsRefusedAndChangesNothing()
    {
        await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("a", [1, 0])] });
        foreach (var rows in new VectorRow[][]
        {
            [Row("b", [1, 0, 0])],
            [Row("b", [0, 0])],
            [Row("b", [float.NaN, 1])],
            [Row("b", [])],
            [Row("", [1, 0])],
            [Row("x\0y", [1, 0])],
            [Row("x\ud800", [1, 0])],
            [Row("b", [1, 0], "")],
            [Row("b", [1, 0], "u 1")],
            [Row("b", [1, 0], kind: new string('k', 201))],
            [Row("b", [1, 0]) with { Note = new string('n', 1_001) }],
            [Row("b", [1, 0]), Row("b", [0, 1])],
            [.. Enumerable.Range(0, 1_001).Select(i => Row($"r{i}", [1, 0]))],
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WriteAsync(new VectorWrite { Space = Space, Rows = rows }));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WriteAsync(new VectorWrite { Space = Space, Rows = [Row("b", [1, 0])], Removed = ["b"] }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.WriteAsync(new VectorWrite { Space = Space with { TenantId = "t a" }, Rows = [Row("b", [1, 0])] }));
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.EraseOwnerAsync(_tenant, VectorRow.Everyone, "e-1", Noon, 10));
        Assert.Throws<ArgumentException>(() => VectorReader.Person(VectorRow.Nobody));
        Assert.Equal(["a"], await Store.ListIdsAsync(Space));
    }

    private static (string, string, string, string, long, string) Shown(StoredVector row) => (row.Id, row.Owner, row.Kind, row.Note, row.Revision, string.Join(' ', row.Vector.ToArray()));

    private static VectorRow Row(string id, float[] vector, string owner = VectorRow.Nobody, string kind = "") => new() { Id = id, Owner = owner, Kind = kind, Note = $"note of {id}", At = Noon, Vector = vector };
}

public sealed class SqliteVectorStoreTests(SqliteStorageFixture fixture) : VectorStoreTests(fixture), IClassFixture<SqliteStorageFixture>;

public sealed class PostgreSqlVectorStoreTests(PostgreSqlStorageFixture fixture) : VectorStoreTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    private const string HoldTenant = "SELECT pg_advisory_xact_lock(hashtextextended('vectors/' || $1, 0))";
    private const string CountWaiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

    private readonly PostgreSqlStorageFixture _fixture = fixture;

    [Fact]
    public async Task EraseOwner_TwoBeginTheSameAtOnce_CountsWhatBothRemove()
    {
        var (tenant, at) = ($"t-{Guid.NewGuid():n}", new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
        var store = _fixture.Services.GetRequiredService<IVectorStore>();
        var rows = Enumerable.Range(0, 3).Select(i => new VectorRow { Id = $"r{i}", Owner = "u-1", At = at, Vector = new float[] { 1, 0 } });
        await store.WriteAsync(new VectorWrite { Space = new VectorSpace(tenant, "tickets", "embedder@1"), Rows = [.. rows] });
        await using var source = NpgsqlDataSource.Create(_fixture.ConnectionString);
        await using var holder = await source.OpenConnectionAsync();
        await using var held = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand(HoldTenant, holder, held) { Parameters = { new() { Value = tenant } } })
        {
            await hold.ExecuteNonQueryAsync();
        }

        Task<OwnerErased>[] begun = [store.EraseOwnerAsync(tenant, "u-1", "e-1", at, 1).AsTask(), store.EraseOwnerAsync(tenant, "u-1", "e-1", at, 1).AsTask()];
        await using (var waiting = source.CreateCommand(CountWaiting))
        {
            while ((long)(await waiting.ExecuteScalarAsync())! < 2)
            {
                Assert.DoesNotContain(begun, task => task.IsCompleted);
            }
        }

        await held.CommitAsync();
        Assert.Equal([1, 2], (await Task.WhenAll(begun)).Select(erased => erased.Removed).Order());
        Assert.Equal(new OwnerErased(3, HasMore: true), await store.EraseOwnerAsync(tenant, "u-1", "e-1", at, 1));
    }
}
