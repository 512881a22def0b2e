using Microsoft.Extensions.Options;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage.Learning;

public sealed class LearningLabelsTests : IDisposable
{
    private readonly TrainingRoom _room = new(new FreeLoad(), Options.Create(new TriageLearningOptions()), TimeProvider.System);

    [Fact]
    public async Task Read_MoreTextThanIsHeld_KeepsTheNewestAndCutsLongOnes()
    {
        var read = await LearningLabels.ReadAsync(PageAsync, null, TimeZoneInfo.Utc, _room, default, mostCharacters: 41_000);

        Assert.Equal(Enumerable.Range(191, 10).Select(sequence => (long)sequence), read.Guarded.Tickets.Select(ticket => ticket.Sequence));
        Assert.All(read.Guarded.Tickets, ticket => Assert.Equal(4_000, ticket.Ticket.Description.Length));
        Assert.Equal(200, read.ThroughSequence);
    }

    [Theory]
    [InlineData(TriageLabelSource.Import, 90)]
    [InlineData(TriageLabelSource.Feedback, 100)]
    public async Task Read_OnePersonSaysMoreThanIsHeld_TheirOwnWordsLeave(TriageLabelSource honest, int kept)
    {
        var history = (await PageAsync(0, 500)).Labels.Take(100).Select((label, i) => label with { Source = honest, By = honest == TriageLabelSource.Import ? "u-root" : $"u-{i % 20}", DecidedLabel = "Mail" }).ToList();
        List<TriageLabelEntry> labels =
        [
            .. history,
            .. Enumerable.Range(0, 400).Select(i => history[0] with { Sequence = 101 + i, Ticket = history[0].Ticket with { Id = $"x:{i}" }, Source = TriageLabelSource.Feedback, By = "u-mallory" }),
        ];

        var read = await LearningLabels.ReadAsync(
            (_, _) => Task.FromResult(new TriageLabelPage { Labels = labels, ThroughSequence = 500, HasMore = false }), null, TimeZoneInfo.Utc, _room, default, mostCharacters: 120 * 4_000);

        Assert.InRange(read.Guarded.Tickets.Count(ticket => ticket.TicketId.StartsWith("csv:", StringComparison.Ordinal)), kept, 100);
        Assert.InRange(read.Guarded.Tickets.Count(ticket => ticket.By == "u-mallory"), 5, 30);
    }

    [Fact]
    public async Task Read_TwoTenants_OneAfterTheOther()
    {
        var (gate, began) = (new TaskCompletionSource(), 0);

        async Task<TriageLabelPage> WaitAsync(long after, int limit)
        {
            began++;
            await gate.Task;
            return await PageAsync(after, limit);
        }

        var first = LearningLabels.ReadAsync(WaitAsync, null, TimeZoneInfo.Utc, _room, default);
        var second = LearningLabels.ReadAsync(WaitAsync, null, TimeZoneInfo.Utc, _room, default);
        Assert.Equal(1, began);
        gate.SetResult();
        await Task.WhenAll(first, second).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(2, began);
    }

    [Theory]
    [InlineData("servicenow:unknown", false)]
    [InlineData("servicenow:bob", true)]
    public async Task Read_NobodyKnowsWhoSaidIt_BearsNobodyOut(string by, bool isBelieved)
    {
        var history = (await PageAsync(0, 500)).Labels;
        List<TriageLabelEntry> labels = [.. history];
        foreach (var name in new[] { "servicenow:ada", by })
        {
            labels.AddRange(history.Select((label, i) => label with { Sequence = labels.Count + i + 1, Label = "Network", Source = TriageLabelSource.Reassignment, By = name }));
        }

        var read = await LearningLabels.ReadAsync((_, _) => Task.FromResult(new TriageLabelPage { Labels = labels, ThroughSequence = 600, HasMore = false }), null, TimeZoneInfo.Utc, _room, default);

        Assert.Equal(isBelieved ? 0 : 200, read.Guarded.SetAside);
    }

    public void Dispose() => _room.Dispose();

    private static Task<TriageLabelPage> PageAsync(long after, int limit) => Task.FromResult(new TriageLabelPage
    {
        Labels =
        [
            .. Enumerable.Range(1, 200).Where(sequence => sequence > after).Select(sequence => new TriageLabelEntry
            {
                Sequence = sequence,
                Ticket = new TriageTicket { Id = $"csv:{sequence}", ShortDescription = "", Description = $"{sequence} " + new string('x', 5_000) },
                Label = "Mail",
                Source = TriageLabelSource.Import,
                By = "u-root",
                At = new DateTimeOffset(2026, 3, 2, 8, 0, 0, TimeSpan.Zero),
            }),
        ],
        ThroughSequence = 200,
        HasMore = false,
    });

    private sealed class FreeLoad : ITrainingLoad
    {
        public bool IsBusy => false;
    }
}
