using Orleans.Concurrency;
using Steward.Connectors;

namespace Steward.Notifications;

/// <summary>
/// The queue of one channel of a tenant. Key: <c>t-acme/q-slack</c>. Sends what the notification table holds for it, in order for each thread, within the channel's rate; tries again, then gives the notice to the next channel.
/// </summary>
[Alias("steward.notification-queue")]
public interface INotificationQueueGrain : IGrainWithStringKey
{
    /// <summary>Takes notices; durable when this returns. Idempotent by notice and channel. The platform only.</summary>
    [Alias("enqueue")]
    [AlwaysInterleave] // Safe: what comes gathers for the next write, which takes all of it.
    Task Enqueue(IReadOnlyList<QueuedNotice> notices, CancellationToken cancellationToken = default);

    /// <summary>Notes that somebody acted on, read or saw a notice. Idempotent; never takes anything back. The platform only.</summary>
    [Alias("engaged")]
    [AlwaysInterleave] // Safe: gathers for the next write, too.
    Task Engaged(string threadId, string engagement, CancellationToken cancellationToken = default);

    /// <summary>What the channel is doing: how much waits, how old the oldest is, whether it works. Admins and the platform.</summary>
    [Alias("get-info")]
    [AlwaysInterleave] // Safe: only reads counters.
    Task<QueueInfo> GetInfo(CancellationToken cancellationToken = default);

    /// <summary>Goes on with what waits. Harmless when nothing does; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);
}

/// <summary>A notice in a queue.</summary>
[GenerateSerializer]
[Alias("steward.queued-notice")]
public sealed record QueuedNotice
{
    /// <summary>The notice as JSON, in the form of the notifications engine.</summary>
    [Id(0)]
    public required string Notice { get; init; }

    /// <summary>The channels to try after this one, in order.</summary>
    [Id(1)]
    public IReadOnlyList<string> Next { get; init; } = [];

    /// <summary>Not before this time, because of quiet hours; null at once.</summary>
    [Id(2)]
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Whether it is sent again when it failed on this channel before.</summary>
    [Id(3)]
    public bool Again { get; init; }
}

/// <summary>What a queue is doing.</summary>
[GenerateSerializer]
[Alias("steward.queue-info")]
public sealed record QueueInfo
{
    /// <summary>The channel.</summary>
    [Id(0)]
    public required string Channel { get; init; }

    /// <summary>Notices that wait.</summary>
    [Id(1)]
    public required int Waiting { get; init; }

    /// <summary>Since when the oldest waits.</summary>
    [Id(2)]
    public DateTimeOffset? OldestAt { get; init; }

    /// <summary>Dead letters.</summary>
    [Id(3)]
    public int Dead { get; init; }

    /// <summary>What went wrong last; null while it works.</summary>
    [Id(4)]
    public string? LastError { get; init; }
}

/// <summary>
/// A person's inbox: what they were told in-app, live; their preferences. Key: <c>t-acme/u-7/i-inbox</c>.
/// </summary>
[Alias("steward.inbox")]
public interface IInboxGrain : IGrainWithStringKey
{
    /// <summary>Takes a notice and tells those who watch. Durable when this returns; idempotent by its id. The platform only.</summary>
    [Alias("deliver")]
    Task Deliver(InboxItem item, CancellationToken cancellationToken = default);

    /// <summary>
    /// Takes over what a person was told before they ever signed in, under an id that stood for their address alone: each notice once, those of the last 30 days. The platform only, once the address surely is the person's.
    /// </summary>
    [Alias("adopt")]
    Task Adopt(string placeholderId, CancellationToken cancellationToken = default);

    /// <summary>What is in it, oldest first. The platform only.</summary>
    [Alias("read")]
    [AlwaysInterleave] // Safe: reads what was last written.
    Task<IReadOnlyList<InboxItem>> Read(CancellationToken cancellationToken = default);

    /// <summary>The newest items, newest first. The person.</summary>
    [Alias("list")]
    Task<InboxPage> List(long? beforeSequence, int limit, CancellationToken cancellationToken = default);

    /// <summary>Items after a sequence number, then live ones. The person.</summary>
    [Alias("watch")]
    [AlwaysInterleave] // Safe: only reads the sequenced items.
    IAsyncEnumerable<InboxItem> Watch(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>Marks items up to a sequence number as seen, or one as read. Idempotent. The person.</summary>
    [Alias("mark")]
    Task Mark(MarkInbox command, CancellationToken cancellationToken = default);

    /// <summary>The person's preferences. The person, admins and the platform.</summary>
    [Alias("get-preferences")]
    [AlwaysInterleave] // Safe: reads what was last written.
    Task<NotificationPreferences> GetPreferences(CancellationToken cancellationToken = default);

    /// <summary>Replaces the preferences. The person.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    [Alias("set-preferences")]
    Task<NotificationPreferences> SetPreferences(NotificationPreferences preferences, CancellationToken cancellationToken = default);
}

/// <summary>One thing that a person was told in-app.</summary>
[GenerateSerializer]
[Alias("steward.inbox-item")]
public sealed record InboxItem
{
    /// <summary>Place in the inbox, from 1; 0 before it has one.</summary>
    [Id(0)]
    public long Sequence { get; init; }

    /// <summary>The notice's id.</summary>
    [Id(1)]
    public required string NoticeId { get; init; }

    /// <summary>What it is about, for example <c>approval.requested</c>.</summary>
    [Id(2)]
    public required string Kind { get; init; }

    /// <summary>What belongs together.</summary>
    [Id(3)]
    public required string SubjectId { get; init; }

    /// <summary>One line.</summary>
    [Id(4)]
    public required string Title { get; init; }

    /// <summary>A few lines, plain text.</summary>
    [Id(5)]
    public required string Text { get; init; }

    /// <summary>The notice's data, a JSON object.</summary>
    [Id(6)]
    public required string Data { get; init; }

    /// <summary>When it was made.</summary>
    [Id(7)]
    public required DateTimeOffset At { get; init; }

    /// <summary><c>none</c>, <c>seen</c>, <c>read</c> or <c>acted</c>.</summary>
    [Id(8)]
    public string Engagement { get; init; } = "none";

    /// <summary>The notice's thread.</summary>
    [Id(9)]
    public string ThreadId { get; init; } = "";
}

/// <summary>Part of an inbox.</summary>
[GenerateSerializer]
[Alias("steward.inbox-page")]
public sealed record InboxPage
{
    /// <summary>Items, newest first.</summary>
    [Id(0)]
    public required IReadOnlyList<InboxItem> Items { get; init; }

    /// <summary>How many were not seen.</summary>
    [Id(1)]
    public required int Unseen { get; init; }

    /// <summary>The last sequence number, to watch from.</summary>
    [Id(2)]
    public required long LastSequence { get; init; }
}

/// <summary>Marks items.</summary>
[GenerateSerializer]
[Alias("steward.mark-inbox")]
public sealed record MarkInbox
{
    /// <summary>All up to this one are seen; null leaves that.</summary>
    [Id(0)]
    public long? SeenThrough { get; init; }

    /// <summary>This one was read.</summary>
    [Id(1)]
    public long? Read { get; init; }

    /// <summary>Everything of this thread was acted on; by the platform only.</summary>
    [Id(2)]
    public string? ActedOn { get; init; }
}

/// <summary>How a person wants to be told.</summary>
[GenerateSerializer]
[Alias("steward.notification-preferences")]
public sealed record NotificationPreferences
{
    /// <summary>The channels to try, in order; empty is the tenant's order. In-app always gets everything.</summary>
    [Id(0)]
    public IReadOnlyList<string> Channels { get; init; } = [];

    /// <summary>The channels for a kind of notice, in order; an empty list is in-app only.</summary>
    [Id(1)]
    public Dictionary<string, List<string>> ByKind { get; init; } = [];

    /// <summary>The beginning of quiet hours as HH:MM; null has none.</summary>
    [Id(2)]
    public string? QuietFrom { get; init; }

    /// <summary>Their end as HH:MM; before the beginning when they go over midnight.</summary>
    [Id(3)]
    public string? QuietUntil { get; init; }

    /// <summary>IANA time zone of the quiet hours; null is the directory's, then the tenant's.</summary>
    [Id(4)]
    public string? TimeZone { get; init; }

    /// <summary>Language, BCP 47; null is the directory's, then the tenant's.</summary>
    [Id(5)]
    public string? Locale { get; init; }
}

/// <summary>A tenant's settings of notifications, and the answers that channels bring. Key: <c>t-acme/i-notifications</c>.</summary>
[Alias("steward.notification-settings")]
public interface INotificationSettingsGrain : IGrainWithStringKey
{
    /// <summary>The settings. Admins and the platform.</summary>
    [Alias("get")]
    [AlwaysInterleave] // Safe: reads what was last written.
    Task<NotificationSettings> Get(CancellationToken cancellationToken = default);

    /// <summary>Replaces the settings. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field.</exception>
    [Alias("set")]
    Task<NotificationSettings> Set(NotificationSettings settings, CancellationToken cancellationToken = default);

    /// <summary>What a notice would look like on a channel, with sample data or the data that is given. Admins only.</summary>
    [Alias("preview")]
    Task<NoticePreview> Preview(PreviewNotice command, CancellationToken cancellationToken = default);

    /// <summary>
    /// A click in a channel: judges the request by the channel's own rules, finds out which person of the tenant it is, decides in their name, and says what to answer. The platform only, for a sender that proves who it is by the
    /// request itself.
    /// </summary>
    [Alias("receive-action")]
    [AlwaysInterleave] // Safe: changes nothing here; the approval's grain decides.
    Task<HookAnswer> ReceiveAction(string channel, HookDelivery delivery, CancellationToken cancellationToken = default);

    /// <summary>What became of the notices about a subject, for example <c>a-…</c>. Admins and the platform.</summary>
    [Alias("list-by-subject")]
    [AlwaysInterleave] // Safe: reads the table.
    Task<IReadOnlyList<NoticeStatus>> ListBySubject(string subjectId, CancellationToken cancellationToken = default);

    /// <summary>A page of the notices that no channel could deliver, newest first. Admins only.</summary>
    [Alias("list-dead-letters")]
    [AlwaysInterleave] // Safe: reads the table.
    Task<IReadOnlyList<NoticeStatus>> ListDeadLetters(int limit, CancellationToken cancellationToken = default);

    /// <summary>Sends a dead letter again on its first channel. Admins only.</summary>
    [Alias("replay-dead-letter")]
    Task ReplayDeadLetter(string noticeId, CancellationToken cancellationToken = default);
}

/// <summary>A tenant's settings of notifications.</summary>
[GenerateSerializer]
[Alias("steward.notification-settings-value")]
public sealed record NotificationSettings
{
    /// <summary>The channels, in the order in which they are tried.</summary>
    [Id(0)]
    public IReadOnlyList<NotificationChannel> Channels { get; init; } = [];

    /// <summary>The tenant's language, BCP 47.</summary>
    [Id(1)]
    public string Locale { get; init; } = "en";

    /// <summary>The tenant's IANA time zone.</summary>
    [Id(2)]
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The tenant's own texts, by <c>kind/language</c> or <c>kind/language/channel</c>.</summary>
    [Id(3)]
    public Dictionary<string, string> Templates { get; init; } = [];

    /// <summary>Grows with each change; a change that names another is refused. 0 before the first.</summary>
    [Id(4)]
    public long Revision { get; init; }
}

/// <summary>One channel of a tenant.</summary>
[GenerateSerializer]
[Alias("steward.notification-channel")]
public sealed record NotificationChannel
{
    /// <summary><c>slack</c>, <c>teams</c>, <c>email</c> or <c>webhook</c>.</summary>
    [Id(0)]
    public required string Channel { get; init; }

    /// <summary>The connector instance that it goes through; for webhooks the webhook's id.</summary>
    [Id(1)]
    public required string Instance { get; init; }

    /// <summary>The most messages a second, 0.1 to 100.</summary>
    [Id(2)]
    public double PerSecond { get; init; } = 10;

    /// <summary>More that the channel needs, for example <c>from</c> for mail.</summary>
    [Id(3)]
    public Dictionary<string, string> Settings { get; init; } = [];
}

/// <summary>Asks what a notice would look like.</summary>
[GenerateSerializer]
[Alias("steward.preview-notice")]
public sealed record PreviewNotice
{
    /// <summary>The kind.</summary>
    [Id(0)]
    public required string Kind { get; init; }

    /// <summary>The channel.</summary>
    [Id(1)]
    public required string Channel { get; init; }

    /// <summary>The language; null is the tenant's.</summary>
    [Id(2)]
    public string? Locale { get; init; }

    /// <summary>A text to try in place of the one that holds.</summary>
    [Id(3)]
    public string? Template { get; init; }

    /// <summary>The data, a JSON object; null takes a sample.</summary>
    [Id(4)]
    public string? Data { get; init; }
}

/// <summary>What a notice would look like.</summary>
[GenerateSerializer]
[Alias("steward.notice-preview")]
public sealed record NoticePreview
{
    /// <summary>Subject or first line.</summary>
    [Id(0)]
    public required string Title { get; init; }

    /// <summary>Plain text.</summary>
    [Id(1)]
    public required string Text { get; init; }

    /// <summary>What the channel would be sent: Block Kit, an Adaptive Card, HTML or the webhook's body.</summary>
    [Id(2)]
    public required string Payload { get; init; }
}
