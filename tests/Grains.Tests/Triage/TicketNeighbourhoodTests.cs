using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Triage.Incidents;
using Steward.Grains.Tests.Hosting;
using Steward.Grains.Tests.Triage.Learning;
using Steward.Identity;
using Steward.Storage;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

public class TicketNeighbourhoodTests
{
    private const string Tenant = "t-acme";

    private readonly ShiftedTime _time = new();
    private readonly MemoryJournals _store = new(new Mortal());
    private readonly TaskCompletionSource _gate = new();

    [Fact]
    public async Task See_WhileThePastIsReadBack_ThePastStaysPast()
    {
        await DecideAsync(40, isFromPlatform: true);
        var neighbours = Neighbours();
        var loading = LoadAsync(neighbours);

        // Neither is known of it yet, and it is later than all that is being read.
        Assert.Equal(default, See(neighbours, "sn:new", "printer on the third floor is jammed"));
        Assert.Equal(default, See(neighbours, "sn:same", "printer on the third floor is jammed"));
        _gate.SetResult();
        await loading;

        // Those of hours ago are neither many in minutes nor the same as one of now.
        Assert.Equal(default, See(neighbours, "sn:vpn", Text));
        Assert.Equal("sn:new", See(neighbours, "sn:third", "printer on the third floor is jammed").DuplicateOf);
    }

    [Fact]
    public async Task See_PastCannotBeRead_WatchesWhatComes()
    {
        var neighbours = Neighbours();
        var loading = LoadAsync(neighbours);
        _gate.SetException(new StorageException("The store is away."));
        await Assert.ThrowsAsync<StorageException>(() => loading);

        See(neighbours, "sn:1", Text);

        Assert.Equal("sn:1", See(neighbours, "sn:2", Text).DuplicateOf);
    }

    [Theory]
    [InlineData(true, "old:0")]
    [InlineData(false, null)]
    public async Task Load_TicketsThatAnybodyMayHaveInvented_AreNotWatched(bool isFromPlatform, string? duplicateOf)
    {
        await DecideAsync(1, isFromPlatform, hoursAgo: 1);
        var neighbours = Neighbours();
        _gate.SetResult();
        await LoadAsync(neighbours);

        Assert.Equal(duplicateOf, See(neighbours, "sn:1", Text).DuplicateOf);
    }

    [Fact]
    public async Task Close_WhileThePastIsReadBack_IsNoDuplicateLater()
    {
        await DecideAsync(1, isFromPlatform: true, hoursAgo: 1);
        var neighbours = Neighbours();
        var loading = LoadAsync(neighbours);

        Assert.True(neighbours.Close("old:0"));
        _gate.SetResult();
        await loading;

        Assert.Null(See(neighbours, "sn:1", Text).DuplicateOf);
        Assert.False(neighbours.Close("old:0"));
    }

    private const string Text = "vpn gateway in berlin does not connect any more";

    private TicketNeighbourhood Neighbours() => new(
        new TriageParts(
            FakeGrain.Of<IJournalStore>((_, args) => new ValueTask<IReadOnlyList<JournalEntry>>(TailAsync((string)args[0]!, (int)args[1]!))),
            _store,
            null!,
            null!,
            [() => new TicketWatch()],
            null!,
            Options.Create(new TriageOptions()),
            _time,
            NullLogger<TriageGrain>.Instance),
        Tenant);

    private static Task LoadAsync(TicketNeighbourhood neighbours) =>
        neighbours.LoadAsync(GrainKeys.Triage(Tenant), GrainKeys.TriageLabels(GrainKeys.Triage(Tenant)), TimeZoneInfo.Utc, default);

    private TicketSighting See(TicketNeighbourhood neighbours, string id, string text) => neighbours.See(new TriageTicket { Id = id, ShortDescription = text }, TimeZoneInfo.Utc, _time.GetUtcNow());

    private async Task<IReadOnlyList<JournalEntry>> TailAsync(string journal, int limit)
    {
        await _gate.Task;
        return await _store.ReadTailAsync(journal, limit);
    }

    private async Task DecideAsync(int count, bool isFromPlatform, int hoursAgo = 20)
    {
        for (var i = 0; i < count; i++)
        {
            var (at, content) = (_time.GetUtcNow().AddHours(-hoursAgo).AddMinutes(20 * i), TicketContents.Of(new TriageTicket { Id = $"old:{i}", ShortDescription = Text }));
            var decision = new TriageDecision { TicketId = $"old:{i}", Band = TriageBand.Review, Label = "Network", Confidence = 0.8, Top = [], Reasons = [], Similar = [], Version = "base:it-topic:1", DecidedAt = at };
            var payload = JsonSerializer.SerializeToUtf8Bytes(new TicketDecided { Ticket = content.Hash, Decision = decision, IsFromPlatform = isFromPlatform }, TriageJson.Default.TicketDecided);
            await _store.AppendAsync(new JournalAppend { Journal = GrainKeys.Triage(Tenant), ExpectedSequence = i, Records = [new JournalRecord { Type = TriageFactTypes.Decided, Payload = payload, At = at }], Contents = [content] });
        }
    }
}
