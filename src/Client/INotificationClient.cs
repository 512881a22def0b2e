using Steward.Notifications;

namespace Steward.Client;

/// <summary>What the caller was told, and how they want to be told. Reached through <see cref="IStewardUserClient.Notifications"/>.</summary>
public interface INotificationClient
{
    /// <summary>The newest items of the caller's inbox, newest first.</summary>
    /// <param name="beforeSequence">Only items with a lower sequence number; null for the newest.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<InboxPage> ListAsync(long? beforeSequence = null, int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>Items after a sequence number, then live ones, each once and in order. Lost silos and broken lines are bridged. Ends only with <paramref name="cancellationToken"/>.</summary>
    /// <exception cref="Errors.StewardException"><c>unavailable</c> when that did not help for a while: go on after the last item.</exception>
    IAsyncEnumerable<InboxItem> WatchAsync(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>Marks items as seen or read. Idempotent.</summary>
    Task MarkAsync(MarkInbox command, CancellationToken cancellationToken = default);

    /// <summary>How the caller wants to be told.</summary>
    Task<NotificationPreferences> GetPreferencesAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces that. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    Task<NotificationPreferences> SetPreferencesAsync(NotificationPreferences preferences, CancellationToken cancellationToken = default);

    /// <summary>The tenant's settings. Admins only.</summary>
    Task<NotificationSettings> GetSettingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Replaces the tenant's settings, provided that their revision still is the one that is named. Admins only. Not repeated after a failure: look which revision holds.</summary>
    Task<NotificationSettings> SetSettingsAsync(NotificationSettings settings, CancellationToken cancellationToken = default);

    /// <summary>What a notice would look like on a channel. Keeps and sends nothing. Admins only.</summary>
    Task<NoticePreview> PreviewAsync(PreviewNotice command, CancellationToken cancellationToken = default);

    /// <summary>What became of the notices about a subject, for example an approval. Admins only; others see those of an approval with <see cref="IApprovalClient.GetAsync"/>.</summary>
    Task<IReadOnlyList<NoticeStatus>> ListBySubjectAsync(string subjectId, CancellationToken cancellationToken = default);

    /// <summary>The notices that no channel could deliver, newest first. Admins only.</summary>
    Task<IReadOnlyList<NoticeStatus>> ListDeadLettersAsync(int limit = 50, CancellationToken cancellationToken = default);

    /// <summary>Sends one of those again on its first channel. Admins only.</summary>
    Task ReplayDeadLetterAsync(string noticeId, CancellationToken cancellationToken = default);

    /// <summary>What a channel's queue is doing. Admins only.</summary>
    Task<QueueInfo> GetQueueAsync(string channel, CancellationToken cancellationToken = default);
}
