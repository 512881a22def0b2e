using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Operations;
using Steward.Schedules;
using Steward.Storage;

namespace Steward.Grains.Tests.Operations;

[Collection(GrainClusterGroup.Name)]
public class FoldedJournalTests(GrainCluster cluster)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(700)]
    public async Task Load_AfterManyEntries_IsWhatWasInMemory(int entries)
    {
        var key = NewKey();
        using var journal = Open(key);
        await journal.LoadAsync(default);
        for (var i = 0; i < entries; i++)
        {
            await FireAsync(journal, i);
        }

        using var again = Open(key);
        await again.LoadAsync(default);

        Assert.Equal(Describe(journal.State), Describe(again.State));
        Assert.Equal($"r-{entries - 1}", again.State.LastRunId);
        await FireAsync(again, entries);
        Assert.Equal($"r-{entries}", again.State.LastRunId);
    }

    [Fact]
    public async Task Append_SomebodyElseWrote_GivesWayAndWritesNothing()
    {
        var key = NewKey();
        var gaveWay = 0;
        using var first = Open(key, () => gaveWay++);
        using var second = Open(key);
        await FireAsync(first, 0);
        await second.LoadAsync(default);
        await FireAsync(second, 1);

        var error = await Assert.ThrowsAsync<StewardException>(() => FireAsync(first, 2));

        Assert.True(error is { Code: ErrorCodes.Unavailable, IsRetryable: true });
        Assert.Equal(1, gaveWay);
        Assert.Equal(2, (await cluster.Journals.GetHeadAsync(key))!.Sequence);
    }

    [Fact]
    public async Task Append_SameDeduplicationId_IsTakenOnce()
    {
        var key = NewKey();
        using var journal = Open(key);

        Assert.True(await journal.AppendAsync(ScheduleRecordTypes.Paused, new ScheduleNote(), ScheduleJson.Default.ScheduleNote, static () => null, "once"));
        Assert.False(await journal.AppendAsync(ScheduleRecordTypes.Resumed, new ScheduleNote(), ScheduleJson.Default.ScheduleNote, static () => null, "once"));
        Assert.True(journal.State.Paused);
    }

    [Fact]
    public async Task Append_ManyAtOnce_AllStandInOrder()
    {
        var key = NewKey();
        using var journal = Open(key);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(number => FireAsync(journal, number)));

        Assert.Equal(50, (await cluster.Journals.GetHeadAsync(key))!.Sequence);
        Assert.Equal("r-49", journal.State.LastRunId);
    }

    [Fact]
    public async Task Purge_AtRest_LeavesASnapshotOnly_AndNothingHappensOtherwise()
    {
        var key = NewKey();
        using var journal = Open(key);
        for (var i = 0; i < 10; i++)
        {
            await FireAsync(journal, i);
        }

        await journal.AppendAsync(ScheduleRecordTypes.Paused, new ScheduleNote(), ScheduleJson.Default.ScheduleNote, static () => new JournalWake(Start));
        await journal.PurgeAsync();
        Assert.Equal(11, journal.SincePurge);
        await journal.AppendAsync(ScheduleRecordTypes.Resumed, new ScheduleNote(), ScheduleJson.Default.ScheduleNote, static () => JournalWake.Never);
        await journal.PurgeAsync();

        Assert.Equal([FoldedJournal<ScheduleState>.SnapshotType], (await cluster.Journals.ReadAsync(key, 0, 100)).Select(entry => entry.Type));
        Assert.Equal(1, journal.SincePurge);
        using var again = Open(key);
        await again.LoadAsync(default);
        Assert.Equal(Describe(journal.State), Describe(again.State));
        await FireAsync(again, 10);
        Assert.Null(await again.ReadAsync(3, default));
    }

    [Fact]
    public async Task Purge_KeepsWake_LeavesASnapshotAndTheWakeTime()
    {
        var key = NewKey();
        using var journal = Open(key);
        await journal.AppendAsync(ScheduleRecordTypes.Resumed, new ScheduleNote(), ScheduleJson.Default.ScheduleNote, static () => new JournalWake(Start));
        await FireAsync(journal, 1);

        await journal.PurgeAsync(keepsWake: true);

        Assert.Equal([FoldedJournal<ScheduleState>.SnapshotType], (await cluster.Journals.ReadAsync(key, 0, 100)).Select(entry => entry.Type));
        Assert.Equal(Start, (await cluster.Journals.GetHeadAsync(key))!.WakeAt);
        await FireAsync(journal, 2);
        Assert.Equal("r-2", journal.State.LastRunId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Purge_TheStoreFails_IsNotTakenForDone(bool isDone)
    {
        var key = NewKey();
        var gaveWay = 0;
        using var journal = new FoldedJournal<ScheduleState>(cluster.Faults, key, ScheduleJson.Default.ScheduleState, TimeProvider.System, () => gaveWay++);
        await FireAsync(journal, 0);
        await FireAsync(journal, 1);
        cluster.Faults.LosePurges(key, 1, isDone);

        var error = await Assert.ThrowsAsync<StewardException>(() => journal.PurgeAsync());

        Assert.True(error is { Code: ErrorCodes.Unavailable, IsRetryable: true, OutcomeUnknown: true });
        Assert.Equal((1, 2L, 0L), (gaveWay, journal.SincePurge, journal.State.PurgedThrough));
        using var again = Open(key);
        await again.LoadAsync(default);
        Assert.Equal((isDone ? 2L : 0L, "r-1"), (again.State.PurgedThrough, again.State.LastRunId));

        // What was done and not heard of is noticed when it is tried again.
        Assert.Equal(!isDone, await journal.PurgeAsync());
        Assert.Equal(isDone ? 2 : 1, gaveWay);
    }

    [Fact]
    public async Task Purge_GoesOn_IsNotTakenForDoneMeanwhile()
    {
        var key = NewKey();
        using var journal = new FoldedJournal<ScheduleState>(cluster.Faults, key, ScheduleJson.Default.ScheduleState, TimeProvider.System, static () => { });
        await FireAsync(journal, 0);

        cluster.Faults.Hold(key);
        var purging = journal.PurgeAsync();
        Assert.Equal(0, journal.State.PurgedThrough);
        cluster.Faults.Release(key);

        Assert.True(await purging);
        Assert.Equal(1, journal.State.PurgedThrough);
    }

    [Fact]
    public async Task Shorten_TheStoreFails_GivesWayAndIsNoError()
    {
        var key = NewKey();
        var gaveWay = 0;
        using var journal = new FoldedJournal<ScheduleState>(cluster.Faults, key, ScheduleJson.Default.ScheduleState, TimeProvider.System, () => gaveWay++);
        await FireAsync(journal, 0);
        await FireAsync(journal, 1);
        cluster.Faults.LosePurges(key, 1);

        await journal.ShortenAsync(after: 2);
        Assert.Equal((0, 2L), (gaveWay, journal.SincePurge));
        await journal.ShortenAsync(after: 1);
        Assert.Equal((1, 2L), (gaveWay, journal.SincePurge));
        await journal.ShortenAsync(after: 1);
        Assert.Equal((1, 1L), (gaveWay, journal.SincePurge));
    }

    private static string NewKey() => $"t-fold/j-{Guid.NewGuid():n}";

    private static string Describe(ScheduleState state) => System.Text.Json.JsonSerializer.Serialize(state, ScheduleJson.Default.ScheduleState);

    private static Task<bool> FireAsync(FoldedJournal<ScheduleState> journal, int number) => journal.AppendAsync(
        ScheduleRecordTypes.Fired,
        new ScheduleFire { At = Start.AddMinutes(number), Outcome = ScheduleOutcome.Started, RunId = $"r-{number}" },
        ScheduleJson.Default.ScheduleFire,
        static () => null);

    private FoldedJournal<ScheduleState> Open(string key, Action? giveWay = null) =>
        new(cluster.Journals, key, ScheduleJson.Default.ScheduleState, TimeProvider.System, giveWay ?? (static () => { }));
}
