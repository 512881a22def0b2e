using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Steward.Engines.Definitions;

/// <summary>Durations in definitions: <c>90m</c>, <c>72h</c>, <c>7d</c>, or ISO 8601 with days, hours and minutes, for example <c>P2DT12H</c>.</summary>
public static partial class DefinitionDuration
{
    /// <summary>The longest.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <summary>Reads one.</summary>
    /// <returns>False when it is none, or longer than <see cref="Longest"/>; zero is one.</returns>
    public static bool TryParse([NotNullWhen(true)] string? text, out TimeSpan duration)
    {
        // Nothing here is decided in seconds.
        if (text is [.., 'd' or 'h' or 'm'] && DurationText.TryParse(text, out duration))
        {
            return duration <= Longest;
        }

        duration = default;
        var match = Iso().Match(text ?? "");
        if (!match.Success)
        {
            return false;
        }

        duration = TimeSpan.FromMinutes(Part("d") * 24 * 60) + TimeSpan.FromMinutes(Part("h") * 60) + TimeSpan.FromMinutes(Part("m"));
        return duration <= Longest;

        double Part(string name) => match.Groups[name] is { Success: true } part ? int.Parse(part.ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    /// <summary>Reads one of at least a minute.</summary>
    /// <param name="text">The text.</param>
    /// <param name="field">How the error names it.</param>
    /// <exception cref="FormatException">It is none, or not between a minute and 365 days.</exception>
    public static TimeSpan Parse(string text, string field) => TryParse(text, out var duration) && duration >= TimeSpan.FromMinutes(1)
        ? duration
        : throw new FormatException($"'{field}' must be a duration from 1 minute to 365 days such as 90m, 72h, 7d or P2DT12H.");

    /// <summary>The shortest way to write one of whole minutes.</summary>
    public static string Format(TimeSpan duration)
    {
        var minutes = duration.Ticks / TimeSpan.TicksPerMinute;
        return minutes switch
        {
            _ when minutes % (24 * 60) == 0 && minutes > 0 => string.Create(CultureInfo.InvariantCulture, $"{minutes / (24 * 60)}d"),
            _ when minutes % 60 == 0 => string.Create(CultureInfo.InvariantCulture, $"{minutes / 60}h"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{minutes}m"),
        };
    }

    [GeneratedRegex(@"\AP(?=.)(?:(?<d>[0-9]{1,5})D)?(?:T(?=.)(?:(?<h>[0-9]{1,5})H)?(?:(?<m>[0-9]{1,6})M)?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();
}
