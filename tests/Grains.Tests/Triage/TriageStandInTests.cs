using System.Text.Json;
using Steward.Engines.Triage.Routing;
using Steward.Grains.Tests.Hosting;
using Steward.Storage;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>What answers where the head that should is gone or cannot be asked.</summary>
[Collection(TriageClusterGroup.Name)]
public sealed class TriageStandInTests : IDisposable
{
    private static readonly byte[] Mail = TriageCluster.Head(("Mail", "outlook calendar inbox"), ("Network", "vpn wifi router"));
    private static readonly byte[] Post = TriageCluster.Head(("Post", "outlook calendar inbox"), ("Network", "vpn wifi router"));
    private static readonly byte[] Vectors = TriageCluster.HeadWithVectors(("Payroll", "money salary-money"), ("Network", "vpn wifi router"));

    private readonly TriageCluster _cluster;
    private readonly string _tenant = TriageCluster.NewTenant();

    public TriageStandInTests(TriageCluster cluster)
    {
        _cluster = cluster;
        cluster.SignInAsPlatform(_tenant);
    }

    private ITriageGrain Triage => _cluster.Triage(_tenant);

    public void Dispose() => _cluster.Models.Failure = null;

    [Fact]
    public async Task Classify_HeadIsNotStoredAnyMore_TheBaseAnswers()
    {
        await UseAsync(await AddAsync(Mail));
        await LoseAsync(Mail);

        Assert.StartsWith("base:", (await Triage.Classify(Ticket("sn:1"))).Version, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Classify_HeadIsNotStoredAnyMore_TheHeadOfWordsBeforeItAnswers()
    {
        var before = await UseAsync(await AddAsync(Mail));
        await UseAsync(await AddAsync(Post));
        await LoseAsync(Post);

        Assert.Equal((before, TriageBand.AutoRoute), await ShortAsync("sn:1"));
    }

    [Fact]
    public async Task Classify_HeadOnTrialIsNotStoredAnyMore_TheOneThatAnswersDoes()
    {
        var current = await UseAsync(await AddAsync(Mail));
        var canary = await AddAsync(Post);
        await Triage.UseHead(new UseTriageHead { Version = canary, Share = 0.5, Reason = "trial" });
        await LoseAsync(Post);

        var decision = await Triage.Classify(Ticket(IdOnTrial(canary, 0.5)));

        Assert.Equal((current, false), (decision.Version, decision.IsCanary));
    }

    [Fact]
    public async Task Classify_ModelsAreDown_AHeadThatWasTakenBackRoutesNothing()
    {
        var vectors = await UseAsync(await AddAsync(Vectors));
        var worse = await UseAsync(await AddAsync(Post));
        await UseAsync(vectors);
        _cluster.Models.Failure = FakeModels.Down;

        Assert.Equal((worse, TriageBand.Human), await ShortAsync("sn:1"));
    }

    [Fact]
    public async Task Classify_ModelsAreDownAfterGoingBackToTheBase_HeadsOfBeforeRouteNothing()
    {
        await UseAsync(await AddAsync(Mail));
        var last = await UseAsync(await AddAsync(Post));
        await Triage.UseHead(new UseTriageHead { Reason = "back to the base" });
        _cluster.Models.Failure = FakeModels.Down;

        Assert.Equal((last, TriageBand.Human), await ShortAsync("sn:1"));
    }

    [Fact]
    public async Task Classify_HeadOnTrialCannotBeAsked_TheHeadOfWordsThatAnswersDoesAndNoneThatWasTakenBack()
    {
        var current = await UseAsync(await AddAsync(Mail));
        await UseAsync(await AddAsync(Post));
        await UseAsync(current);
        var canary = await AddAsync(Vectors);
        await Triage.UseHead(new UseTriageHead { Version = canary, Share = 0.5, Reason = "trial" });
        _cluster.Models.Failure = FakeModels.Down;

        Assert.Equal((current, TriageBand.AutoRoute), await ShortAsync(IdOnTrial(canary, 0.5)));
    }

    [Fact]
    public async Task Classify_HeadThatWasTakenBackIsChosenAgain_MayStandIn()
    {
        var mail = await UseAsync(await AddAsync(Mail));
        var post = await UseAsync(await AddAsync(Post));
        await UseAsync(mail);
        await UseAsync(post);
        await UseAsync(await AddAsync(Vectors));
        _cluster.Models.Failure = FakeModels.Down;

        Assert.Equal((post, TriageBand.AutoRoute), await ShortAsync("sn:1"));
    }

    [Fact]
    public async Task Classify_OnlyWithoutIds_HeadsAreKeptFromRetention()
    {
        var head = await UseAsync(await AddAsync(Mail));
        _cluster.Time.Advance(TimeSpan.FromDays(10));

        Assert.Equal(head, (await Triage.Classify(new TriageTicket { ShortDescription = "outlook calendar" })).Version);

        await Conversing.UntilAsync(async () => (await _cluster.Journals.ReadTailAsync(Steward.Identity.GrainKeys.Triage(_tenant), 1)) is [{ Type: TriageFactTypes.HeadsKept }]);
        await _cluster.Contents.PurgeAsync(_tenant, _cluster.Time.GetUtcNow().AddDays(-5), 100);
        Assert.NotNull(await Triage.ReadHead(head));
    }

    [Fact]
    public async Task Classify_HeadsWithVectorsAnsweredSince_TheHeadOfWordsIsKeptFromRetention()
    {
        var words = await UseAsync(await AddAsync(Mail));
        foreach (var word in new[] { "money", "salary-money", "bonus-money", "tax-money" })
        {
            await UseAsync(await AddAsync(TriageCluster.HeadWithVectors(("Payroll", word), ("Network", "vpn wifi router")), withVectors: true));
        }

        _cluster.Time.Advance(TimeSpan.FromDays(10));
        await Triage.Classify(Ticket("sn:1"));
        await _cluster.Contents.PurgeAsync(_tenant, _cluster.Time.GetUtcNow().AddDays(-5), 100);

        _cluster.Models.Failure = FakeModels.Down;
        Assert.Equal((words, TriageBand.AutoRoute), await ShortAsync("sn:2"));
    }

    // What earlier releases saved says nothing of it.
    [Fact]
    public void Load_SavedByAnEarlierRelease_KnowsWhichHeadsWereTakenBack()
    {
        var fold = new TriageFold();
        foreach (var (version, sequence) in new[] { ("head-a", 1), ("head-b", 2), ("head-c", 3) })
        {
            fold.Apply(Entry(sequence, TriageFactTypes.HeadAdded, new TriageHeadAdded { Version = version, Content = version, Tickets = 1, Labels = 2, ThroughSequence = 1 }, TriageJson.Default.TriageHeadAdded));
        }

        foreach (var (version, sequence) in new[] { ("head-a", 4), ("head-b", 5), ("head-a", 6) })
        {
            fold.Apply(Entry(sequence, TriageFactTypes.HeadUsed, new TriageHeadUsed(version, 1, "x", "u-root"), TriageJson.Default.TriageHeadUsed));
        }

        Assert.Equal(["head-a"], Standing(fold));
        Assert.Equal(["head-a"], Standing(TriageFold.Load(fold.Save().Replace("\"isWithdrawn\":true", "\"isWithdrawn\":false", StringComparison.Ordinal))));
    }

    private static IEnumerable<string> Standing(TriageFold fold) => fold.Heads.Where(head => head.MayStandIn).Select(head => head.Added.Version);

    private static JournalEntry Entry<T>(long sequence, string type, T content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> json) =>
        new() { Sequence = sequence, Type = type, Payload = JsonSerializer.SerializeToUtf8Bytes(content, json), At = DateTimeOffset.UnixEpoch };

    private static string IdOnTrial(string canary, double share) => Enumerable.Range(0, 100).Select(i => $"sn:{i}").First(id => CanaryShare.Includes(canary, id, share));

    private static TriageTicket Ticket(string id) => new() { Id = id, ShortDescription = "outlook calendar" };

    private async Task<(string Version, TriageBand Band)> ShortAsync(string id)
    {
        var decision = await Triage.Classify(Ticket(id));
        return (decision.Version, decision.Band);
    }

    private Task<string> AddAsync(byte[] bytes) => AddAsync(bytes, withVectors: bytes == Vectors);

    private async Task<string> AddAsync(byte[] bytes, bool withVectors) => (await Triage.AddHead(new AddTriageHead
    {
        Bytes = bytes,
        Encoder = withVectors ? "1" : null,
        EncoderModel = withVectors ? "embedder" : null,
        Tickets = 72,
        ThroughSequence = 1,
        AutoRouteAt = 0.5,
        ReviewAt = 0.3,
    })).Version;

    private async Task<string> UseAsync(string version)
    {
        await Triage.UseHead(new UseTriageHead { Version = version, Reason = "better" });
        return version;
    }

    // As retention does where nobody referred to it for long.
    private async Task LoseAsync(byte[] head) => Assert.Equal(1, await _cluster.Contents.RemoveAsync(_tenant, [ContentHash.Of(head)]));
}
