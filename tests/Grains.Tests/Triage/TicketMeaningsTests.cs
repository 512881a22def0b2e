using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Inference;
using Steward.Memory;
using Steward.Storage;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>Old tickets are found by what they mean, whatever words they have.</summary>
public sealed class TicketMeaningsTests(TicketMeaningsTests.MeaningCluster cluster) : IClassFixture<TicketMeaningsTests.MeaningCluster>
{
    private readonly string _tenant = "t-" + Guid.NewGuid().ToString("n")[..10];

    private ITriageGrain Triage => cluster.Grains.GetGrain<ITriageGrain>(GrainKeys.Triage(_tenant));

    private MeaningModels Models => cluster.Models;

    [Fact]
    public async Task Find_OtherWordsOfTheSameMeaning_FindsTheTickets()
    {
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        await LabelAsync("sn:2", "toner is empty", "Printing");
        await LabelAsync("sn:3", "vpn drops", "Network");

        var found = await FindAsync("my inbox does not open");

        Assert.Equal(("sn:1", "outlook hangs", "Mail"), (found.Tickets[0].TicketId, found.Tickets[0].ShortDescription, found.Tickets[0].Label));
        Assert.True(found.Tickets[0].Similarity > 0.9);
        Assert.Equal("words and meaning", found.Mode);
    }

    [Fact]
    public async Task Find_Groups_OnlyTheirs()
    {
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        await LabelAsync("sn:2", "inbox is full", "Storage");

        Assert.Equal(["sn:2"], (await FindAsync("mailbox", groups: ["Storage"])).Tickets.Select(ticket => ticket.TicketId));
    }

    // A page of tickets is one request, of which there is a bound.
    [Fact]
    public async Task Find_LongTexts_AreFoundByTheirBeginning()
    {
        Models.Embedded[_tenant] = [];
        for (var i = 0; i < 3; i++)
        {
            await LabelAsync($"sn:{i}", $"outlook hangs {i}", "Mail", description: new string('x', 99_000));
        }

        Assert.Equal(3, (await FindAsync("inbox")).Tickets.Count);
        Assert.All(Models.Embedded[_tenant], text => Assert.InRange(text.Length, 1, 4_000));
    }

    [Fact]
    public async Task Find_ByAMember_FindsWhatTheySentAndNothingElse()
    {
        await SendAsync("u-ada", "ada:1", "outlook hangs");
        await SendAsync("u-bob", "bob:1", "outlook is slow");
        await LabelAsync("sn:1", "outlook crashes", "Mail");
        await FindAsync("outlook");

        cluster.SignIn(_tenant, "u-ada");
        var found = await Triage.FindTickets(new FindTickets { Text = "outlook", Top = 50 });

        Assert.Equal(["ada:1"], found.Tickets.Select(ticket => ticket.TicketId));
        Assert.Equal("meaning", found.Mode);
        cluster.SignIn(_tenant, "u-eve");
        Assert.Empty((await Triage.FindTickets(new FindTickets { Text = "outlook", Top = 50 })).Tickets);
    }

    // The id was free when Eve took it: what somebody else sends under it later is not hers, and erasing her takes nothing of theirs.
    [Fact]
    public async Task Find_IdTakenBySomebodyElseBefore_IsOfWhomSentTheText()
    {
        cluster.SignIn(_tenant, "u-eve");
        await Triage.Classify(new TriageTicket { Id = "ada:1", ShortDescription = "dummy" });
        await Triage.Classify(new TriageTicket { Id = "hr:1", ShortDescription = "dummy" });
        await SendAsync("u-ada", "ada:1", "outlook hangs");
        await LabelAsync("hr:1", "outlook shows my salary", "Mail");
        await FindAsync("outlook");

        cluster.SignIn(_tenant, "u-eve");
        Assert.Empty((await Triage.FindTickets(new FindTickets { Text = "outlook", Top = 50 })).Tickets);
        cluster.SignIn(_tenant, "u-ada");
        Assert.Equal(["outlook hangs"], (await Triage.FindTickets(new FindTickets { Text = "outlook", Top = 50 })).Tickets.Select(ticket => ticket.ShortDescription));
        Assert.Equal(new OwnerErased(0, HasMore: false), await cluster.Silo.GetRequiredService<IVectorStore>().EraseOwnerAsync(_tenant, "u-eve", "e-1", DateTimeOffset.MaxValue, 1_000));
    }

    [Fact]
    public async Task Find_MoreAtATimeThanMayBe_IsRefusedAsBusy()
    {
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        await FindAsync("outlook");
        var held = Models.HoldQuestions(_tenant);
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        var searches = Enumerable.Range(0, MeaningCluster.ConcurrentTickets).Select(_ => Triage.FindTickets(new FindTickets { Text = "inbox" })).ToList();
        await Conversing.UntilAsync(() => Task.FromResult(Models.Held(_tenant) == searches.Count));

        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.FindTickets(new FindTickets { Text = "inbox" }));

        Assert.Equal((ErrorCodes.Overloaded, true), (error.Code, error.IsRetryable));
        held.SetResult();
        Assert.All(await Task.WhenAll(searches), found => Assert.Single(found.Tickets));
        Assert.Single((await Triage.FindTickets(new FindTickets { Text = "inbox" })).Tickets);
    }

    // Most activations end long before a day is over.
    [Fact]
    public async Task Activated_TextRemovedByRetentionBefore_LosesItsVectorAtOnce()
    {
        var gone = TicketContents.Of(new TriageTicket { Id = "sn:1", ShortDescription = "outlook hangs" }).Hash;
        var space = new VectorSpace(_tenant, TicketMeanings.Collection, "embedder-2@1");
        var said = new TicketLabelled { TicketId = "sn:1", Ticket = gone, Label = "Mail", Source = TriageLabelSource.Reassignment, By = "sn-account", At = cluster.Time.GetUtcNow() };
        await cluster.Journals.AppendAsync(new JournalAppend
        {
            Journal = GrainKeys.TriageLabels(GrainKeys.Triage(_tenant)),
            ExpectedSequence = 0,
            Records = [new JournalRecord { Type = TriageFactTypes.Labelled, Payload = System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(said, TriageJson.Default.TicketLabelled), At = said.At }],
        });
        var store = cluster.Silo.GetRequiredService<IVectorStore>();
        await store.WriteAsync(new VectorWrite
        {
            Space = space,
            Rows = [new VectorRow { Id = "sn:1", Owner = VectorRow.Nobody, Kind = "Mail", Note = gone + "\noutlook hangs", At = said.At, Vector = MeaningModels.Vector("embedder-2", "outlook hangs") }],
            Through = 1,
        });

        Assert.Empty((await FindAsync("inbox")).Tickets);

        await Conversing.UntilAsync(async () => (await store.ListIdsAsync(space)).Count == 0);
    }

    [Fact]
    public async Task Find_LabelledAnew_IsOfItsLastGroup()
    {
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        await FindAsync("outlook");
        await LabelAsync("sn:1", "outlook hangs", "Network", "e2");

        Assert.Equal(["Network"], (await FindAsync("inbox")).Tickets.Select(ticket => ticket.Label));
    }

    [Fact]
    public async Task EmbedderExchanged_BothServeMeanwhileThenTheOldVectorsGo()
    {
        // What the embedder of before has left; that of today waits with what nobody waits for.
        var held = Models.Hold(_tenant);
        var ticket = new TriageTicket { Id = "sn:1", ShortDescription = "outlook hangs" };
        await cluster.Silo.GetRequiredService<IVectorStore>().WriteAsync(new VectorWrite
        {
            Space = new VectorSpace(_tenant, TicketMeanings.Collection, "embedder-1@1"),
            Rows = [new VectorRow { Id = "sn:1", Owner = VectorRow.Nobody, Kind = "Mail", Note = TicketContents.Of(ticket).Hash + "\noutlook hangs", At = cluster.Time.GetUtcNow(), Vector = MeaningModels.Vector("embedder-1", ticket.ShortDescription) }],
        });
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        await LabelAsync("sn:2", "toner is empty", "Printing");
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        var meanwhile = await Triage.FindTickets(new FindTickets { Text = "my inbox does not open" });
        Assert.Equal(["sn:1"], meanwhile.Tickets.Select(ticket => ticket.TicketId));
        Assert.Equal("words and meaning", meanwhile.Mode);
        Assert.False(meanwhile.IsComplete);
        Assert.Equal(["embedder-1@1"], await ModelsOfAsync());

        held.SetResult();
        var after = await FindAsync("my inbox does not open");
        Assert.Equal("sn:1", after.Tickets[0].TicketId);
        Assert.Equal(["embedder-2@1"], await ModelsOfAsync());
    }

    [Fact]
    public async Task Find_TextRemovedByRetention_IsNotFoundAndLosesItsVector()
    {
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        Assert.Single((await FindAsync("inbox")).Tickets);
        await cluster.Silo.GetRequiredService<IContentStore>().PurgeAsync(_tenant, DateTimeOffset.MaxValue, 100);

        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        Assert.Empty((await Triage.FindTickets(new FindTickets { Text = "mailbox" })).Tickets);
        Assert.Empty((await Triage.FindTickets(new FindTickets { Text = "outlook hangs" })).Tickets);
        Assert.Empty((await Triage.Classify(new TriageTicket { ShortDescription = "outlook hangs" })).Similar);

        // Once a day it is looked for, with what else there is to do.
        cluster.Time.Advance(TimeSpan.FromDays(2));
        await LabelAsync("sn:2", "vpn drops", "Network");
        await Conversing.UntilAsync(async () => await cluster.Silo.GetRequiredService<IVectorStore>().ListIdsAsync(new VectorSpace(_tenant, TicketMeanings.Collection, "embedder-2@1")) is ["sn:2"]);
    }

    [Fact]
    public async Task Erase_OfAPerson_TheirTicketsAreFoundByMeaningNoMore()
    {
        await SendAsync("u-ada", "ada:1", "outlook hangs");
        await LabelAsync("sn:1", "outlook crashes", "Mail");
        await FindAsync("inbox");
        Assert.Equal(2, await RowsAsync());

        cluster.SignIn(_tenant, "u-ada");
        var receipt = await cluster.Grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(_tenant, "u-ada")).Erase(new EraseMemory { OperationId = "erase-1" });

        Assert.Contains(receipt.Removed, part => part is { Place: "vectors", Count: 1 });
        Assert.Equal(1, await RowsAsync());
        Assert.Empty((await Triage.FindTickets(new FindTickets { Text = "inbox" })).Tickets);

        // Nor does reading the journal again for another embedder bring them back.
        Models.Version[_tenant] = "2";
        await FindAsync("inbox");
        await Conversing.UntilAsync(async () => (await ModelsOfAsync()) is ["embedder-2@2"]);
        Assert.Equal(1, await RowsAsync());
    }

    [Fact]
    public async Task DestroyKey_OfATenant_TicketsOfBeforeAreFoundByMeaningNoMore()
    {
        await SendAsync("u-ada", "ada:1", "outlook hangs");
        await LabelAsync("sn:1", "outlook crashes", "Mail");
        await FindAsync("inbox");
        Assert.Equal(2, await RowsAsync());

        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        var keeping = cluster.Grains.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(_tenant));
        var destroyed = await keeping.DestroyKey(_tenant);

        Assert.Equal(2, destroyed.VectorsRemoved);
        Assert.Equal(destroyed, (await keeping.Get()).KeyDestroyed);
        Assert.Equal(0, await RowsAsync());
        Assert.Empty((await Triage.FindTickets(new FindTickets { Text = "inbox" })).Tickets);

        // Reading the journal again for another embedder does not bring them back; what comes later has its vector.
        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        Models.Version[_tenant] = "2";
        await SendAsync("u-ada", "ada:2", "outlook is slow");
        await LabelAsync("sn:2", "outlook stopped", "Mail");
        await Conversing.UntilAsync(async () => await RowsAsync() == 2);
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        await Conversing.UntilAsync(async () =>
            (await Triage.FindTickets(new FindTickets { Text = "inbox" })).Tickets.Select(ticket => ticket.TicketId).Order(StringComparer.Ordinal).SequenceEqual(["ada:2", "sn:2"]));
    }

    [Fact]
    public async Task DestroyKey_TheJournalOfBefore_IsNotEmbeddedAgain()
    {
        await LabelAsync("sn:1", "outlook crashes", "Mail");
        await FindAsync("inbox");
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        await cluster.Grains.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(_tenant)).DestroyKey(_tenant);
        Models.Embedded[_tenant] = [];

        cluster.Time.Advance(TimeSpan.FromSeconds(1));
        await LabelAsync("sn:2", "outlook stopped", "Mail");
        await Conversing.UntilAsync(async () => await RowsAsync() == 1);

        Assert.Contains(Models.Embedded[_tenant], text => text.Contains("stopped", StringComparison.Ordinal));
        Assert.DoesNotContain(Models.Embedded[_tenant], text => text.Contains("crashes", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Erase_AConversationIsAtWork_TheTicketsOfBeforeGoAtOnceAndLaterOnesStay()
    {
        await SendAsync("u-ada", "ada:1", "outlook hangs");
        await LabelAsync("sn:1", "outlook crashes", "Mail");
        await FindAsync("inbox");
        Assert.Equal(2, await RowsAsync());
        cluster.SignIn(_tenant, "u-ada");
        var session = await cluster.OpenAsync(Conversing.NewSession(_tenant));
        var submitted = await session.SayAsync("""do desk_pay {"text":"rent"} ; say paid""");
        await Conversing.UntilAsync(async () => (await session.GetInfo())!.DetachedRunIds.Contains(submitted.RunId!));
        var memory = cluster.Grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(_tenant, "u-ada"));

        await memory.Erase(new EraseMemory { OperationId = "erase-1", IncludeConversations = true });
        await Conversing.UntilAsync(async () => (await memory.GetErasure())!.Removed.Any(part => part is { Place: "vectors", Count: 1 }));
        Assert.Equal(1, await RowsAsync());
        await SendAsync("u-ada", "ada:2", "outlook is slow");
        await FindAsync("inbox");
        Assert.Equal(2, await RowsAsync());
        Assert.Null((await memory.GetErasure())!.CompletedAt);

        cluster.SignIn(_tenant, "u-ada");
        var run = cluster.Run(submitted, _tenant);
        await run.Cancel(new Steward.Runs.CancelRun());
        await run.WatchToEndAsync();
        await Conversing.UntilAsync(async () =>
        {
            cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
            await memory.Resume();
            return (await memory.GetErasure())!.CompletedAt is not null;
        });
        Assert.Equal(1, (await memory.GetErasure())!.Removed.Single(part => part.Place == "vectors").Count);
        Assert.Equal(2, await RowsAsync());
    }

    [Fact]
    public async Task Find_NoEmbedder_FindsByWords()
    {
        await LabelAsync("sn:1", "outlook hangs", "Mail");
        Models.Down.Add(_tenant);
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);

        var found = await Triage.FindTickets(new FindTickets { Text = "outlook hangs" });

        Assert.Equal(("words", false), (found.Mode, found.IsComplete));
        Assert.Equal(["sn:1"], found.Tickets.Select(ticket => ticket.TicketId));
    }

    [Theory]
    [InlineData("", 10, "text")]
    [InlineData("x", 0, "top")]
    [InlineData("x", 51, "top")]
    public async Task Find_NotAllowed_NamesTheField(string text, int top, string field)
    {
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        var error = await Assert.ThrowsAsync<StewardException>(() => Triage.FindTickets(new FindTickets { Text = text, Top = top }));

        Assert.Equal((ErrorCodes.InvalidArgument, field), (error.Code, error.Field));
    }

    // When all that is labelled can be found.
    private async Task<FoundTickets> FindAsync(string text, IReadOnlyList<string>? groups = null)
    {
        cluster.SignIn(_tenant, "u-root", WellKnownRoles.Admin);
        FoundTickets? found = null;
        await Conversing.UntilAsync(async () => (found = await Triage.FindTickets(new FindTickets { Text = text, Groups = groups, Top = 50 })).IsComplete);
        return found!;
    }

    private async Task LabelAsync(string id, string text, string group, string eventId = "e1", string description = "")
    {
        cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
        var label = new TriageLabel { TicketId = id, Label = group, Source = TriageLabelSource.Reassignment, By = "sn-account", EventId = eventId, Ticket = new TriageTicket { ShortDescription = text, Description = description } };
        Assert.All(await Triage.Label([label]), result => Assert.True(result.IsTaken, result.Problem));
    }

    private async Task SendAsync(string user, string id, string text)
    {
        cluster.SignIn(_tenant, user);
        await Triage.Classify(new TriageTicket { Id = id, ShortDescription = text });
        Assert.All(await Triage.Label([new TriageLabel { TicketId = id, Label = "Mail", Source = TriageLabelSource.Feedback }]), result => Assert.True(result.IsTaken, result.Problem));
    }

    private async Task<string[]> ModelsOfAsync() => [.. (await cluster.Silo.GetRequiredService<IVectorStore>().ListAsync(_tenant, "tickets")).Select(state => state.Space.Model)];

    private async Task<long> RowsAsync() => (await cluster.Silo.GetRequiredService<IVectorStore>().ListAsync(_tenant, "tickets")).Sum(state => state.Rows);

    public sealed class MeaningCluster : GrainCluster
    {
        internal const int ConcurrentTickets = 8;

        internal MeaningModels Models { get; } = new();

        protected override void Configure(ISiloBuilder silo)
        {
            silo.Services.AddSingleton<ITriageModels>(Models);
            silo.Services.Configure<TriageOptions>(options =>
            {
                (options.SimilarModel, options.SimilarModelBefore) = ("embedder-2", "embedder-1");
                (options.ConcurrentTickets, options.ModelTimeout) = (ConcurrentTickets, TimeSpan.FromMinutes(1));
            });
        }
    }

    /// <summary>Embedders that know what a few words mean, each in directions of its own.</summary>
    internal sealed class MeaningModels : ITriageModels
    {
        private static readonly string[][] Topics = [["outlook", "inbox", "mailbox"], ["toner", "printer"], ["vpn", "network"]];

        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource> _held = new();

        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, TaskCompletionSource> _questions = new();
        private readonly System.Collections.Concurrent.ConcurrentDictionary<string, int> _asked = new();

        public System.Collections.Concurrent.ConcurrentDictionary<string, string> Version { get; } = new();

        /// <summary>What was embedded of a tenant in the background, where somebody wants to know.</summary>
        public System.Collections.Concurrent.ConcurrentDictionary<string, System.Collections.Concurrent.ConcurrentBag<string>> Embedded { get; } = new();

        public HashSet<string> Down { get; } = [];

        public TaskCompletionSource Hold(string tenant) => _held[tenant] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource HoldQuestions(string tenant) => _questions[tenant] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Held(string tenant) => _asked.GetValueOrDefault(tenant);

        public Task<ClassifiedText> ClassifyAsync(string model, ClassifyText command, CancellationToken cancellationToken) =>
            Task.FromResult(new ClassifiedText { Version = "1", Label = "Mail", Confidence = 0.8, IsOutOfScope = false, Reasons = [], AutoRouteAt = 0.9, HasThresholds = true, Top = [new LabelScore("Mail", 0.8)] });

        public async Task<EmbeddedTexts> EmbedAsync(string model, EmbedTexts command, CancellationToken cancellationToken)
        {
            if (Down.Contains(command.TenantId))
            {
                throw new StewardException(ErrorCodes.Unavailable, "No silo can run models.") { IsRetryable = true };
            }

            if (command.IsBackground && Embedded.TryGetValue(command.TenantId, out var embedded))
            {
                command.Texts.ToList().ForEach(embedded.Add);
            }

            if (command.IsBackground && _held.TryGetValue(command.TenantId, out var held))
            {
                await held.Task.WaitAsync(cancellationToken);
            }

            if (!command.IsBackground && _questions.TryGetValue(command.TenantId, out var question))
            {
                _asked.AddOrUpdate(command.TenantId, 1, static (_, count) => count + 1);
                await question.Task.WaitAsync(cancellationToken);
            }

            return new EmbeddedTexts { Version = model == "embedder-1" ? "1" : Version.GetValueOrDefault(command.TenantId, "1"), Vectors = [.. command.Texts.Select(text => Vector(model, text))] };
        }

        public static float[] Vector(string model, string text)
        {
            var shift = model == "embedder-1" ? 0 : 1;
            var vector = new float[Topics.Length + 1];
            vector[^1] = 0.1f;
            for (var i = 0; i < Topics.Length; i++)
            {
                vector[(i + shift) % Topics.Length] = Topics[i].Any(word => text.Contains(word, StringComparison.Ordinal)) ? 1 : 0;
            }

            return vector;
        }
    }
}
