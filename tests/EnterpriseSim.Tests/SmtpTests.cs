using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Steward.EnterpriseSim.Tests;

public sealed class SmtpTests : IAsyncLifetime
{
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync();

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task Message_AfterSignIn_IsTakenAsItWasSent()
    {
        using var client = await SmtpLine.ConnectAsync(sim);
        await client.SignInAsync(sim);
        Assert.StartsWith("250", await client.SayAsync("MAIL FROM:<steward@acme.example> SIZE=100"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<ada.lovelace@acme.example>"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.1.1", await client.SayAsync("RCPT TO:<bounce.me@acme.example>"), StringComparison.Ordinal);
        Assert.StartsWith("452 4.2.2", await client.SayAsync("RCPT TO:<full@acme.example>"), StringComparison.Ordinal);
        Assert.StartsWith("451 4.7.1", await client.SayAsync("RCPT TO:<greylisted@acme.example>"), StringComparison.Ordinal);
        Assert.StartsWith("250", await client.SayAsync("RCPT TO:<greylisted@acme.example>"), StringComparison.Ordinal);
        Assert.StartsWith("550 5.7.1", await client.SayAsync("RCPT TO:<somebody@gmail.com>"), StringComparison.Ordinal);
        Assert.StartsWith("354", await client.SayAsync("DATA"), StringComparison.Ordinal);
        Assert.StartsWith("250 2.0.0", await client.SayAsync("Subject: Ein Grü\u00dfchen\r\nMessage-ID: <a-1@steward>\r\n folded\r\n\r\n..dots\r\n."), StringComparison.Ordinal);
        Assert.StartsWith("221", await client.SayAsync("QUIT"), StringComparison.Ordinal);

        var mail = Assert.Single(sim.State.ReceivedMail);
        Assert.Equal(["ada.lovelace@acme.example", "greylisted@acme.example"], mail.Recipients);
        Assert.Equal("<a-1@steward> folded", mail.Header("message-id"));
        Assert.EndsWith("\r\n\r\n.dots\r\n", mail.Data, StringComparison.Ordinal);
        Assert.False(mail.Secured);
    }

    [Fact]
    public async Task Commands_OutOfOrder_AreRefused()
    {
        using var client = await SmtpLine.ConnectAsync(sim);
        Assert.StartsWith("503", await client.SayAsync("MAIL FROM:<a@acme.example>"), StringComparison.Ordinal);
        Assert.Contains("STARTTLS", await client.SayAsync("EHLO test"), StringComparison.Ordinal);
        Assert.StartsWith("530", await client.SayAsync("MAIL FROM:<a@acme.example>"), StringComparison.Ordinal);
        Assert.StartsWith("535", await client.SayAsync($"AUTH PLAIN {Encode("\0user\0wrong")}"), StringComparison.Ordinal);
        Assert.StartsWith("501", await client.SayAsync("AUTH PLAIN ???"), StringComparison.Ordinal);
        Assert.StartsWith("500", await client.SayAsync("BREW coffee"), StringComparison.Ordinal);
        Assert.StartsWith("500", await client.SayAsync(new string('x', 5_000)), StringComparison.Ordinal);
        Assert.StartsWith("503", await client.SayAsync("DATA"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartTls_SecuresTheConnectionAndForgetsWhatWasSaid()
    {
        using var client = await SmtpLine.ConnectAsync(sim);
        await client.SayAsync("EHLO test");
        Assert.StartsWith("220", await client.SayAsync("STARTTLS"), StringComparison.Ordinal);
        await client.SecureAsync();
        Assert.StartsWith("503", await client.SayAsync("MAIL FROM:<a@acme.example>"), StringComparison.Ordinal);
        await client.SignInAsync(sim);
        await client.SayAsync("MAIL FROM:<>");
        await client.SayAsync("RCPT TO:<ada.lovelace@acme.example>");
        await client.SayAsync("DATA");
        await client.SayAsync("Subject: x\r\n\r\ny\r\n.");

        Assert.True(Assert.Single(sim.State.ReceivedMail).Secured);
    }

    [Theory]
    [InlineData(SimFaultKind.ServerError, "451", 0)]
    [InlineData(SimFaultKind.RateLimited, "450", 0)]
    [InlineData(SimFaultKind.ServerErrorAfterCommit, "451", 1)]
    [InlineData(SimFaultKind.CutAfterCommit, "", 1)]
    [InlineData(SimFaultKind.CutBeforeCommit, "", 0)]
    public async Task Fault_AtTheMessage_LosesTheAnswerOrTheMail(SimFaultKind kind, string reply, int kept)
    {
        using var client = await SmtpLine.ConnectAsync(sim);
        await client.SignInAsync(sim);
        await client.SayAsync("MAIL FROM:<steward@acme.example>");
        await client.SayAsync("RCPT TO:<ada.lovelace@acme.example>");
        sim.Inject(new SimFault { Kind = kind, System = SimSystem.Smtp, Operation = "DATA" });

        var answer = await client.SayAsync("DATA");
        if (answer.StartsWith("354", StringComparison.Ordinal))
        {
            answer = await client.SayAsync("Subject: x\r\n\r\ny\r\n.");
        }

        Assert.StartsWith(reply, answer, StringComparison.Ordinal);
        Assert.Equal(kept, sim.State.ReceivedMail.Count);
        Assert.Equal(kind, sim.Calls.Single(c => c is { System: SimSystem.Smtp, Operation: "DATA" }).Fault);
    }

    private static string Encode(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private sealed class SmtpLine(TcpClient tcp) : IDisposable
    {
        private Stream stream = tcp.GetStream();

        public static async Task<SmtpLine> ConnectAsync(EnterpriseSimulation sim)
        {
            var tcp = new TcpClient();
            await tcp.ConnectAsync("127.0.0.1", sim.SmtpPort);
            var line = new SmtpLine(tcp);
            Assert.StartsWith("220", await line.HearAsync(), StringComparison.Ordinal);
            return line;
        }

        public async Task SignInAsync(EnterpriseSimulation sim)
        {
            await SayAsync("EHLO test");
            Assert.StartsWith("334", await SayAsync("AUTH LOGIN"), StringComparison.Ordinal);
            Assert.StartsWith("334", await SayAsync(Encode(sim.Credentials.SmtpUser)), StringComparison.Ordinal);
            Assert.StartsWith("235", await SayAsync(Encode(sim.Credentials.SmtpPassword)), StringComparison.Ordinal);
        }

        public async Task<string> SayAsync(string text)
        {
            try
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text + "\r\n"));
                return await HearAsync();
            }
            catch (IOException)
            {
                // The server has cut the connection.
                return "";
            }
        }

        public async Task SecureAsync()
        {
            // The server's certificate is its own; what counts here is that there is one.
            var secured = new SslStream(stream, leaveInnerStreamOpen: false, (_, certificate, _, _) => certificate?.Subject == "CN=localhost");
            await secured.AuthenticateAsClientAsync("localhost");
            stream = secured;
        }

        public void Dispose()
        {
            stream.Dispose();
            tcp.Dispose();
        }

        private async Task<string> HearAsync()
        {
            var heard = new StringBuilder();
            var buffer = new byte[4_096];
            while (true)
            {
                var read = await stream.ReadAsync(buffer);
                heard.Append(Encoding.UTF8.GetString(buffer, 0, read));
                var lines = heard.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
                if (read == 0 || (heard.ToString().EndsWith("\r\n", StringComparison.Ordinal) && lines is [.., { Length: >= 4 } last] && last[3] == ' '))
                {
                    return heard.ToString();
                }
            }
        }
    }
}
