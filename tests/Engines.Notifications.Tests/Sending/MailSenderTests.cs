using System.Text;
using Steward.Engines.Connectors;
using Steward.EnterpriseSim;

namespace Steward.Engines.Notifications.Tests.Sending;

public sealed class MailSenderTests : IAsyncLifetime
{
    private Offices _offices = null!;

    public async Task InitializeAsync() => _offices = await Offices.OpenAsync(timeout: TimeSpan.FromSeconds(2));

    public async Task DisposeAsync() => await _offices.DisposeAsync();

    [Fact]
    public async Task Send_Request_IsAMailInTextAndHtmlThatOnlyLinksToThePage()
    {
        var sent = await _offices.SendAsync("email", Offices.Notice());

        Assert.Equal(SendOutcome.Sent, sent.Outcome);
        var mail = Assert.Single(_offices.Sim.State.ReceivedMail);
        Assert.Equal(["jonas.weber@acme.example"], mail.Recipients);
        Assert.Equal($"<{sent.Reference}>", mail.Header("Message-ID"));
        Assert.Equal("auto-generated", mail.Header("Auto-Submitted"));
        var parts = Parts(mail.Data);
        Assert.Contains("Assign Salesforce to Ada Lovelace", parts[0], StringComparison.Ordinal);
        Assert.Contains("<a href=\"https://steward.acme.example/approvals#a-4f1c9d02\">Open</a>", parts[1], StringComparison.Ordinal);
        Assert.Equal(1, parts[1].Split("<a ").Length - 1);
    }

    [Fact]
    public async Task Send_TwiceTheSame_HasTheSameMessageIdAndThread()
    {
        var first = await _offices.SendAsync("email", Offices.Notice());
        var again = await _offices.SendAsync("email", Offices.Notice(), mayBeOut: true);
        var closed = await _offices.SendAsync("email", Offices.Notice(NoticeKinds.ApprovalClosed, "n-2"), first.Reference);

        Assert.Equal(first.Reference, again.Reference);
        Assert.NotEqual(first.Reference, closed.Reference);
        Assert.Single(_offices.Sim.State.ReceivedMail.Select(mail => mail.Header("In-Reply-To")).Distinct());
    }

    [Theory]
    [InlineData("bounce.me@acme.example", SendOutcome.Bounced)]
    [InlineData("full@acme.example", SendOutcome.FailedForNow)]
    [InlineData("somebody@elsewhere.test", SendOutcome.Undeliverable)]
    public async Task Send_AddressThatIsRefused_SaysHow(string email, SendOutcome outcome)
    {
        Assert.Equal(outcome, (await _offices.SendAsync("email", Offices.Notice(email: email))).Outcome);
        Assert.Empty(_offices.Sim.State.ReceivedMail);
    }

    [Fact]
    public async Task Send_Greylisted_IsTakenTheSecondTime()
    {
        Assert.Equal(SendOutcome.FailedForNow, (await _offices.SendAsync("email", Offices.Notice(email: "greylist@acme.example"))).Outcome);
        Assert.Equal(SendOutcome.Sent, (await _offices.SendAsync("email", Offices.Notice(email: "greylist@acme.example"), mayBeOut: true)).Outcome);
    }

    [Theory]
    [InlineData(SimFaultKind.CutAfterCommit, "DATA", SendOutcome.Unknown)]
    [InlineData(SimFaultKind.TimeoutAfterCommit, "DATA", SendOutcome.Unknown)]
    [InlineData(SimFaultKind.ServerError, "DATA", SendOutcome.Undeliverable)]
    [InlineData(SimFaultKind.CutBeforeCommit, "RCPT", SendOutcome.FailedForNow)]
    [InlineData(SimFaultKind.CutBeforeCommit, "EHLO", SendOutcome.FailedForNow)]
    [InlineData(SimFaultKind.RateLimited, "MAIL", SendOutcome.FailedForNow)]
    [InlineData(SimFaultKind.ExpiredToken, "AUTH", SendOutcome.FailedForNow)]
    public async Task Send_ServerThatFails_SaysWhatIsKnown(SimFaultKind fault, string verb, SendOutcome outcome)
    {
        _offices.Sim.Inject(new SimFault { Kind = fault, System = SimSystem.Smtp, Operation = verb, Status = fault == SimFaultKind.ServerError ? 554 : null });

        Assert.Equal(outcome, (await _offices.SendAsync("email", Offices.Notice())).Outcome);
    }

    [Fact]
    public async Task Send_HostileSubject_StaysOneEncodedHeader()
    {
        var data = new { approvalId = "a-1", summary = "Grüße\r\nBcc: evil@elsewhere.test\r\n\r\n<script>" };

        var sent = await _offices.SendAsync("email", Offices.Notice(data: data));

        Assert.Equal(SendOutcome.Sent, sent.Outcome);
        var mail = Assert.Single(_offices.Sim.State.ReceivedMail);
        Assert.Null(mail.Header("Bcc"));
        Assert.StartsWith("=?utf-8?B?", mail.Header("Subject"), StringComparison.Ordinal);
        Assert.Equal(["jonas.weber@acme.example"], mail.Recipients);
    }

    [Fact]
    public async Task Check_Instance_SignsIn()
    {
        var connectors = await _offices.Get<IConnectorRegistry>().OpenAsync("t-acme", null, default);

        var outcome = await connectors.ExecuteAsync(new ActionRequest { ActionId = "check", OperationId = "mail.server.check", Arguments = System.Text.Json.JsonElement.Parse("{}") }, default);

        Assert.Equal("127.0.0.1", Assert.IsType<ActionSucceeded>(outcome).Result.GetProperty("host").GetString());
        Assert.Empty(_offices.Sim.State.ReceivedMail);
    }

    private static string[] Parts(string data) =>
        [.. data.Split("Content-Transfer-Encoding: base64\r\n\r\n").Skip(1).Select(part => Encoding.UTF8.GetString(Convert.FromBase64String(part.Split("\r\n--")[0])))];
}
