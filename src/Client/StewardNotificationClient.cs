using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Client;

/// <summary>Inbox, preferences and the tenant's settings of notifications over grain calls.</summary>
internal sealed class StewardNotificationClient(IGrainFactory grains, SignedCaller calls, CallEnvelope envelope, CallerIdentity identity, InboxWatcher watcher) : INotificationClient
{
    private IInboxGrain Inbox => grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(identity.TenantId, identity.UserId));

    private INotificationSettingsGrain Settings => grains.GetGrain<INotificationSettingsGrain>(GrainKeys.NotificationSettings(identity.TenantId));

    /// <inheritdoc/>
    public Task<InboxPage> ListAsync(long? beforeSequence = null, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return CallAsync("inbox.list", changes: false, Inbox, (beforeSequence, limit), static (inbox, page, token) => inbox.List(page.beforeSequence, page.limit, token), cancellationToken);
    }

    /// <inheritdoc/>
    public IAsyncEnumerable<InboxItem> WatchAsync(long afterSequence, CancellationToken cancellationToken = default)
    {
        InputRules.After(afterSequence);
        var inbox = Inbox;
        return watcher.WatchAsync((after, token) => inbox.Watch(after, token), envelope.Attach, afterSequence, cancellationToken);
    }

    /// <inheritdoc/>
    public Task MarkAsync(MarkInbox command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        return CallAsync("inbox.mark", changes: true, Inbox, command, static async (inbox, command, token) =>
        {
            await inbox.Mark(command, token);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<NotificationPreferences> GetPreferencesAsync(CancellationToken cancellationToken = default) =>
        CallAsync("inbox.get-preferences", changes: false, Inbox, 0, static (inbox, _, token) => inbox.GetPreferences(token), cancellationToken);

    /// <inheritdoc/>
    public Task<NotificationPreferences> SetPreferencesAsync(NotificationPreferences preferences, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(preferences);
        return CallAsync("inbox.set-preferences", changes: true, Inbox, preferences, static (inbox, preferences, token) => inbox.SetPreferences(preferences, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<NotificationSettings> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("notification-settings.get", changes: false, Settings, 0, static (settings, _, token) => settings.Get(token), cancellationToken);

    /// <inheritdoc/>
    public Task<NotificationSettings> SetSettingsAsync(NotificationSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return calls.CallAsync("notification-settings.set", idempotent: false, changes: true, Settings, settings, static (grain, settings, token) => grain.Set(settings, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<NoticePreview> PreviewAsync(PreviewNotice command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        return CallAsync("notification-settings.preview", changes: false, Settings, command, static (settings, command, token) => settings.Preview(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<NoticeStatus>> ListBySubjectAsync(string subjectId, CancellationToken cancellationToken = default)
    {
        InputRules.SubjectId(subjectId);
        OnlyAdmins();
        return CallAsync("notification-settings.list-by-subject", changes: false, Settings, subjectId, static (settings, id, token) => settings.ListBySubject(id, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<NoticeStatus>> ListDeadLettersAsync(int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return CallAsync("notification-settings.list-dead-letters", changes: false, Settings, limit, static (settings, limit, token) => settings.ListDeadLetters(limit, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReplayDeadLetterAsync(string noticeId, CancellationToken cancellationToken = default)
    {
        InputRules.NoticeId(noticeId);
        return CallAsync("notification-settings.replay-dead-letter", changes: true, Settings, noticeId, static async (settings, id, token) =>
        {
            await settings.ReplayDeadLetter(id, token);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<QueueInfo> GetQueueAsync(string channel, CancellationToken cancellationToken = default)
    {
        InputRules.Channel(channel);
        OnlyAdmins();
        var queue = grains.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(identity.TenantId, channel));
        return CallAsync("notification-queue.get-info", changes: false, queue, 0, static (queue, _, token) => queue.GetInfo(token), cancellationToken);
    }

    // The grains say so as well; this spares activating a queue for everybody who asks.
    private void OnlyAdmins()
    {
        if (!identity.Roles.Contains(WellKnownRoles.Admin))
        {
            throw StewardException.Forbidden("Only an admin of the tenant may do this.");
        }
    }

    // Unless said otherwise all calls of this client are idempotent by their nature.
    private Task<TResult> CallAsync<TGrain, TState, TResult>(
        string operation, bool changes, TGrain grain, TState state, Func<TGrain, TState, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken) =>
        calls.CallAsync(operation, idempotent: true, changes, grain, state, call, cancellationToken);
}
