using System.Globalization;

namespace Steward.Storage.Tests.Journals;

/// <summary>What every journal store must do about wake times.</summary>
public abstract class JournalWakeTests(StorageFixture fixture)
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly string _tenant = $"t-{Guid.NewGuid():n}";

    private IJournalStore Store => fixture.Journals;

    [Fact]
    public async Task Append_WithWake_IsInTheHeadUntilChanged()
    {
        await Store.AppendAsync(Append("r-1", 0) with { Wake = new JournalWake(Noon.AddTicks(15_999)) });
        Assert.Equal(new JournalHead(Key("r-1"), 1, Open: false, Noon, Noon.AddMilliseconds(1)), await Store.GetHeadAsync(Key("r-1")));

        await Store.AppendAsync(Append("r-1", 1));
        Assert.Equal(Noon.AddMilliseconds(1), (await Store.GetHeadAsync(Key("r-1")))!.WakeAt);

        await Store.AppendAsync(Append("r-1", 2) with { Wake = new JournalWake(Noon.AddDays(1)) });
        Assert.Equal(Noon.AddDays(1), (await Store.GetHeadAsync(Key("r-1")))!.WakeAt);

        await Store.AppendAsync(Append("r-1", 3) with { Wake = JournalWake.Never });
        Assert.Null((await Store.GetHeadAsync(Key("r-1")))!.WakeAt);
    }

    [Fact]
    public async Task Append_ConflictOrDuplicate_LeavesTheWakeTime()
    {
        await Store.AppendAsync(Append("r-1", 0, "op-1") with { Wake = new JournalWake(Noon) });

        Assert.IsType<JournalConflict>(await Store.AppendAsync(Append("r-1", 7) with { Wake = JournalWake.Never }));
        Assert.IsType<JournalDuplicate>(await Store.AppendAsync(Append("r-1", 1, "op-1") with { Wake = JournalWake.Never }));

        Assert.Equal(Noon, (await Store.GetHeadAsync(Key("r-1")))!.WakeAt);
    }

    [Fact]
    public async Task Append_OpenWithWake_ListsOpenWithTheWakeTime()
    {
        await Store.AppendAsync(Append("r-1", 0) with { Open = true, Wake = new JournalWake(Noon) });

        var expected = new JournalHead(Key("r-1"), 1, Open: true, Noon, Noon);
        Assert.Equal([expected], await Store.ListOpenAsync(Key(""), Noon, 10));
        Assert.Equal([expected], await Store.ListDueAsync(Key(""), Noon, 10));
    }

    [Fact]
    public async Task ListDue_SomeDue_ListsThemByKeyWithinPrefixAndTime()
    {
        await Store.AppendAsync(Append("r-b", 0) with { Wake = new JournalWake(Noon.AddDays(-1)) });
        await Store.AppendAsync(Append("r-a", 0) with { Wake = new JournalWake(Noon) });
        await Store.AppendAsync(Append("r-late", 0) with { Wake = new JournalWake(Noon.AddMilliseconds(1)) });
        await Store.AppendAsync(Append("r-none", 0) with { Open = true });
        await Store.AppendAsync(Append("s-1", 0) with { Wake = new JournalWake(Noon) });

        Assert.Equal([Key("r-a"), Key("r-b")], (await Store.ListDueAsync(Key("r-"), Noon, 10)).Select(head => head.Journal));
        Assert.Equal([Key("r-b")], (await Store.ListDueAsync(Key("r-"), Noon, 10, Key("r-a"))).Select(head => head.Journal));
    }

    [Fact]
    public async Task ListDue_InPagesOverAllTenants_ListsEachOnce()
    {
        var names = Enumerable.Range(0, 23).Select(i => string.Create(CultureInfo.InvariantCulture, $"\U0010FFFF-{i:00}")).ToArray();
        await Task.WhenAll(names.Select((name, i) =>
            Store.AppendAsync(Append(name, 0) with { Wake = new JournalWake(Noon.AddMinutes(-i)) }).AsTask()));
        var seen = new List<string>();
        string? after = null;
        do
        {
            var page = await Store.ListDueAsync("", Noon, 5, after);
            seen.AddRange(page.Select(head => head.Journal).Where(journal => journal.StartsWith(_tenant, StringComparison.Ordinal)));
            after = page.Count == 0 ? null : page[^1].Journal;
        }
        while (after is not null);

        Assert.Equal(names.Select(Key), seen);
    }

    [Fact]
    public async Task ListDue_LimitOfZero_IsRefused() =>
        await Assert.ThrowsAnyAsync<ArgumentException>(async () => await Store.ListDueAsync("", Noon, 0));

    private string Key(string name) => $"{_tenant}/{name}";

    private JournalAppend Append(string name, long expected, string? deduplicationId = null) => new()
    {
        Journal = Key(name),
        ExpectedSequence = expected,
        Records = [new JournalRecord { Type = "a", Payload = default, At = Noon, DeduplicationId = deduplicationId }],
    };
}

public sealed class SqliteJournalWakeTests(SqliteStorageFixture fixture) : JournalWakeTests(fixture), IClassFixture<SqliteStorageFixture>;

public sealed class PostgreSqlJournalWakeTests(PostgreSqlStorageFixture fixture) : JournalWakeTests(fixture), IClassFixture<PostgreSqlStorageFixture>;
