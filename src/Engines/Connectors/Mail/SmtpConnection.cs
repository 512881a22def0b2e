using System.Globalization;
using System.Net.Security;
using System.Text;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Mail;

/// <summary>A reply of a mail server.</summary>
internal sealed record SmtpReply(int Code, string Text)
{
    /// <summary>Code and enhanced code (RFC 3463), nothing else: servers repeat addresses in their texts.</summary>
    public string Shown
    {
        get
        {
            var enhanced = Text.Split(' ', 2)[0];
            return enhanced.Length <= 9 && enhanced.Count(c => c == '.') == 2 && enhanced.All(c => char.IsAsciiDigit(c) || c == '.')
                ? string.Create(CultureInfo.InvariantCulture, $"The server answered {Code} {enhanced}.")
                : string.Create(CultureInfo.InvariantCulture, $"The server answered {Code}.");
        }
    }
}

/// <summary>One connection to a mail server: lines and replies.</summary>
internal sealed class SmtpConnection(Stream network) : IAsyncDisposable
{
    private const int MaxLine = 2_048;
    private const int MaxLines = 100;

    private readonly byte[] _buffer = new byte[4 * 1024];
    private HashSet<string> _extensions = [];
    private Stream _stream = network;
    private int _start;
    private int _end;

    /// <summary>Whether the server's greeting named an extension, or a mechanism of AUTH as <c>AUTH PLAIN</c>.</summary>
    public bool Offers(string extension) => _extensions.Contains(extension);

    public async Task SecureAsync(string host, RemoteCertificateValidationCallback? trust, CancellationToken cancellationToken)
    {
        if (_start < _end)
        {
            // Something that came in the clear would be taken for something secured.
            throw new InvalidDataException("The server spoke before TLS began.");
        }

        var secured = new SslStream(_stream, leaveInnerStreamOpen: false, trust);
        _stream = secured;
        await secured.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = host }, cancellationToken);
    }

    public async Task<SmtpReply> GreetAsync(CancellationToken cancellationToken)
    {
        var reply = await AskAsync("EHLO steward.invalid", cancellationToken);
        _extensions = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in reply.Text.Split('\n').Skip(1))
        {
            var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            _extensions.UnionWith(words.Length > 0 && words[0].Equals("AUTH", StringComparison.OrdinalIgnoreCase) ? words.Skip(1).Select(word => "AUTH " + word) : words.Take(1));
        }

        return reply;
    }

    /// <summary>Signs in; a reply with code 0 when the server takes no mechanism that is known here.</summary>
    public async Task<SmtpReply> SignInAsync(string user, SecretText? password, CancellationToken cancellationToken)
    {
        var secret = password?.Reveal() ?? "";
        if (Offers("AUTH PLAIN"))
        {
            return await AskAsync("AUTH PLAIN " + Base64($"\0{user}\0{secret}"), cancellationToken);
        }

        if (!Offers("AUTH LOGIN"))
        {
            return new SmtpReply(0, "");
        }

        var begun = await AskAsync("AUTH LOGIN", cancellationToken);
        var named = begun.Code == 334 ? await AskAsync(Base64(user), cancellationToken) : begun;
        return named.Code == 334 ? await AskAsync(Base64(secret), cancellationToken) : named;
    }

    public async Task<SmtpReply> AskAsync(string command, CancellationToken cancellationToken)
    {
        if (command.Any(char.IsControl) && !command.StartsWith("AUTH ", StringComparison.Ordinal))
        {
            throw new InvalidDataException("A command must be one line.");
        }

        await _stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken);
        return await ReadAsync(cancellationToken);
    }

    /// <summary>Writes a message of ASCII lines; a dot at a line's beginning is doubled (RFC 5321, 4.5.2).</summary>
    public async Task WriteMessageAsync(string message, CancellationToken cancellationToken)
    {
        var stuffed = message.StartsWith('.') ? "." + message : message;
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(stuffed.Replace("\r\n.", "\r\n..", StringComparison.Ordinal)), cancellationToken);
    }

    public async Task EndMessageAsync(CancellationToken cancellationToken) => await _stream.WriteAsync(".\r\n"u8.ToArray(), cancellationToken);

    /// <summary>Takes leave; what has become of the mail is known by then.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            await _stream.WriteAsync("QUIT\r\n"u8.ToArray());
        }
        catch (IOException)
        {
            // The server went first.
        }
    }

    public async Task<SmtpReply> ReadAsync(CancellationToken cancellationToken)
    {
        var texts = new List<string>();
        while (true)
        {
            var line = await LineAsync(cancellationToken);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || texts.Count >= MaxLines)
            {
                throw new InvalidDataException("The server does not speak SMTP.");
            }

            texts.Add(line.Length > 4 ? line[4..] : "");
            if (line.Length == 3 || line[3] != '-')
            {
                return new SmtpReply(code, string.Join('\n', texts));
            }
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private async ValueTask<string> LineAsync(CancellationToken cancellationToken)
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end)
            {
                (_start, _end) = (0, await _stream.ReadAsync(_buffer, cancellationToken));
                if (_end == 0)
                {
                    throw new EndOfStreamException("The server closed the connection.");
                }
            }

            var character = (char)_buffer[_start++];
            if (character == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            if (line.Append(character).Length > MaxLine)
            {
                throw new InvalidDataException("A line of the server is too long.");
            }
        }
    }
}
