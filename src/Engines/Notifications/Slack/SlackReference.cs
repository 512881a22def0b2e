using System.Text.RegularExpressions;

namespace Steward.Engines.Notifications.Slack;

/// <summary>A message of Slack: its conversation and its time stamp.</summary>
internal static partial class SlackReference
{
    public static string Format(string channel, string ts) => $"{channel}/{ts}";

    public static bool TryParse(string? reference, out string channel, out string ts)
    {
        (channel, ts) = ("", "");
        if (reference is null || References().Match(reference) is not { Success: true } match)
        {
            return false;
        }

        (channel, ts) = (match.Groups[1].Value, match.Groups[2].Value);
        return true;
    }

    [GeneratedRegex(@"\A([CGD][A-Z0-9]{6,19})/([0-9]{10}\.[0-9]{6})\z", RegexOptions.CultureInvariant)]
    private static partial Regex References();
}
