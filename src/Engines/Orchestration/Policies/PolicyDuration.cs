using System.Globalization;
using System.Text.RegularExpressions;

namespace Steward.Engines.Orchestration.Policies;

/// <summary>Durations in a policy: <c>90m</c>, <c>72h</c>, <c>7d</c>, or ISO 8601 with days, hours and minutes, for example <c>P2DT12H</c>.</summary>
internal static partial class PolicyDuration
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365);

    /// <exception cref="FormatException">It is none, or not between a minute and 365 days.</exception>
    public static TimeSpan Parse(string text)
    {
        return (DurationText.TryParse(text, out var duration) || TryParseIso(text, out duration)) && duration >= TimeSpan.FromMinutes(1) && duration <= Longest
            ? duration
            : throw new FormatException("'expires' must be a duration from 1 minute to 365 days such as 90m, 72h, 7d or P2DT12H.");
    }

    private static bool TryParseIso(string text, out TimeSpan duration)
    {
        var match = Iso().Match(text);
        duration = TimeSpan.FromMinutes((Part("d") * 24 * 60) + (Part("h") * 60) + Part("m"));
        return match.Success;

        double Part(string name) => match.Groups[name] is { Success: true } part ? int.Parse(part.ValueSpan, CultureInfo.InvariantCulture) : 0;
    }

    [GeneratedRegex(@"\AP(?=.)(?:(?<d>[0-9]{1,5})D)?(?:T(?=.)(?:(?<h>[0-9]{1,5})H)?(?:(?<m>[0-9]{1,6})M)?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Iso();
}
