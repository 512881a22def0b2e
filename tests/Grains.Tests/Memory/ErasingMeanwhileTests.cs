using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Sessions;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>Whatever happens while conversations are erased: when it is said to be complete, none of those is left that had begun when it was asked for.</summary>
[Collection(TimedClusterGroup.Name)]
public class ErasingMeanwhileTests(TimedCluster cluster)
{
    private readonly string _user = NewUser();

    private string Memory => GrainKeys.UserMemory("t-acme", _user);

    private string Prefix => Memory + "/s-";

    [Fact]
    public async Task Erase_ConversationOfAServerWhoseClockIsAhead_IsNotLeft()
    {
        var ahead = TimeSpan.FromSeconds(30);
        cluster.Time.Advance(ahead);
        var (session, run) = await SayAsync("say something of mine");
        cluster.Time.Advance(-ahead);

        await EraseAsync();
        await BegunAsync();
        Assert.False((await ErasureAsync()).CompletedAt is not null && await IsLeftAsync(session, run));

        cluster.Time.Advance(ahead);
        await CompletedAsync();
        Assert.False(await IsLeftAsync(session, run));
    }

    [Fact]
    public async Task Erase_SomethingIsSaidInAConversationBeforeItIsLookedFor_IsNotLeft()
    {
        var (session, first) = await SayAsync("say something of mine");
        var asking = cluster.Faults.Pause(Prefix);
        var asked = EraseAsync();
        await asking.Reached;
        var pause = cluster.Faults.Pause(Prefix);
        asking.Release();
        await asked;
        await pause.Reached;
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        var (_, second) = await SayAsync("say something of mine as well", session);
        pause.Release();

        await CompletedAsync();

        Assert.False(await IsLeftAsync(session, first, second));
    }

    [Fact]
    public async Task Erase_SomethingIsSaidInTheLastOfManyWhileTheFirstIsErased_IsNotLeft()
    {
        var (last, _) = await SayAsync("say something of mine", Session("zz"));
        for (var i = 0; i < 201; i++)
        {
            await cluster.AppendAsync(Session($"m{i:d3}"), open: false, (SessionRecordTypes.Opened, new SessionOpened { Title = "something of mine" }));
        }

        var (first, _) = await SayAsync("say something of mine", Session("00"));
        var pause = cluster.Faults.Pause(first);
        await EraseAsync();
        await pause.Reached;
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        var (_, later) = await SayAsync("say something of mine as well", last);
        pause.Release();

        await CompletedAsync();

        Assert.False(await IsLeftAsync(first));
        Assert.False(await IsLeftAsync(Session("m200")));
        Assert.False(await IsLeftAsync(last, later));
    }

    // By its clock, the server that took the message was there before the erasure looked.
    [Fact]
    public async Task Erase_SomethingIsSaidAtAServerWhoseClockIsBehindAfterTheRunsWereRead_ItsRunIsNotLeft()
    {
        var (session, first) = await SayAsync("say something of mine");
        cluster.Time.Advance(TimeSpan.FromSeconds(30));
        var pause = cluster.Faults.Pause(session);
        await EraseAsync();
        await pause.Reached;
        cluster.Time.Advance(TimeSpan.FromSeconds(-15));
        var (_, second) = await SayAsync("say something of mine as well", session);
        cluster.Time.Advance(TimeSpan.FromSeconds(15));
        pause.Release();

        await CompletedAsync();

        Assert.False(await IsLeftAsync(session, first, second));
    }

    [Fact]
    public async Task Erase_ForkMadeWhereThePassHasBeen_IsNotLeft()
    {
        var (source, run) = await SayAsync("say something of mine", Session("m"));
        var pause = cluster.Faults.Pause(source);
        await EraseAsync();
        await pause.Reached;
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        var fork = Session("a");
        await ForkAsync(source, fork);
        var forkOfFork = Session("0");
        await ForkAsync(fork, forkOfFork);
        Assert.True(await IsLeftAsync(forkOfFork));
        pause.Release();

        await CompletedAsync();

        Assert.False(await IsLeftAsync(source, run));
        Assert.False(await IsLeftAsync(fork));
        Assert.False(await IsLeftAsync(forkOfFork));
    }

    [Fact]
    public async Task Erase_ConversationBegunWhileItGoesOn_Stays()
    {
        var (session, run) = await SayAsync("say something of mine");
        var pause = cluster.Faults.Pause(session);
        await EraseAsync();
        await pause.Reached;
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        var (later, laterRun) = await SayAsync("say something of mine as well");
        pause.Release();

        await CompletedAsync();

        Assert.False(await IsLeftAsync(session, run));
        Assert.True(await IsLeftAsync(later));
        Assert.True(await IsLeftAsync(laterRun));
    }

    [Fact]
    public async Task Erase_PurgeOfTheMemoryFails_IsNotCompleteBeforeItIsDone()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("home", "Secret Street"));
        cluster.Faults.LosePurges(Memory, int.MaxValue);
        cluster.SignIn("t-acme", _user);

        await Assert.ThrowsAsync<Errors.StewardException>(() => cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op" }));
        await cluster.DeactivatedAsync(cluster.MemoryOf(_user));
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await cluster.MemoryOf(_user).Resume();
        cluster.SignIn("t-acme", _user);
        Assert.Null((await ErasureAsync()).CompletedAt);
        Assert.Contains(await cluster.Journals.ReadAsync(Memory, 0, 100), entry => entry is { Type: MemoryRecordTypes.Noted, Payload.IsEmpty: false });
        Assert.True((await cluster.Journals.GetHeadAsync(Memory))!.WakeAt <= cluster.Time.GetUtcNow());

        cluster.Faults.LosePurges(Memory, 0);
        await CompletedAsync();
        Assert.DoesNotContain(await cluster.Journals.ReadAsync(Memory, 0, 100), entry => entry is { Type: MemoryRecordTypes.Noted, Payload.IsEmpty: false });
    }

    [Fact]
    public async Task DestroyKey_ConversationsAreBeingErased_GoOnBeingErased()
    {
        var tenant = "t-" + Guid.NewGuid().ToString("n")[..16];
        var key = Conversing.NewSession(tenant, _user);
        cluster.SignIn(tenant, _user);
        var (run, _, decision) = await cluster.AskAsync(await cluster.OpenAsync(key), tenant);
        var journal = GrainKeys.Run(tenant, (await run.GetStatus())!.RunId);
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(journal) is { Open: false, WakeAt: null } && await cluster.Journals.GetHeadAsync(key) is { Open: false });
        var memory = cluster.MemoryOf(_user, tenant);
        await memory.Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        var requested = (await memory.GetErasure())!.RequestedAt;

        cluster.SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Grains.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(tenant)).DestroyKey(tenant);
        cluster.Time.Advance(MemoryKeepingGrain.KeySettles + TimeSpan.FromMinutes(1));
        cluster.SignIn(tenant, "u-boss", "approver");
        await run.Decide(Runs.WaitingRunTests.Deciding(decision, "approve"));
        cluster.SignIn(tenant, _user);
        await run.WatchToEndAsync();
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(journal) is { Open: false, WakeAt: null } && await cluster.Journals.GetHeadAsync(key) is { Open: false });
        var destroyed = cluster.Time.GetUtcNow() - TimeSpan.FromMinutes(1);
        cluster.SignInAsPlatform(tenant);
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignInAsPlatform(tenant);
            return (await memory.Keep(new KeepMemory { RetentionDays = new Dictionary<MemoryKind, int>(), KeyDestroyedAt = destroyed })) is { IsUnreadable: false };
        });
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignInAsPlatform(tenant);
            await memory.Resume();
            cluster.SignIn(tenant, _user);
            return (await memory.GetErasure())!.CompletedAt is not null;
        });

        cluster.SignIn(tenant, _user);
        Assert.Equal(("op", requested), ((await memory.GetErasure())!.OperationId, (await memory.GetErasure())!.RequestedAt));
        Assert.False(await IsLeftAsync(key, journal));
        Assert.DoesNotContain((await memory.GetSettings()).Kinds, kind => kind.IsKept);
    }

    private string Session(string name) => Prefix + name + "-" + Guid.NewGuid().ToString("n")[..8];

    private async Task<(string Session, string Run)> SayAsync(string text, string? session = null)
    {
        cluster.SignIn("t-acme", _user);
        session ??= Conversing.NewSession(user: _user);
        var submitted = await (await cluster.OpenAsync(session)).SayAsync(text);
        await cluster.Run(submitted).WatchToEndAsync();
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(session) is { Open: false } && await cluster.Journals.GetHeadAsync(GrainKeys.Run("t-acme", submitted.RunId!)) is { Open: false });
        return (session, GrainKeys.Run("t-acme", submitted.RunId!));
    }

    private async Task ForkAsync(string source, string fork)
    {
        cluster.SignIn("t-acme", _user);
        var messages = (await cluster.Grains.GetGrain<ISessionGrain>(source).ReadTranscript(0, 20)).Messages;
        await cluster.Grains.GetGrain<ISessionGrain>(fork).Fork(new ForkSession { SourceSessionId = GrainKeys.LastPart(source), ThroughSequence = messages[^1].Sequence });
    }

    private Task<MemoryErasure> EraseAsync()
    {
        cluster.SignIn("t-acme", _user);
        return cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
    }

    private async Task<MemoryErasure> ErasureAsync()
    {
        cluster.SignIn("t-acme", _user);
        return (await cluster.MemoryOf(_user).GetErasure())!;
    }

    private Task BegunAsync() => Conversing.UntilAsync(async () => await ErasureAsync() is var erasure && (erasure.CompletedAt is not null || erasure.Removed.Any(part => part.Place == "conversations")));

    private Task CompletedAsync() => Conversing.UntilAsync(async () =>
    {
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await cluster.MemoryOf(_user).Resume();
        return (await ErasureAsync()).CompletedAt is not null;
    });

    private async Task<bool> IsLeftAsync(params string[] journals)
    {
        foreach (var journal in journals)
        {
            if (await cluster.HoldsPlainAsync(journal, "something of mine") || await cluster.HoldsPlainAsync(journal, "pay "))
            {
                return true;
            }
        }

        return false;
    }
}
