using Steward.Errors;
using Steward.Identity;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

[Collection(TriageClusterGroup.Name)]
public sealed class TriageHeadTests : IDisposable
{
    private static readonly byte[] Words = TriageCluster.Head(("Mail", "outlook calendar inbox"), ("Network", "vpn wifi router"));
    private static readonly byte[] Vectors = TriageCluster.HeadWithVectors(("Payroll", "money salary-money"), ("Network", "vpn wifi router"));

    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageHeadTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignInAsPlatform(_tenant);
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    public void Dispose()
    {
        _cluster.Models.Failure = null;
        _cluster.Models.EmbedderVersion = "1";
    }

    [Fact]
    public async Task AddHead_AnswersNothingYetAndIsThereOnce()
    {
        var head = await AddAsync(Words);
        var again = await AddAsync(Words);

        Assert.Matches("^head-[0-9a-f]{16}$", head.Version);
        Assert.Equal(head.Version, again.Version);
        Assert.Equal(2, head.Labels);
        var heads = await Triage.GetHeads();
        Assert.Equal((null, null), (heads.Current, heads.Canary));
        Assert.Single(heads.Heads);
        Assert.Equal(Words, await Triage.ReadHead(head.Version));
        Assert.StartsWith("base:", (await Triage.Classify(Ticket("sn:1", "outlook Access"))).Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task UseHead_All_AnswersWithReasonsAndItsThresholds()
    {
        var head = await UseAsync(await AddAsync(Words, autoRouteAt: 0.6, reviewAt: 0.55));

        var sure = await Triage.Classify(Ticket("sn:1", "outlook calendar please"));
        var unknown = await Triage.Classify(Ticket("sn:2", "zzz qqq"));

        Assert.Equal(("Mail", TriageBand.AutoRoute, head, false), (sure.Label, sure.Band, sure.Version, sure.IsCanary));
        Assert.Contains(sure.Reasons, reason => reason.Contains("outlook", StringComparison.Ordinal));
        Assert.Equal(TriageBand.Human, unknown.Band);
    }

    [Fact]
    public async Task UseHead_TunedForNever_RoutesNothingAloneUnlessTheTenantSaysSo()
    {
        await UseAsync(await AddAsync(Words));

        Assert.Equal(TriageBand.Review, (await Triage.Classify(Ticket("sn:1", "outlook calendar"))).Band);
        _cluster.SignInAsAdmin(_tenant);
        await Triage.SetSettings(await Triage.GetSettings() with { AutoRouteAt = 0.5, ReviewAt = 0.4 });
        Assert.Equal(TriageBand.AutoRoute, (await Triage.Classify(Ticket("sn:2", "outlook calendar"))).Band);
    }

    [Fact]
    public async Task Classify_GroupIsNoneAnyMore_GoesToAPersonWithTheNextGroup()
    {
        await UseAsync(await AddAsync(Words, autoRouteAt: 0.5));
        _cluster.SignInAsAdmin(_tenant);
        await Triage.SetSettings(await Triage.GetSettings() with { Groups = [new TriageGroup { Name = "Network" }] });

        var decision = await Triage.Classify(Ticket("sn:1", "outlook calendar"));

        Assert.Equal(("Network", TriageBand.Human), (decision.Label, decision.Band));
    }

    [Fact]
    public async Task Classify_ModelsAreDown_TheHeadOfWordsAnswers()
    {
        await UseAsync(await AddAsync(Words, autoRouteAt: 0.5));
        var vectors = await UseAsync(await AddAsync(Vectors, autoRouteAt: 0.5));
        Assert.Equal((vectors, "Payroll"), await ShortAsync("sn:1", "money"));
        _cluster.Models.Failure = FakeModels.Down;

        var decision = await Triage.Classify(Ticket("sn:2", "outlook calendar"));

        Assert.Equal(("Mail", TriageBand.AutoRoute), (decision.Label, decision.Band));
        Assert.NotEqual(vectors, decision.Version);
    }

    [Fact]
    public async Task Classify_ModelsAreDownAndTheHeadNeverAnswered_ItOnlyProposes()
    {
        await AddAsync(Words, autoRouteAt: 0.5);
        _cluster.Models.Failure = FakeModels.Down;

        var decision = await Triage.Classify(Ticket("sn:1", "outlook calendar"));

        Assert.Equal(("Mail", TriageBand.Human), (decision.Label, decision.Band));
    }

    [Fact]
    public async Task Classify_EmbedderHasChanged_TheHeadIsNotAsked()
    {
        var head = await UseAsync(await AddAsync(Vectors, autoRouteAt: 0.5));
        _cluster.Models.EmbedderVersion = "2";

        Assert.NotEqual(head, (await Triage.Classify(Ticket("sn:1", "Access"))).Version);
    }

    [Fact]
    public async Task UseHead_Canary_AnswersItsShareAndIsCounted()
    {
        var champion = await UseAsync(await AddAsync(Words, autoRouteAt: 0.5));
        var canary = (await AddAsync(TriageCluster.Head(("Post", "outlook calendar inbox"), ("Network", "vpn wifi router")), autoRouteAt: 0.5)).Version;
        await Triage.UseHead(new UseTriageHead { Version = canary, Share = 0.3, Reason = "trial" });

        var decisions = new List<TriageDecision>();
        for (var i = 0; i < 300; i++)
        {
            decisions.Add(await Triage.Classify(Ticket($"sn:{i}", "outlook calendar")));
        }

        var tried = decisions.Where(decision => decision.IsCanary).ToList();
        Assert.InRange(tried.Count, 60, 125);
        Assert.All(tried, decision => Assert.Equal(("Post", canary), (decision.Label, decision.Version)));
        Assert.All(decisions.Except(tried), decision => Assert.Equal(("Mail", champion), (decision.Label, decision.Version)));

        await Triage.Label([.. tried.Take(4).Select((decision, i) => new TriageLabel { TicketId = decision.TicketId!, Label = i == 0 ? "Post" : "Mail", Source = TriageLabelSource.Reassignment, By = "servicenow:ada" })]);
        await _cluster.LeaveAsync(_tenant);
        var heads = await Triage.GetHeads();
        Assert.Equal((champion, canary, 0.3), (heads.Current, heads.Canary, heads.CanaryShare));
        var fared = heads.Heads.Single(head => head.Version == canary);
        Assert.Equal((tried.Count, 4, 3), (fared.Routed, fared.Said, fared.Overridden));
        Assert.Equal((300, 3), (heads.Routed, heads.Overridden));

        await Triage.UseHead(new UseTriageHead { Version = canary, Share = 0, Reason = "overridden too often" });
        Assert.Equal((champion, null), ((await Triage.GetHeads()).Current, (await Triage.GetHeads()).Canary));
    }

    [Fact]
    public async Task UseHead_Admin_MayOnlyGoBack()
    {
        var first = await UseAsync(await AddAsync(Words));
        var second = await UseAsync(await AddAsync(Vectors));
        var third = (await AddAsync(TriageCluster.Head(("A", "one"), ("B", "two")))).Version;
        _cluster.SignInAsAdmin(_tenant);

        Assert.Equal(first, (await Triage.UseHead(new UseTriageHead { Version = first, Reason = "the new one is worse" })).Current);
        Assert.Null((await Triage.UseHead(new UseTriageHead { Reason = "back to the base" })).Current);
        Assert.Equal(second, (await Triage.UseHead(new UseTriageHead { Version = second, Reason = "again" })).Current);
        await RefusedAsync(ErrorCodes.Forbidden, new UseTriageHead { Version = third, Reason = "x" });
        await RefusedAsync(ErrorCodes.Forbidden, new UseTriageHead { Version = first, Share = 0.5, Reason = "x" });
        await RefusedAsync(ErrorCodes.NotFound, new UseTriageHead { Version = "head-0", Reason = "x" });
        await RefusedAsync(ErrorCodes.InvalidArgument, new UseTriageHead { Version = first, Reason = " " });
        _cluster.SignIn(_tenant, "u-ada");
        await RefusedAsync(ErrorCodes.Forbidden, new UseTriageHead { Version = first, Reason = "x" });
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Triage.ReadHead(first))).Code);
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => AddAsync(Words))).Code);
    }

    [Fact]
    public async Task AddHead_Damaged_IsRefused()
    {
        Assert.Equal("bytes", (await Assert.ThrowsAsync<StewardException>(() => AddAsync([1, 2, 3]))).Field);
        Assert.Equal("bytes", (await Assert.ThrowsAsync<StewardException>(() => AddAsync(Words[..^5]))).Field);
        Assert.Equal("encoderModel", (await Assert.ThrowsAsync<StewardException>(() => Triage.AddHead(new AddTriageHead { Bytes = Words, EncoderModel = "embedder", Encoder = "1", Tickets = 1, ThroughSequence = 1 }))).Field);
    }

    [Fact]
    public async Task AddHead_ManyHeads_TheOneThatAnswersIsKept()
    {
        var first = await UseAsync(await AddAsync(TriageCluster.Head(("A", "one"), ("B", "two"))));
        var used = await UseAsync(await AddAsync(Words, autoRouteAt: 0.5));
        var before = await UseAsync(await AddAsync(Vectors));
        await Triage.UseHead(new UseTriageHead { Version = used, Reason = "back" });
        for (var i = 0; i < 25; i++)
        {
            await AddAsync(TriageCluster.Head(($"A{i}", "one"), ("B", "two")));
        }

        var heads = await Triage.GetHeads();

        Assert.Equal(20, heads.Heads.Count);
        Assert.Superset(new HashSet<string> { first, used, before }, heads.Heads.Select(head => head.Version).ToHashSet());
        Assert.Equal((used, "Mail"), await ShortAsync("sn:1", "outlook calendar"));
    }

    [Fact]
    public async Task AddHead_ManyThatAnswered_TheLastOfThemAreKept()
    {
        var answered = new List<string>();
        for (var i = 0; i < 23; i++)
        {
            answered.Add(await UseAsync(await AddAsync(TriageCluster.Head(($"A{i}", "one"), ("B", "two")))));
        }

        var challenger = (await AddAsync(Words)).Version;

        Assert.Equal([.. answered.TakeLast(19), challenger], (await Triage.GetHeads()).Heads.Reverse().Select(head => head.Version));
    }

    [Fact]
    public async Task UseHead_ByAnAdmin_LetsTheOneOnTrialTakeOverAndNoOther()
    {
        var (canary, other) = ((await AddAsync(Words)).Version, (await AddAsync(TriageCluster.Head(("A", "one"), ("B", "two")))).Version);
        await Triage.UseHead(new UseTriageHead { Version = canary, Share = 0.1, Reason = "trial" });
        _cluster.SignInAsAdmin(_tenant);

        await RefusedAsync(ErrorCodes.Forbidden, new UseTriageHead { Version = other, Reason = "I like it" });
        var heads = await Triage.UseHead(new UseTriageHead { Version = canary, Reason = "nobody says anything of our tickets" });

        Assert.Equal((canary, null), (heads.Current, heads.Canary));
    }

    [Fact]
    public async Task Label_OnePersonAllDay_JudgesAHeadByAFewTickets()
    {
        var head = await UseAsync(await AddAsync(Words, autoRouteAt: 0.5));
        for (var i = 0; i < 8; i++)
        {
            await Triage.Classify(Ticket($"sn:{i}", "outlook calendar"));
        }

        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Classify(Ticket("made-up:1", "outlook calendar"));
        await Triage.Label([SaidBy("made-up:1", "Network"), .. Enumerable.Range(0, 6).Select(i => SaidBy($"sn:{i}", "Network"))]);
        Assert.Equal((8, 3, 3), await FaredAsync(head));

        await _cluster.LeaveAsync(_tenant);
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Label([SaidBy("sn:6", "Network")]);
        Assert.Equal((8, 3, 3), await FaredAsync(head));

        // What happened to a record always counts, and one person's word does not take it away.
        _cluster.SignInAsPlatform(_tenant);
        await Triage.Label([Moved("sn:0", "Mail"), Moved("sn:7", "Network")]);
        Assert.Equal((8, 4, 3), await FaredAsync(head));
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Label([SaidBy("sn:7", "Mail")]);
        Assert.Equal((8, 4, 3), await FaredAsync(head));

        _cluster.Time.Advance(TimeSpan.FromDays(1));
        _cluster.SignIn(_tenant, "u-mallory");
        await Triage.Label([SaidBy("sn:6", "Mail")]);
        Assert.Equal((8, 5, 3), await FaredAsync(head));
    }

    [Fact]
    public async Task Tenants_SameWordsOtherLabels_NeverMeet()
    {
        var other = TriageCluster.NewTenant();
        var mine = await UseAsync(await AddAsync(Words, autoRouteAt: 0.5));
        await Triage.Label([new TriageLabel { TicketId = "sn:1", Label = "Mail", Source = TriageLabelSource.Import, By = "u-root", Ticket = Ticket(null, "outlook of the secret project") }]);
        _cluster.SignInAsPlatform(other);
        var theirs = await _cluster.Triage(other).AddHead(new AddTriageHead { Bytes = TriageCluster.Head(("Legal", "outlook calendar inbox"), ("Sales", "vpn wifi router")), Tickets = 10, ThroughSequence = 1, AutoRouteAt = 0.5 });

        Assert.Null(await _cluster.Triage(other).ReadHead(mine));
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => _cluster.Triage(other).UseHead(new UseTriageHead { Version = mine, Reason = "theft" }))).Code);
        await _cluster.Triage(other).UseHead(new UseTriageHead { Version = theirs.Version, Reason = "first" });
        var decision = await _cluster.Triage(other).Classify(Ticket("sn:1", "outlook of the secret project"));
        Assert.Equal("Legal", decision.Label);
        Assert.Empty(decision.Similar);
        Assert.Null(decision.FinalLabel);
        Assert.Empty((await _cluster.Triage(other).ListLabels(0, 10)).Labels);

        // One who belongs to another tenant does not even learn that there is a triage.
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Triage.Classify(Ticket("sn:2", "outlook")))).Code);
        _cluster.SignInAsPlatform(_tenant);
        Assert.Equal((mine, "Mail"), await ShortAsync("sn:2", "outlook calendar"));
    }

    private static TriageLabel SaidBy(string id, string label) => new() { TicketId = id, Label = label, Source = TriageLabelSource.Feedback };

    private static TriageLabel Moved(string id, string label) => new() { TicketId = id, Label = label, Source = TriageLabelSource.Reassignment, By = "servicenow:eve" };

    private async Task<(long Routed, long Said, long Overridden)> FaredAsync(string version)
    {
        _cluster.SignInAsPlatform(_tenant);
        var head = (await Triage.GetHeads()).Heads.Single(head => head.Version == version);
        return (head.Routed, head.Said, head.Overridden);
    }

    private static TriageTicket Ticket(string? id, string title) => new() { Id = id, ShortDescription = title };

    private async Task<(string Version, string Label)> ShortAsync(string id, string title)
    {
        var decision = await Triage.Classify(Ticket(id, title));
        return (decision.Version, decision.Label);
    }

    private Task<TriageHeadInfo> AddAsync(byte[] bytes, double? autoRouteAt = null, double? reviewAt = 0.3) => Triage.AddHead(new AddTriageHead
    {
        Bytes = bytes,
        Encoder = bytes == Vectors ? "1" : null,
        EncoderModel = bytes == Vectors ? "embedder" : null,
        Tickets = 72,
        ThroughSequence = 1,
        AutoRouteAt = autoRouteAt,
        ReviewAt = reviewAt,
    });

    private async Task<string> UseAsync(TriageHeadInfo head)
    {
        await Triage.UseHead(new UseTriageHead { Version = head.Version, Reason = "better" });
        return head.Version;
    }

    private async Task RefusedAsync(string code, UseTriageHead command) => Assert.Equal(code, (await Assert.ThrowsAsync<StewardException>(() => Triage.UseHead(command))).Code);
}
