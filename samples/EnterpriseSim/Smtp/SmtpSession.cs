using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Smtp;

/// <summary>One connection to the mail server: RFC 5321 with STARTTLS (RFC 3207), AUTH (RFC 4954), 8BITMIME and SMTPUTF8.</summary>
internal sealed partial class SmtpSession(NetworkStream network, SmtpSystem system, SimWorld world, X509Certificate2 certificate) : IAsyncDisposable
{
    private const int LongestLine = 2_048;
    private const int LongestMessage = 10 * 1024 * 1024;
    private readonly SmtpLines lines = new();
    private readonly List<string> recipients = [];
    private Stream stream = network;
    private SslStream? secured;
    private string? sender;
    private bool greeted;
    private bool authenticated;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await SendAsync(new(220, "sim.acme.example ESMTP ready"), cancellationToken);
        while (true)
        {
            string line;
            try
            {
                if (await lines.ReadAsync(stream, LongestLine, cancellationToken) is not { } bytes)
                {
                    return;
                }

                line = Encoding.UTF8.GetString(bytes);
            }
            catch (InvalidDataException)
            {
                await SendAsync(new(500, "5.5.6 Line too long"), cancellationToken);
                continue;
            }

            var space = line.IndexOf(' ', StringComparison.Ordinal);
            if (!await AnswerAsync((space < 0 ? line : line[..space]).ToUpperInvariant(), space < 0 ? "" : line[(space + 1)..].Trim(), cancellationToken))
            {
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (secured is not null)
        {
            await secured.DisposeAsync();
        }
    }

    /// <summary>Carries out one command; false ends the connection.</summary>
    private async Task<bool> AnswerAsync(string verb, string argument, CancellationToken cancellationToken)
    {
        var fault = system.Fault(verb, argument);
        var refused = fault?.Kind switch
        {
            SimFaultKind.CutBeforeCommit => new SmtpReply(0, ""),
            SimFaultKind.ServerError or SimFaultKind.ErrorInSuccess => new SmtpReply(fault.Status ?? 451, "4.3.0 Local error in processing"),
            SimFaultKind.RateLimited => new SmtpReply(450, $"4.7.1 Too many messages, try again in {fault.RetryAfterSeconds.Plain()} seconds"),
            SimFaultKind.ExpiredToken => new SmtpReply(535, "5.7.8 Authentication credentials invalid"),
            _ => null,
        };
        var before = system.Count;
        if (refused is { Code: not 0 } && verb == "DATA")
        {
            // The server takes the text before it refuses it.
            _ = await ReadMessageAsync(cancellationToken);
        }

        var reply = refused ?? await HandleAsync(verb, argument, cancellationToken);
        if (fault?.Kind == SimFaultKind.ServerErrorAfterCommit)
        {
            reply = new(451, "4.3.0 Local error in processing");
        }

        system.Record(verb, verb == "AUTH" ? argument.Split(' ')[0] : argument, reply.Code, system.Count > before, fault?.Kind);
        if (fault?.Kind == SimFaultKind.Slow)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(fault.DelayMilliseconds), world.Time, cancellationToken);
        }

        if (fault?.Kind == SimFaultKind.TimeoutAfterCommit)
        {
            // No answer; the next thing to come is the client giving up.
            while (await lines.ReadAsync(stream, LongestLine, cancellationToken) is not null)
            {
            }

            return false;
        }

        if (reply.Code == 0 || fault?.Kind is SimFaultKind.CutAfterCommit or SimFaultKind.CutInBody)
        {
            network.Socket.Close(0);
            return false;
        }

        await SendAsync(reply, cancellationToken);
        if (verb == "STARTTLS" && reply.Code == 220)
        {
            await SecureAsync(cancellationToken);
        }

        return reply.Code is not (221 or 421);
    }

    private async Task<SmtpReply> HandleAsync(string verb, string argument, CancellationToken cancellationToken)
    {
        switch (verb)
        {
            case "EHLO":
                Greet();
                return new(250, string.Join('\n', ["sim.acme.example", $"SIZE {LongestMessage.Plain()}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", .. secured is null ? new[] { "STARTTLS" } : [], "AUTH PLAIN LOGIN"]));
            case "HELO":
                Greet();
                return new(250, "sim.acme.example");
            case "NOOP":
                return new(250, "2.0.0 OK");
            case "RSET":
                Forget();
                return new(250, "2.0.0 OK");
            case "QUIT":
                return new(221, "2.0.0 Bye");
            case "VRFY":
                return new(252, "2.1.5 Send some mail, and I will try");
            case "STARTTLS":
                // What was sent along in the clear must not be taken for something that came secured.
                return secured is null && !lines.HasMore ? new(220, "2.0.0 Ready to start TLS") : new(503, "5.5.1 TLS is not possible now");
            case "AUTH":
                return await SignInAsync(argument, cancellationToken);
            case "MAIL":
                return Begin(argument);
            case "RCPT":
                return Add(argument);
            case "DATA":
                return await TakeAsync(cancellationToken);
            default:
                return new(500, "5.5.2 Command not recognised");
        }
    }

    private async Task SecureAsync(CancellationToken cancellationToken)
    {
        secured = new SslStream(network, leaveInnerStreamOpen: true);
        await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
        stream = secured;

        // What was said before does not count any more.
        (greeted, authenticated) = (false, false);
        Forget();
    }

    private async Task SendAsync(SmtpReply reply, CancellationToken cancellationToken)
    {
        var text = reply.Text.Split('\n');
        var answer = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            answer.Append(reply.Code.Plain()).Append(i < text.Length - 1 ? '-' : ' ').Append(text[i]).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(answer.ToString()), cancellationToken);
    }
}
