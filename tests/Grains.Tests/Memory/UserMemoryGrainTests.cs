using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

[Collection(GrainClusterGroup.Name)]
public class UserMemoryGrainTests(GrainCluster cluster)
{
    private readonly string _user = NewUser();

    private IUserMemoryGrain Memory => cluster.MemoryOf(_user);

    private DateTimeOffset Now => cluster.Time.GetUtcNow();

    [Fact]
    public async Task Note_SameMessageTwice_IsTakenOnce()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("manager", "Jane Doe"));
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("manager", "Jane Doe"));

        var item = Assert.Single(await Memory.AllAsync());
        Assert.Equal(("manager", "Jane Doe", MemorySource.Said, 0.9), (item.Slot, item.Value, item.Source, item.Confidence));
        Assert.Equal(["s-1/r-1"], item.MessageIds);
    }

    [Fact]
    public async Task Note_Persons_AreRefused()
    {
        cluster.SignIn("t-acme", _user);
        var error = await Assert.ThrowsAsync<StewardException>(() => Memory.Note(new NoteStatements { MessageId = "m", SaidAt = Now, Statements = [Said("manager", "x")] }));
        Assert.Equal(ErrorCodes.Forbidden, error.Code);
    }

    [Fact]
    public async Task Note_ContradictionAndRestore_KeepTheHistory()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("manager", "Jane Doe"));
        await cluster.NoteAsync(_user, "s-1/r-2", Now.AddSeconds(1), Said("manager", "John Roe"));
        var held = Assert.Single(await Memory.AllAsync());
        var all = await Memory.AllAsync(superseded: true);
        Assert.Equal(("John Roe", 2), (held.Value, all.Count));

        var restored = await Memory.Restore(all[0].Id);

        Assert.Equal(("Jane Doe", true), (restored.Value, restored.Holds));
        Assert.Equal("Jane Doe", Assert.Single(await Memory.AllAsync()).Value);
    }

    [Fact]
    public async Task Note_TheOppositeIsLiked_NeverHoldsBoth()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("likes", "coffee", MemoryKind.Preference));
        await cluster.NoteAsync(_user, "s-1/r-2", Now.AddSeconds(2), Said("dislikes", "coffee", MemoryKind.Preference));
        await cluster.NoteAsync(_user, "s-1/r-3", Now.AddSeconds(1), Said("likes", "Coffee", MemoryKind.Preference));

        Assert.Equal([("dislikes", "coffee")], await HeldAsync());
        Assert.Equal([("likes", "coffee"), ("dislikes", "coffee"), ("likes", "Coffee")], (await Memory.AllAsync(superseded: true)).Select(item => (item.Slot, item.Value)));

        // What is said by hand counts, whenever the opposite was said.
        await Memory.Restore((await Memory.AllAsync(superseded: true))[0].Id);
        Assert.Equal([("likes", "coffee")], await HeldAsync());
        await cluster.NoteAsync(_user, "s-1/r-4", Now.AddSeconds(9), Said("dislikes", "tea", MemoryKind.Preference));
        await Memory.Correct(new CorrectMemory { MemoryId = (await Memory.AllAsync())[0].Id, Value = "tea", OperationId = "o-1" });
        Assert.Equal([("likes", "tea")], await HeldAsync());

        async Task<IEnumerable<(string, string)>> HeldAsync() => (await Memory.AllAsync()).Select(item => (item.Slot, item.Value));
    }

    [Fact]
    public async Task Correct_Repeated_IsOneOperationAndMayChangeAgainByWord()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("office", "Berlin"));
        var id = (await Memory.AllAsync())[0].Id;
        var correct = new CorrectMemory { MemoryId = id, Value = "Paris", OperationId = "op-1" };

        var first = await Memory.Correct(correct);
        var second = await Memory.Correct(correct);
        await cluster.NoteAsync(_user, "s-1/r-2", Now.AddSeconds(1), Said("office", "Rome"));

        Assert.Equal((first.Id, "Paris", MemorySource.Corrected), (second.Id, second.Value, second.Source));
        Assert.Equal("Rome", Assert.Single(await Memory.AllAsync()).Value);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => Memory.Correct(correct with { OperationId = "op-2" }))).Code);
    }

    [Fact]
    public async Task Note_WordsForWhen_AreDaysOfThePersonsTimeZone()
    {
        // Friday, and Saturday where the person is.
        var said = new DateTimeOffset(2026, 11, 27, 23, 30, 0, TimeSpan.Zero);
        await cluster.NoteAsync(_user, "s-1/r-1", said, Said("time zone", "Asia/Tokyo"));
        await cluster.NoteAsync(_user, "s-1/r-2", said, Said("absent", "tomorrow") with { When = "tomorrow" }, Said("absent", "on Saturday") with { When = "on Saturday" }, Said("office", "Porto") with { When = "since March" });

        var all = await Memory.AllAsync();

        Assert.Equal(["Asia/Tokyo", "Sunday 29 November 2026", "Porto"], all.Select(item => item.Value));
        Assert.Equal(new DateTimeOffset(2026, 2, 28, 15, 0, 0, TimeSpan.Zero), all[2].ValidFrom);
        Assert.DoesNotContain("since", JsonSerializer.Serialize(await Memory.Export()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Journal_HoldsNothingThatCanBeRead()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("home", "Very Secret Street"));

        Assert.False(await cluster.HoldsPlainAsync(GrainKeys.UserMemory("t-acme", _user), "Secret"));
        Assert.False(await cluster.HoldsPlainAsync(GrainKeys.MemoryAccesses(GrainKeys.UserMemory("t-acme", _user)), "Secret"));
    }

    [Fact]
    public async Task Forget_LeavesNothingInTheJournalAndReplaysDoNotBringItBack()
    {
        var said = Now;
        await cluster.NoteAsync(_user, "s-1/r-1", said, Said("home", "Secret Street"));
        await cluster.NoteAsync(_user, "s-1/r-2", said.AddSeconds(1), Said("home", "Other Street"));
        var id = Assert.Single(await Memory.AllAsync()).Id;

        var forgotten = await Memory.Forget(new ForgetMemories { MemoryIds = [id], OperationId = "op" });
        var entries = (await cluster.Journals.ReadAsync(GrainKeys.UserMemory("t-acme", _user), 0, 100)).Where(entry => entry.Type == MemoryRecordTypes.Noted);

        Assert.Equal(2, forgotten.Count);
        Assert.All(entries, entry => Assert.True(entry.Payload.IsEmpty));
        await cluster.NoteAsync(_user, "s-2/r-9", said, Said("home", "Secret street"));
        Assert.Empty(await Memory.AllAsync(superseded: true));
        Assert.Equal(2, (await Memory.Forget(new ForgetMemories { MemoryIds = [id], OperationId = "op" })).Count);
        await cluster.NoteAsync(_user, "s-2/r-10", Now.AddMinutes(1), Said("home", "Secret Street"));
        Assert.Single(await Memory.AllAsync());
    }

    // A message from before may be looked through late, and say the same in other words.
    [Fact]
    public async Task Forget_SaidBeforeInOtherWords_DoesNotComeBack()
    {
        var said = Now;
        await cluster.NoteAsync(_user, "s-1/r-1", said, Said("office", "Berlin"));
        await Memory.Forget(new ForgetMemories { MemoryIds = [Assert.Single(await Memory.AllAsync()).Id], OperationId = "op" });

        await cluster.NoteAsync(_user, "s-1/r-2", said, Said("office", "the Berlin office"));
        Assert.Empty(await Memory.AllAsync(superseded: true));
    }

    [Fact]
    public async Task Forget_SiloDiedBeforeTheJournalWasShortened_TheNextActivationDoesIt()
    {
        var key = GrainKeys.UserMemory("t-acme", _user);
        var store = new SealedJournalStore(cluster.Journals, await cluster.Silo.GetRequiredService<DataKeys>().GetAsync("t-acme", "memory"));
        var noted = new MemoryNoted { MessageId = "m", SaidAt = Now, Source = MemorySource.Said, Statements = [Said("home", "Secret Street"), Said("office", "Berlin")] };
        var forgotten = new MemoriesForgotten { Ids = [1], Tombstones = [], Salt = Convert.ToBase64String(new byte[32]), OperationId = "forget:op" };
        await store.AppendAsync(new JournalAppend
        {
            Journal = key,
            ExpectedSequence = 0,
            Wake = new JournalWake(Now),
            Records =
            [
                new JournalRecord { Type = MemoryRecordTypes.Noted, At = Now, Payload = JsonSerializer.SerializeToUtf8Bytes(noted, MemoryJson.Default.MemoryNoted), DeduplicationId = "message:m" },
                new JournalRecord { Type = MemoryRecordTypes.Forgotten, At = Now, Payload = JsonSerializer.SerializeToUtf8Bytes(forgotten, MemoryJson.Default.MemoriesForgotten), DeduplicationId = "forget:op" },
            ],
        });

        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await Memory.Resume();
        cluster.SignIn("t-acme", _user);

        Assert.Equal("Berlin", Assert.Single(await Memory.AllAsync(superseded: true)).Value);
        Assert.All((await cluster.Journals.ReadAsync(key, 0, 100)).Where(entry => entry.Sequence <= 2), entry => Assert.True(entry.Payload.IsEmpty));
        Assert.True((await cluster.Journals.GetHeadAsync(key))!.WakeAt > Now);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Forget_PurgeFails_IsNotSaidToBeDoneBeforeItIs(bool isDone)
    {
        var key = GrainKeys.UserMemory("t-acme", _user);
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("home", "Secret Street"));
        var forget = new ForgetMemories { MemoryIds = [Assert.Single(await Memory.AllAsync()).Id], OperationId = "op" };
        cluster.Faults.LosePurges(key, 1, isDone);

        var error = await Assert.ThrowsAsync<StewardException>(() => Memory.Forget(forget));

        Assert.True(error is { Code: ErrorCodes.Unavailable, IsRetryable: true });
        Assert.Equal(!isDone, await HoldsStatementsAsync(key));
        Assert.True((await cluster.Journals.GetHeadAsync(key))!.WakeAt <= Now);
        cluster.Faults.LosePurges(key, 0);
        await Conversing.UntilAsync(async () =>
        {
            try
            {
                return (await Memory.Forget(forget)).Count == 1;
            }
            catch (StewardException exception) when (exception.IsRetryable)
            {
                return false;
            }
        });
        Assert.False(await HoldsStatementsAsync(key));
        Assert.Empty(await Memory.AllAsync(superseded: true));
    }

    [Fact]
    public async Task SetSettings_PurgeFails_IsNotSaidToBeDoneBeforeItIs()
    {
        var key = GrainKeys.UserMemory("t-acme", _user);
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("home", "Secret Street"));
        var set = new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Fact, IsKept = false }] };
        cluster.Faults.LosePurges(key, int.MaxValue);
        await Assert.ThrowsAsync<StewardException>(() => Memory.SetSettings(set));
        await cluster.DeactivatedAsync(Memory);

        // What holds is told all the same; but not that what was to go is gone.
        Assert.Empty(await Memory.AllAsync());
        Assert.True(await HoldsStatementsAsync(key));
        await Assert.ThrowsAsync<StewardException>(() => Memory.SetSettings(set));

        cluster.Faults.LosePurges(key, 0);
        await Memory.SetSettings(set);
        Assert.False(await HoldsStatementsAsync(key));
    }

    [Fact]
    public async Task SetSettings_KindWithdrawn_IsForgottenAndNotTakenAgain()
    {
        var said = Now;
        await cluster.NoteAsync(_user, "s-1/r-1", said, Said("likes", "tea", MemoryKind.Preference), Said("office", "Berlin"));
        Assert.DoesNotContain((await Memory.GetSettings()).Kinds, kind => kind is { Kind: MemoryKind.Pattern, IsKept: true });
        Assert.False((await Memory.GetSettings()).SharePatterns);

        await Memory.SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Preference, IsKept = false }] });
        await cluster.NoteAsync(_user, "s-1/r-2", Now.AddSeconds(1), Said("likes", "coffee", MemoryKind.Preference));
        await Memory.SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Preference, IsKept = true }] });
        await cluster.NoteAsync(_user, "s-3/r-1", said, Said("likes", "tea", MemoryKind.Preference));

        Assert.Equal("Berlin", Assert.Single(await Memory.AllAsync(superseded: true)).Value);
    }

    [Fact]
    public async Task Recall_ConstraintsAlwaysThenWhatFitsWithinTheBudget()
    {
        await cluster.NoteAsync(
            _user, "s-1/r-1", Now, Said("allergy", "nuts", MemoryKind.Constraint), Said("manager", "Jane Doe"), Said("office", "Berlin"), Said("laptop", "ThinkPad X1"));

        var recall = await Memory.Recall(new RecallMemories { Text = "who is my boss?", Top = 2 });

        Assert.Equal(["allergy", "manager"], recall.Memories.Select(memory => memory.Memory.Slot));
        Assert.Equal(("constraint", "words", "words"), (recall.Memories[0].Reason, recall.Memories[1].Reason, recall.Mode));
        Assert.Equal("search", (await Memory.ListAccesses(1)).Single().Action);
    }

    [Fact]
    public async Task Memory_OfSomebodyElse_IsRefusedWhoeverAsks()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("manager", "Jane Doe"));
        foreach (var (tenant, user, roles) in new[] { ("t-acme", NewUser(), Array.Empty<string>()), ("t-acme", NewUser(), [WellKnownRoles.Admin]), ("t-other", _user, []), ("t-other", PlatformIdentity.UserId, [WellKnownRoles.System]) })
        {
            cluster.SignIn(tenant, user, roles);
            foreach (var ask in new Func<Task>[] { () => Memory.AllAsync(), () => Memory.Export(), () => Memory.Recall(new RecallMemories { Text = "manager" }), () => Memory.Erase(new EraseMemory { OperationId = "x" }), () => Memory.ListAccesses(1) })
            {
                Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(ask)).Code);
            }
        }
    }

    [Fact]
    public async Task Memories_OfManyPersons_NeverMeet()
    {
        var random = new Random(8);
        string[] slots = ["manager", "office", "likes", "allergy", "project"];
        var users = Enumerable.Range(0, 5).Select(_ => NewUser()).ToList();
        for (var i = 0; i < 60; i++)
        {
            var user = users[random.Next(users.Count)];
            var slot = slots[random.Next(slots.Length)];
            await cluster.NoteAsync(user, $"s-1/r-{i}", Now.AddSeconds(i), Said(slot, $"the {slot} of {user} number {random.Next(4)}", slot == "allergy" ? MemoryKind.Constraint : MemoryKind.Fact));
            if (random.Next(6) == 0)
            {
                cluster.SignIn("t-acme", user);
                await cluster.MemoryOf(user).Forget(new ForgetMemories { MemoryIds = [random.Next(1, 6)], OperationId = $"op-{i}" });
            }
        }

        foreach (var user in users)
        {
            cluster.SignIn("t-acme", user);
            var memory = cluster.MemoryOf(user);
            var seen = (await memory.Export()).Memories.Select(item => item.Value).ToList();
            foreach (var other in users)
            {
                seen.AddRange((await memory.Recall(new RecallMemories { Text = $"manager office likes allergy project of {other}", Top = 100 })).Memories.Select(recalled => recalled.Memory.Value));
            }

            Assert.NotEmpty(seen);
            Assert.All(seen, value => Assert.Contains(user, value, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Export_HasEverythingAndWhoReadIt()
    {
        await cluster.NoteAsync(_user, "s-1/r-1", Now, Said("office", "Berlin"));
        await cluster.NoteAsync(_user, "s-1/r-2", Now.AddSeconds(1), Said("office", "Paris"));

        var export = await Memory.Export();

        Assert.Equal((_user, "t-acme"), (export.UserId, export.TenantId));
        Assert.Equal([("Berlin", false), ("Paris", true)], export.Memories.Select(item => (item.Value, item.Holds)));
        Assert.Equal(("export", _user), (export.Accesses[0].Action, export.Accesses[0].By));
    }

    [Fact]
    public async Task SetSettings_SaidWhileAKindWasOffAndNotedWhenItIsOnAgain_IsNotTaken()
    {
        await SetAsync(isKept: false);
        var (said, open) = (Now, Now);
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await SetAsync(isKept: true);
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await cluster.NoteAsync(_user, "s-1/r-1", said, Said("watering", "done", MemoryKind.Interaction));
        await NoteOpenAsync("r-2", open);
        Assert.Empty(await Memory.AllAsync(superseded: true));
        Assert.Empty((await Memory.Export()).Requests);
        Assert.True((await Memory.Export()).WithdrawnAt[MemoryKind.Interaction] > said);

        await cluster.NoteAsync(_user, "s-1/r-3", Now, Said("watering", "done", MemoryKind.Interaction));
        Assert.Single(await Memory.AllAsync());

        Task SetAsync(bool isKept)
        {
            cluster.SignIn("t-acme", _user);
            return Memory.SetSettings(new SetMemorySettings { Kinds = [new SetMemoryKind { Kind = MemoryKind.Interaction, IsKept = isKept }] });
        }
    }

    [Theory]
    [InlineData("Created the user 00uABCDEFGHIJ0123456789xyzK", true)]
    [InlineData("Closed the incident 0a1b2c3d4e5f60718293a4b5c6d7e8f9", true)]
    [InlineData("Paid with 4111 1111 1111 1111", false)]
    [InlineData("Set the password: Tr0ub4dor&3", false)]
    public async Task Note_IdsInWhatASystemSays_AreKeptAndSecretsAreNot(string text, bool isKept)
    {
        await NoteFromSystemAsync(text);

        Assert.Equal(isKept ? [text] : [], (await Memory.AllAsync()).Select(item => item.Value));
    }

    [Fact]
    public async Task Export_Dismissed_IsInItAndIsCountedWhenItIsErased()
    {
        var at = cluster.Time.GetUtcNow();
        var key = GrainKeys.UserMemory("t-acme", _user);
        var store = new SealedJournalStore(cluster.Journals, await cluster.Silo.GetRequiredService<DataKeys>().GetAsync("t-acme", "memory"));
        var state = new UserMemoryState { Asked = new AskedRequests { Dismissed = ["playbook:leave"] } };
        await store.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = 0, Records = [new JournalRecord { Type = "snapshot", At = at, Payload = JsonSerializer.SerializeToUtf8Bytes(state, MemoryJson.Default.UserMemoryState) }] });
        cluster.SignIn("t-acme", _user);

        Assert.Equal(["playbook:leave"], (await Memory.Export()).Dismissed);
        var receipt = await Memory.Erase(new EraseMemory { OperationId = "op" });
        Assert.Equal(1, receipt.Removed.Single(part => part.Place == "requests and proposals").Count);
        Assert.Empty((await Memory.Export()).Dismissed);
    }

    [Fact]
    public async Task Export_NamesWhatIsHeldElsewhereAndOnlyTheOwnConversations()
    {
        var other = NewUser();
        foreach (var (user, session) in new[] { (_user, "s-two"), (_user, "s-one"), (other, "s-three") })
        {
            cluster.SignIn("t-acme", user);
            await cluster.Grains.GetGrain<Steward.Sessions.ISessionGrain>(GrainKeys.Session("t-acme", user, session)).Open(new Steward.Sessions.OpenSession { Title = "test" });
        }

        cluster.SignIn("t-acme", _user);
        var elsewhere = (await Memory.Export()).Elsewhere;

        Assert.Equal(("conversations", 2, "/v1/sessions/{sessionId}"), (elsewhere[0].Kind, elsewhere[0].Count, elsewhere[0].Path));
        Assert.Equal(["s-one", "s-two"], elsewhere[0].Ids);
        Assert.Superset(new HashSet<string>(["runs", "schedules", "approvals", "tickets", "executions and files", "snippets"]), elsewhere.Select(held => held.Kind).ToHashSet());
        Assert.All(elsewhere, held => Assert.StartsWith("/v1/", held.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task KeyDestroyed_MemoryIsUnreadableUntilItIsErased()
    {
        // A tenant of its own: its key is everybody's in it.
        var key = GrainKeys.UserMemory("t-shredded", _user);
        cluster.SignIn("t-shredded", PlatformIdentity.UserId, WellKnownRoles.System);
        var memory = cluster.MemoryOf(_user, "t-shredded");
        await memory.Note(new NoteStatements { MessageId = "m", SaidAt = Now, Statements = [Said("office", "Berlin")] });
        var copy = new SealedJournalStore(cluster.Journals, await cluster.Silo.GetRequiredService<DataKeys>().GetAsync("t-shredded", "memory"));
        Assert.Single(await copy.ReadAsync(key, 0, 10));
        cluster.SignIn("t-shredded", _user);
        var before = Assert.Single(await memory.AllAsync()).Id;
        cluster.SignIn("t-shredded", PlatformIdentity.UserId, WellKnownRoles.System);

        await cluster.Silo.GetRequiredService<DataKeys>().DestroyAsync("t-shredded", "memory");
        cluster.Faults.Lose(key, 1);
        await Assert.ThrowsAsync<StewardException>(() => memory.Note(new NoteStatements { MessageId = "m2", SaidAt = Now, Statements = [Said("office", "Paris")] }));
        await cluster.DeactivatedAsync(memory);
        cluster.Faults.Lose(key, 0);
        cluster.SignIn("t-shredded", _user);
        Assert.Equal(ErrorCodes.MemoryUnreadable, (await Assert.ThrowsAsync<StewardException>(() => memory.Export())).Code);

        await memory.Erase(new EraseMemory { OperationId = "anew" });

        await Conversing.UntilAsync(async () => (await memory.GetErasure())!.CompletedAt is not null);
        Assert.Empty((await memory.Export()).Memories);

        // No id is given twice.
        cluster.SignIn("t-shredded", PlatformIdentity.UserId, WellKnownRoles.System);
        await memory.Note(new NoteStatements { MessageId = "m3", SaidAt = Now.AddMinutes(1), Statements = [Said("office", "Oslo")] });
        cluster.SignIn("t-shredded", _user);
        Assert.True(Assert.Single(await memory.AllAsync()).Id > before);
    }

    [Fact]
    public async Task KeyDestroyed_ErasureThatBeginsAnewAndIsLost_IsWokenAndGoesOn()
    {
        var key = GrainKeys.UserMemory("t-lost", _user);
        var keys = cluster.Silo.GetRequiredService<DataKeys>();
        var lost = await keys.GetAsync("t-lost", "memory");
        var sealedStore = new SealedJournalStore(cluster.Journals, lost);
        await sealedStore.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = 0, Records = [new JournalRecord { Type = MemoryRecordTypes.Used, At = Now, Payload = """{"ids":[]}"""u8.ToArray() }] });
        await keys.DestroyAsync("t-lost", "memory");
        cluster.SignIn("t-lost", _user);
        var memory = cluster.MemoryOf(_user, "t-lost");

        // The first entry behind the receipt stands, nothing after it does.
        cluster.Faults.LoseAfter(key, 1);
        await memory.Erase(new EraseMemory { OperationId = "anew", IncludeConversations = true });
        await cluster.DeactivatedAsync(memory);
        cluster.Faults.Lose(key, 0);

        Assert.Equal(MemoryRecordTypes.Consolidated, (await cluster.Journals.ReadTailAsync(key, 1))[0].Type);
        Assert.InRange((await cluster.Journals.GetHeadAsync(key))!.WakeAt!.Value, Now.AddMinutes(-1), Now);
        cluster.SignIn("t-lost", PlatformIdentity.UserId, WellKnownRoles.System);
        await memory.Resume();
        cluster.SignIn("t-lost", _user);
        await Conversing.UntilAsync(async () => (await memory.GetErasure())!.CompletedAt is not null);
    }

    [Fact]
    public async Task KeyRotated_MemoryOpensAndIsSealedAnew()
    {
        var key = GrainKeys.UserMemory("t-rotated", _user);
        cluster.SignIn("t-rotated", PlatformIdentity.UserId, WellKnownRoles.System);
        var memory = cluster.MemoryOf(_user, "t-rotated");
        var patterns = cluster.Grains.GetGrain<IMemoryPatternsGrain>(GrainKeys.MemoryPatterns("t-rotated"));
        await memory.Note(new NoteStatements { MessageId = "m", SaidAt = Now, Statements = [Said("office", "Berlin")] });
        cluster.SignIn("t-rotated", _user);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => patterns.RotateKey())).Code);
        cluster.SignIn("t-rotated", "u-admin", WellKnownRoles.Admin);

        Assert.Equal(2, (await patterns.RotateKey()).Keys);

        Assert.True(await HasOldAsync());
        cluster.SignIn("t-rotated", PlatformIdentity.UserId, WellKnownRoles.System);
        cluster.Faults.Lose(key, 1);
        await Assert.ThrowsAsync<StewardException>(() => memory.Note(new NoteStatements { MessageId = "m2", SaidAt = Now, Statements = [Said("desk", "12")] }));
        await cluster.DeactivatedAsync(memory);
        cluster.SignIn("t-rotated", _user);
        Assert.Equal("Berlin", Assert.Single(await memory.AllAsync()).Value);
        Assert.False(await HasOldAsync());

        // A memory that stays open writes with the new key, too.
        cluster.SignIn("t-rotated", "u-admin", WellKnownRoles.Admin);
        Assert.Equal(3, (await patterns.RotateKey()).Keys);
        cluster.SignIn("t-rotated", PlatformIdentity.UserId, WellKnownRoles.System);
        await memory.Note(new NoteStatements { MessageId = "m3", SaidAt = Now, Statements = [Said("desk", "12")] });
        var ring = await cluster.Silo.GetRequiredService<DataKeys>().GetAsync("t-rotated", "memory");
        Assert.True(ring.IsCurrent((await cluster.Journals.ReadTailAsync(key, 1))[^1].Payload.Span));
        Assert.True(await HasOldAsync());

        async Task<bool> HasOldAsync()
        {
            var store = new SealedJournalStore(cluster.Journals, await cluster.Silo.GetRequiredService<DataKeys>().GetAsync("t-rotated", "memory"));
            Assert.NotEmpty(await store.ReadAsync(key, 0, 20));
            return store.HasReadOld;
        }
    }

    private Task NoteFromSystemAsync(string text)
    {
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        var noted = Memory.Note(new NoteStatements { MessageId = "s-1/r-1/done-1", SaidAt = Now, Source = MemorySource.System, Statements = [Said("conversation", text, MemoryKind.Interaction)] });
        cluster.SignIn("t-acme", _user);
        return noted;
    }

    private Task NoteOpenAsync(string runId, DateTimeOffset at)
    {
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        var noted = Memory.Note(new NoteStatements { MessageId = $"s-1/{runId}/done-1", SaidAt = at, Source = MemorySource.System, Statements = [], Request = new NotedRequest { RunId = runId, Open = ["Create the account (not done)"] } });
        cluster.SignIn("t-acme", _user);
        return noted;
    }

    private async Task<bool> HoldsStatementsAsync(string key) =>
        (await cluster.Journals.ReadAsync(key, 0, 100)).Any(entry => entry is { Type: MemoryRecordTypes.Noted, Payload.IsEmpty: false });
}
