using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Mail;

/// <summary>
/// Speaks SMTP (RFC 5321) with STARTTLS (RFC 3207) and AUTH (RFC 4954). The client of the base library is not used: it cannot tell a mail that was lost on the way from one that may have been taken, and looks
/// names up by itself, past the rules of which addresses a tenant may reach.
/// </summary>
internal sealed class SmtpTransport : IMailTransport
{
    private readonly INameResolver _names;
    private readonly RemoteCertificateValidationCallback? _trust;

    public SmtpTransport(INameResolver names)
        : this(names, null)
    {
    }

    /// <param name="names">Finds addresses.</param>
    /// <param name="trust">Judges certificates; null lets the system do so.</param>
    internal SmtpTransport(INameResolver names, RemoteCertificateValidationCallback? trust) => (_names, _trust) = (names, trust);

    public async Task<MailOutcome> SendAsync(MailServer server, OutgoingMail? mail, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        string? message;
        try
        {
            message = mail is null ? null : MimeMessage.Write(mail);
        }
        catch (FormatException exception)
        {
            return new MailOutcome(MailOutcomeKind.Refused, exception.Message);
        }

        // Whether all of the mail is on its way, after which a broken connection says nothing.
        var isSent = false;
        try
        {
            var network = await InstanceConnections.CreateGuard(_names, server.AllowPrivateAddresses).ConnectAsync(server.Host, server.Port, cancellationToken);
            await using var connection = new SmtpConnection(network);
            if (server.Security == MailSecurity.None && !IsHere(network))
            {
                return new MailOutcome(MailOutcomeKind.NotPossible, "Without TLS mail is only handed to a server on this machine.");
            }

            if (await OpenAsync(connection, server, cancellationToken) is { } refused)
            {
                return refused;
            }

            if (mail is not null)
            {
                var outcome = await HandOverAsync(connection, mail, message!, () => isSent = true, cancellationToken);
                await connection.LeaveAsync();
                return outcome;
            }

            await connection.LeaveAsync();
            return new MailOutcome(MailOutcomeKind.Taken, "250");
        }
        catch (AddressForbiddenException exception)
        {
            return new MailOutcome(MailOutcomeKind.NotPossible, $"The host {exception.Message}");
        }
        catch (AuthenticationException)
        {
            return new MailOutcome(MailOutcomeKind.Unavailable, "The server's certificate is not trusted.");
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidDataException)
        {
            return isSent ? Lost() : new MailOutcome(MailOutcomeKind.Unavailable, "The connection could not be made, or was lost.");
        }
        catch (OperationCanceledException) when (isSent)
        {
            return Lost();
        }

        static MailOutcome Lost() => new(MailOutcomeKind.Unknown, "The connection was lost before the server said whether it took the mail.");
    }

    private static bool IsHere(NetworkStream network) => network.Socket.RemoteEndPoint is IPEndPoint end && IPAddress.IsLoopback(end.Address);

    // Null when mail can be handed over.
    private async Task<MailOutcome?> OpenAsync(SmtpConnection connection, MailServer server, CancellationToken cancellationToken)
    {
        if (server.Security == MailSecurity.Tls)
        {
            await connection.SecureAsync(server.Host, _trust, cancellationToken);
        }

        if (await connection.ReadAsync(cancellationToken) is { Code: not 220 } greeting)
        {
            return Unavailable(greeting);
        }

        if (await connection.GreetAsync(cancellationToken) is { Code: not 250 } refused)
        {
            return Unavailable(refused);
        }

        if (server.Security == MailSecurity.StartTls)
        {
            if (!connection.Offers("STARTTLS"))
            {
                return new MailOutcome(MailOutcomeKind.NotPossible, "The server does not offer STARTTLS.");
            }

            if (await connection.AskAsync("STARTTLS", cancellationToken) is { Code: not 220 } noTls)
            {
                return Unavailable(noTls);
            }

            await connection.SecureAsync(server.Host, _trust, cancellationToken);
            if (await connection.GreetAsync(cancellationToken) is { Code: not 250 } again)
            {
                return Unavailable(again);
            }
        }

        if (server.User is not { Length: > 0 } user)
        {
            return null;
        }

        var signedIn = await connection.SignInAsync(user, server.Password, cancellationToken);
        return signedIn.Code switch
        {
            235 => null,
            504 or 0 => new MailOutcome(MailOutcomeKind.NotPossible, "The server takes neither AUTH PLAIN nor AUTH LOGIN."),
            530 or 534 or 535 or 538 => new MailOutcome(MailOutcomeKind.SignInRefused, signedIn.Shown),
            >= 500 => new MailOutcome(MailOutcomeKind.Refused, signedIn.Shown),
            _ => Unavailable(signedIn),
        };
    }

    private static async Task<MailOutcome> HandOverAsync(SmtpConnection connection, OutgoingMail mail, string message, Action sent, CancellationToken cancellationToken)
    {
        var from = await connection.AskAsync($"MAIL FROM:<{mail.From}>", cancellationToken);
        if (from.Code != 250)
        {
            return Refused(from);
        }

        var to = await connection.AskAsync($"RCPT TO:<{mail.To}>", cancellationToken);
        if (to.Code is not (250 or 251))
        {
            // 5.7 is a rule of the server's (RFC 3463): the address may well exist.
            return to.Code is 550 or 551 or 553 && !to.Text.StartsWith("5.7.", StringComparison.Ordinal) ? new MailOutcome(MailOutcomeKind.NoSuchAddress, to.Shown) : Refused(to);
        }

        var data = await connection.AskAsync("DATA", cancellationToken);
        if (data.Code != 354)
        {
            return Refused(data);
        }

        await connection.WriteMessageAsync(message, cancellationToken);
        sent();
        await connection.EndMessageAsync(cancellationToken);
        var taken = await connection.ReadAsync(cancellationToken);
        return taken.Code is >= 200 and < 300 ? new MailOutcome(MailOutcomeKind.Taken, taken.Shown) : Refused(taken);
    }

    // The second figure of the enhanced code (RFC 3463) says what is to blame: the address or mailbox, the mail system or its network, or a rule such as that of too many mails.
    private static MailOutcome Refused(SmtpReply reply) => reply switch
    {
        { Code: 421 } => Unavailable(reply),
        { Code: < 400 or >= 500 } => new MailOutcome(MailOutcomeKind.Refused, reply.Shown),
        { Text: ['4', '.', '1' or '2', '.', ..] } => new MailOutcome(MailOutcomeKind.MailboxBusy, reply.Shown),
        { Text: ['4', '.', '3' or '4', '.', ..] } => Unavailable(reply),
        _ => new MailOutcome(MailOutcomeKind.Deferred, reply.Shown),
    };

    private static MailOutcome Unavailable(SmtpReply reply) => new(MailOutcomeKind.Unavailable, reply.Shown);
}
