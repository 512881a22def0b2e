using System.Text;
using Steward.EnterpriseSim.Hosting;

namespace Steward.EnterpriseSim.Smtp;

/// <summary>Signing in, the envelope and the message itself.</summary>
internal sealed partial class SmtpSession
{
    private void Greet()
    {
        greeted = true;
        Forget();
    }

    private void Forget()
    {
        sender = null;
        recipients.Clear();
    }

    private async Task<SmtpReply> SignInAsync(string argument, CancellationToken cancellationToken)
    {
        if (!greeted || authenticated)
        {
            return new(503, "5.5.1 Bad sequence of commands");
        }

        var parts = argument.Split(' ', 2);
        string user;
        string password;
        switch (parts[0].ToUpperInvariant())
        {
            case "PLAIN":
                if (Decode(parts.Length > 1 ? parts[1] : await AskAsync("", cancellationToken))?.Split('\0') is not [_, var name, var word])
                {
                    return new(501, "5.5.2 Cannot decode the response");
                }

                (user, password) = (name, word);
                break;
            case "LOGIN":
                if (Decode(parts.Length > 1 ? parts[1] : await AskAsync("VXNlcm5hbWU6", cancellationToken)) is not { } login || Decode(await AskAsync("UGFzc3dvcmQ6", cancellationToken)) is not { } secret)
                {
                    return new(501, "5.5.2 Cannot decode the response");
                }

                (user, password) = (login, secret);
                break;
            default:
                return new(504, "5.5.4 Unrecognised authentication type");
        }

        authenticated = system.IsAccount(user, password);
        return authenticated ? new(235, "2.7.0 Authentication succeeded") : new(535, "5.7.8 Authentication credentials invalid");
    }

    private async Task<string?> AskAsync(string challenge, CancellationToken cancellationToken)
    {
        await SendAsync(new(334, challenge), cancellationToken);
        return await lines.ReadAsync(stream, LongestLine, cancellationToken) is { } bytes ? Encoding.ASCII.GetString(bytes) : null;
    }

    private static string? Decode(string? text)
    {
        var bytes = new byte[text?.Length ?? 0];
        return text is not null && Convert.TryFromBase64String(text, bytes, out var length) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private SmtpReply Begin(string argument)
    {
        if (!greeted || sender is not null)
        {
            return new(503, "5.5.1 Bad sequence of commands");
        }

        if (!authenticated)
        {
            return new(530, "5.7.0 Authentication required");
        }

        if (Path(argument, "FROM:") is not { } address)
        {
            return new(501, "5.1.7 Bad sender address syntax");
        }

        var size = argument.Split(' ').FirstOrDefault(p => p.StartsWith("SIZE=", StringComparison.OrdinalIgnoreCase));
        if (size is not null && (!long.TryParse(size.AsSpan(5), out var announced) || announced > LongestMessage))
        {
            return new(552, "5.3.4 Message size exceeds fixed maximum message size");
        }

        sender = address;
        return new(250, "2.1.0 OK");
    }

    private SmtpReply Add(string argument)
    {
        if (sender is null)
        {
            return new(503, "5.5.1 Bad sequence of commands");
        }

        if (Path(argument, "TO:") is not { Length: > 0 } address)
        {
            return new(501, "5.1.3 Bad recipient address syntax");
        }

        if (recipients.Count >= 100)
        {
            return new(452, "4.5.3 Too many recipients");
        }

        var reply = system.Recipient(sender, address);
        if (reply.Code == 250)
        {
            recipients.Add(address);
        }

        return reply;
    }

    private async Task<SmtpReply> TakeAsync(CancellationToken cancellationToken)
    {
        if (sender is null || recipients.Count == 0)
        {
            return new(sender is null ? 503 : 554, sender is null ? "5.5.1 Bad sequence of commands" : "5.5.1 No valid recipients");
        }

        var data = await ReadMessageAsync(cancellationToken);
        var received = data is null ? null : new ReceivedMail(sender, [.. recipients], data, secured is not null, world.Time.GetUtcNow());
        Forget();
        return received is null ? new(552, "5.3.4 Message size exceeds fixed maximum message size") : system.Accept(received);
    }

    /// <summary>The text up to the line with a single dot; null if it is too large.</summary>
    private async Task<string?> ReadMessageAsync(CancellationToken cancellationToken)
    {
        await SendAsync(new(354, "Start mail input; end with <CRLF>.<CRLF>"), cancellationToken);
        var text = new StringBuilder();
        var fits = true;
        while (true)
        {
            byte[] line;
            try
            {
                line = await lines.ReadAsync(stream, LongestMessage, cancellationToken) ?? throw new IOException("The client left in the middle of a message.");
            }
            catch (InvalidDataException)
            {
                fits = false;
                continue;
            }

            if (line is [(byte)'.'])
            {
                return fits ? text.ToString() : null;
            }

            fits &= text.Length + line.Length < LongestMessage;
            if (fits)
            {
                text.Append(Encoding.UTF8.GetString(line is [(byte)'.', ..] ? line.AsSpan(1) : line)).Append("\r\n");
            }
        }
    }

    /// <summary>The address in angle brackets behind a keyword; null if there is none.</summary>
    private static string? Path(string argument, string keyword)
    {
        if (!argument.StartsWith(keyword, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var rest = argument[keyword.Length..].TrimStart();
        var close = rest.IndexOf('>', StringComparison.Ordinal);
        return rest.StartsWith('<') && close > 0 ? rest[1..close] : null;
    }
}
