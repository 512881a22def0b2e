using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Models;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Sessions;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

[Collection(GrainClusterGroup.Name)]
public class RememberedMessageTests
{
    private readonly GrainCluster _cluster;
    private readonly string _user = NewUser();

    public RememberedMessageTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", _user);
    }

    private IUserMemoryGrain Memory => _cluster.MemoryOf(_user);

    private string NewKey => Conversing.NewSession(user: _user);

    [Fact]
    public async Task Message_SaysAFact_IsInTheMemoryBeforeItsSessionRests()
    {
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);

        var submitted = await session.SayAsync("My manager is Jane Doe.");
        await RestsAsync(key);

        var item = Assert.Single(await Memory.AllAsync());
        Assert.Equal(("manager", "Jane Doe"), (item.Slot, item.Value));
        Assert.Equal([$"{GrainKeys.LastPart(key)}/{submitted.RunId}"], item.MessageIds);
    }

    [Fact]
    public async Task Message_TellsAChangeFreely_TakesThePlaceAndCanBeUndone()
    {
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);
        await session.SayAsync("My manager is Ingrid Solberg.");
        await RestsAsync(key);

        await session.SayAsync("Ingrid handed in her notice, so Pedro Valdez is running our team.");
        await RestsAsync(key);

        var all = await Memory.AllAsync(superseded: true);
        var (old, current) = (all.Single(item => item.Value == "Ingrid Solberg"), all.Single(item => item.Holds));
        Assert.Equal(("manager", "Pedro Valdez"), (current.Slot, current.Value));
        Assert.False(old.Holds);
        Assert.NotEqual(old.MessageIds, current.MessageIds);

        await Memory.Restore(old.Id);

        Assert.Equal("Ingrid Solberg", Assert.Single(await Memory.AllAsync()).Value);
    }

    [Fact]
    public async Task Message_TellsAChangeFreelyWhereThatIsSwitchedOff_ChangesNothing()
    {
        var options = _cluster.Silo.GetRequiredService<IOptions<MemoryOptions>>().Value;
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);
        await session.SayAsync("My manager is Ingrid Solberg.");
        await RestsAsync(key);
        options.ReadsAgainstHeld = false;
        try
        {
            await session.SayAsync("Ingrid handed in her notice, so Pedro Valdez is running our team.");
            await RestsAsync(key);
        }
        finally
        {
            options.ReadsAgainstHeld = true;
        }

        Assert.Equal("Ingrid Solberg", Assert.Single(await Memory.AllAsync(superseded: true)).Value);
    }

    [Fact]
    public async Task Message_MemoryCannotBeWritten_SessionStaysOpenAndCatchesUp()
    {
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);
        // Also when the end of the run asks again.
        _cluster.Faults.Lose(GrainKeys.UserMemory("t-acme", _user), 2);
        var submitted = await session.SayAsync("My manager is Jane Doe.");
        await _cluster.Run(submitted).WatchToEndAsync();
        await Conversing.UntilAsync(async () => (await session.AnswersAsync()).Count == 1);
        Assert.True((await _cluster.Journals.GetHeadAsync(key))!.Open);
        Assert.Empty(await Memory.AllAsync());

        _cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await session.Resume();
        _cluster.SignIn("t-acme", _user);

        await RestsAsync(key);
        Assert.Equal("Jane Doe", Assert.Single(await Memory.AllAsync()).Value);
        Assert.Single(await session.AnswersAsync());
    }

    [Fact]
    public async Task Message_SiloDiedBeforeItWasLookedThrough_IsAfterwards()
    {
        // What a silo leaves that was killed after the message was durable, and before anything else was.
        var key = NewKey;
        await _cluster.AppendAsync(
            key,
            open: true,
            (SessionRecordTypes.Opened, new SessionOpened()),
            (SessionRecordTypes.UserMessage, new UserMessageAccepted
            {
                OperationId = "op",
                RunId = SessionGrain.RunIdFor(key, "op"),
                Text = "My manager is Jane Doe.",
                Requester = new CallerIdentity { TenantId = "t-acme", UserId = _user, Roles = [] },
            }));

        _cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await _cluster.Grains.GetGrain<ISessionGrain>(key).Resume();
        _cluster.SignIn("t-acme", _user);

        await RestsAsync(key);
        Assert.Equal("Jane Doe", Assert.Single(await Memory.AllAsync()).Value);
    }

    [Fact]
    public async Task Run_ModelAnswers_IsToldWhatIsRememberedAndSaysSo()
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow(), Said("manager", "Jane Doe"), Said("allergy", "nuts", MemoryKind.Constraint), Said("laptop", "ThinkPad"));
        var session = await _cluster.OpenAsync(NewKey);

        var run = _cluster.Run(await session.SayAsync("say it is Jane Doe , your manager"));
        var events = await run.WatchToEndAsync();
        var status = (await run.GetStatus())!;

        var system = _cluster.Model.LastMessages.First(message => message.Role == ChatRole.System).Text;
        Assert.Contains("- always: allergy: nuts\n- manager: Jane Doe", system, StringComparison.Ordinal);
        Assert.DoesNotContain("ThinkPad", system, StringComparison.Ordinal);
        Assert.Equal([("allergy", "constraint", false), ("manager", "words", true)], status.Memories.Select(memory => (memory.Slot, memory.Reason, memory.IsInAnswer)));
        Assert.Single(events, runEvent => runEvent.Type == "memory.recalled");
        await Conversing.UntilAsync(async () => (await Memory.ListAccesses(10)).Any(access => access.Action == "recall" && access.By == status.RunId));
        Assert.NotNull((await Memory.AllAsync()).Single(item => item.Slot == "manager").LastUsed);
    }

    [Fact]
    public async Task Chat_WhatDoYouRemember_IsAnsweredFromTheMemoryAndForgetForgets()
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow(), Said("manager", "Jane Doe"), Said("office", "Berlin"));
        var session = await _cluster.OpenAsync(NewKey);

        var asked = _cluster.Run(await session.SayAsync("What do you remember about me?"));
        await asked.WatchToEndAsync();
        var told = (await asked.GetStatus())!;
        var forget = _cluster.Run(await session.SayAsync("forget my manager"));
        await forget.WatchToEndAsync();

        Assert.Contains("- manager: Jane Doe\n- office: Berlin", told.Answer, StringComparison.Ordinal);
        Assert.Equal(0, told.Usage.ModelCalls);
        Assert.All(told.Memories, memory => Assert.True(memory.IsInAnswer));
        Assert.Equal("I have forgotten your manager.", (await forget.GetStatus())!.Answer);
        Assert.Equal("Berlin", Assert.Single(await Memory.AllAsync(superseded: true)).Value);
        var accesses = await Memory.ListAccesses(20);
        Assert.Contains(accesses, access => access.Action == "list" && access.By == told.RunId);
        Assert.Contains(accesses, access => access.Action == "forget" && access.MemoryIds.Count == 1);
    }

    [Fact]
    public async Task Chat_Correction_TakesThePlaceInOneStep()
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow().AddMinutes(-1), Said("manager", "Jane Doe"));
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);

        await session.SayAsync("No, my manager is John Roe.");
        await RestsAsync(key);

        Assert.Equal("John Roe", Assert.Single(await Memory.AllAsync()).Value);
    }

    // Also to what was corrected before: who has just been told what is remembered says what is right.
    [Fact]
    public async Task Chat_CorrectionOfWhatWasTold_IsAnsweredAndHolds()
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow().AddMinutes(-1), Said("manager", "Jane Doe"), Said("never", "call me", MemoryKind.Constraint));
        await Memory.Correct(new CorrectMemory { MemoryId = (await Memory.AllAsync())[0].Id, Value = "Zoe Zed", OperationId = "op" });
        var session = await _cluster.OpenAsync(NewKey);

        var told = await AnswerAsync(session, "What do you remember about me?");
        Assert.Contains("“my manager is …”", told, StringComparison.Ordinal);
        Assert.Equal("I have put it right: your manager is Jane Doe.", await AnswerAsync(session, "My manager is Jane Doe."));

        Assert.Equal(["Jane Doe", "call me"], (await Memory.AllAsync()).Select(item => item.Value).Order());
    }

    [Fact]
    public async Task Chat_ToldOnlyWhatNoCorrectionFinds_SuggestsNone()
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow(), Said("never", "call me", MemoryKind.Constraint), Said("likes", "tea", MemoryKind.Preference));

        var told = await AnswerAsync(await _cluster.OpenAsync(NewKey), "What do you remember about me?");

        Assert.EndsWith("If something is wrong, write “forget” and its words.", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chat_ForgetWhatIsToCome_SaysWhatStays()
    {
        var now = _cluster.Time.GetUtcNow();
        await _cluster.NoteAsync(_user, "s-0/r-0", now.AddMinutes(-2), Said("office", "Berlin"));
        await _cluster.NoteAsync(_user, "s-0/r-1", now.AddMinutes(-1), Said("office", "Paris") with { ValidFrom = now.AddDays(3) });
        var session = await _cluster.OpenAsync(NewKey);

        Assert.Equal("I have forgotten that. What I still remember of it:\n- office: Berlin", await AnswerAsync(session, "forget Paris"));
        await _cluster.NoteAsync(_user, "s-0/r-2", now, Said("office", "Rome") with { ValidFrom = now.AddDays(3) });
        Assert.Equal("I have forgotten your office.", await AnswerAsync(session, "forget my office"));

        Assert.Empty(await Memory.AllAsync(superseded: true));
        Assert.Equal("I remember nothing about your office.", await AnswerAsync(session, "forget my office"));
    }

    [Theory]
    [InlineData("forget about lunch", "Shall I forget this? Write “forget” and its words.\n- allergy: nuts", 2)]
    [InlineData("forget my food", "Shall I forget this? Write “forget” and its words.\n- allergy: nuts", 2)]
    [InlineData("forget my boss", "I have forgotten your manager.", 1)]
    [InlineData("forget nuts", "I have forgotten your allergy.", 1)]
    public async Task Chat_ForgetByAWordThatOnlyGoesWithIt_AsksFirst(string text, string answer, int left)
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow(), Said("manager", "Jane Doe"), Said("allergy", "nuts", MemoryKind.Constraint));

        Assert.Equal(answer, await AnswerAsync(await _cluster.OpenAsync(NewKey), text));
        Assert.Equal(left, (await Memory.AllAsync()).Count);
    }

    [Fact]
    public async Task Chat_ForgetAllOfASlot_ForgetsEach()
    {
        await _cluster.NoteAsync(_user, "s-0/r-0", _cluster.Time.GetUtcNow(), Said("allergy", "milk", MemoryKind.Constraint), Said("allergy", "nuts", MemoryKind.Constraint));
        var session = await _cluster.OpenAsync(NewKey);

        Assert.StartsWith("Which of these", await AnswerAsync(session, "forget my allergies"), StringComparison.Ordinal);
        Assert.Equal("I have forgotten your allergy.", await AnswerAsync(session, "forget all my allergies"));

        Assert.Empty(await Memory.AllAsync());
    }

    [Fact]
    public async Task Run_AnswerHasTheWordsOfWhatIsToCome_SaysThatItIsInIt()
    {
        var now = _cluster.Time.GetUtcNow();
        await _cluster.NoteAsync(_user, "s-0/r-0", now, Said("office", "Paris Nord") with { ValidFrom = now.AddDays(400) }, Said("deputy", "Ann"));
        var run = _cluster.Run(await (await _cluster.OpenAsync(NewKey)).SayAsync("say your office is Nord in Paris , your deputy is Anna"));
        await run.WatchToEndAsync();

        var memories = (await run.GetStatus())!.Memories;

        Assert.Equal([("deputy", false), ("office", true)], memories.Select(memory => (memory.Slot, memory.IsInAnswer)).Order());
        var day = (await Memory.AllAsync()).Single(item => item.Slot == "office").ValidFrom.ToString("d MMMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal($"Paris Nord (from {day})", memories.Single(memory => memory.Slot == "office").Value);
        Assert.Contains($"- office: Paris Nord (from {day})", _cluster.Model.LastMessages.First(message => message.Role == ChatRole.System).Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("My desk is AKIAIOSFODNN7EXAMPLE. My manager is Jane Doe.")]
    [InlineData("My phone number is 4111 1111 1111 1111. My manager is Jane Doe.")]
    [InlineData("My phone number is 078-05-1120. My manager is Jane Doe.")]
    public async Task Message_SaysASecret_KeepsTheRestOfIt(string text)
    {
        var key = NewKey;
        await (await _cluster.OpenAsync(key)).SayAsync(text);
        await RestsAsync(key);

        var item = Assert.Single(await Memory.AllAsync(superseded: true));
        Assert.Equal("Jane Doe", item.Value);
        foreach (var value in (string[])["password: Tr0ub4dor&3", "Jane\u202eDoe"])
        {
            var error = await Assert.ThrowsAsync<Errors.StewardException>(() => Memory.Correct(new CorrectMemory { MemoryId = item.Id, Value = value, OperationId = "op" }));
            Assert.Equal((Errors.ErrorCodes.InvalidArgument, "value"), (error.Code, error.Field));
            Assert.DoesNotContain("Tr0ub", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Message_HasCharactersThatAreNotSeen_KeepsNone()
    {
        var key = NewKey;
        await (await _cluster.OpenAsync(key)).SayAsync("My laptop is a ThinkPad\u202eX1.");
        await RestsAsync(key);

        Assert.Equal("ThinkPadX1", Assert.Single(await Memory.AllAsync()).Value);
    }

    [Fact]
    public async Task RememberDone_CharactersThatAreNotSeen_AreNotKept()
    {
        var report = new RunReport { RunId = "r-unseen", State = Steward.Runs.RunState.Partial, Answer = "", WorkingMemory = new Dictionary<string, string>(), Effects = ["Wrote\u202e to\u200b Ann\nSmith", "paid with 4111\u200b 1111 1111 1111"], Open = ["Call\u2066 \U000e0041Ben (not done)"] };

        await _cluster.Silo.GetRequiredService<MemoryFeed>().RememberDoneAsync(NewKey, report, _cluster.Time.GetUtcNow());

        Assert.Equal("Wrote to Ann Smith; paid with ***", Assert.Single(await Memory.AllAsync()).Value);
        Assert.Equal(["Call Ben (not done)"], Assert.Single((await Memory.Export()).Requests).Open);
    }

    [Fact]
    public async Task Chat_ForgetMoreThanOneCallMay_ForgetsAll()
    {
        for (var part = 0; part < 8; part++)
        {
            await _cluster.NoteAsync(_user, $"s-0/r-{part}", _cluster.Time.GetUtcNow(), [.. Enumerable.Range(part * 30, 30).Select(number => Said("likes", $"tea number {number}", MemoryKind.Preference))]);
        }

        await _cluster.NoteAsync(_user, "s-0/r-9", _cluster.Time.GetUtcNow(), Said("office", "Berlin"));
        var session = await _cluster.OpenAsync(NewKey);

        Assert.Equal("I have forgotten your likes.", await AnswerAsync(session, "forget all my likes"));

        Assert.Equal("Berlin", Assert.Single(await Memory.AllAsync(superseded: true)).Value);
        Assert.DoesNotContain(await Memory.ListAccesses(20), access => access.By.Contains('#', StringComparison.Ordinal));
    }

    private async Task<string> AnswerAsync(ISessionGrain session, string text)
    {
        var run = _cluster.Run(await session.SayAsync(text));
        await run.WatchToEndAsync();
        return (await run.GetStatus())!.Answer;
    }

    [Fact]
    public async Task Run_ChangesSomething_WhatItDidIsRememberedOnce()
    {
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);
        var run = _cluster.Run(await session.SayAsync("""do desk_note {"text":"watering"} ; say noted"""));
        await run.WatchToEndAsync();
        await RestsAsync(key);

        var item = Assert.Single(await Memory.AllAsync());
        Assert.Equal((MemoryKind.Interaction, "conversation", MemorySource.System), (item.Kind, item.Slot, item.Source));
        Assert.Equal([$"{GrainKeys.LastPart(key)}/{(await run.GetStatus())!.RunId}/done-1"], item.MessageIds);
    }

    [Fact]
    public async Task Erase_WithConversations_RemovesTheirTextsAndSaysWhat()
    {
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);
        var first = await session.SayAsync("My manager is Jane Doe.");
        await _cluster.Run(first).WatchToEndAsync();
        await RestsAsync(key);

        await Memory.Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        await Conversing.UntilAsync(async () => (await Memory.GetErasure())!.CompletedAt is not null);
        var receipt = (await Memory.GetErasure())!;

        Assert.Equal([("conversations", 1), ("memories", 1), ("requests and proposals", 0), ("runs", 1), ("tombstones", 0)], receipt.Removed.Where(part => part.Place != "prompts and results").Select(part => (part.Place, part.Count)).Order());
        Assert.True(receipt.Removed.Single(part => part.Place == "prompts and results").Count >= 3);
        Assert.True(receipt.AnswersForgottenAt >= receipt.RequestedAt);
        Assert.Empty(await Memory.AllAsync(superseded: true));
        Assert.False(await _cluster.HoldsPlainAsync(key, "Jane"));
        Assert.False(await _cluster.HoldsPlainAsync(GrainKeys.Run("t-acme", first.RunId!), "Jane"));
        await _cluster.NoteAsync(_user, "s-9/r-9", receipt.RequestedAt, Said("manager", "Jane Doe"));
        Assert.Empty(await Memory.AllAsync(superseded: true));
        Assert.Equal(receipt.CompletedAt, (await Memory.Erase(new EraseMemory { OperationId = "op", IncludeConversations = true })).CompletedAt);
    }

    [Fact]
    public async Task Erase_LostAfterItBegan_GoesOnWhereItWas()
    {
        var key = NewKey;
        var session = await _cluster.OpenAsync(key);
        await session.SayAsync("My manager is Jane Doe.");
        await RestsAsync(key);

        // The beginning is durable; the step of the first conversation is not, and the activation goes.
        _cluster.Faults.LoseAfter(GrainKeys.UserMemory("t-acme", _user), 1);
        await Memory.Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        await _cluster.DeactivatedAsync(Memory);
        _cluster.Faults.Lose(GrainKeys.UserMemory("t-acme", _user), 0);
        Assert.True((await _cluster.Journals.ListDueAsync("t-acme/" + _user, _cluster.Time.GetUtcNow().AddSeconds(1), 10)).Count == 1);

        _cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await Memory.Resume();
        _cluster.SignIn("t-acme", _user);

        await Conversing.UntilAsync(async () => (await Memory.GetErasure())!.CompletedAt is not null);
        Assert.False(await _cluster.HoldsPlainAsync(key, "Jane"));
        Assert.Contains((await Memory.GetErasure())!.Removed, part => part is { Place: "conversations", Count: 1 });
    }

    private Task RestsAsync(string key) => Conversing.UntilAsync(async () => await _cluster.Journals.GetHeadAsync(key) is { Open: false, Sequence: > 2 });
}
