using System.Globalization;
using System.Text.RegularExpressions;
using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Days;

/// <summary>Puts days in the place of words such as "next Thursday" and "since March", as of when and where they were said. Pure.</summary>
public static partial class StatementDates
{
    /// <summary>What is to be remembered of a statement that says when.</summary>
    /// <param name="statement">What was said.</param>
    /// <param name="saidAt">When.</param>
    /// <param name="zone">Where the person's day begins; UTC where that is not known.</param>
    /// <returns>
    /// The statement, with <see cref="Statement.From"/> where it says since when it holds, and with days in its value where it says when somebody is away; null where those cannot be known, and where it says until when it holds, since it is not to be
    /// remembered as if it lasted. Words that say since when and cannot be read leave it as it is: it holds from when it was said.
    /// </returns>
    public static Statement? Resolve(Statement statement, DateTimeOffset saidAt, TimeZoneInfo zone)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(zone);
        if (statement.When is not { } when)
        {
            return statement;
        }

        var span = SpokenDates.Read(when, DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(saidAt, zone).DateTime));
        return statement.Slot == "absent" ? span is { } away ? statement with { Value = away.ToString(), When = null } : null
            : statement.IsRetraction ? statement with { When = null }
            : span is { Until: not null } ? null
            : statement with { When = null, From = span?.From is { } day ? Begin(day, zone) : null };
    }

    /// <summary>The time zone that a person means, such as <c>Europe/Berlin</c>, <c>CET</c>, <c>UTC+2</c> or <c>Berlin</c>; UTC where it is not one, or one of several.</summary>
    public static TimeZoneInfo ZoneOf(string? said)
    {
        var name = said?.Trim() ?? "";
        if (Offset().Match(name) is { Success: true } offset)
        {
            var (hours, minutes) = (int.Parse(offset.Groups["h"].Value, CultureInfo.InvariantCulture), offset.Groups["m"].Success ? int.Parse(offset.Groups["m"].Value, CultureInfo.InvariantCulture) : 0);
            return hours <= 14 && minutes < 60 ? TimeZoneInfo.CreateCustomTimeZone(name, (offset.Groups["s"].Value == "-" ? -1 : 1) * (new TimeSpan(hours, minutes, 0) is var shift && shift > TimeSpan.FromHours(14) ? TimeSpan.FromHours(14) : shift), name, name) : TimeZoneInfo.Utc;
        }

        if (name.Length == 0 || name.Length > 64)
        {
            return TimeZoneInfo.Utc;
        }

        if (TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone))
        {
            return zone;
        }

        var ending = "/" + name.Replace(' ', '_');
        var named = TimeZoneInfo.GetSystemTimeZones().Where(zone => zone.Id.EndsWith(ending, StringComparison.OrdinalIgnoreCase)).Take(2).ToList();
        return named is [var only] ? only : TimeZoneInfo.Utc;
    }

    // Where clocks are put forward at midnight, the day begins an hour later.
    private static DateTimeOffset Begin(DateOnly day, TimeZoneInfo zone)
    {
        var midnight = day.ToDateTime(TimeOnly.MinValue);
        while (zone.IsInvalidTime(midnight))
        {
            midnight = midnight.AddMinutes(30);
        }

        return new DateTimeOffset(midnight, zone.GetUtcOffset(midnight)).ToUniversalTime();
    }

    [GeneratedRegex("""^(?:UTC|GMT)\s*(?<s>[+\-])\s*(?<h>\d\d?)(?::?(?<m>\d\d))?$""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Offset();
}
