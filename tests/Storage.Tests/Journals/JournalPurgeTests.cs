using System.Text;

namespace Steward.Storage.Tests.Journals;

/// <summary>What every journal store must do about retention.</summary>
public abstract class JournalPurgeTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IJournalStore Store => fixture.Journals;

    [Fact]
    public async Task Purge_ClosedJournal_LeavesTheReceiptAndTheDeduplicationIds()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a"), Record("b") with { DeduplicationId = "op-1" }, Record("c")));

        Assert.Equal(new JournalAppended(4), await Store.PurgeAsync(Purge("r-1", 3)));

        Assert.Equal(["2 test op-1 ", "4 receipt  gone"], (await Store.ReadAsync(Key("r-1"), 0, 10)).Select(Show));
        Assert.Equal(["4 receipt  gone"], (await Store.ReadTailAsync(Key("r-1"), 1)).Select(Show));
        Assert.Equal("2 test op-1 ", Show((await Store.FindAsync(Key("r-1"), "op-1"))!));
        Assert.Equal(new JournalHead(Key("r-1"), 4, Open: false, Noon.AddDays(30)), await Store.GetHeadAsync(Key("r-1")));
    }

    [Fact]
    public async Task Append_PurgedDeduplicationId_IsStillADuplicate()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a"), Record("b") with { DeduplicationId = "op-1" }));
        await Store.PurgeAsync(Purge("r-1", 2));

        var result = await Store.AppendAsync(Append("r-1", 3, Record("again") with { DeduplicationId = "op-1" }));

        Assert.Equal("2 test op-1 ", Show(Assert.IsType<JournalDuplicate>(result).Existing));
    }

    [Fact]
    public async Task Append_AfterPurge_ContinuesAndIsListedAndPurgedAgain()
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a")));
        await Store.PurgeAsync(Purge("r-1", 1));
        Assert.Empty(await Store.ListClosedAsync(Key(""), DateTimeOffset.MaxValue, 10));

        Assert.Equal(new JournalAppended(3), await Store.AppendAsync(Append("r-1", 2, Record("b"))));
        Assert.Equal([Key("r-1")], (await Store.ListClosedAsync(Key(""), DateTimeOffset.MaxValue, 10)).Select(head => head.Journal));

        Assert.Equal(new JournalAppended(4), await Store.PurgeAsync(Purge("r-1", 3)));
        Assert.Equal(["4 receipt  gone"], (await Store.ReadAsync(Key("r-1"), 0, 10)).Select(Show));
    }

    [Theory]
    [InlineData(1L)]
    [InlineData(3L)]
    public async Task Purge_WrongSequence_ConflictsAndChangesNothing(long through)
    {
        await Store.AppendAsync(Append("r-1", 0, Record("a"), Record("b")));

        Assert.Equal(new JournalConflict(2), await Store.PurgeAsync(Purge("r-1", through)));

        Assert.Equal(["1 test  a", "2 test  b"], (await Store.ReadAsync(Key("r-1"), 0, 10)).Select(Show));
    }

    [Fact]
    public async Task Purge_OpenOrWithWakeOrUnknown_Conflicts()
    {
        await Store.AppendAsync(Append("r-open", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-wake", 0, Record("a")) with { Wake = new JournalWake(Noon) });

        Assert.Equal(new JournalConflict(1), await Store.PurgeAsync(Purge("r-open", 1)));
        Assert.Equal(new JournalConflict(1), await Store.PurgeAsync(Purge("r-wake", 1)));
        Assert.Equal(new JournalConflict(0), await Store.PurgeAsync(Purge("r-none", 1)));
        Assert.Equal("1 test  a", Show((await Store.ReadTailAsync(Key("r-open"), 1))[0]));
        Assert.Null(await Store.GetHeadAsync(Key("r-none")));
    }

    [Fact]
    public async Task Purge_KeepsWake_ShortensAndLeavesTheWakeTime()
    {
        await Store.AppendAsync(Append("r-wake", 0, Record("a"), Record("b") with { DeduplicationId = "op-1" }) with { Wake = new JournalWake(Noon) });
        await Store.AppendAsync(Append("r-open", 0, Record("a")) with { Open = true, Wake = new JournalWake(Noon) });

        Assert.Equal(new JournalConflict(2), await Store.PurgeAsync(Purge("r-wake", 1) with { KeepsWake = true }));
        Assert.Equal(Noon, (await Store.GetHeadAsync(Key("r-wake")))!.WakeAt);
        Assert.Equal(new JournalAppended(3), await Store.PurgeAsync(Purge("r-wake", 2) with { KeepsWake = true }));
        Assert.Equal(new JournalConflict(1), await Store.PurgeAsync(Purge("r-open", 1) with { KeepsWake = true }));
        Assert.Equal(new JournalConflict(0), await Store.PurgeAsync(Purge("r-none", 1) with { KeepsWake = true }));

        Assert.Equal(["2 test op-1 ", "3 receipt  gone"], (await Store.ReadAsync(Key("r-wake"), 0, 10)).Select(Show));
        Assert.Equal([(Key("r-open"), Noon), (Key("r-wake"), Noon)], (await Store.ListDueAsync(Key("r-"), Noon, 10)).Select(head => (head.Journal, head.WakeAt!.Value)));
        Assert.Equal(new JournalAppended(4), await Store.AppendAsync(Append("r-wake", 3, Record("c")) with { Wake = JournalWake.Never }));
        Assert.Null((await Store.GetHeadAsync(Key("r-wake")))!.WakeAt);
    }

    [Fact]
    public async Task Purge_ReceiptsIdIsThere_IsADuplicate()
    {
        var purge = Purge("r-1", 1);
        purge = purge with { Receipt = purge.Receipt with { DeduplicationId = "retention" } };
        await Store.AppendAsync(Append("r-1", 0, Record("a")));

        Assert.Equal(new JournalAppended(2), await Store.PurgeAsync(purge));

        Assert.Equal("2 receipt retention gone", Show(Assert.IsType<JournalDuplicate>(await Store.PurgeAsync(purge)).Existing));
    }

    [Fact]
    public async Task Purge_AgainstAppends_OneOfThemWins()
    {
        for (var round = 0; round < 20; round++)
        {
            var name = $"r-{round}";
            await Store.AppendAsync(Append(name, 0, Record("a")));

            var results = await Task.WhenAll(
                Task.Run(async () => await Store.AppendAsync(Append(name, 1, Record("b")))),
                Task.Run(async () => await Store.PurgeAsync(Purge(name, 1))));

            Assert.Equal([new JournalAppended(2), new JournalConflict(2)], results.OrderBy(result => result is JournalConflict));
        }
    }

    [Fact]
    public async Task List_AtRestOrNot_ListsAllByKeyWithinPrefix()
    {
        await Store.AppendAsync(Append("u-b", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("u-a", 0, Record("a")));
        await Store.AppendAsync(Append("u-a/s-1", 0, Record("a")));
        await Store.AppendAsync(Append("u-c", 0, Record("a")));
        await Store.AppendAsync(Append("v-a", 0, Record("a")));
        await Store.PurgeAsync(Purge("u-c", 1));

        Assert.Equal([Key("u-a"), Key("u-a/s-1"), Key("u-b"), Key("u-c")], (await Store.ListAsync(Key("u-"), 10)).Select(head => head.Journal));
        Assert.Equal([Key("u-a"), Key("u-a/s-1")], (await Store.ListAsync(Key("u-"), 2)).Select(head => head.Journal));
        Assert.Equal([Key("u-b"), Key("u-c")], (await Store.ListAsync(Key("u-"), 10, Key("u-a/~"))).Select(head => head.Journal));
        Assert.Empty(await Store.ListAsync(Key("u-"), 10, Key("u-c")));
    }

    [Fact]
    public async Task ListClosed_SomeClosed_ListsThemByKeyWithinPrefixAndTime()
    {
        await Store.AppendAsync(Append("r-b", 0, Record("a")));
        await Store.AppendAsync(Append("r-a", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-a", 1, Record("a")) with { Open = false });
        await Store.AppendAsync(Append("r-open", 0, Record("a")) with { Open = true });
        await Store.AppendAsync(Append("r-wake", 0, Record("a")) with { Wake = new JournalWake(Noon) });
        await Store.AppendAsync(Append("r-late", 0, Record("a") with { At = Noon.AddMilliseconds(1) }));
        await Store.AppendAsync(Append("r-purged", 0, Record("a")));
        await Store.PurgeAsync(Purge("r-purged", 1, Noon));
        await Store.AppendAsync(Append("s-1", 0, Record("a")));

        var heads = await Store.ListClosedAsync(Key("r-"), Noon, 10);

        Assert.Equal([new JournalHead(Key("r-a"), 2, false, Noon), new JournalHead(Key("r-b"), 1, false, Noon)], heads);
        Assert.Equal([Key("r-b")], (await Store.ListClosedAsync(Key("r-"), Noon, 10, Key("r-a"))).Select(head => head.Journal));
        Assert.Equal([Key("r-a")], (await Store.ListClosedAsync(Key("r-"), Noon, 1)).Select(head => head.Journal));
    }

    [Fact]
    public async Task Purge_InvalidArgument_IsRefused()
    {
        var good = Purge("r-1", 1);
        foreach (var bad in new[]
        {
            good with { Journal = "" },
            good with { ThroughSequence = 0 },
            good with { Receipt = good.Receipt with { Type = "" } },
            good with { Receipt = good.Receipt with { DeduplicationId = "\0" } },
            good with { Receipt = null! },
        })
        {
            await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.PurgeAsync(bad));
        }

        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListClosedAsync("", Noon, 0));
    }

    private static string Show(JournalEntry entry) => $"{entry.Sequence} {entry.Type} {entry.DeduplicationId} {Encoding.UTF8.GetString(entry.Payload.Span)}";

    private static JournalRecord Record(string text) => new() { Type = "test", Payload = Encoding.UTF8.GetBytes(text), At = Noon };

    private string Key(string name) => $"{_tenant}/{name}";

    private JournalAppend Append(string name, long expected, params JournalRecord[] records) =>
        new() { Journal = Key(name), ExpectedSequence = expected, Records = records };

    private JournalPurge Purge(string name, long through, DateTimeOffset? at = null) => new()
    {
        Journal = Key(name),
        ThroughSequence = through,
        Receipt = new JournalRecord { Type = "receipt", Payload = Encoding.UTF8.GetBytes("gone"), At = at ?? Noon.AddDays(30) },
    };
}

public sealed class SqliteJournalPurgeTests(SqliteStorageFixture fixture) : JournalPurgeTests(fixture), IClassFixture<SqliteStorageFixture>;

public sealed class PostgreSqlJournalPurgeTests(PostgreSqlStorageFixture fixture) : JournalPurgeTests(fixture), IClassFixture<PostgreSqlStorageFixture>;
