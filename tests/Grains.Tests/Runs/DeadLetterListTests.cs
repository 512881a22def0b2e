using System.Diagnostics.Metrics;
using System.Text.Json;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Grains.Tests.Runs;

[Collection(GrainClusterGroup.Name)]
public class DeadLetterListTests(GrainCluster cluster)
{
    [Fact]
    public void Settle_EarlierAttempt_LeavesTheLaterLetter()
    {
        var list = new DeadLetterList();
        list.Apply(Added(1, "r-a", 2));
        list.Apply(Settled(2, "r-a", 1));
        var left = list.Find("r-a")?.Attempt;
        list.Apply(Settled(3, "r-a", 2));

        Assert.Equal(2, left);
        Assert.Equal((0, null), (list.Depth, list.Find("r-a")));
    }

    [Fact]
    public void Apply_ReceiptsAndWhatWasKept_GivesTheSameList()
    {
        var before = new DeadLetterList();
        before.Apply(Added(1, "r-a", 1));
        before.Apply(Added(2, "r-b", 1));
        before.Apply(Settled(3, "r-a", 1));
        var after = new DeadLetterList();

        after.Apply(Added(1, "r-a", 1) with { Payload = default });
        after.Apply(Added(2, "r-b", 1) with { Payload = default });
        after.Apply(new JournalEntry
        {
            Sequence = 4,
            Type = DeadLetterRecords.Kept,
            At = default,
            Payload = JsonSerializer.SerializeToUtf8Bytes([.. before.After(0)], DeadLetterJson.Default.IReadOnlyListDeadLetter),
        });

        Assert.Equal(before.After(0), after.After(0));
        Assert.Equal((4L, 0), (after.Sequence, after.EntriesSinceKept));
    }

    [Fact]
    public async Task List_ThatGrew_IsShortenedAndStillTakesEachLetterOnce()
    {
        const string Tenant = "t-manydead";
        var key = GrainKeys.DeadLetters(Tenant);
        var letters = cluster.Grains.GetGrain<IDeadLettersGrain>(key);
        cluster.SignIn(Tenant, "u-system", WellKnownRoles.System);
        for (var i = 0; i < 505; i++)
        {
            await letters.Add(Letter($"r-{i}", 1));
            await letters.Settle(new SettleDeadLetter { RunId = $"r-{i}", Attempt = i < 3 ? 0 : 1, Outcome = "closed", By = "u-root" });
        }

        await letters.Add(Letter("r-1", 1));
        await letters.Add(Letter("r-100", 1));
        var page = await letters.List(0, 2);
        var rest = await letters.List(page.NextAfterSequence!.Value, 2);

        Assert.Equal(["r-0", "r-1", "r-2"], page.Letters.Concat(rest.Letters).Select(letter => letter.RunId));
        Assert.Equal(3, Depth(Tenant));
        Assert.Equal((3, 3, null), (page.Depth, await letters.Count(), rest.NextAfterSequence));
        Assert.Contains(await cluster.Journals.ReadTailAsync(key, 20), entry => entry.Type == DeadLetterRecords.Kept);
    }

    [Theory]
    [InlineData(true, 4000, 7)]
    [InlineData(false, 1500, 1507)]
    public async Task Activate_ManyReceipts_ReadsBackToWhereAllOpenOnesAreKept(bool kept, int before, int depth)
    {
        var tenant = "t-receipts" + Guid.NewGuid().ToString("n")[..8];
        var key = GrainKeys.DeadLetters(tenant);
        await AppendAsync(0, before, "r-old");
        var head = (long)before;
        if (kept)
        {
            var receipt = new JournalRecord { Type = DeadLetterRecords.Kept, At = DateTimeOffset.UnixEpoch, Payload = "[]"u8.ToArray() };
            Assert.IsType<JournalAppended>(await cluster.Journals.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = head++, Receipt = receipt }));
        }

        await AppendAsync(head, 7, "r-new");
        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        var letters = cluster.Grains.GetGrain<IDeadLettersGrain>(key);

        Assert.Equal(depth, await letters.Count());
        Assert.NotNull(await letters.Find("r-new-3"));
        Assert.Equal(!kept, await letters.Find("r-old-3") is not null);
        Assert.InRange(cluster.Faults.EntriesRead[key], 1, kept ? 1100 : 1100 + depth);

        async Task AppendAsync(long at, int count, string name) => Assert.IsType<JournalAppended>(await cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = at,
            Records = [.. Enumerable.Range(0, count).Select(number => new JournalRecord
            {
                Type = DeadLetterRecords.Added,
                At = DateTimeOffset.UnixEpoch,
                Payload = JsonSerializer.SerializeToUtf8Bytes(Letter($"{name}-{number}", 1), DeadLetterJson.Default.DeadLetter),
                DeduplicationId = $"dead:{name}-{number}:1",
            })],
        }));
    }

    private static int Depth(string tenant)
    {
        var depth = -1;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "steward.dead_letters.depth")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<int>((_, measured, tags, _) => depth = tags.ToArray().Contains(new("tenant", tenant)) ? measured : depth);
        listener.Start();
        listener.RecordObservableInstruments();
        return depth;
    }

    private static DeadLetter Letter(string runId, int attempt) =>
        new() { RunId = runId, Attempt = attempt, UserId = "u-ada", Code = "internal", RequestedAt = DateTimeOffset.UnixEpoch, FailedAt = DateTimeOffset.UnixEpoch };

    private static JournalEntry Added(long sequence, string runId, int attempt) => new()
    {
        Sequence = sequence,
        Type = DeadLetterRecords.Added,
        At = default,
        Payload = JsonSerializer.SerializeToUtf8Bytes(Letter(runId, attempt), DeadLetterJson.Default.DeadLetter),
    };

    private static JournalEntry Settled(long sequence, string runId, int attempt) => new()
    {
        Sequence = sequence,
        Type = DeadLetterRecords.Settled,
        At = default,
        Payload = JsonSerializer.SerializeToUtf8Bytes(new SettleDeadLetter { RunId = runId, Attempt = attempt, Outcome = "closed", By = "u-root" }, DeadLetterJson.Default.SettleDeadLetter),
    };
}
