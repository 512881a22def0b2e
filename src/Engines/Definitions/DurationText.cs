using System.Globalization;
using System.Text.RegularExpressions;

namespace Steward.Engines.Definitions;

/// <summary>Durations such as <c>200ms</c>, <c>30s</c>, <c>5m</c>, <c>12h</c> and <c>7d</c>.</summary>
public static partial class DurationText
{
    /// <summary>Reads a duration; false when it is none.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        ArgumentNullException.ThrowIfNull(text);
        duration = default;
        var match = Pattern().Match(text);
        if (!match.Success)
        {
            return false;
        }

        var number = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
        duration = match.Groups[2].Value switch
        {
            "ms" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            "h" => TimeSpan.FromHours(number),
            _ => TimeSpan.FromDays(number),
        };
        return true;
    }

    /// <summary>A duration as text, in the largest unit that loses nothing.</summary>
    public static string Of(TimeSpan value) => value switch
    {
        { Milliseconds: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMilliseconds}ms"),
        { Seconds: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalSeconds}s"),
        { Minutes: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalMinutes}m"),
        { Hours: not 0 } => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalHours}h"),
        { Days: 0 } => "0s",
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)value.TotalDays}d"),
    };

    [GeneratedRegex(@"\A([0-9]{1,7})(ms|s|m|h|d)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
