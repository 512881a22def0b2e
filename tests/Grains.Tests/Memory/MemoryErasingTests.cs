using Microsoft.Extensions.DependencyInjection;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Memory;
using Steward.Models;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;
using static Steward.Grains.Tests.Memory.Remembering;

namespace Steward.Grains.Tests.Memory;

/// <summary>What runs have stored by hash goes with the person whose words it holds, and nobody else's does.</summary>
[Collection(GrainClusterGroup.Name)]
public class MemoryErasingTests(GrainCluster cluster)
{
    private static readonly string Text = "say " + string.Join(' ', Enumerable.Range(0, 80).Select(number => $"words{number}"));

    private readonly string _user = NewUser();

    private IContentStore Contents => cluster.Silo.GetRequiredService<IContentStore>();

    private RunContents RunContents => new(cluster.Journals, Contents);

    [Fact]
    public async Task Erase_SameWordsOfTwoPeople_ThoseOfOneGoAndTheOthersStay()
    {
        var other = NewUser();
        var (session, own) = await SayAsync(_user);
        var (_, others) = await SayAsync(other);
        var (found, kept) = (await FindAsync(own), await FindAsync(others));
        Assert.True(found.Names.Count >= 3, "A prompt, its messages and the long text.");
        Assert.Empty(found.Names.Intersect(kept.Names));

        cluster.SignIn("t-acme", _user);
        var receipt = await EraseAsync();

        Assert.Contains(receipt.Removed, part => part.Place == "prompts and results" && part.Count == found.Names.Count);
        Assert.DoesNotContain(receipt.Remains, remains => remains.Contains("earlier release", StringComparison.Ordinal));
        foreach (var name in found.Names)
        {
            Assert.Null(await Contents.ReadAsync("t-acme", name));
        }

        Assert.Equal(kept.Names.Count, (await FindAsync(others)).Names.Count);
        cluster.SignIn("t-acme", other);
        Assert.Contains("words79", await PromptOfAsync(others), StringComparison.Ordinal);

        // The same words said again in the same conversation are stored again: nothing takes them for stored.
        cluster.SignIn("t-acme", _user);
        var (_, again) = await SayAsync(_user, session);
        Assert.Equal(found.Names.Count, (await FindAsync(again)).Names.Count);
        Assert.Empty((await FindAsync(again)).Names.Intersect(found.Names));
        Assert.Contains("words79", await PromptOfAsync(again), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Remove_CutOffAnywhere_WhatIsLeftIsFoundAgain()
    {
        var (session, first) = await SayAsync(_user);
        var (_, second) = await SayAsync(_user, session, """do desk_note {"text":"one"} ; do desk_note {"text":"two"} ; say done""");
        var found = await RunContents.FindAsync([first, second], [], default);
        var left = found.Names.ToList();
        Assert.True(left.Count > 8);

        while (left.Count > 0)
        {
            // One step further each time, as if the silo died behind it.
            await RunContents.RemoveAsync("t-acme", new FoundContents([left[^1]], 0), default);
            left.RemoveAt(left.Count - 1);
            Assert.Equal(left.Order(), (await RunContents.FindAsync([first, second], [], default)).Names.Order());
        }
    }

    [Fact]
    public async Task Find_WhatARunThatStaysRefersTo_IsNotAmongIt()
    {
        var (session, first) = await SayAsync(_user);
        var (_, second) = await SayAsync(_user, session, "say more");

        var found = await RunContents.FindAsync([first], [second], default);

        Assert.Empty(found.Names.Intersect((await FindAsync(second)).Names));
        Assert.NotEmpty(found.Names);
    }

    [Fact]
    public async Task Erase_ARunWaitsForAnApproval_KeepsWhatItHasStoredUntilItIsOver()
    {
        var (key, ended) = await SayAsync(_user);
        cluster.SignIn("t-acme", _user);
        var session = await cluster.OpenAsync(key);
        var (run, text, decision) = await cluster.AskAsync(session);
        var waiting = GrainKeys.Run("t-acme", (await run.GetStatus())!.RunId);
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(waiting) is { Open: false, WakeAt: null } && await cluster.Journals.GetHeadAsync(key) is { Open: false });
        var stored = (await FindAsync(waiting)).Names;
        var own = (await RunContents.FindAsync([ended], [waiting], default)).Names;
        Assert.NotEmpty(own);

        // What of the run that is over goes would go last of all, behind what the other one has stored.
        await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        await Conversing.UntilAsync(async () => await Contents.ReadAsync("t-acme", own[0]) is null);

        Assert.Equal(stored, (await FindAsync(waiting)).Names);
        Assert.Null((await cluster.MemoryOf(_user).GetErasure())!.CompletedAt);
        cluster.SignIn("t-acme", "u-boss", "approver");
        await run.Decide(Runs.WaitingRunTests.Deciding(decision, "approve"));
        cluster.SignIn("t-acme", _user);
        await run.WatchToEndAsync();
        Assert.Equal((RunState.Completed, 1), ((await run.GetStatus())!.State, cluster.Desk.Effects[text]));
        Assert.Contains(text, await PromptOfAsync(waiting), StringComparison.Ordinal);

        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(waiting) is { Open: false, WakeAt: null } && await cluster.Journals.GetHeadAsync(key) is { Open: false });
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await cluster.MemoryOf(_user).Resume();
        cluster.SignIn("t-acme", _user);
        await CompletedAsync();
        foreach (var name in stored)
        {
            Assert.Null(await Contents.ReadAsync("t-acme", name));
        }
    }

    // What waits for an approval may wait for days.
    [Fact]
    public async Task Erase_WhileOneGoesOn_RemovesWhatWasSaidSinceAndEndsWithBoth()
    {
        var (run, decision) = await WaitAsync();
        cluster.SignIn("t-acme", _user);
        await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "first", IncludeConversations = true });
        await cluster.NoteAsync(_user, "s-later/r-1", cluster.Time.GetUtcNow().AddMinutes(1), Said("manager", "Jane Doe"));
        Assert.Single(await cluster.MemoryOf(_user).AllAsync());

        var second = await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "second" });
        Assert.Equal(("second", null), (second.OperationId, second.CompletedAt));
        Assert.Empty(await cluster.MemoryOf(_user).AllAsync(superseded: true));

        // The first one asked for again, as whoever got no answer does, removes nothing of what came later.
        await cluster.NoteAsync(_user, "s-later/r-2", cluster.Time.GetUtcNow().AddMinutes(2), Said("manager", "John Roe"));
        Assert.Equal("second", (await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "first", IncludeConversations = true })).OperationId);
        Assert.Equal("John Roe", Assert.Single(await cluster.MemoryOf(_user).AllAsync()).Value);

        await DecideAsync(run, decision);
        cluster.SignIn("t-acme", _user);
        var receipt = await CompletedAsync();
        Assert.Equal(("second", 1), (receipt.OperationId, receipt.Removed.Single(part => part.Place == "memories").Count));
        Assert.Contains(receipt.Removed, part => part is { Place: "conversations", Count: 1 });
    }

    [Fact]
    public async Task Erase_ConversationBegunAfterwards_Stays()
    {
        var (run, decision) = await WaitAsync();
        var (earlier, _) = await SayAsync(_user);
        cluster.SignIn("t-acme", _user);
        await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        var (later, laterRun) = await SayAsync(_user, text: "say something of my own");

        await DecideAsync(run, decision);
        cluster.SignIn("t-acme", _user);
        var receipt = await CompletedAsync();

        Assert.False(await cluster.HoldsPlainAsync(earlier, "words79"));
        Assert.True(await cluster.HoldsPlainAsync(later, "something of my own"));
        Assert.Contains("something of my own", await PromptOfAsync(laterRun), StringComparison.Ordinal);
        Assert.Equal(2, receipt.Removed.Single(part => part.Place == "conversations").Count);
    }

    // By their names the one that it was made of goes first.
    [Fact]
    public async Task Erase_ForkMadeAfterwards_GoesWithTheConversationThatItWasMadeOf()
    {
        var (run, decision) = await WaitAsync();
        cluster.SignIn("t-acme", _user);
        var source = GrainKeys.LastPart((await run.GetStatus())!.SessionKey);
        await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        var messages = (await cluster.Grains.GetGrain<ISessionGrain>(GrainKeys.Session("t-acme", _user, source)).ReadTranscript(0, 20)).Messages;
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        var fork = cluster.Grains.GetGrain<ISessionGrain>(GrainKeys.Session("t-acme", _user, "s-" + new string('f', 32)));
        await fork.Fork(new ForkSession { SourceSessionId = source, ThroughSequence = messages[0].Sequence });
        Assert.Equal(messages[0].Text, Assert.Single((await fork.ReadTranscript(0, 20)).Messages).Text);

        await DecideAsync(run, decision);
        cluster.SignIn("t-acme", _user);
        await CompletedAsync();

        cluster.SignIn("t-acme", _user);
        Assert.Empty((await fork.ReadTranscript(0, 20)).Messages);
    }

    [Fact]
    public async Task Erase_WhatWasRemoved_IsNotTakenForStoredByALaterRunOfTheConversation()
    {
        var (session, first) = await SayAsync(_user);
        var removed = await FindAsync(first);
        await RunContents.RemoveAsync("t-acme", removed, default);

        var (_, second) = await SayAsync(_user, session);

        Assert.NotEmpty((await FindAsync(second)).Names.Intersect(removed.Names));
        cluster.SignIn("t-acme", _user);
        Assert.Contains("words79", await PromptOfAsync(second), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Erase_LostHalfWayThroughTheContents_CountsThemOnce()
    {
        var (_, run) = await SayAsync(_user);
        var found = await FindAsync(run);
        cluster.SignIn("t-acme", _user);

        // Begun, the answers, the vectors, the conversation and its contents are noted; then the activation goes before the run is retired, with a part of the contents.
        cluster.Faults.LoseAfter(GrainKeys.UserMemory("t-acme", _user), 5);
        await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        await cluster.DeactivatedAsync(cluster.MemoryOf(_user));
        cluster.Faults.Lose(GrainKeys.UserMemory("t-acme", _user), 0);
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        await cluster.MemoryOf(_user).Resume();
        cluster.SignIn("t-acme", _user);

        var receipt = await CompletedAsync();
        Assert.Equal(found.Names.Count, receipt.Removed.Single(part => part.Place == "prompts and results").Count);
        Assert.Equal(1, receipt.Removed.Single(part => part.Place == "conversations").Count);
        Assert.Empty((await FindAsync(run)).Names);
    }

    [Fact]
    public async Task Erase_CachedAnswers_AreForgottenAlsoWithoutConversations()
    {
        cluster.SignIn("t-acme", _user);
        var receipt = await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op" });
        cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
        var policy = await cluster.Grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings("t-acme")).GetPolicy();

        Assert.NotNull(receipt.AnswersForgottenAt);
        Assert.Equal(1, policy.Forgotten[_user]);
        cluster.SignIn("t-acme", _user, WellKnownRoles.Admin);
        Assert.Equal(Errors.ErrorCodes.Forbidden, (await Assert.ThrowsAsync<Errors.StewardException>(() => cluster.Grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings("t-acme")).ForgetAnswers(_user))).Code);
    }

    [Fact]
    public async Task ForgetAnswers_OfManyPeople_BecomesOneNumberBeyondAllThatWere()
    {
        cluster.SignIn("t-many", PlatformIdentity.UserId, WellKnownRoles.System);
        var settings = cluster.Grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings("t-many"));
        await settings.ForgetAnswers("u-first");
        await settings.ForgetAnswers("u-first");
        for (var person = 0; person < 256; person++)
        {
            await settings.ForgetAnswers($"u-{person}");
        }

        var policy = await settings.GetPolicy();
        Assert.InRange(policy.Forgotten.Count, 0, 255);
        Assert.True(policy.ForgottenOfAll + policy.Forgotten.GetValueOrDefault("u-first") > 2);
    }

    private async Task<(string Session, string Run)> SayAsync(string user, string? session = null, string? text = null)
    {
        cluster.SignIn("t-acme", user);
        session ??= Conversing.NewSession(user: user);
        var submitted = await (await cluster.OpenAsync(session)).SayAsync(text ?? Text);
        await cluster.Run(submitted).WatchToEndAsync();
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(session) is { Open: false } && await cluster.Journals.GetHeadAsync(GrainKeys.Run("t-acme", submitted.RunId!)) is { Open: false });
        return (session, GrainKeys.Run("t-acme", submitted.RunId!));
    }

    // A run that waits for an approval holds an erasure up.
    private async Task<(IRunGrain Run, PendingDecision Decision)> WaitAsync()
    {
        var key = Conversing.NewSession(user: _user);
        cluster.SignIn("t-acme", _user);
        var (run, _, decision) = await cluster.AskAsync(await cluster.OpenAsync(key));
        var journal = GrainKeys.Run("t-acme", (await run.GetStatus())!.RunId);
        await Conversing.UntilAsync(async () => await cluster.Journals.GetHeadAsync(journal) is { Open: false, WakeAt: null } && await cluster.Journals.GetHeadAsync(key) is { Open: false });
        return (run, decision);
    }

    private async Task DecideAsync(IRunGrain run, PendingDecision decision)
    {
        cluster.SignIn("t-acme", "u-boss", "approver");
        await run.Decide(Runs.WaitingRunTests.Deciding(decision, "approve"));
        cluster.SignIn("t-acme", _user);
        await run.WatchToEndAsync();
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
            await cluster.MemoryOf(_user).Resume();
            cluster.SignIn("t-acme", _user);
            return (await cluster.MemoryOf(_user).GetErasure())!.CompletedAt is not null;
        });
    }

    private Task<FoundContents> FindAsync(string run) => RunContents.FindAsync([run], [], default);

    private async Task<string> PromptOfAsync(string run) => (await cluster.Grains.GetGrain<IRunGrain>(run).ReadTrace(includePrompts: true))!;

    private async Task<MemoryErasure> EraseAsync()
    {
        cluster.SignIn("t-acme", _user);
        await cluster.MemoryOf(_user).Erase(new EraseMemory { OperationId = "op", IncludeConversations = true });
        return await CompletedAsync();
    }

    private async Task<MemoryErasure> CompletedAsync()
    {
        await Conversing.UntilAsync(async () => (await cluster.MemoryOf(_user).GetErasure())!.CompletedAt is not null);
        return (await cluster.MemoryOf(_user).GetErasure())!;
    }
}
