using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A tenant's audit log: read back over weeks, whatever is in between, and removed by retention.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class ConnectorAuditGrainTests(TimedCluster cluster)
{
    private readonly string _tenant = "t-audit" + Guid.NewGuid().ToString("n")[..8];

    [Fact]
    public async Task List_OneConnectorBehindVeryManyOthers_IsFoundByGoingOn()
    {
        await AppendAsync("rare", 1);
        for (var batch = 0; batch < 21; batch++)
        {
            await AppendAsync("busy", 1_000);
        }

        await AppendAsync("rare", 1);
        var first = await ListAsync("rare", before: 0, limit: 10);
        Assert.Single(first.Entries);
        Assert.NotNull(first.NextBefore);

        var second = await ListAsync("rare", first.NextBefore.Value, limit: 10);
        Assert.Single(second.Entries);
        Assert.Null(second.NextBefore);
        Assert.True(second.Entries[0].Sequence < first.Entries[0].Sequence);
    }

    [Fact]
    public async Task List_OverWeeks_EveryEntryComesOnceAndNewestFirst()
    {
        for (var week = 0; week < 3; week++)
        {
            await AppendAsync("desk", 7, week * 7);
            cluster.Time.Advance(TimeSpan.FromDays(7));
        }

        List<ConnectorAuditEntry> all = [];
        long? before = 0;
        while (before is { } from)
        {
            var page = await ListAsync("desk", from, limit: 4);
            all.AddRange(page.Entries);
            before = page.NextBefore;
        }

        Assert.Equal(Enumerable.Range(0, 21).Reverse().Select(number => $"{number}"), all.Select(entry => entry.ActionId));
        Assert.Equal(all.Select(entry => entry.Sequence).OrderDescending(), all.Select(entry => entry.Sequence));
    }

    [Fact]
    public async Task Retire_WeeksThatAreOver_AreRemovedAndTheOthersStay()
    {
        await AppendAsync("desk", 3);
        cluster.Time.Advance(TimeSpan.FromDays(14));
        await AppendAsync("desk", 2, 3);
        var retention = cluster.Silo.GetRequiredService<Retention>();
        await retention.RetireAsync(_tenant, cluster.Time.GetUtcNow() - TimeSpan.FromDays(10), default);

        Assert.Equal(["4", "3"], (await ListAsync("desk", 0, 10)).Entries.Select(entry => entry.ActionId));
        await AppendAsync("desk", 1, 5);
        Assert.Equal(["5", "4", "3"], (await ListAsync(null, 0, 10)).Entries.Select(entry => entry.ActionId));
    }

    [Fact]
    public void Number_OfALaterWeek_IsHigherThanEveryOneBefore()
    {
        var week = AuditWeek.Of(new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero));

        Assert.True(new AuditWeek(week.Index + 1).Number(1) > week.Number(9_999_999_999));
        Assert.Equal(41, week.LastBefore(week.Number(42), 100));
        Assert.Equal(100, week.LastBefore(new AuditWeek(week.Index + 1).Number(1), 100));
        Assert.Equal(0, week.LastBefore(AuditWeek.Before.Number(42), 100));
        Assert.Equal(week, AuditWeek.Read("t-a/i-connector-audit", week.JournalOf("t-a/i-connector-audit")));
        Assert.Equal(AuditWeek.Before, AuditWeek.Read("t-a/i-connector-audit", "t-a/i-connector-audit"));
        Assert.Null(AuditWeek.Read("t-a/i-connector-audit", "t-a/i-connector-auditors"));
    }

    [Fact]
    public async Task Append_RepeatedAfterALostAnswer_IsWrittenOnce()
    {
        cluster.SignInAsPlatform(_tenant);
        await Log().Append([Entry("1"), Entry("2")]);
        cluster.SignInAsPlatform(_tenant);
        await Log().Append([Entry("1") with { IsRepeated = true }, Entry("2") with { IsRepeated = true }, Entry("3") with { IsRepeated = true }]);

        Assert.Equal(["3", "2", "1"], (await ListAsync("desk", 0, 10)).Entries.Select(entry => entry.ActionId));
    }

    [Fact]
    public async Task Append_RepeatedInTheNextWeek_IsWrittenOnce()
    {
        cluster.SignInAsPlatform(_tenant);
        await Log().Append([Entry("1")]);
        cluster.Time.Advance(TimeSpan.FromDays(7));
        cluster.SignInAsPlatform(_tenant);
        await Log().Append([Entry("1") with { IsRepeated = true }]);

        Assert.Single((await ListAsync("desk", 0, 10)).Entries);
    }

    [Fact]
    public async Task Append_AnotherActivationWrote_IsWrittenAfterIt()
    {
        await AppendAsync("desk", 1);
        var week = AuditWeek.Of(cluster.Time.GetUtcNow());
        var journal = week.JournalOf(GrainKeys.ConnectorAudit(_tenant));
        var head = (await cluster.Journals.GetHeadAsync(journal))!.Sequence;
        var other = new JournalRecord { Type = "connector.call", Payload = System.Text.Encoding.UTF8.GetBytes("""{"at":"2026-11-21T00:00:00Z","instance":"desk","operation":"o","actionId":"other","argumentsHash":"0","arguments":"{}","outcome":"succeeded","duration":"00:00:00"}"""), At = cluster.Time.GetUtcNow() };
        await cluster.Journals.AppendAsync(new JournalAppend { Journal = journal, ExpectedSequence = head, Records = [other] });

        await AppendAsync("desk", 1, 1);

        Assert.Equal(["1", "other", "0"], (await ListAsync("desk", 0, 10)).Entries.Select(entry => entry.ActionId));
    }

    [Fact]
    public async Task Append_AnotherActivationWroteWhatIsRepeated_IsWrittenOnce()
    {
        await AppendAsync("desk", 1);
        var journal = AuditWeek.Of(cluster.Time.GetUtcNow()).JournalOf(GrainKeys.ConnectorAudit(_tenant));
        var head = (await cluster.Journals.GetHeadAsync(journal))!.Sequence;
        var other = new JournalRecord { Type = "connector.call", Payload = JsonSerializer.SerializeToUtf8Bytes(Entry("1"), ConnectorAuditJson.Default.ConnectorAuditEntry), At = cluster.Time.GetUtcNow() };
        await cluster.Journals.AppendAsync(new JournalAppend { Journal = journal, ExpectedSequence = head, Records = [other] });

        cluster.SignInAsPlatform(_tenant);
        await Log().Append([Entry("1") with { IsRepeated = true }, Entry("2") with { IsRepeated = true }]);

        Assert.Equal(["2", "1", "0"], (await ListAsync("desk", 0, 10)).Entries.Select(entry => entry.ActionId));
    }

    [Fact]
    public async Task Append_RepeatedAndNotWrittenBefore_LooksOnlyThroughWhatIsAsRecent()
    {
        for (var batch = 0; batch < 4; batch++)
        {
            await AppendAsync("busy", 1_000);
        }

        cluster.Time.Advance(TimeSpan.FromMinutes(10));
        await AppendAsync("busy", 10);
        cluster.SignInAsPlatform(_tenant);
        await Log().Append([Entry("1") with { IsRepeated = true }]);

        var read = cluster.Faults.EntriesRead.Where(pair => pair.Key.StartsWith(_tenant + "/", StringComparison.Ordinal)).Sum(pair => pair.Value);
        Assert.InRange(read, 10, 1_500);
    }

    private ConnectorAuditEntry Entry(string id) => new()
    {
        At = cluster.Time.GetUtcNow(),
        Instance = "desk",
        Operation = "things.list",
        ActionId = id,
        ArgumentsHash = "0",
        Arguments = "{}",
        Outcome = "succeeded",
        Duration = TimeSpan.Zero,
        EntryId = "e" + id,
    };

    private async Task AppendAsync(string connector, int count, int from = 0)
    {
        cluster.SignInAsPlatform(_tenant);
        await Log().Append([.. Enumerable.Range(from, count).Select(number => new ConnectorAuditEntry
        {
            At = cluster.Time.GetUtcNow(),
            Instance = connector,
            Operation = "things.list",
            ActionId = $"{number}",
            ArgumentsHash = "0",
            Arguments = "{}",
            Outcome = "succeeded",
            Duration = TimeSpan.Zero,
        })]);
    }

    private Task<ConnectorAuditPage> ListAsync(string? connector, long before, int limit)
    {
        cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);
        return Log().List(connector, before, limit);
    }

    private IConnectorAuditGrain Log() => cluster.Grains.GetGrain<IConnectorAuditGrain>(GrainKeys.ConnectorAudit(_tenant));
}
