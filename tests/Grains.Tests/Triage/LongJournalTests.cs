using System.Diagnostics;
using System.Text.Json;
using Steward.Identity;
using Steward.Storage;
using Steward.Triage;
using Xunit.Abstractions;

namespace Steward.Grains.Tests.Triage;

/// <summary>A triage that has decided for long is there as quickly as a new one.</summary>
[Collection(TriageClusterGroup.Name)]
public sealed class LongJournalTests(TriageCluster cluster, ITestOutputHelper output)
{
    private const int Entries = 100_000;
    private const int AtOnce = 2_000;

    [Fact]
    public async Task Activate_HundredThousandDecisions_ReadsTheLastFewAndKnowsTheFirst()
    {
        var tenant = TriageCluster.NewTenant();
        var key = GrainKeys.Triage(tenant);
        for (var from = 0; from < Entries; from += AtOnce)
        {
            await cluster.Journals.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = from, Records = [.. Enumerable.Range(from, AtOnce).Select(Decided)] });
        }

        cluster.SignInAsAdmin(tenant);
        var whole = await TimeAsync(tenant);
        await cluster.LeaveAsync(tenant);
        var read = cluster.Faults.EntriesRead[key];
        var saved = await TimeAsync(tenant);

        output.WriteLine($"from the beginning {whole.TotalMilliseconds:0} ms, from what was saved {saved.TotalMilliseconds:0} ms");

        // What came after what was saved, and the last tickets of the day.
        Assert.InRange(cluster.Faults.EntriesRead[key] - read, 0, TriageCluster.SnapshotAfter + 1_024);
        Assert.Equal("g0", (await cluster.Triage(tenant).GetDecision("sn:0"))?.Label);
        Assert.Equal(Entries, (await cluster.Triage(tenant).GetReport(90)).All.Decided);
    }

    private async Task<TimeSpan> TimeAsync(string tenant)
    {
        var start = Stopwatch.GetTimestamp();
        await cluster.Triage(tenant).GetSettings();
        return Stopwatch.GetElapsedTime(start);
    }

    private JournalRecord Decided(int i)
    {
        var at = cluster.Time.GetUtcNow().AddMinutes(-60);
        var decision = new TriageDecision
        {
            TicketId = $"sn:{i}",
            Band = TriageBand.Review,
            Label = $"g{i % 40}",
            Confidence = 0.8,
            Top = [],
            Reasons = ["outlook", "calendar"],
            Similar = [],
            Version = "base:it-topic:1",
            DecidedAt = new DateTimeOffset(at.Ticks - (at.Ticks % TimeSpan.TicksPerMillisecond), TimeSpan.Zero),
        };
        return new JournalRecord
        {
            Type = TriageFactTypes.Decided,
            Payload = JsonSerializer.SerializeToUtf8Bytes(new TicketDecided { Ticket = new string('0', 64), Decision = decision }, TriageJson.Default.TicketDecided),
            At = at,
            DeduplicationId = $"t/1/sn:{i}",
        };
    }
}
