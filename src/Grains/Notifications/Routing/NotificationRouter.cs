using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>Tells people by their own and the tenant's wishes. Holds nothing but what <see cref="KnownPreferences"/> remembers.</summary>
internal sealed class NotificationRouter(IGrainFactory grains, PlatformIdentity platform, KnownPreferences known, INotificationStore store, TimeProvider time) : INotificationRouter
{
    private const int MostAtOnce = 1000;
    private const int MostOfSubject = 2000;
    private const int AtOnce = 16;

    /// <inheritdoc/>
    public async Task TellAsync(string tenantId, IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(notices);
        if (notices.Count > MostAtOnce)
        {
            throw StewardException.Invalid("notices", $"must be at most {MostAtOnce}.");
        }

        foreach (var notice in notices)
        {
            NoticeRules.Check(tenantId, notice);
        }

        if (notices.Count == 0)
        {
            return;
        }

        await RouteAsync(tenantId, notices, cancellationToken);
    }

    private async Task RouteAsync(string tenantId, IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        var settings = await known.SettingsOfAsync(tenantId, cancellationToken);
        var preferences = settings.Channels.Count == 0 ? [] : await PreferencesAsync(tenantId, notices, cancellationToken);
        var earlier = settings.Channels.Count == 0 ? [] : await EarlierAsync(tenantId, notices, cancellationToken);
        var now = time.GetUtcNow();
        Dictionary<string, List<QueuedNotice>> queues = new(StringComparer.Ordinal);
        foreach (var notice in notices)
        {
            // The person's language counts before the directory's.
            var wishes = preferences.GetValueOrDefault(notice.Recipient.UserId) ?? new NotificationPreferences();
            // What nobody is shown nobody needs to keep.
            var spoken = NoticeMask.Of(notice) with { Recipient = notice.Recipient with { Locale = wishes.Locale ?? notice.Recipient.Locale, TimeZone = wishes.TimeZone ?? notice.Recipient.TimeZone } };
            var json = NoticeJson.Write(spoken);
            Add(queues, NotificationChannels.InApp, new QueuedNotice { Notice = json });
            var route = NoticeRoute.Of(spoken, wishes, settings, earlier.GetValueOrDefault(notice.SubjectId) ?? [], now);
            foreach (var channel in route.Channels)
            {
                Add(queues, channel, new QueuedNotice { Notice = json, Next = route.Next, NotBefore = route.NotBefore });
            }
        }

        platform.Assume(tenantId);
        await Task.WhenAll(queues.Select(queue => grains.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(tenantId, queue.Key)).Enqueue(queue.Value, cancellationToken)));
    }

    private async Task<Dictionary<string, NotificationPreferences>> PreferencesAsync(string tenantId, IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        Dictionary<string, NotificationPreferences> preferences = new(StringComparer.Ordinal);
        foreach (var batch in notices.Select(notice => notice.Recipient.UserId).Distinct(StringComparer.Ordinal).Chunk(AtOnce))
        {
            var found = await Task.WhenAll(batch.Select(user => known.PreferencesOfAsync(tenantId, user, cancellationToken)));
            foreach (var (user, wishes) in batch.Zip(found))
            {
                preferences[user] = wishes;
            }
        }

        return preferences;
    }

    // Where people were asked is looked up for those only who are told that it is over.
    private async Task<Dictionary<string, IReadOnlyList<NoticeRow>>> EarlierAsync(string tenantId, IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        Dictionary<string, IReadOnlyList<NoticeRow>> earlier = new(StringComparer.Ordinal);
        foreach (var subject in notices.Where(notice => notice.Kind == NoticeKinds.ApprovalClosed).Select(notice => notice.SubjectId).Distinct(StringComparer.Ordinal))
        {
            earlier[subject] = await store.ListBySubjectAsync(tenantId, subject, MostOfSubject, cancellationToken);
        }

        return earlier;
    }

    private static void Add(Dictionary<string, List<QueuedNotice>> queues, string channel, QueuedNotice notice)
    {
        if (!queues.TryGetValue(channel, out var queue))
        {
            queues[channel] = queue = [];
        }

        queue.Add(notice);
    }
}
