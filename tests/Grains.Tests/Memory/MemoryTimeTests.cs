using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

[Collection(TimedClusterGroup.Name)]
public class MemoryTimeTests(TimedCluster cluster)
{
    private readonly string _user = NewUser();

    private IUserMemoryGrain Memory => cluster.MemoryOf(_user);

    [Fact]
    public async Task Watchdog_AtNight_RemovesWhatIsOverItsRetention()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("office", "Berlin"), Said("allergy", "nuts", MemoryKind.Constraint), Said("likes", "tea", MemoryKind.Preference));
        await Memory.SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Fact, RetentionDays = 3 }] });

        cluster.Time.Advance(TimeSpan.FromDays(4));
        cluster.SignInAsPlatform("t-acme");
        await cluster.WatchdogAsync("t-acme");
        cluster.SignIn("t-acme", _user);

        Assert.Equal(["nuts", "tea"], (await Memory.AllAsync(superseded: true)).Select(item => item.Value));
        var entries = await cluster.Journals.ReadAsync(GrainKeys.UserMemory("t-acme", _user), 0, 100);
        Assert.All(entries.Where(entry => entry.Type == MemoryRecordTypes.Noted), entry => Assert.True(entry.Payload.IsEmpty));
        Assert.True((await cluster.Journals.GetHeadAsync(GrainKeys.UserMemory("t-acme", _user)))!.WakeAt > cluster.Time.GetUtcNow().AddDays(30));
    }

    [Fact]
    public async Task List_OfWhatChangesOnADay_IsWhatHoldsThatDayWithoutAnEntry()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("manager", "Ben"));
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await cluster.NoteAsync(_user, "s-1/r-2", cluster.Time.GetUtcNow(), Said("manager", "Anna") with { When = "from tomorrow on" });
        var before = await Memory.AllAsync();
        var entries = (await cluster.Journals.GetHeadAsync(GrainKeys.UserMemory("t-acme", _user)))!.Sequence;

        cluster.Time.Advance(TimeSpan.FromDays(1));

        Assert.Equal([("Ben", true), ("Anna", true)], before.Select(item => (item.Value, item.Holds)));
        Assert.Equal(before[1].ValidFrom, before[0].ValidTo);
        Assert.Equal("Anna", Assert.Single(await Memory.AllAsync()).Value);
        Assert.Equal(entries, (await cluster.Journals.GetHeadAsync(GrainKeys.UserMemory("t-acme", _user)))!.Sequence);
    }

    [Fact]
    public async Task Forget_WhatIsToCome_LeavesWhatHoldsWithoutAnEnd()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("manager", "Ben"));
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await cluster.NoteAsync(_user, "s-1/r-2", cluster.Time.GetUtcNow(), Said("manager", "Anna") with { When = "from tomorrow on" });

        await Memory.Forget(new ForgetMemories { MemoryIds = [(await Memory.AllAsync())[1].Id], OperationId = "op" });

        var left = Assert.Single(await Memory.AllAsync(superseded: true));
        Assert.Equal(("Ben", null, null), (left.Value, left.ValidTo, left.SupersededBy));
        cluster.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("Ben", Assert.Single(await Memory.AllAsync()).Value);
    }

    [Fact]
    public async Task Correct_WhatIsToCome_StaysAPlanOfThatDay()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("manager", "Ingrid"));
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await cluster.NoteAsync(_user, "s-1/r-2", cluster.Time.GetUtcNow(), Said("manager", "Ana Berg") with { When = "from tomorrow on" });
        var before = await Memory.AllAsync();

        var corrected = await Memory.Correct(new CorrectMemory { MemoryId = before[1].Id, Value = "Anna Berg", OperationId = "op" });

        Assert.Equal(before[1].ValidFrom, corrected.ValidFrom);
        var held = await Memory.AllAsync();
        Assert.Equal([("Ingrid", before[0].ValidTo, corrected.Id), ("Anna Berg", null, null)], held.Select(item => (item.Value, item.ValidTo, item.SupersededBy)));

        // Restarted, it is the same; without the plan, what holds goes on.
        await cluster.MemoryOf(_user).Forget(new ForgetMemories { MemoryIds = [corrected.Id], OperationId = "op" });
        var left = Assert.Single(await Memory.AllAsync());
        Assert.Equal(("Ingrid", null, null), (left.Value, left.ValidTo, left.SupersededBy));
        cluster.Time.Advance(TimeSpan.FromDays(2));
        Assert.Equal("Ingrid", Assert.Single(await Memory.AllAsync()).Value);
    }

    // Not as what was to end on that day: what has begun to hold goes with what it took the place of.
    [Fact]
    public async Task Forget_WhatHasBegunSince_GoesWithWhatItTookThePlaceOf()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("manager", "Ben"));
        cluster.Time.Advance(TimeSpan.FromMinutes(1));
        await cluster.NoteAsync(_user, "s-1/r-2", cluster.Time.GetUtcNow(), Said("manager", "Anna") with { When = "from tomorrow on" });
        cluster.Time.Advance(TimeSpan.FromDays(2));

        await Memory.Forget(new ForgetMemories { MemoryIds = [Assert.Single(await Memory.AllAsync()).Id], OperationId = "op" });

        Assert.Empty(await Memory.AllAsync(superseded: true));
    }

    [Fact]
    public async Task Consolidate_OnDemand_MergesWhatSaysTheSameAndDropsOldVersions()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", cluster.Time.GetUtcNow(), Said("office", "Berlin"));
        await cluster.NoteAsync(_user, "s-1/r-2", cluster.Time.GetUtcNow(), Said("office", "Paris"));
        Assert.Equal(2, (await Memory.AllAsync(superseded: true)).Count);
        cluster.Time.Advance(TimeSpan.FromDays(91));

        var done = await Memory.Consolidate();
        var again = await Memory.Consolidate();

        Assert.Equal((1, 0), (done.Removed.GetValueOrDefault("superseded"), again.Removed.Count));
        Assert.Equal("Paris", Assert.Single(await Memory.AllAsync(superseded: true)).Value);
    }
}
