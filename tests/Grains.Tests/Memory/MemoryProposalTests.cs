using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>What consolidating proposes, and what a tenant learns of it.</summary>
[Collection(TimedClusterGroup.Name)]
public class MemoryProposalTests
{
    private readonly TimedCluster _cluster;
    private readonly string _user = NewUser();
    private readonly string _topic = "playbook:" + NewUser();
    private int _runs;

    public MemoryProposalTests(TimedCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", _user);
    }

    private IUserMemoryGrain Memory => _cluster.MemoryOf(_user);

    [Fact]
    public async Task Consolidate_RepeatedRequests_AreProposedOnceAndKeptWhenAccepted()
    {
        await AllowAsync(_user);
        await AskAsync(_user, 3);
        await Memory.Consolidate();

        var proposal = Assert.Single(await Memory.ListProposals());
        Assert.Equal((MemoryProposalKind.RepeatedRequest, _topic, 3, MemoryProposalStatus.Open), (proposal.Kind, proposal.Topic, proposal.Count, proposal.Status));
        Assert.Empty(await Memory.AllAsync());

        var accepted = await Memory.DecideProposal(new DecideMemoryProposal { ProposalId = proposal.Id, IsAccepted = true });
        var again = await Memory.DecideProposal(new DecideMemoryProposal { ProposalId = proposal.Id, IsAccepted = true });
        await Memory.Consolidate();

        Assert.Equal((MemoryProposalStatus.Accepted, accepted.DecidedAt), (again.Status, again.DecidedAt));
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => Memory.DecideProposal(new DecideMemoryProposal { ProposalId = proposal.Id, IsAccepted = false }))).Code);
        Assert.Single(await Memory.ListProposals());
        var learnt = Assert.Single(await Memory.AllAsync());
        Assert.Equal((MemoryKind.Pattern, "request"), (learnt.Kind, learnt.Slot));
    }

    [Fact]
    public async Task Consolidate_DismissedOrNotAllowed_IsNotProposed()
    {
        await AskAsync(_user, 4);
        await Memory.Consolidate();
        Assert.Empty(await Memory.ListProposals());

        await AllowAsync(_user);
        await AskAsync(_user, 3);
        await Memory.Consolidate();
        var proposal = Assert.Single(await Memory.ListProposals());
        await Memory.DecideProposal(new DecideMemoryProposal { ProposalId = proposal.Id, IsAccepted = false });
        _cluster.Time.Advance(TimeSpan.FromDays(91));
        await AskAsync(_user, 3);
        await Memory.Consolidate();

        Assert.Empty(await Memory.ListProposals());
    }

    [Fact]
    public async Task Settings_PatternsNoLongerKept_LeaveNothingOfThem()
    {
        await AllowAsync(_user);
        await AskAsync(_user, 3);
        await Memory.Consolidate();

        await Memory.SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Pattern, IsKept = false }] });

        var export = await Memory.Export();
        Assert.Empty(export.Proposals);
        Assert.Empty(export.Requests);
        var entries = await _cluster.Journals.ReadAsync(GrainKeys.UserMemory("t-acme", _user), 0, 100);
        Assert.All(entries.Where(entry => entry.Type is MemoryRecordTypes.Requested or MemoryRecordTypes.Consolidated && entry.Sequence < entries[^1].Sequence), entry => Assert.True(entry.Payload.IsEmpty));
    }

    [Fact]
    public async Task Watchdog_SomethingWasLeftOpen_IsRaisedAndClosedByALaterRun()
    {
        await NoteAsync(_user, new NotedRequest { RunId = "r-open", Topic = _topic, Open = ["Create the account (not done)"] });
        Assert.Empty(await Memory.ListProposals());

        _cluster.Time.Advance(TimeSpan.FromDays(2));
        _cluster.SignInAsPlatform("t-acme");
        await _cluster.WatchdogAsync("t-acme");
        _cluster.SignIn("t-acme", _user);

        var raised = Assert.Single(await Memory.ListProposals());
        Assert.Equal((MemoryProposalKind.FollowUp, MemoryProposalStatus.Open), (raised.Kind, raised.Status));
        Assert.Contains("Create the account (not done)", raised.Text, StringComparison.Ordinal);

        await NoteAsync(_user, new NotedRequest { RunId = "r-later", Topic = _topic });
        Assert.Equal(MemoryProposalStatus.Done, Assert.Single(await Memory.ListProposals()).Status);
    }

    [Fact]
    public async Task Consolidate_WhatWasLeftOpenIsOverItsTime_LeavesTheMemoryAndTheJournal()
    {
        await Memory.SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Interaction, RetentionDays = 5 }] });
        await NoteAsync(_user, new NotedRequest { RunId = "r-open", Topic = _topic, Open = ["Create the account (not done)"] });
        _cluster.Time.Advance(TimeSpan.FromDays(2));
        await Memory.Consolidate();
        Assert.Single(await Memory.ListProposals());
        Assert.InRange((await _cluster.Journals.GetHeadAsync(Key))!.WakeAt!.Value, _cluster.Time.GetUtcNow(), _cluster.Time.GetUtcNow().AddDays(3));

        _cluster.Time.Advance(TimeSpan.FromDays(4));
        var done = await Memory.Consolidate();

        Assert.Equal(2, done.Removed["retention"]);
        Assert.Empty(await Memory.ListProposals());
        Assert.Empty((await Memory.Export()).Requests);
        Assert.False(await HasBeforeAsync(MemoryRecordTypes.Requested));
        await Memory.Consolidate();
        Assert.Empty(await Memory.ListProposals());
    }

    [Fact]
    public async Task Consolidate_WhatWasLeftOpenWasClosedSince_LeavesTheJournal()
    {
        await NoteAsync(_user, new NotedRequest { RunId = "r-open", Topic = _topic, Open = ["Create the account (not done)"] });
        await NoteAsync(_user, new NotedRequest { RunId = "r-later", Topic = _topic });
        Assert.Empty((await Memory.Export()).Requests);
        Assert.True(await HasBeforeAsync(MemoryRecordTypes.Requested));

        await Memory.Consolidate();

        Assert.False(await HasBeforeAsync(MemoryRecordTypes.Requested));
    }

    [Fact]
    public async Task Keep_WhatWasLeftOpen_IsInTheProof()
    {
        var asked = _cluster.Time.GetUtcNow();
        await NoteAsync(_user, new NotedRequest { RunId = "r-open", Topic = _topic, Open = ["Create the account (not done)"] });
        var left = await KeepAsync(3);
        Assert.Equal((1, 0), (left.Left[MemoryKind.Interaction], left.Removed.Count));
        Assert.InRange(left.Oldest[MemoryKind.Interaction], asked.AddSeconds(-1), asked.AddMinutes(1));

        _cluster.Time.Advance(TimeSpan.FromDays(4));
        var gone = await KeepAsync(3);

        Assert.Equal((0, 1), (gone.Left.Count, gone.Removed[MemoryKind.Interaction]));
        Assert.False(await HasBeforeAsync(MemoryRecordTypes.Requested));
    }

    [Fact]
    public async Task Note_MoreThanThereIsRoomFor_IsNotWritten()
    {
        for (var part = 0; part < 63; part++)
        {
            var statements = Enumerable.Range(part * 32, 32).Where(number => number < 2000).Select(number => Said("manager", $"number {number}")).ToArray();
            await _cluster.NoteAsync(_user, $"s-1/r-{part}", _cluster.Time.GetUtcNow(), statements);
        }

        var sequence = (await _cluster.Journals.GetHeadAsync(Key))!.Sequence;
        await _cluster.NoteAsync(_user, "s-1/r-more", _cluster.Time.GetUtcNow(), Said("manager", "one too many"));
        Assert.Equal(sequence, (await _cluster.Journals.GetHeadAsync(Key))!.Sequence);

        await _cluster.NoteAsync(_user, "s-1/r-less", _cluster.Time.GetUtcNow(), Said("manager", "number 7", isRetraction: true), Said("manager", "one too many"));
        var store = new SealedJournalStore(_cluster.Journals, await _cluster.Silo.GetRequiredService<DataKeys>().GetAsync("t-acme", "memory"));
        var noted = JsonSerializer.Deserialize((await store.ReadTailAsync(Key, 1))[0].Payload.Span, MemoryJson.Default.MemoryNoted)!;
        Assert.True(Assert.Single(noted.Statements).IsRetraction);
    }

    [Fact]
    public async Task Patterns_FivePeopleShare_AdminsSeeNumbersAndNobodyElse()
    {
        var people = Enumerable.Range(0, 6).Select(_ => NewUser()).ToList();
        for (var i = 0; i < people.Count; i++)
        {
            // The sixth has patterns kept and does not share.
            await AllowAsync(people[i], shares: i < 5);
            Assert.Equal(i == 5, (await PatternsAsync()).Any(pattern => pattern.Topic == _topic));
            await AskAsync(people[i], 3);
            _cluster.SignIn("t-acme", people[i]);
            await _cluster.MemoryOf(people[i]).Consolidate();
        }

        var seen = (await PatternsAsync()).Single(pattern => pattern.Topic == _topic);
        Assert.Equal((5, 15, MemoryProposalStatus.Open), (seen.People, seen.Requests, seen.Status));
        _cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
        Assert.Equal(MemoryProposalStatus.Accepted, (await Tenant.Decide(new DecideTenantPattern { PatternId = seen.Id, IsAccepted = true })).Status);
        Assert.False(await _cluster.HoldsPlainAsync(GrainKeys.MemoryPatterns("t-acme"), people[0]));
        _cluster.SignIn("t-acme", people[0]);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Tenant.List())).Code);

        // One fewer is nothing that anybody is told.
        await _cluster.MemoryOf(people[0]).SetSettings(new SetMemorySettings { SharePatterns = false });
        Assert.DoesNotContain(await PatternsAsync(), pattern => pattern.Topic == _topic);
        _cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Tenant.Decide(new DecideTenantPattern { PatternId = seen.Id, IsAccepted = false }))).Code);
    }

    [Fact]
    public async Task Erase_WhoShared_IsTakenOutOfTheTenantsNumbers()
    {
        var people = Enumerable.Range(0, 5).Select(_ => NewUser()).ToList();
        foreach (var person in people)
        {
            await AllowAsync(person, shares: true);
            await AskAsync(person, 3);
            _cluster.SignIn("t-acme", person);
            await _cluster.MemoryOf(person).Consolidate();
        }

        Assert.Contains(await PatternsAsync(), pattern => pattern.Topic == _topic);
        _cluster.SignIn("t-acme", people[2]);
        var receipt = await _cluster.MemoryOf(people[2]).Erase(new EraseMemory { OperationId = "op" });

        Assert.NotNull(receipt.CompletedAt);
        Assert.Contains(receipt.Removed, part => part is { Place: "requests and proposals", Count: > 3 });
        Assert.DoesNotContain(await PatternsAsync(), pattern => pattern.Topic == _topic);
    }

    private string Key => GrainKeys.UserMemory("t-acme", _user);

    // What stands before the last snapshot.
    private async Task<bool> HasBeforeAsync(string type) => (await _cluster.Journals.ReadAsync(Key, 0, 1000)).Any(entry => entry.Type == type && !entry.Payload.IsEmpty);

    private async Task<MemoryKept> KeepAsync(int days)
    {
        _cluster.SignInAsPlatform("t-acme");
        return await Memory.Keep(new KeepMemory { RetentionDays = new Dictionary<MemoryKind, int> { [MemoryKind.Interaction] = days } });
    }

    private IMemoryPatternsGrain Tenant => _cluster.Grains.GetGrain<IMemoryPatternsGrain>(GrainKeys.MemoryPatterns("t-acme"));

    private async Task<IReadOnlyList<TenantPattern>> PatternsAsync()
    {
        _cluster.SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
        return await Tenant.List();
    }

    private async Task AllowAsync(string user, bool shares = false)
    {
        _cluster.SignIn("t-acme", user);
        await _cluster.MemoryOf(user).SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Pattern, IsKept = true }], SharePatterns = shares });
    }

    /// <summary>Requests of days that follow each other; the person is signed in afterwards.</summary>
    private async Task AskAsync(string user, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await NoteAsync(user, new NotedRequest { RunId = $"r-{_runs++}", Topic = _topic });
            _cluster.Time.Advance(TimeSpan.FromDays(1));
        }
    }

    private async Task NoteAsync(string user, NotedRequest request)
    {
        _cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await _cluster.MemoryOf(user).Note(new NoteStatements { MessageId = $"s-1/{request.RunId}/done-1", SaidAt = _cluster.Time.GetUtcNow(), Source = MemorySource.System, Statements = [], Request = request });
        _cluster.SignIn("t-acme", user);
    }
}
