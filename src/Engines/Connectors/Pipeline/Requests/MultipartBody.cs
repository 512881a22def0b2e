using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Requests;

/// <summary>A body in parts, taken apart once: a form (RFC 7578) or related parts (RFC 2387). The same values give the same bytes, so that a repetition is one.</summary>
internal sealed partial class MultipartBody
{
    private readonly Part[] _parts;
    private readonly bool _isForm;

    public MultipartBody(IEnumerable<PartSpec> parts, bool isForm)
    {
        _isForm = isForm;
        _parts = [.. parts.Select(part => new Part(
            part.Name,
            part.Json is { } json ? BodyTemplate.Parse(json) : null,
            part.Text is { } text ? new ValueTemplate(text) : null,
            part.Base64 is { } bytes ? new ValueTemplate(bytes) : null,
            part.FileName is { } name ? new ValueTemplate(name) : null,
            part.ContentType is { } type ? new ValueTemplate(type) : null))];
    }

    /// <summary>The bytes and their media type.</summary>
    /// <exception cref="OutcomeException">A value cannot be sent where it belongs.</exception>
    public (ReadOnlyMemory<byte> Body, string ContentType) Write(TemplateScope scope)
    {
        var parts = new List<(string Head, ReadOnlyMemory<byte> Content)>(_parts.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in _parts)
        {
            if (ContentOf(part, scope) is { } content)
            {
                parts.Add((HeadOf(part, scope), content));
                hash.AppendData(content.Span);
            }
        }

        // No content can hold what is made of its own hash.
        var boundary = "steward-" + Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 16));
        var body = new MemoryStream();
        foreach (var (head, content) in parts)
        {
            body.Write(Encoding.UTF8.GetBytes($"--{boundary}\r\n{head}\r\n"));
            body.Write(content.Span);
            body.Write("\r\n"u8);
        }

        body.Write(Encoding.ASCII.GetBytes($"--{boundary}--\r\n"));
        return (body.ToArray(), $"multipart/{(_isForm ? "form-data" : "related")}; boundary={boundary}");
    }

    private static ReadOnlyMemory<byte>? ContentOf(Part part, TemplateScope scope)
    {
        if (part.Json is { } json)
        {
            return json.Json(scope);
        }

        if (part.Text is { } text)
        {
            return text.Text(scope) is { } value ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(value) : null;
        }

        if (part.Base64!.Text(scope) is not { } encoded)
        {
            return null;
        }

        try
        {
            return Convert.FromBase64String(encoded);
        }
        catch (FormatException)
        {
            throw OutcomeException.Invalid(part.Base64.FirstName ?? "arguments", "must be base64 (RFC 4648, with padding).");
        }
    }

    private string HeadOf(Part part, TemplateScope scope)
    {
        var head = new StringBuilder();
        var fileName = part.FileName?.Text(scope);
        if (_isForm)
        {
            head.Append("Content-Disposition: form-data; name=\"").Append(Quoted(part.Name!)).Append('"');
            head.Append(fileName is null ? "" : $"; filename=\"{Quoted(fileName)}\"").Append("\r\n");
        }
        else if (fileName is not null)
        {
            head.Append("Content-Disposition: attachment; filename=\"").Append(Quoted(fileName)).Append("\"\r\n");
        }

        var type = part.ContentType?.Text(scope) ?? (part.Json is not null ? "application/json" : part.Base64 is not null ? "application/octet-stream" : null);
        if (type is not null)
        {
            head.Append("Content-Type: ").Append(MediaType().IsMatch(type) ? type : throw OutcomeException.Invalid(part.ContentType!.FirstName ?? "arguments", "must be a media type such as application/pdf.")).Append("\r\n");
        }

        return head.ToString();
    }

    // As browsers do (WHATWG, multipart/form-data): a quotation mark or a line break would end the name.
    private static string Quoted(string text) =>
        string.Concat(text.Select(character => character switch { '"' => "%22", '\r' => "%0D", '\n' => "%0A", _ when char.IsControl(character) => "_", _ => character.ToString() }));

    [GeneratedRegex(@"\A[A-Za-z0-9!#$&^_.+-]{1,80}/[A-Za-z0-9!#$&^_.+-]{1,80}(?:; ?[A-Za-z0-9-]{1,20}=[A-Za-z0-9_.-]{1,40}){0,2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex MediaType();

    private sealed record Part(string? Name, BodyTemplate? Json, ValueTemplate? Text, ValueTemplate? Base64, ValueTemplate? FileName, ValueTemplate? ContentType);
}
