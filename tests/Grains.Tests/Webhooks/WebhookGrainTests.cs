using System.Text;
using System.Text.Json;
using Steward.Engines.Security.Webhooks;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Runs;
using Steward.Sessions;
using Steward.Webhooks;

namespace Steward.Grains.Tests.Webhooks;

/// <summary>From the end of a run to a receiver, over real HTTP.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class WebhookGrainTests : IAsyncLifetime
{
    private readonly TimedCluster _cluster;
    private readonly string _tenant = "t-hooks" + Guid.NewGuid().ToString("n")[..8];
    private Receiver _receiver = null!;

    public WebhookGrainTests(TimedCluster cluster)
    {
        _cluster = cluster;

        // In the test's own flow: what a method signs in as ends with the method.
        SignInAsAdmin();
    }

    public async Task InitializeAsync() => _receiver = await Receiver.StartAsync();

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task RunEnded_WebhookNamedByTheRequest_IsToldWithoutTheAnswer()
    {
        var (webhook, secret) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        var run = await RunAsync("say confidential things", new RunRequestOptions { WebhookId = IdOf(webhook) });

        var message = Assert.Single(await UntilReceivedAsync(1));

        Assert.True(Receiver.IsSignedWith(secret, message));
        using var body = JsonDocument.Parse(message.Body);
        var root = body.RootElement;
        Assert.Equal("run.ended", root.GetProperty("type").GetString());
        Assert.True(root.GetProperty("timestamp").TryGetDateTimeOffset(out _));
        var data = root.GetProperty("data");
        Assert.Equal(run, data.GetProperty("runId").GetString());
        Assert.Equal("u-ada", data.GetProperty("userId").GetString());
        Assert.Equal("completed", data.GetProperty("state").GetString());
        Assert.Equal($"https://steward.example/v1/runs/{run}", data.GetProperty("url").GetString());
        Assert.DoesNotContain("confidential", Encoding.UTF8.GetString(message.Body), StringComparison.Ordinal);
        await UntilAsync(webhook, deliveries => deliveries is [{ State: WebhookDeliveryState.Delivered, Attempts: 1, LastStatus: 200 }]);
        Assert.Equal(message.Id, (await webhook.ListDeliveries(10))[0].DeliveryId);
        Assert.Null((await _cluster.Journals.GetHeadAsync(webhook.GetPrimaryKeyString()))!.WakeAt);
    }

    [Fact]
    public async Task RunEnded_SubscribedForAll_IsToldOfEachRunWithTheAnswerIfAskedFor()
    {
        var (webhook, secret) = await CreateAsync(new CreateWebhook { Url = _receiver.Url, Events = [WebhookEventTypes.RunEnded], IncludeAnswer = true });
        var first = await RunAsync("say one");
        var second = await RunAsync("say two");

        await UntilAsync(webhook, deliveries => deliveries.Count(delivery => delivery.State == WebhookDeliveryState.Delivered) == 2);

        // A receiver takes each id once.
        var messages = _receiver.Received.DistinctBy(message => message.Id).ToList();
        Assert.All(messages, message => Assert.True(Receiver.IsSignedWith(secret, message)));
        var told = messages.Select(message => JsonDocument.Parse(message.Body).RootElement.GetProperty("data")).ToDictionary(data => data.GetProperty("runId").GetString()!, data => data.GetProperty("answer").GetString());
        Assert.Equal("one ", told[first]);
        Assert.Equal("two ", told[second]);
    }

    [Fact]
    public async Task Deliver_ReceiverFails_IsRepeatedWithTheSameIdUntilItTakesIt()
    {
        var (webhook, secret) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        _receiver.Answers.Enqueue(500);
        _receiver.Answers.Enqueue(302);
        await webhook.Test();

        var messages = await UntilReceivedAsync(3);

        Assert.Single(messages.Select(message => message.Id).Distinct());
        Assert.Single(messages.Select(message => Encoding.UTF8.GetString(message.Body)).Distinct());
        Assert.All(messages, message => Assert.True(Receiver.IsSignedWith(secret, message)));
        await UntilAsync(webhook, deliveries => deliveries is [{ State: WebhookDeliveryState.Delivered, Attempts: 3 }]);
        Assert.Null((await webhook.GetInfo())!.FailingSince);
    }

    [Fact]
    public async Task Deliver_ReceiverHangs_IsTriedAgain()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        var hang = new TaskCompletionSource();
        _receiver.BeforeAnswer = () => _receiver.Received.Count == 1 ? hang.Task : Task.CompletedTask;
        await webhook.Test();

        await UntilReceivedAsync(2);
        hang.SetResult();

        await UntilAsync(webhook, deliveries => deliveries is [{ State: WebhookDeliveryState.Delivered, Attempts: 2 }]);
    }

    [Fact]
    public async Task Deliver_LostBetweenSendingAndRecording_IsSentAgainWithTheSameId()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        _receiver.BeforeAnswer = () =>
        {
            if (_receiver.Received.Count == 1)
            {
                _cluster.Faults.Break(webhook.GetPrimaryKeyString(), appends: 1, reads: 0);
            }

            return Task.CompletedTask;
        };
        await webhook.Test();
        await UntilReceivedAsync(1);
        await Conversing.UntilAsync(async () =>
        {
            await _cluster.WatchdogAsync(_tenant);
            return _receiver.Received.Count > 1;
        });

        Assert.Single(_receiver.Received.Select(message => message.Id).Distinct());
        await UntilAsync(webhook, deliveries => deliveries is [{ State: WebhookDeliveryState.Delivered, Attempts: 1 }]);
    }

    [Fact]
    public async Task Deliver_LaterAttempt_IsLeftToTheWatchdog()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        Enumerable.Repeat(500, 3).ToList().ForEach(_receiver.Answers.Enqueue);
        await webhook.Test();
        await UntilAsync(webhook, deliveries => deliveries is [{ Attempts: 3 }]);
        var waiting = (await webhook.ListDeliveries(1))[0];

        Assert.Equal((WebhookDeliveryState.Waiting, "status 500"), (waiting.State, waiting.LastError));
        Assert.InRange(waiting.NextAt!.Value - waiting.LastAt!.Value, TimeSpan.FromMinutes(48), TimeSpan.FromMinutes(72));
        Assert.InRange((await _cluster.Journals.GetHeadAsync(webhook.GetPrimaryKeyString()))!.WakeAt!.Value, waiting.NextAt.Value.AddMilliseconds(-1), waiting.NextAt.Value);
        Assert.NotNull((await webhook.GetInfo())!.FailingSince);
        Assert.Equal(0, await _cluster.WatchdogAsync(_tenant));

        _cluster.Time.Advance(TimeSpan.FromMinutes(75));
        _receiver.Answers.Enqueue(500);
        Assert.Equal(1, await _cluster.WatchdogAsync(_tenant));
        await UntilAsync(webhook, deliveries => deliveries is [{ State: WebhookDeliveryState.Failed, Attempts: 4, NextAt: null }]);
    }

    [Fact]
    public async Task Deliver_Gone_DisablesAndNothingIsKept()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        _receiver.Answers.Enqueue(410);
        await webhook.Test();
        await Conversing.UntilAsync(async () => !(await webhook.GetInfo())!.Enabled);

        Assert.Equal("gone", (await webhook.GetInfo())!.DisabledReason);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => webhook.Test())).Code);
        await RunAsync("say unheard", new RunRequestOptions { WebhookId = IdOf(webhook) });
        Assert.Single(await webhook.ListDeliveries(10));
        Assert.Single(_receiver.Received);

        Assert.True((await webhook.SetEnabled(true)).Enabled);
        await webhook.Redeliver((await webhook.ListDeliveries(1))[0].DeliveryId);
        Assert.Single((await UntilReceivedAsync(2)).Select(message => message.Id).Distinct());
    }

    [Fact]
    public async Task Deliver_FailingForDays_Disables()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        Enumerable.Repeat(500, 20).ToList().ForEach(_receiver.Answers.Enqueue);
        await webhook.Test();
        await UntilAsync(webhook, deliveries => deliveries is [{ Attempts: 3 }]);

        _cluster.Time.Advance(TimeSpan.FromDays(3));
        await _cluster.WatchdogAsync(_tenant);
        await Conversing.UntilAsync(async () => !(await webhook.GetInfo())!.Enabled);

        Assert.Equal("failing", (await webhook.GetInfo())!.DisabledReason);
        Assert.Equal(WebhookDeliveryState.Failed, (await webhook.ListDeliveries(1))[0].State);
    }

    [Fact]
    public async Task Rotate_BothSecretsSignForADay()
    {
        var (webhook, first) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        var second = (await webhook.Rotate()).Secret;
        await webhook.Test();
        var during = (await UntilReceivedAsync(1))[0];
        _cluster.Time.Advance(TimeSpan.FromHours(25));
        await webhook.Test();
        var after = (await UntilReceivedAsync(2))[1];

        Assert.NotEqual(first, second);
        Assert.True(Receiver.IsSignedWith(first, during));
        Assert.True(Receiver.IsSignedWith(second, during));
        Assert.False(Receiver.IsSignedWith(first, after));
        Assert.True(Receiver.IsSignedWith(second, after));
    }

    [Fact]
    public async Task Secret_IsNeitherInTheJournalNorShownAgain()
    {
        var (webhook, secret) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        var rotated = (await webhook.Rotate()).Secret;
        var entries = await _cluster.Journals.ReadAsync(webhook.GetPrimaryKeyString(), 0, 100);
        var journal = string.Concat(entries.Select(entry => Encoding.UTF8.GetString(entry.Payload.Span)));

        Assert.Equal(2, entries.Count);
        Assert.DoesNotContain(secret["whsec_".Length..], journal, StringComparison.Ordinal);
        Assert.DoesNotContain(rotated["whsec_".Length..], journal, StringComparison.Ordinal);
        Assert.DoesNotContain("whsec_", JsonSerializer.Serialize(await webhook.GetInfo()), StringComparison.Ordinal);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => webhook.Create(new CreateWebhook { Url = _receiver.Url }))).Code);
    }

    [Theory]
    [InlineData("https://10.0.0.1/hook", "webhook_address_forbidden")]
    [InlineData("https://[::1]/hook", "webhook_address_forbidden")]
    [InlineData("https://169.254.169.254/latest/meta-data", "webhook_address_forbidden")]
    [InlineData("http://[::ffff:10.0.0.1]/hook", "webhook_address_forbidden")]
    [InlineData("https://167772161/hook", "webhook_address_forbidden")]
    [InlineData("ftp://127.0.0.1/hook", "invalid_argument")]
    [InlineData("nonsense", "invalid_argument")]
    [InlineData("https://ada:pw@127.0.0.1/", "invalid_argument")]
    public async Task Create_WrongAddress_IsRefused(string url, string code)
    {
        var error = await Assert.ThrowsAsync<StewardException>(() => CreateAsync(new CreateWebhook { Url = url }));

        Assert.Equal((code, "url"), (error.Code, error.Field));
        Assert.Empty(await Index().List());
    }

    [Fact]
    public async Task Create_WrongRest_IsRefusedByName()
    {
        Assert.Equal("events", (await Assert.ThrowsAsync<StewardException>(() => CreateAsync(new CreateWebhook { Url = _receiver.Url, Events = ["run.started"] }))).Field);
        Assert.Equal("events", (await Assert.ThrowsAsync<StewardException>(() => CreateAsync(new CreateWebhook { Url = _receiver.Url, Events = ["run.ended", "run.ended"] }))).Field);
        Assert.Equal("description", (await Assert.ThrowsAsync<StewardException>(() => CreateAsync(new CreateWebhook { Url = _receiver.Url, Description = new string('x', 201) }))).Field);
    }

    [Fact]
    public async Task Webhook_ForOthersThanAdmins_IsForbidden()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        _cluster.SignIn(_tenant, "u-ada");

        foreach (var attempt in new Func<Task>[] { () => webhook.GetInfo(), () => webhook.Rotate(), () => webhook.Test(), () => webhook.Delete(), () => webhook.ListDeliveries(1), () => Index().List(), () => webhook.SetEnabled(false) })
        {
            Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(attempt)).Code);
        }

        _cluster.SignIn("t-other", "u-boss", WellKnownRoles.Admin);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => webhook.GetInfo())).Code);
    }

    [Fact]
    public async Task Notify_SameEventAgain_IsTakenOnce()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        var happened = RunWebhookEvent.Of(
            WebhookEventTypes.RunWaiting,
            "1",
            DateTimeOffset.UnixEpoch,
            new RunStatus { RunId = "r-1", State = RunState.Waiting, SessionKey = $"{_tenant}/u-ada/s-1", RequestedAt = DateTimeOffset.UnixEpoch, WaitsFor = "an approval" });
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => webhook.Notify(happened))).Code);
        _cluster.SignInAsPlatform(_tenant);
        await webhook.Notify(happened);
        await webhook.Notify(happened);
        await webhook.Notify(happened with { Occurrence = "2" });

        var messages = await UntilReceivedAsync(2);

        SignInAsAdmin();
        await UntilAsync(webhook, deliveries => deliveries.Count == 2 && deliveries.All(delivery => delivery.State == WebhookDeliveryState.Delivered));
        Assert.Equal(2, _receiver.Received.Select(message => message.Id).Distinct().Count());
        Assert.Contains("\"waitsFor\":\"an approval\"", Encoding.UTF8.GetString(messages[0].Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task TryNotify_TooManyWaitOrSwitchedOff_SaysSoAndKeepsNothing()
    {
        var silence = new TaskCompletionSource();
        _receiver.BeforeAnswer = () => silence.Task;
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url });
        _cluster.SignInAsPlatform(_tenant);
        var taken = 0;
        for (var number = 0; number < 1010; number++)
        {
            taken += await webhook.TryNotify(Happened(number)) ? 1 : 0;
        }

        Assert.Equal(1000, taken);
        Assert.True(await webhook.TryNotify(Happened(0)));
        Assert.False(await webhook.TryNotify(Happened(2000)));
        SignInAsAdmin();
        Assert.DoesNotContain(await webhook.ListDeliveries(200), delivery => delivery.State == WebhookDeliveryState.Failed);
        await webhook.SetEnabled(false);
        _cluster.SignInAsPlatform(_tenant);
        Assert.False(await webhook.TryNotify(Happened(3000)));
        silence.SetResult();

        static WebhookEvent Happened(int number) => new() { Type = "approval.requested", Occurrence = $"n-{number}", At = DateTimeOffset.UnixEpoch, Subject = "a-1", DataJson = "{}" };
    }

    [Fact]
    public async Task Delete_LeavesNothingToSendAndNoSecret()
    {
        var (webhook, _) = await CreateAsync(new CreateWebhook { Url = _receiver.Url, Events = [WebhookEventTypes.RunEnded] });
        await webhook.Delete();
        await webhook.Delete();

        Assert.Null(await webhook.GetInfo());
        Assert.Empty(await Index().List());
        var entries = await _cluster.Journals.ReadAsync(webhook.GetPrimaryKeyString(), 0, 100);
        Assert.DoesNotContain(entries, entry => Encoding.UTF8.GetString(entry.Payload.Span).Contains("127.0.0.1", StringComparison.Ordinal));
    }

    private async Task<(IWebhookGrain Webhook, string Secret)> CreateAsync(CreateWebhook spec)
    {
        var webhook = _cluster.Grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(_tenant, "w-" + Guid.NewGuid().ToString("n")));
        return (webhook, (await webhook.Create(spec)).Secret);
    }

    private async Task<string> RunAsync(string text, RunRequestOptions? options = null)
    {
        _cluster.SignIn(_tenant, "u-ada");
        var session = await _cluster.OpenAsync(Conversing.NewSession(_tenant));
        var submitted = await session.Submit(new SubmitMessage { Text = text, OperationId = Guid.NewGuid().ToString("n"), Options = options });
        await _cluster.Run(submitted, _tenant).WatchToEndAsync();

        // Not before everyone who has to know of the end knows.
        await Conversing.UntilAsync(async () => !(await _cluster.Journals.GetHeadAsync(GrainKeys.Run(_tenant, submitted.RunId!)))!.Open);
        return submitted.RunId!;
    }

    private async Task<List<(string Id, DateTimeOffset Timestamp, string Signatures, byte[] Body)>> UntilReceivedAsync(int count)
    {
        await Conversing.UntilAsync(() => Task.FromResult(_receiver.Received.Count >= count));
        return [.. _receiver.Received];
    }

    private static Task UntilAsync(IWebhookGrain webhook, Predicate<IReadOnlyList<WebhookDelivery>> condition) =>
        Conversing.UntilAsync(async () => condition(await webhook.ListDeliveries(200)));

    private static string IdOf(IWebhookGrain webhook) => GrainKeys.LastPart(webhook.GetPrimaryKeyString());

    private void SignInAsAdmin() => _cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);

    private IWebhookIndexGrain Index() => _cluster.Grains.GetGrain<IWebhookIndexGrain>(GrainKeys.WebhookIndex(_tenant));
}
