using System.Text.Json.Nodes;
using Steward.Engines.Notifications.Answers;
using Steward.Engines.Notifications.Slack;
using Steward.EnterpriseSim;

namespace Steward.Engines.Notifications.Tests.Sending;

public sealed class SlackSenderTests : IAsyncLifetime
{
    private Offices _offices = null!;

    public async Task InitializeAsync() => _offices = await Offices.OpenAsync(timeout: TimeSpan.FromSeconds(2));

    public async Task DisposeAsync() => await _offices.DisposeAsync();

    [Fact]
    public async Task Send_Request_ReachesThePersonWithButtons()
    {
        var sent = await _offices.SendAsync("slack", Offices.Notice());

        Assert.Equal(SendOutcome.Sent, sent.Outcome);
        var message = Assert.Single(_offices.Slack());
        Assert.Equal($"{message["channel"]}/{message["ts"]}", sent.Reference);
        Assert.Equal(["steward.approve", "steward.reject", "steward.open"], Buttons(message));
    }

    [Fact]
    public async Task Send_Closed_TakesTheButtonsAwayAndShowsTheResult()
    {
        var first = await _offices.SendAsync("slack", Offices.Notice());

        var closed = await _offices.SendAsync("slack", Offices.Notice(NoticeKinds.ApprovalClosed, "n-2"), first.Reference);

        Assert.Equal((SendOutcome.Sent, first.Reference), (closed.Outcome, closed.Reference));
        var message = Assert.Single(_offices.Slack());
        Assert.Equal(["steward.open"], Buttons(message));
        Assert.Contains("Jonas Weber (slack)", message["blocks"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_ReminderTwice_ChangesTheMessageAndAnswersInItsThreadOnce()
    {
        var first = await _offices.SendAsync("slack", Offices.Notice());

        await _offices.SendAsync("slack", Offices.Notice(NoticeKinds.ApprovalReminder, "n-2"), first.Reference);
        var again = await _offices.SendAsync("slack", Offices.Notice(NoticeKinds.ApprovalReminder, "n-2"), first.Reference, mayBeOut: true);

        Assert.Equal(SendOutcome.Sent, again.Outcome);
        Assert.Equal(2, _offices.Slack().Count);
        Assert.Equal((string?)_offices.Slack()[0]["ts"], (string?)_offices.Slack()[1]["thread_ts"]);
        Assert.Equal(["steward.approve", "steward.reject", "steward.open"], Buttons(_offices.Slack()[0]));
    }

    [Fact]
    public async Task Send_MessageThatWasDeleted_PostsANewOne()
    {
        var closed = await _offices.SendAsync("slack", Offices.Notice(NoticeKinds.ApprovalClosed), await ReferenceToNothingAsync());

        Assert.Equal(SendOutcome.Sent, closed.Outcome);
        Assert.Equal(2, _offices.Slack().Count);
    }

    [Fact]
    public async Task Send_SomebodyWhomSlackDoesNotKnow_IsUndeliverable()
    {
        var sent = await _offices.SendAsync("slack", Offices.Notice(email: "nobody@acme.example"));

        Assert.Equal(SendOutcome.Undeliverable, sent.Outcome);
        Assert.Contains("mail address", sent.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_TooMany_SaysHowLongToWait()
    {
        _offices.Sim.Inject(new SimFault { Kind = SimFaultKind.RateLimited, System = SimSystem.Slack, Operation = "chat.postMessage", RetryAfterSeconds = 20, Count = 5 });

        var sent = await _offices.SendAsync("slack", Offices.Notice());

        Assert.Equal(SendOutcome.FailedForNow, sent.Outcome);
        Assert.InRange(sent.RetryAfter!.Value, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(25));
    }

    [Theory]
    [InlineData(SimFaultKind.CutAfterCommit)]
    [InlineData(SimFaultKind.CutInBody)]
    [InlineData(SimFaultKind.ServerErrorAfterCommit)]
    [InlineData(SimFaultKind.TimeoutAfterCommit)]
    public async Task Send_AnswerLost_FindsTheMessageInsteadOfSendingASecond(SimFaultKind fault)
    {
        _offices.Sim.Inject(new SimFault { Kind = fault, System = SimSystem.Slack, Operation = "chat.postMessage" });

        var sent = await _offices.SendAsync("slack", Offices.Notice());

        Assert.Equal(SendOutcome.Sent, sent.Outcome);
        Assert.EndsWith((string)Assert.Single(_offices.Slack())["ts"]!, sent.Reference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_SecondAttemptAfterSilence_FindsTheMessage()
    {
        await _offices.SendAsync("slack", Offices.Notice());

        var again = await _offices.SendAsync("slack", Offices.Notice(), mayBeOut: true);

        Assert.Equal(SendOutcome.Sent, again.Outcome);
        Assert.EndsWith((string)Assert.Single(_offices.Slack())["ts"]!, again.Reference, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_NeitherAnswerNorHistory_StaysUnknown()
    {
        _offices.Sim.Inject(new SimFault { Kind = SimFaultKind.CutAfterCommit, System = SimSystem.Slack, Operation = "chat.postMessage" });
        _offices.Sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Slack, Operation = "conversations.history", Count = 20 });

        var sent = await _offices.SendAsync("slack", Offices.Notice());

        Assert.Equal(SendOutcome.Unknown, sent.Outcome);
    }

    [Fact]
    public async Task Answer_OfAClick_IsSeenByThePersonAlone()
    {
        var sent = await _offices.SendAsync("slack", Offices.Notice());
        var parts = sent.Reference!.Split('/');
        await using var endpoint = new ClickEndpoint();
        _offices.Sim.SendClicksTo(SimSystem.Slack, endpoint.Url);
        await _offices.Sim.ClickAsync(SimSystem.Slack, new SimClick { User = "jonas.weber", Conversation = parts[0], Message = parts[1], Action = "steward.reject" });

        var instance = new Uri(_offices.Sim.Slack, "api");
        var click = Assert.IsType<ClickFound>(SlackClicks.Read(endpoint.Payload(), instance)).Click;
        var told = await _offices.Get<ISlackResponder>().TryAnswerAsync(click.ResponseUrl!, ClickAnswer.Text(ClickOutcome.NotYours, "de"), instance, default);

        Assert.True(told);
        Assert.Equal((ClickVerb.Reject, "a-4f1c9d02", sent.Reference, _offices.Sim.State.SlackUser("jonas.weber")), (click.Verb, click.ApprovalId, click.Reference, click.ExternalUserId));
        Assert.StartsWith("Sie werden hierzu nicht gefragt", Assert.Single(_offices.Sim.State.SlackEphemerals).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ToAnotherHost_IsNotSent() =>
        Assert.False(await _offices.Get<ISlackResponder>().TryAnswerAsync(new Uri(_offices.Sim.Okta, "actions/x"), "text", new Uri(_offices.Sim.Slack, "api"), default));

    private async Task<string> ReferenceToNothingAsync()
    {
        var first = await _offices.SendAsync("slack", Offices.Notice());
        return $"{first.Reference!.Split('/')[0]}/1000000000.000100";
    }

    private static IEnumerable<string> Buttons(JsonObject message) => message["blocks"]!.AsArray()
        .Where(block => (string?)block!["type"] == "actions").SelectMany(block => block!["elements"]!.AsArray()).Select(element => (string)element!["action_id"]!);
}
