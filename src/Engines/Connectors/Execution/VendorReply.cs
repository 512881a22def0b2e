using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Execution;

/// <summary>A complete answer of an external system.</summary>
internal sealed class VendorReply(int status, HttpResponseHeaders headers, ReadOnlyMemory<byte> body, AnswerFormat format = AnswerFormat.Json)
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    public int Status => status;

    public bool IsSuccess => status is >= 200 and < 300;

    /// <summary>The body as JSON; undefined when it is empty or something else.</summary>
    public JsonElement Json => field.ValueKind != JsonValueKind.Undefined ? field : field = IsXml ? XmlAnswer.Parse(body) : Parse(body);

    /// <summary>Whether it is XML, where one of something looks like a single value instead of a list.</summary>
    public bool IsXml => format == AnswerFormat.Xml && body.Span.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..];

    /// <summary>Whether there is no body.</summary>
    public bool IsEmpty => body.IsEmpty;

    /// <summary>The body as a text, whatever it is.</summary>
    public string Text => System.Text.Encoding.UTF8.GetString(body.Span);

    /// <summary>The length of the body in bytes.</summary>
    public int Length => body.Length;

    /// <summary>The server's own time, if it says it.</summary>
    public DateTimeOffset? Date => headers.Date;

    /// <summary>The first value of a header.</summary>
    public string? Header(string name) => headers.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    /// <summary>All values of a header that may be repeated.</summary>
    public IEnumerable<string> Headers(string name) => headers.TryGetValues(name, out var values) ? values : [];

    /// <summary>The <c>Retry-After</c> of RFC 9110: seconds or a date.</summary>
    public TimeSpan? RetryAfter(DateTimeOffset now)
    {
        var value = headers.RetryAfter;
        return Bounded(value?.Delta ?? (value?.Date is { } date ? date - (headers.Date ?? now) : null));
    }

    /// <summary>A header with the time of the next permitted call in seconds since 1970; measured by the server's own clock where it sends it.</summary>
    public TimeSpan? UntilEpochSeconds(string name, DateTimeOffset now) =>
        long.TryParse(Header(name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_799
            ? Bounded(DateTimeOffset.FromUnixTimeSeconds(seconds) - (headers.Date ?? now))
            : null;

    /// <summary>A header with the time of the next permitted call in ISO 8601.</summary>
    public TimeSpan? UntilTimestamp(string name, DateTimeOffset now) =>
        DateTimeOffset.TryParse(Header(name), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? Bounded(time - (headers.Date ?? now))
            : null;

    private static TimeSpan? Bounded(TimeSpan? wait) => wait switch
    {
        null => null,
        { } negative when negative < TimeSpan.FromSeconds(1) => TimeSpan.FromSeconds(1),
        { } long_ when long_ > TimeSpan.FromDays(1) => TimeSpan.FromDays(1),
        _ => wait,
    };

    private static JsonElement Parse(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return default;
        }

        try
        {
            using var document = JsonDocument.Parse(body, Options);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }
}

/// <summary>Reading of JSON whose shape an external system decides: what is absent or of another type is null.</summary>
internal static class JsonReading
{
    public static JsonElement? Member(this JsonElement element, string name)
    {
        try
        {
            return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
        }
        catch (InvalidOperationException)
        {
            // A member's name holds half of a surrogate pair.
            return null;
        }
    }

    public static JsonElement? Member(this JsonElement? element, string name) => element?.Member(name);

    public static string? Text(this JsonElement element, string name) => element.Member(name).AsText();

    public static string? Text(this JsonElement? element, string name) => element.Member(name).AsText();

    public static bool? Flag(this JsonElement element, string name) => element.Member(name) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { ValueKind: JsonValueKind.String } text when bool.TryParse(((JsonElement?)text).AsText(), out var value) => value,
        _ => null,
    };

    public static IEnumerable<JsonElement> Items(this JsonElement? element) =>
        element is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    public static string? AsText(this JsonElement? element)
    {
        try
        {
            return element switch
            {
                { ValueKind: JsonValueKind.String } text => text.GetString(),
                { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }
}
