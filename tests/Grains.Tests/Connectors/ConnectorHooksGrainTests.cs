using System.Security.Cryptography;
using System.Text;
using Steward.Connectors;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

public sealed class ConnectorHooksGrainTests : IClassFixture<HookCluster>
{
    private readonly HookCluster _cluster;

    public ConnectorHooksGrainTests(HookCluster cluster)
    {
        _cluster = cluster;
        Platform();
    }

    [Fact]
    public async Task Receive_GenuineEvent_IsAnsweredAndReachesEverySubscriberOnce()
    {
        var (grain, _) = await StartAsync("alpha", "beta");

        var answer = await grain.Receive(FromGitHub("d1", """{"action":"opened"}"""));
        await Until(() => Count(grain, "alpha", "events:d1") > 0 && Count(grain, "beta", "events:d1") > 0);
        await Settled(grain);

        Assert.Equal(202, answer.Status);
        var happened = _cluster.Probe.Handled.First(handled => handled.Subscriber == "alpha" && handled.Event.EventId == "events:d1" && handled.Event.Instance == InstanceOf(grain)).Event;
        Assert.Equal(("""{"action":"opened"}""", "issues", 1, 1), (happened.Payload, happened.Type, happened.Number, happened.Attempt));
        Assert.Equal(1, Count(grain, "alpha", "events:d1"));
        Assert.Equal(1, Count(grain, "beta", "events:d1"));
    }

    [Fact]
    public async Task Receive_NobodySettles_ObserversStillGetIt()
    {
        var grain = Grain("github-" + Guid.NewGuid().ToString("n")[..8]);

        await grain.Receive(FromGitHub("d1", "{}"));

        await Until(() => Count(grain, "observer", "events:d1") == 1);
    }

    [Fact]
    public async Task Receive_SameDeliveryAgain_IsAnsweredAndNotPublishedAgain()
    {
        var (grain, _) = await StartAsync("alpha");

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => grain.Receive(FromGitHub("d2", """{"action":"opened"}"""))));
        await grain.Receive(FromGitHub("d3", "{}"));
        await Until(() => Count(grain, "alpha", "events:d3") == 1);

        Assert.All(answers, answer => Assert.Equal(202, answer.Status));
        Assert.Equal(1, Count(grain, "alpha", "events:d2"));
    }

    [Fact]
    public async Task Receive_CapturedRequestUnderAnotherDeliveryId_IsAnsweredAndNotPublishedAgain()
    {
        var (grain, key) = await StartAsync("alpha");
        await grain.Receive(FromGitHub("d4", """{"action":"closed"}"""));
        await Until(() => Count(grain, "alpha", "events:d4") == 1);
        await Settled(grain);
        _cluster.Faults.Break(GrainKeys.HooksJournal(key), appends: 1, reads: 0);
        await Record.ExceptionAsync(() => grain.Receive(FromGitHub("lost", """{"action":"lost"}""")));

        // Neither the delivery's id nor the event's type are signed; what was taken is known after a loss, too.
        var replayed = await grain.Receive(FromGitHub("d5", """{"action":"closed"}""", type: "star"));
        await grain.Receive(FromGitHub("d6", """{"action":"reopened"}"""));
        await Until(() => Count(grain, "alpha", "events:d6") == 1);

        Assert.Equal(202, replayed.Status);
        Assert.Equal(0, Count(grain, "alpha", "events:d5"));
    }

    [Fact]
    public async Task Receive_GraphBatch_EachEventIsPublishedAndTheKnownOneIsNot()
    {
        var (grain, _) = await StartAsync("graph-", "alpha");
        var first = $$"""{"clientState":"{{HookCluster.Secret}}","changeType":"created","resource":"a"}""";
        var second = $$"""{"clientState":"{{HookCluster.Secret}}","changeType":"updated","resource":"b"}""";

        await grain.Receive(Post($$"""{"value":[{{first}}]}"""));
        await grain.Receive(Post($$"""{"value":[{{first}},{{second}}]}"""));
        await Until(() => _cluster.Probe.Handled.Count(handled => handled.Event.Instance == InstanceOf(grain)) == 2);
        await Settled(grain);

        Assert.Equal(["created", "updated"], _cluster.Probe.Handled.Where(handled => handled.Event.Instance == InstanceOf(grain)).Select(handled => handled.Event.Type));
    }

    [Fact]
    public async Task Receive_UnknownInstanceOrWrongSignature_AnswersAreTheSame()
    {
        var known = await Grain("github-" + Guid.NewGuid().ToString("n")[..8]).Receive(FromGitHub("d1", "{}", "guess"));
        var unknown = await Grain("nothing-" + Guid.NewGuid().ToString("n")[..8]).Receive(FromGitHub("d1", "{}"));

        Assert.Equal(new HookAnswer { Status = 401 }, known);
        Assert.Equal(known, unknown);
    }

    [Fact]
    public async Task Receive_ByAPerson_IsForbidden()
    {
        var grain = Grain("github-mine");
        _cluster.SignIn("t-acme", "u-ada", "admin");

        var error = await Assert.ThrowsAsync<StewardException>(() => grain.Receive(FromGitHub("d1", "{}")));

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
    }

    [Fact]
    public async Task Receive_SiloIsKilledBeforeItIsPublished_IsPublishedOnceByTheNext()
    {
        var (grain, key) = await StartAsync("alpha");
        _cluster.Faults.LoseAfter(GrainKeys.HooksJournal(key), passes: 1);
        Assert.Equal(202, (await grain.Receive(FromGitHub("lost", """{"n":1}"""))).Status);

        await _cluster.RestartAsync();
        Platform();
        grain = _cluster.Grains.GetGrain<IConnectorHooksGrain>(key);
        await Until(() => Count(grain, "alpha", "events:lost") > 0);
        await Settled(grain);
        await grain.Receive(FromGitHub("lost", """{"n":1}"""));
        await grain.Receive(FromGitHub("next", """{"n":2}"""));
        await Until(() => Count(grain, "alpha", "events:next") > 0);

        Assert.Equal(1, Count(grain, "alpha", "events:lost"));
    }

    [Fact]
    public async Task Receive_SiloIsKilledBeforeItIsSettled_OnlyWhoHasNotSettledGetsItAgain()
    {
        var (grain, key) = await StartAsync("alpha", "beta");
        _cluster.Probe.Silent[("beta", "pending")] = true;

        // That it came, that it is out, and that alpha is done with it can be written; then nothing more.
        _cluster.Faults.LoseAfter(GrainKeys.HooksJournal(key), passes: 3);
        await grain.Receive(FromGitHub("half", "{}", type: "pending"));
        await Conversing.UntilAsync(async () => (await _cluster.Journals.ReadTailAsync(GrainKeys.HooksJournal(key), 10)).Any(entry => entry.Type == "hook.settled"));
        await Until(() => Count(grain, "beta", "events:half") == 1);

        _cluster.Probe.Silent.Clear();
        await _cluster.RestartAsync();
        Platform();
        grain = _cluster.Grains.GetGrain<IConnectorHooksGrain>(key);
        await Conversing.UntilAsync(async () => await _cluster.WatchdogAsync("t-acme") >= 0 && Count(grain, "beta", "events:half") > 1);
        await Settled(grain);

        Assert.Equal(1, Count(grain, "alpha", "events:half"));
        Assert.Equal(2, Count(grain, "beta", "events:half"));
    }

    [Fact]
    public async Task Receive_SubscriberAlwaysFails_BecomesADeadLetterThatCanBeReplayed()
    {
        var (grain, _) = await StartAsync("alpha", "poor");
        _cluster.Probe.Failing[("poor", "poison")] = "cannot be read";
        await grain.Receive(FromGitHub("bad", """{"x":1}""", type: "poison"));

        HookDeadLetterPage page = new() { Letters = [] };
        await Conversing.UntilAsync(async () => (page = await Admin(() => grain.ListDeadLetters(0, 10))).Letters.Count == 1);
        var letter = page.Letters[0];
        Assert.Equal(("events:bad", "poison", 2, "cannot be read"), (letter.EventId, letter.Type, letter.Attempts, letter.Error));
        Assert.Equal(["poor"], letter.OpenFor);
        Assert.Equal(2, Count(grain, "poor", "events:bad"));

        _cluster.Probe.Failing.Clear();
        await Admin(async () =>
        {
            await grain.Replay(letter.Number);
            return true;
        });
        await Until(() => Count(grain, "poor", "events:bad") == 3);
        await Conversing.UntilAsync(async () => (await Admin(() => grain.ListDeadLetters(0, 10))).Letters.Count == 0);

        Assert.Equal(1, Count(grain, "alpha", "events:bad"));
        var again = await Assert.ThrowsAsync<StewardException>(() => Admin(async () =>
        {
            await grain.Replay(letter.Number);
            return true;
        }));
        Assert.Equal(ErrorCodes.NotFound, again.Code);
    }

    [Fact]
    public async Task Receive_MoreThanMayWait_SendersAreAskedToComeAgain()
    {
        var (grain, _) = await StartAsync("stuck");
        _cluster.Probe.Silent[("stuck", "many")] = true;

        var statuses = new List<int>();
        for (var i = 0; i < 25; i++)
        {
            statuses.Add((await grain.Receive(FromGitHub($"m{i}", $$"""{"number":{{i}}}""", type: "many"))).Status);
        }

        Assert.Equal(Enumerable.Repeat(202, 20).Concat(Enumerable.Repeat(503, 5)), statuses);
    }

    [Fact]
    public async Task Receive_NotJournaledBeforeTheSenderStopsWaiting_IsRefusedAndTakenWhenItComesAgain()
    {
        var (grain, _) = await StartAsync("github-hurry-", "alpha");
        var vault = new TaskCompletionSource();
        _cluster.Probe.Vault = vault.Task;
        HookAnswer late;
        try
        {
            // The vault does not answer before the end of the test: only the deadline ends this.
            late = await grain.Receive(FromGitHub("h1", """{"h":1}"""));
        }
        finally
        {
            _cluster.Probe.Vault = Task.CompletedTask;
        }

        Assert.Equal((503, TimeSpan.FromMilliseconds(800)), (late.Status, late.Patience));
        vault.SetResult();
        Assert.Equal(202, (await grain.Receive(FromGitHub("h1", """{"h":1}"""))).Status);
        await Until(() => Count(grain, "alpha", "events:h1") > 0);
        await Settled(grain);

        // Both attempts were journaled in the end, and are one event.
        Assert.Equal(1, Count(grain, "alpha", "events:h1"));
    }

    [Fact]
    public async Task Receive_EventsWithRoutes_ReachWhoWantsThem()
    {
        var (grain, _) = await StartAsync("all");
        _cluster.Probe.Subscribers[grain.GetPrimaryKeyString()] = ["all", "desk", "rest"];
        await grain.SubscribeTo("desk", ["tickets"]);
        await grain.SubscribeTo("rest", [""]);

        Assert.Equal(202, (await grain.Receive(FromGitHub("r1", """{"r":1}""", type: "ticket.opened"))).Status);
        Assert.Equal(202, (await grain.Receive(FromGitHub("r2", """{"r":2}""", type: "star"))).Status);
        Assert.Equal(202, (await grain.Receive(FromGitHub("r3", """{"r":3}""", type: "ping"))).Status);
        await Until(() => Count(grain, "all", "events:r2") > 0 && Count(grain, "rest", "events:r2") > 0 && Count(grain, "desk", "events:r1") > 0);
        await Settled(grain);

        var got = _cluster.Probe.Handled.Where(handled => handled.Event.Instance == InstanceOf(grain)).Select(handled => (handled.Subscriber, handled.Event.Type, handled.Event.Route)).Order().ToList();
        Assert.Equal([("all", "star", ""), ("all", "ticket.opened", "tickets"), ("desk", "ticket.opened", "tickets"), ("rest", "star", "")], got);
    }

    [Fact]
    public async Task SubscribeTo_AgainAndAcrossALoss_WantsWhatItSaidLast()
    {
        var (grain, key) = await StartAsync("desk");
        await grain.SubscribeTo("desk", ["people"]);
        await grain.SubscribeTo("desk", ["tickets"]);
        await grain.SubscribeTo("desk", ["tickets"]);
        Assert.Equal(3, (await _cluster.Journals.ReadTailAsync(GrainKeys.HooksJournal(key), 10)).Count(entry => entry.Type == "hook.subscribed"));

        await _cluster.RestartAsync();
        Platform();
        grain = _cluster.Grains.GetGrain<IConnectorHooksGrain>(key);
        await grain.Receive(FromGitHub("s1", """{"s":1}""", type: "star"));
        await grain.Receive(FromGitHub("s2", """{"s":2}""", type: "ticket.closed"));
        await Until(() => Count(grain, "desk", "events:s2") > 0);
        Assert.Equal(0, Count(grain, "desk", "events:s1"));

        await grain.Subscribe("desk");
        await grain.Receive(FromGitHub("s3", """{"s":3}""", type: "star"));
        await Until(() => Count(grain, "desk", "events:s3") > 0);
    }

    [Theory]
    [InlineData()]
    [InlineData("Tickets")]
    [InlineData("a b")]
    public async Task SubscribeTo_NoRoute_IsRefused(params string[] routes) =>
        Assert.Equal("routes", (await Assert.ThrowsAsync<StewardException>(() => Grain("github-routes").SubscribeTo("desk", routes))).Field);

    [Fact]
    public async Task ListDeadLetters_ByAnEmployee_IsForbidden()
    {
        var grain = Grain("github-list");
        _cluster.SignIn("t-acme", "u-ada");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => grain.ListDeadLetters(0, 10))).Code);
    }

    private async Task<(IConnectorHooksGrain Grain, string Key)> StartAsync(params string[] subscribers)
    {
        var prefix = subscribers[0].EndsWith('-') ? subscribers[0] : "github-";
        var grain = Grain(prefix + Guid.NewGuid().ToString("n")[..8]);
        var key = grain.GetPrimaryKeyString();
        string[] names = [.. subscribers.Where(name => !name.EndsWith('-'))];
        _cluster.Probe.Subscribers[key] = names;
        foreach (var name in names)
        {
            await grain.Subscribe(name);
        }

        return (grain, key);
    }

    private IConnectorHooksGrain Grain(string instance)
    {
        Platform();
        return _cluster.Grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector("t-acme", instance));
    }

    private void Platform() => _cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);

    private async Task<T> Admin<T>(Func<Task<T>> call)
    {
        // Holds for this flow only.
        _cluster.SignIn("t-acme", "u-boss", "admin");
        return await call();
    }

    /// <summary>Waits until the journal asks for no more work.</summary>
    private Task Settled(IConnectorHooksGrain grain) => Conversing.UntilAsync(async () =>
    {
        var head = await _cluster.Journals.GetHeadAsync(GrainKeys.HooksJournal(grain.GetPrimaryKeyString()));
        return head is { WakeAt: null };
    });

    private int Count(IConnectorHooksGrain grain, string subscriber, string eventId) =>
        _cluster.Probe.Handled.Count(handled => handled.Subscriber == subscriber && handled.Event.EventId == eventId && handled.Event.Instance == InstanceOf(grain));

    private static string InstanceOf(IConnectorHooksGrain grain) => GrainKeys.LastPart(grain.GetPrimaryKeyString())[2..];

    private static Task Until(Func<bool> condition) => Conversing.UntilAsync(() => Task.FromResult(condition()));

    private static HookDelivery FromGitHub(string delivery, string body, string secret = HookCluster.Secret, string type = "issues")
    {
        var signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(body));
        var request = Post(body);
        request.Headers["X-GitHub-Event"] = type;
        request.Headers["X-GitHub-Delivery"] = delivery;
        request.Headers["X-Hub-Signature-256"] = "sha256=" + Convert.ToHexStringLower(signature);
        return request;
    }

    private static HookDelivery Post(string body) =>
        new() { Method = "POST", Url = "https://steward.example/hooks/t-acme/x", Query = [], Headers = [], Body = Encoding.UTF8.GetBytes(body) };
}
