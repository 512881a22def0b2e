using System.Globalization;
using System.Net.Mail;
using System.Text.RegularExpressions;

namespace Steward.Engines.Definitions;

/// <summary>The formats that are checked: <c>date</c>, <c>date-time</c> (RFC 3339), <c>email</c>, <c>uri</c> (absolute, RFC 3986) and <c>uuid</c>.</summary>
internal static partial class SchemaFormats
{
    private static readonly Dictionary<string, Func<string, bool>> Known = new(StringComparer.Ordinal)
    {
        ["date"] = IsDate,
        ["date-time"] = IsDateTime,
        ["email"] = IsEmail,
        ["uri"] = IsUri,
        ["uuid"] = value => value.Length == 36 && Guid.TryParseExact(value, "D", out _),
    };

    public static IEnumerable<string> Names => Known.Keys;

    public static Func<string, bool>? Find(string name) => Known.GetValueOrDefault(name);

    private static bool IsDate(string value) =>
        DateOnly.TryParseExact(value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    private static bool IsDateTime(string value)
    {
        var match = DateTimePattern().Match(value);
        if (!match.Success || !IsDate(match.Groups["date"].Value))
        {
            return false;
        }

        int Number(string group) => match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture) : 0;
        var (hour, minute, second) = (Number("hour"), Number("minute"), Number("second"));
        var (offsetHour, offsetMinute) = (Number("oh"), Number("om"));
        if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59)
        {
            return false;
        }

        if (second < 60)
        {
            return true;
        }

        // A leap second is inserted at 23:59:60 UTC only.
        var sign = match.Groups["sign"].Value == "-" ? 1 : -1;
        var utc = (hour * 60) + minute + (sign * ((offsetHour * 60) + offsetMinute));
        return ((utc % 1440) + 1440) % 1440 == 1439;
    }

    private static bool IsEmail(string value) =>
        value.Length <= 254 && !value.Contains(' ', StringComparison.Ordinal) && MailAddress.TryCreate(value, out var address) && address.Address == value
        && !value.Contains("..", StringComparison.Ordinal);

    private static bool IsUri(string value) =>
        UriCharacters().IsMatch(value) && Uri.TryCreate(value, UriKind.Absolute, out _);

    [GeneratedRegex(@"^(?<date>[0-9]{4}-[0-9]{2}-[0-9]{2})[Tt](?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})(\.[0-9]+)?([Zz]|(?<sign>[+-])(?<oh>[0-9]{2}):(?<om>[0-9]{2}))\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex DateTimePattern();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9+.-]*:([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex UriCharacters();
}
