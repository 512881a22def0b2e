using Steward.Engines.Notifications;
using Steward.Errors;

namespace Steward.Notifications;

/// <summary>What preferences may say. Pure.</summary>
internal static class PreferenceRules
{
    private static readonly string[] Kinds =
    [
        NoticeKinds.ApprovalRequested, NoticeKinds.ApprovalReminder, NoticeKinds.ApprovalEscalated, NoticeKinds.ApprovalClosed, NoticeKinds.ApprovalResult, NoticeKinds.ApprovalComment,
        NoticeKinds.ConnectorSignIn, NoticeKinds.MajorIncident, NoticeKinds.ModelBudget, NoticeKinds.ModelRegression, NoticeKinds.ModelDrift,
    ];

    /// <summary>The kinds of notices.</summary>
    public static IReadOnlyList<string> AllKinds => Kinds;

    /// <summary>Checks preferences.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(NotificationPreferences preferences)
    {
        CheckChannels(preferences.Channels, "channels");
        foreach (var (kind, channels) in preferences.ByKind)
        {
            if (!Kinds.Contains(kind))
            {
                throw StewardException.Invalid("byKind", $"must name kinds among {string.Join(", ", Kinds)}.");
            }

            CheckChannels(channels, $"byKind.{kind}");
        }

        CheckTime(preferences.QuietFrom, "quietFrom");
        CheckTime(preferences.QuietUntil, "quietUntil");
        if (preferences.QuietFrom is null != preferences.QuietUntil is null)
        {
            throw StewardException.Invalid("quietUntil", "must be there together with quietFrom, or neither of them.");
        }

        CheckZone(preferences.TimeZone, "timeZone");
        CheckLocale(preferences.Locale, "locale");
    }

    /// <summary>Checks an IANA time zone; null is none.</summary>
    public static void CheckZone(string? zone, string field)
    {
        if (zone is not null && (zone.Length > 64 || !zone.All(char.IsAscii) || !TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)))
        {
            throw StewardException.Invalid(field, "must be an IANA time zone, for example Europe/Berlin.");
        }
    }

    /// <summary>Checks a language; null is none.</summary>
    public static void CheckLocale(string? locale, string field)
    {
        if (locale is not null && (locale.Length is < 2 or > 35 || !locale.All(character => char.IsAsciiLetterOrDigit(character) || character == '-') || !char.IsAsciiLetter(locale[0])))
        {
            throw StewardException.Invalid(field, "must be a BCP 47 tag, for example en or de-AT.");
        }
    }

    private static void CheckChannels(IReadOnlyList<string> channels, string field)
    {
        if (channels.Any(channel => !NotificationChannels.External.Contains(channel)) || channels.Distinct(StringComparer.Ordinal).Count() != channels.Count)
        {
            throw StewardException.Invalid(field, $"must be some of {string.Join(", ", NotificationChannels.External)}, each once.");
        }
    }

    private static void CheckTime(string? time, string field)
    {
        if (time is not null && !QuietHours.TryRead(time, out _))
        {
            throw StewardException.Invalid(field, "must be a time of the day as HH:MM, from 00:00 to 23:59.");
        }
    }
}
