using System.Text;
using System.Text.Json;
using Orleans.Runtime;
using Steward.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Grains.Tests.Webhooks;
using Steward.Identity;
using Steward.Webhooks;

namespace Steward.Grains.Tests.Connectors;

/// <summary>From a system that refuses a connector's key to a receiver of the tenant's, over real HTTP.</summary>
public sealed class SignInNewsTests : IClassFixture<SignInCluster>, IAsyncLifetime
{
    private readonly SignInCluster _cluster;
    private readonly string _tenant = "t-news" + Guid.NewGuid().ToString("n")[..8];
    private Receiver _receiver = null!;
    private IWebhookGrain _webhook = null!;

    public SignInNewsTests(SignInCluster cluster)
    {
        _cluster = cluster;
        _cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);
        (_cluster.System.Status, _cluster.System.Answer) = (200, """{"id":"1"}""");
    }

    public async Task InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _webhook = _cluster.Grains.GetGrain<IWebhookGrain>(GrainKeys.Webhook(_tenant, "w-" + Guid.NewGuid().ToString("n")));
        await _webhook.Create(new CreateWebhook
        {
            Url = _receiver.Url,
            Events = [WebhookEventTypes.ConnectorSignInExpiring, WebhookEventTypes.ConnectorSignInBroken, WebhookEventTypes.ConnectorSignInRestored],
        });
    }

    public async Task DisposeAsync() => await _receiver.DisposeAsync();

    [Fact]
    public async Task SignIn_BreaksAndComesBack_ReceiverIsToldOfBothWithoutTheSecret()
    {
        var connector = await _cluster.CreateAsync(_tenant, "desk");
        Assert.True((await connector.Verify()).Succeeded);
        await BreakAsync(connector);
        var broken = Assert.Single(await UntilReceivedAsync(1));
        await MendAsync(connector);
        var messages = await UntilReceivedAsync(2);

        var data = Data(broken, "connector.sign_in_broken");
        Assert.Equal(("desk", "desk", "broken", "active"), (Text(data, "connector"), Text(data, "templateId"), Text(data, "state"), Text(data, "before")));
        Assert.Equal("unauthenticated", Text(data, "code"));
        Assert.Contains("Desk does not accept the credentials", Text(data, "reason"), StringComparison.Ordinal);
        Assert.Equal("https://steward.example/v1/connectors/desk", Text(data, "url"));
        var restored = Data(messages[1], "connector.sign_in_restored");
        Assert.Equal(("active", "broken"), (Text(restored, "state"), Text(restored, "before")));
        Assert.DoesNotContain(messages, message => Encoding.UTF8.GetString(message.Body).Contains("t0ken", StringComparison.Ordinal));
        Assert.All(await _webhook.ListDeliveries(10), delivery => Assert.Equal((null, "connectors/desk"), (delivery.RunId, delivery.Subject)));
    }

    [Fact]
    public async Task SignIn_StaysBroken_IsToldOnce()
    {
        var connector = await _cluster.CreateAsync(_tenant, "once");
        await BreakAsync(connector);
        await UntilReceivedAsync(1);
        _cluster.Time.Advance(TimeSpan.FromMinutes(2));
        await connector.Verify();
        await MendAsync(connector);

        Assert.Equal(["connector.sign_in_broken", "connector.sign_in_restored"], (await UntilReceivedAsync(2)).Select(TypeOf));
    }

    [Fact]
    public async Task SignIn_LostBeforeItIsWritten_IsToldOnceItIsFoundAgain()
    {
        var connector = await _cluster.CreateAsync(_tenant, "unwritten");
        _cluster.Storage.LoseWhen<ConnectorState>(connector.GetPrimaryKeyString(), state => state.SignIn is { Untold.Count: 1 });
        await Record.ExceptionAsync(() => BreakAsync(connector));
        await Conversing.UntilAsync(() => Task.FromResult(_cluster.Storage.HasLost(connector.GetPrimaryKeyString())));
        await _cluster.DeactivatedAsync(connector);
        await BreakAsync(connector);

        Assert.Equal("connector.sign_in_broken", TypeOf(Assert.Single(await UntilReceivedAsync(1))));
    }

    [Fact]
    public async Task SignIn_LostAfterItWasToldAndBeforeThatIsWritten_IsToldAgainWithTheSameId()
    {
        var connector = await _cluster.CreateAsync(_tenant, "untold");
        _cluster.Storage.LoseWhen<ConnectorState>(connector.GetPrimaryKeyString(), state => state.SignIn is { State: "broken", Untold.Count: 0 });
        await BreakAsync(connector);
        await Conversing.UntilAsync(() => Task.FromResult(_cluster.Storage.HasLost(connector.GetPrimaryKeyString())));
        await _cluster.DeactivatedAsync(connector);
        var state = (await connector.GetInfo())!;
        await MendAsync(connector);

        Assert.Equal("broken", state.State);
        Assert.Contains("Desk does not accept the credentials", state.StateReason, StringComparison.Ordinal);
        var messages = await UntilReceivedAsync(2);
        Assert.Equal(["connector.sign_in_broken", "connector.sign_in_restored"], messages.DistinctBy(message => message.Id).Select(TypeOf));
    }

    [Fact]
    public async Task SignIn_WebhookCannotTakeIt_IsToldLater()
    {
        var connector = await _cluster.CreateAsync(_tenant, "later");
        _cluster.Faults.Lose(_webhook.GetPrimaryKeyString(), appends: 1);
        await BreakAsync(connector);
        await Conversing.UntilAsync(async () =>
        {
            // As often as it likes, and always the same.
            _cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
            await connector.AsReference<IRemindable>().ReceiveReminder("check", default);
            return !_receiver.Received.IsEmpty;
        });

        Assert.Equal("connector.sign_in_broken", TypeOf(Assert.Single(_receiver.Received.DistinctBy(message => message.Id))));
    }

    [Fact]
    public async Task SignIn_DeletedWhileSomethingIsUntold_IsDeletedAllTheSame()
    {
        var connector = await _cluster.CreateAsync(_tenant, "gone");
        _cluster.Faults.Lose(_webhook.GetPrimaryKeyString(), appends: 1);
        await BreakAsync(connector);
        await connector.Delete();

        Assert.Null(await connector.GetInfo());
        var anew = await _cluster.CreateAsync(_tenant, "gone");
        Assert.NotEqual("broken", (await anew.GetInfo())!.State);
    }

    [Fact]
    public async Task Verify_SystemDoesNotAnswer_PermitsAndEditsDoNotWaitForIt()
    {
        var connector = await _cluster.CreateAsync(_tenant, "patient");
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cluster.System.Gate = gate.Task;
        try
        {
            var calls = _cluster.System.Calls;
            var verifying = connector.Verify();
            await Conversing.UntilAsync(() => Task.FromResult(_cluster.System.Calls > calls));

            var edited = await connector.Update(new UpdateConnector { Title = "Edited meanwhile" }).WaitAsync(TimeSpan.FromSeconds(5));
            _cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);
            var permit = await connector.Enter(new ConnectorIntent { OperationId = "things.list", Cost = 1 }).WaitAsync(TimeSpan.FromSeconds(5));
            _cluster.SignIn(_tenant, "u-boss", WellKnownRoles.Admin);

            Assert.Equal("Edited meanwhile", edited.Title);
            Assert.Null(permit.Refusal);
            Assert.False(verifying.IsCompleted);
            gate.SetResult();

            // It answers its caller; about the settings of now it says nothing.
            Assert.True((await verifying).Succeeded);
            Assert.Equal("unverified", (await connector.GetInfo())!.State);
            Assert.True((await connector.Verify()).Succeeded);
            Assert.Equal("active", (await connector.GetInfo())!.State);
        }
        finally
        {
            gate.TrySetResult();
            _cluster.System.Gate = Task.CompletedTask;
        }
    }

    private async Task BreakAsync(IConnectorGrain connector)
    {
        _cluster.System.Status = 401;
        Assert.False((await connector.Verify()).Succeeded);
    }

    private async Task MendAsync(IConnectorGrain connector)
    {
        _cluster.System.Status = 200;
        _cluster.Time.Advance(TimeSpan.FromMinutes(2));
        Assert.True((await connector.Verify()).Succeeded);
    }

    private async Task<List<(string Id, DateTimeOffset Timestamp, string Signatures, byte[] Body)>> UntilReceivedAsync(int count)
    {
        await Conversing.UntilAsync(() => Task.FromResult(_receiver.Received.DistinctBy(message => message.Id).Count() >= count));
        return [.. _receiver.Received];
    }

    private static string TypeOf((string Id, DateTimeOffset Timestamp, string Signatures, byte[] Body) message) => Text(JsonElement.Parse(message.Body), "type");

    private static JsonElement Data((string Id, DateTimeOffset Timestamp, string Signatures, byte[] Body) message, string type)
    {
        var body = JsonElement.Parse(message.Body);
        Assert.Equal(type, Text(body, "type"));
        return body.GetProperty("data");
    }

    private static string Text(JsonElement of, string name) => of.GetProperty(name).GetString()!;
}
