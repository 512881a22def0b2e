using Steward.Engines.Notifications;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>On which channels beside the inbox a notice goes out, and when. Pure.</summary>
/// <param name="Channels">The channels, each of which gets a message of its own.</param>
/// <param name="Next">Those that are tried one after the other when the only channel fails.</param>
/// <param name="NotBefore">Not before this time; null at once.</param>
internal sealed record NoticeRoute(IReadOnlyList<string> Channels, IReadOnlyList<string> Next, DateTimeOffset? NotBefore)
{
    private static readonly NoticeRoute InboxOnly = new([], [], null);

    /// <summary>Finds the route.</summary>
    /// <param name="notice">The notice.</param>
    /// <param name="preferences">How the person wants to be told.</param>
    /// <param name="settings">What the tenant set up.</param>
    /// <param name="earlier">What became of earlier notices of the thread.</param>
    /// <param name="now">The time.</param>
    public static NoticeRoute Of(Notice notice, NotificationPreferences preferences, NotificationSettings settings, IEnumerable<NoticeRow> earlier, DateTimeOffset now)
    {
        List<string> available = [.. settings.Channels.Select(channel => channel.Channel).Where(channel => IsReachable(channel, notice.Recipient))];
        var notBefore = notice.IsUrgent ? null : QuietHours.Of(preferences)?.EndAt(now, ZoneOf(notice, preferences, settings));
        if (notBefore >= notice.ExpiresAt)
        {
            // It would lapse unseen: a question that nobody gets is worse than one at night.
            notBefore = null;
        }

        if (notice.Kind == NoticeKinds.ApprovalClosed)
        {
            // Every copy of the question is brought up to date, wherever it went, and nobody is told who was not asked.
            var asked = earlier
                .Where(row => row.ThreadId == notice.ThreadId && row.Channel != NotificationChannels.InApp && (row.IsOpen || NoticeDelivery.IsOut(row.Delivery)))
                .Select(row => row.Channel)
                .Where(available.Contains)
                .Distinct(StringComparer.Ordinal)
                .ToList();
            if (asked.Count > 0)
            {
                return new NoticeRoute(asked, [], notBefore);
            }
        }

        var wanted = preferences.ByKind.TryGetValue(notice.Kind, out var ofKind) ? ofKind : preferences.Channels.Count > 0 ? preferences.Channels : available;
        List<string> channels = [.. wanted.Where(available.Contains).Distinct(StringComparer.Ordinal)];
        return channels.Count == 0 ? InboxOnly : new NoticeRoute([channels[0]], channels[1..], notBefore);
    }

    // Slack, Teams and mail find people by their address; a webhook is one of the tenant.
    private static bool IsReachable(string channel, NoticeRecipient recipient) => channel == NotificationChannels.Webhook || !string.IsNullOrEmpty(recipient.Email);

    private static TimeZoneInfo ZoneOf(Notice notice, NotificationPreferences preferences, NotificationSettings settings)
    {
        foreach (var id in (string?[])[preferences.TimeZone, notice.Recipient.TimeZone, settings.TimeZone])
        {
            if (!string.IsNullOrEmpty(id) && TimeZoneInfo.TryFindSystemTimeZoneById(id, out var zone))
            {
                return zone;
            }
        }

        return TimeZoneInfo.Utc;
    }
}
