using System.Text.Json;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Notifications.Answers;
using Steward.Engines.Notifications.Rendering;
using Steward.EnterpriseSim;

namespace Steward.Engines.Notifications.Tests.Sending;

public sealed class TeamsSenderTests : IAsyncLifetime
{
    private Offices _offices = null!;

    public async Task InitializeAsync() => _offices = await Offices.OpenAsync(timeout: TimeSpan.FromSeconds(2));

    public async Task DisposeAsync() => await _offices.DisposeAsync();

    [Fact]
    public async Task Send_Request_ReachesThePersonAsACard()
    {
        var sent = await _offices.SendAsync("teams", Offices.Notice());

        Assert.Equal(SendOutcome.Sent, sent.Outcome);
        var message = Assert.Single(_offices.Teams());
        Assert.Equal($"{message["conversation"]} {message["id"]}", sent.Reference);
        Assert.Equal(["approve", "reject"], message["card"]!["actions"]!.AsArray().Where(action => (string?)action!["type"] == "Action.Execute").Select(action => (string)action!["verb"]!));
    }

    [Fact]
    public async Task Send_Closed_ReplacesTheCard()
    {
        var first = await _offices.SendAsync("teams", Offices.Notice());

        var closed = await _offices.SendAsync("teams", Offices.Notice(NoticeKinds.ApprovalClosed, "n-2"), first.Reference);

        Assert.Equal(SendOutcome.Sent, closed.Outcome);
        var card = Assert.Single(_offices.Teams())["card"]!;
        Assert.DoesNotContain("Action.Execute", card.ToJsonString(), StringComparison.Ordinal);
        Assert.StartsWith("Approved", (string?)card["fallbackText"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_Reminder_ChangesTheCardAndSaysSo()
    {
        var first = await _offices.SendAsync("teams", Offices.Notice());

        await _offices.SendAsync("teams", Offices.Notice(NoticeKinds.ApprovalReminder, "n-2"), first.Reference);

        Assert.Equal(2, _offices.Teams().Count);
        Assert.StartsWith("Reminder:", (string?)_offices.Teams()[1]["text"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody@acme.example")]
    [InlineData("hugo.petit@acme.example")]
    public async Task Send_SomebodyWhoCannotBeReached_IsUndeliverable(string email) =>
        Assert.Equal(SendOutcome.Undeliverable, (await _offices.SendAsync("teams", Offices.Notice(email: email))).Outcome);

    [Fact]
    public async Task Send_AnswerLost_IsUnknown()
    {
        _offices.Sim.Inject(new SimFault { Kind = SimFaultKind.CutAfterCommit, System = SimSystem.Graph, Operation = "sendToConversation" });

        Assert.Equal(SendOutcome.Unknown, (await _offices.SendAsync("teams", Offices.Notice())).Outcome);
    }

    [Fact]
    public async Task Send_ServiceDown_FailsForNow()
    {
        _offices.Sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Graph, Operation = "createConversation", Count = 10 });

        Assert.Equal(SendOutcome.FailedForNow, (await _offices.SendAsync("teams", Offices.Notice())).Outcome);
    }

    [Fact]
    public async Task Click_OnACard_IsVerifiedReadAndAnsweredWithANewCard()
    {
        var sent = await _offices.SendAsync("teams", Offices.Notice());
        var parts = sent.Reference!.Split(' ');
        await using var endpoint = new ClickEndpoint();
        _offices.Sim.SendClicksTo(SimSystem.Graph, endpoint.Url);
        var closed = NoticeRenderer.Render(Offices.Notice(NoticeKinds.ApprovalClosed), new ChannelSettings { Channel = "teams" });
        endpoint.Answer = TeamsClicks.WithCard(closed.Payload);
        await _offices.Sim.ClickAsync(SimSystem.Graph, new SimClick { User = "jonas.weber", Conversation = parts[0], Message = parts[1], Action = "approve" });

        var verdict = Assert.IsType<HookAccepted>(await ReceiveAsync(endpoint, endpoint.Last.Headers["Authorization"]));
        var click = Assert.IsType<ClickFound>(TeamsClicks.Read(verdict.Events[0].Payload)).Click;

        Assert.Equal(
            (ClickVerb.Approve, "a-4f1c9d02", sent.Reference, _offices.Sim.State.GraphUser("jonas.weber"), _offices.Sim.Credentials.GraphDirectoryId),
            (click.Verb, click.ApprovalId, click.Reference, click.ExternalUserId, click.ExternalTenantId));
        Assert.StartsWith("Approved", (string?)Assert.Single(_offices.Teams())["card"]!["fallbackText"], StringComparison.Ordinal);
        Assert.IsType<HookRefused>(await ReceiveAsync(endpoint, endpoint.Last.Headers["Authorization"][..^4] + "AAAA"));
    }

    private async Task<HookVerdict> ReceiveAsync(ClickEndpoint endpoint, string authorization)
    {
        var instance = (await _offices.ListAsync("t-acme", default)).Single(known => known.Instance.Name == "bot");
        var receiver = _offices.Get<WebhookReceiver>();
        return await receiver.ReceiveAsync(
            new HookTarget(instance.Template.Webhooks, instance.Instance.Fields, []) { Simulator = HookTarget.SimulatorOf(instance, allowPrivateAddresses: true) },
            new HookRequest { Method = "POST", Headers = new Dictionary<string, string> { ["Authorization"] = authorization }, Body = System.Text.Encoding.UTF8.GetBytes(endpoint.Last.Body) },
            default);
    }
}
