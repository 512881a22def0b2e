using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Connectors.Mapping;

/// <summary>Dates between ISO 8601, seconds and milliseconds since 1970, and .NET's custom formats. Times without an offset are UTC.</summary>
internal static class MappingDates
{
    public static bool IsFormat(string format)
    {
        if (format is "iso" or "epoch" or "epoch_ms")
        {
            return true;
        }

        try
        {
            return format.Length is > 1 and <= 60 && format.Any(c => c is 'y' or 'M' or 'd' or 'H' or 'h') && DateTimeOffset.UnixEpoch.ToString(format, CultureInfo.InvariantCulture).Length > 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    public static JsonNode Convert(JsonNode value, string? from, string to)
    {
        var time = Read(value, from);
        return to switch
        {
            "epoch" => time.ToUnixTimeSeconds(),
            "epoch_ms" => time.ToUnixTimeMilliseconds(),
            "iso" => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
            _ => time.ToString(to, CultureInfo.InvariantCulture),
        };
    }

    private static DateTimeOffset Read(JsonNode value, string? from)
    {
        if (value.GetValueKind() == JsonValueKind.Number || from is "epoch" or "epoch_ms")
        {
            var text = value.GetValueKind() == JsonValueKind.Number ? value.ToJsonString() : value.GetValue<string>();
            if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < 253_402_300_799_000m)
            {
                // A year beyond 5000 is milliseconds.
                var milliseconds = from == "epoch_ms" || (from is null && Math.Abs(number) > 100_000_000_000m) ? number : number * 1000;
                if (Math.Abs(milliseconds) < 253_402_300_799_000m && milliseconds > -62_135_596_800_000m)
                {
                    return DateTimeOffset.FromUnixTimeMilliseconds((long)milliseconds);
                }
            }

            throw new MappingException("the value is no time since 1970.");
        }

        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces;
        var given = value.GetValue<string>();
        var fits = from is null or "iso"
            ? DateTimeOffset.TryParse(given, CultureInfo.InvariantCulture, Styles, out var time) && given.Length >= 8 && char.IsAsciiDigit(given[0])
            : DateTimeOffset.TryParseExact(given, from, CultureInfo.InvariantCulture, Styles, out time);
        return fits ? time : throw new MappingException($"the text is no date of the form {from ?? "2026-01-31T12:00:00Z"}.");
    }
}
