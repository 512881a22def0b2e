using Steward.Engines.Connectors.Mail;
using Steward.Engines.Security;
using Steward.Engines.Security.Webhooks;
using Steward.EnterpriseSim;

namespace Steward.Engines.Connectors.Tests.Mail;

public sealed class SmtpTransportTests : IAsyncLifetime
{
    private EnterpriseSimulation _sim = null!;

    public async Task InitializeAsync() => _sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await _sim.DisposeAsync();

    [Fact]
    public async Task Send_StartTls_SecuresBeforeSigningIn()
    {
        var outcome = await new SmtpTransport(new SystemNameResolver(), static (_, certificate, _, _) => certificate is not null && certificate.Subject == certificate.Issuer).SendAsync(Server(MailSecurity.StartTls), Mail(), default);

        Assert.Equal(MailOutcomeKind.Taken, outcome.Kind);
        Assert.True(Assert.Single(_sim.State.ReceivedMail).Secured);
    }

    [Fact]
    public async Task Send_CertificateThatNobodyTrusts_HandsNothingOver()
    {
        var outcome = await new SmtpTransport(new SystemNameResolver()).SendAsync(Server(MailSecurity.StartTls), Mail(), default);

        Assert.Equal((MailOutcomeKind.Unavailable, "The server's certificate is not trusted."), (outcome.Kind, outcome.Detail));
        Assert.Empty(_sim.State.ReceivedMail);
    }

    [Fact]
    public async Task Send_PrivateAddressThatIsNotAllowed_ConnectsNowhere()
    {
        var outcome = await new SmtpTransport(new SystemNameResolver()).SendAsync(Server(MailSecurity.None) with { AllowPrivateAddresses = false }, Mail(), default);

        Assert.Equal(MailOutcomeKind.NotPossible, outcome.Kind);
        Assert.Empty(_sim.Calls);
    }

    [Fact]
    public async Task Send_WrongPassword_SaysSo() =>
        Assert.Equal(
            MailOutcomeKind.SignInRefused,
            (await new SmtpTransport(new SystemNameResolver()).SendAsync(Server(MailSecurity.None) with { Password = new SecretText("wrong") }, Mail(), default)).Kind);

    [Theory]
    [InlineData("full@acme.example", MailOutcomeKind.MailboxBusy)]
    [InlineData("greylist@acme.example", MailOutcomeKind.Deferred)]
    public async Task Send_PutOff_SaysWhetherOnlyThisMailIs(string to, MailOutcomeKind expected) =>
        Assert.Equal(expected, (await new SmtpTransport(new SystemNameResolver()).SendAsync(Server(MailSecurity.None), Mail() with { To = to }, default)).Kind);

    [Fact]
    public async Task Send_MailSystemFails_BlamesNeitherMailNorSender()
    {
        _sim.Inject(new SimFault { Kind = SimFaultKind.ServerError, System = SimSystem.Smtp, Operation = "DATA" });

        Assert.Equal(MailOutcomeKind.Unavailable, (await new SmtpTransport(new SystemNameResolver()).SendAsync(Server(MailSecurity.None), Mail(), default)).Kind);
    }

    [Theory]
    [InlineData("a@acme.example\r\nRCPT TO:<b@acme.example>", "Hello")]
    [InlineData("a@acme.example> <b@acme.example", "Hello")]
    [InlineData("a@acme.example", "Hello\r\nBcc: b@acme.example")]
    public async Task Send_LineBreakInAHeader_HandsNothingOver(string to, string subject)
    {
        var outcome = await new SmtpTransport(new SystemNameResolver()).SendAsync(Server(MailSecurity.None), Mail() with { To = to, Subject = subject }, default);

        Assert.Equal(MailOutcomeKind.Refused, outcome.Kind);
        Assert.Empty(_sim.Calls);
    }

    private MailServer Server(MailSecurity security) => new()
    {
        Host = "127.0.0.1", Port = _sim.SmtpPort, Security = security, User = _sim.Credentials.SmtpUser, Password = new SecretText(_sim.Credentials.SmtpPassword), AllowPrivateAddresses = true,
    };

    private static OutgoingMail Mail() => new()
    {
        From = "steward@acme.example", FromName = "Grüße, Steward", To = "ada.lovelace@acme.example", Subject = "Hello", Text = ".a dot\n.b", Html = "<p>Hello</p>", MessageId = "m-1@steward.invalid",
        Date = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };
}
