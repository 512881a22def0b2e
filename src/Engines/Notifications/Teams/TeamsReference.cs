using System.Text.RegularExpressions;

namespace Steward.Engines.Notifications.Teams;

/// <summary>An activity of Teams: its conversation and its id.</summary>
internal static partial class TeamsReference
{
    public static string Format(string conversation, string activity) => $"{conversation} {activity}";

    public static bool TryParse(string? reference, out string conversation, out string activity)
    {
        (conversation, activity) = ("", "");
        if (reference is null || References().Match(reference) is not { Success: true } match)
        {
            return false;
        }

        (conversation, activity) = (match.Groups[1].Value, match.Groups[2].Value);
        return true;
    }

    // Ids of conversations hold colons, at signs and what base64 has.
    [GeneratedRegex(@"\A([A-Za-z0-9:@._=+~-]{5,200}) ([A-Za-z0-9:._=+-]{1,100})\z", RegexOptions.CultureInvariant)]
    private static partial Regex References();
}
