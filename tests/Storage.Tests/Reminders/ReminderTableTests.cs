using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Steward.Storage.Reminders;

namespace Steward.Storage.Tests.Reminders;

/// <summary>What a reminder table must do on every database.</summary>
public abstract class ReminderTableTests(StorageFixture fixture) : IAsyncLifetime
{
    private static readonly DateTime Noon = new DateTime(2026, 3, 1, 12, 0, 0, DateTimeKind.Utc).AddTicks(1_234_567);

    private readonly GrainId _grain = GrainId.Create("run", $"t-acme/r-{Guid.NewGuid():n}");

    private protected StorageBackend Backend => fixture.Services.GetRequiredService<StorageBackend>();

    private protected abstract IReminderStore Reminders { get; }

    private StewardReminderTable Table => new(Reminders);

    // One test at a time uses a class's database, so that each starts from an empty table.
    public Task InitializeAsync() => Table.TestOnlyClearTable();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task UpsertRow_New_IsReadAsWritten()
    {
        var etag = await Table.UpsertRow(Entry("watchdog"));

        var read = await Table.ReadRow(_grain, "watchdog");

        Assert.Equal(
            (_grain, "watchdog", Noon, DateTimeKind.Utc, TimeSpan.FromMinutes(1), etag),
            (read!.GrainId, read.ReminderName, read.StartAt, read.StartAt.Kind, read.Period, read.ETag));
        Assert.False(string.IsNullOrEmpty(etag));
    }

    [Fact]
    public async Task UpsertRow_Existing_ReplacesItWithANewETag()
    {
        var first = await Table.UpsertRow(Entry("watchdog"));
        var changed = Entry("watchdog");
        changed.Period = TimeSpan.FromDays(60);

        var second = await Table.UpsertRow(changed);

        var read = Assert.Single((await Table.ReadRows(_grain)).Reminders);
        Assert.NotEqual(first, second);
        Assert.Equal((TimeSpan.FromDays(60), second), (read.Period, read.ETag));
    }

    [Fact]
    public async Task ReadRow_Unknown_IsNull()
    {
        await Table.UpsertRow(Entry("watchdog"));

        Assert.Null(await Table.ReadRow(_grain, "Watchdog"));
        Assert.Null(await Table.ReadRow(GrainId.Create("run", "t-acme/r-none"), "watchdog"));
    }

    [Fact]
    public async Task ReadRows_OfAGrain_ReturnsItsOwnOnly()
    {
        await Table.UpsertRow(Entry("a"));
        await Table.UpsertRow(Entry("b"));
        await Table.UpsertRow(Entry("a", GrainId.Create("run", "t-acme/r-other")));

        Assert.Equal(["a", "b"], (await Table.ReadRows(_grain)).Reminders.Select(entry => entry.ReminderName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task RemoveRow_CurrentETag_RemovesIt()
    {
        var etag = await Table.UpsertRow(Entry("watchdog"));

        Assert.True(await Table.RemoveRow(_grain, "watchdog", etag!));
        Assert.Null(await Table.ReadRow(_grain, "watchdog"));
        Assert.False(await Table.RemoveRow(_grain, "watchdog", etag!));
    }

    [Fact]
    public async Task RemoveRow_StaleETag_LeavesIt()
    {
        var stale = await Table.UpsertRow(Entry("watchdog"));
        await Table.UpsertRow(Entry("watchdog"));

        Assert.False(await Table.RemoveRow(_grain, "watchdog", stale!));
        Assert.NotNull(await Table.ReadRow(_grain, "watchdog"));
    }

    [Fact]
    public async Task RemoveRow_ETagOfAnEarlierReminderOfThatName_LeavesIt()
    {
        var old = await Table.UpsertRow(Entry("watchdog"));
        await Table.RemoveRow(_grain, "watchdog", old!);
        await Table.UpsertRow(Entry("watchdog"));

        Assert.False(await Table.RemoveRow(_grain, "watchdog", old!));
    }

    [Fact]
    public async Task ReadRows_AnyRange_IsOpenAtTheBeginningAndClosedAtTheEndOfTheRing()
    {
        var grains = Enumerable.Range(0, 200).Select(i => GrainId.Create("run", $"t-acme/r-{i}")).ToArray();
        foreach (var grain in grains)
        {
            await Table.UpsertRow(Entry("watchdog", grain));
        }

        var hashes = grains.Select(grain => grain.GetUniformHashCode()).ToArray();
        foreach (var (begin, end) in new (uint, uint)[]
        {
            (0u, uint.MaxValue), (0u, 0u), (uint.MaxValue, uint.MaxValue), (hashes[0], hashes[0]), (hashes[0], hashes[1]), (hashes[1], hashes[0]),
            (int.MaxValue, 0x8000_0000u), (0x8000_0000u, 0x7FFF_FFFFu), (hashes[3] - 1, hashes[3]), (hashes[3], hashes[3] + 1),
        })
        {
            var expected = grains.Where(grain => IsIn(grain.GetUniformHashCode(), begin, end)).Select(grain => grain.ToString()).Order(StringComparer.Ordinal);
            var actual = (await Table.ReadRows(begin, end)).Reminders.Select(entry => entry.GrainId.ToString()).Order(StringComparer.Ordinal);
            Assert.Equal(expected, actual);
        }

        static bool IsIn(uint hash, uint begin, uint end) => begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
    }

    [Fact]
    public async Task UpsertRow_LocalAndUnspecifiedTimes_AreStoredAsUtc()
    {
        var local = Entry("local");
        local.StartAt = Noon.ToLocalTime();
        var unspecified = Entry("unspecified");
        unspecified.StartAt = DateTime.SpecifyKind(Noon, DateTimeKind.Unspecified);
        await Table.UpsertRow(local);
        await Table.UpsertRow(unspecified);

        Assert.All((await Table.ReadRows(_grain)).Reminders, entry => Assert.Equal(Noon, entry.StartAt));
    }

    [Fact]
    public async Task TestOnlyClearTable_SomeReminders_RemovesAll()
    {
        await Table.UpsertRow(Entry("watchdog"));

        await Table.TestOnlyClearTable();

        Assert.Empty((await Table.ReadRows(0, 0)).Reminders);
    }

    private ReminderEntry Entry(string name, GrainId? grain = null) =>
        new() { GrainId = grain ?? _grain, ReminderName = name, StartAt = Noon, Period = TimeSpan.FromMinutes(1) };
}

public sealed class SqliteReminderTableTests(SqliteStorageFixture fixture) : ReminderTableTests(fixture), IClassFixture<SqliteStorageFixture>
{
    private protected override IReminderStore Reminders => new SqliteReminderStore(Backend.Sqlite!);
}

public sealed class PostgreSqlReminderTableTests(PostgreSqlStorageFixture fixture) : ReminderTableTests(fixture), IClassFixture<PostgreSqlStorageFixture>
{
    private protected override IReminderStore Reminders => new PostgreSqlReminderStore(Backend.PostgreSql!);
}
