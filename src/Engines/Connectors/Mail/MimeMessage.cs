using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Steward.Engines.Connectors.Mail;

/// <summary>Writes a mail as RFC 5322 and RFC 2045 have it. All of it is ASCII with lines of at most 76 characters, so that no server changes it.</summary>
internal static class MimeMessage
{
    private const int WordBytes = 42;

    /// <exception cref="FormatException">A header's value holds control characters; the message names it.</exception>
    public static string Write(OutgoingMail mail)
    {
        var text = new StringBuilder();
        Header(text, "From", mail.FromName is { Length: > 0 } name ? $"{Word(name, "fromName")} <{Plain(mail.From, "from")}>" : Plain(mail.From, "from"));
        Header(text, "To", Plain(mail.To, "to"));
        Header(text, "Subject", Word(mail.Subject, "subject"));
        Header(text, "Date", mail.Date.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss", CultureInfo.InvariantCulture) + " +0000");
        Header(text, "Message-ID", $"<{Plain(mail.MessageId, "messageId")}>");
        if (mail.InReplyTo is { } earlier)
        {
            Header(text, "In-Reply-To", $"<{Plain(earlier, "inReplyTo")}>");
            Header(text, "References", $"<{Plain(earlier, "inReplyTo")}>");
        }

        // Out-of-office answers to a program help nobody (RFC 3834).
        Header(text, "Auto-Submitted", "auto-generated");
        Header(text, "X-Auto-Response-Suppress", "All");
        Header(text, "MIME-Version", "1.0");
        if (mail.Html is null)
        {
            Part(text, "text/plain", mail.Text);
            return text.ToString();
        }

        // Base64 holds no hyphens and underscores: nothing inside can look like the boundary.
        var boundary = "=_steward_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(mail.MessageId)).AsSpan(0, 12));
        Header(text, "Content-Type", $"multipart/alternative; boundary=\"{boundary}\"");
        text.Append("\r\n");
        foreach (var (type, content) in new[] { ("text/plain", mail.Text), ("text/html", mail.Html) })
        {
            text.Append("--").Append(boundary).Append("\r\n");
            Part(text, type, content);
        }

        return text.Append("--").Append(boundary).Append("--\r\n").ToString();
    }

    private static void Part(StringBuilder text, string type, string content)
    {
        Header(text, "Content-Type", $"{type}; charset=utf-8");
        Header(text, "Content-Transfer-Encoding", "base64");
        text.Append("\r\n").Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(content.ReplaceLineEndings("\r\n")), Base64FormattingOptions.InsertLineBreaks)).Append("\r\n");
    }

    private static void Header(StringBuilder text, string name, string value) => text.Append(name).Append(": ").Append(value).Append("\r\n");

    private static string Plain(string value, string name) =>
        value.Length is 0 or > 500 || value.Any(character => character is <= ' ' or > '~' or '<' or '>' or ',' or ';')
            ? throw new FormatException($"{name} must be 1 to 500 ASCII characters without spaces, commas, semicolons and angle brackets.")
            : value;

    // Encoded words of RFC 2047, several with folds between them where one would be longer than 75 characters.
    private static string Word(string value, string name)
    {
        if (value.Any(char.IsControl))
        {
            throw new FormatException($"{name} must not hold line breaks or other control characters.");
        }

        if (value.Length <= 60 && value.All(character => char.IsAsciiLetterOrDigit(character) || character is ' ' or '-' or '.' or '!' or '?' or '/' or '+') && !value.StartsWith(' ') && !value.EndsWith(' '))
        {
            return value;
        }

        var words = new List<string>();
        var bytes = new List<byte>();
        Span<byte> buffer = stackalloc byte[4];
        foreach (var rune in value.EnumerateRunes())
        {
            var length = rune.EncodeToUtf8(buffer);
            if (bytes.Count + length > WordBytes)
            {
                Flush();
            }

            bytes.AddRange(buffer[..length]);
        }

        Flush();
        return string.Join("\r\n ", words);

        void Flush()
        {
            words.Add($"=?utf-8?B?{Convert.ToBase64String([.. bytes])}?=");
            bytes.Clear();
        }
    }
}
