using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Steward.Notifications;

namespace Steward.Client.Http;

/// <summary>One thing that a person was told.</summary>
public sealed record InboxItemResource
{
    /// <summary>Place in the inbox, from 1; the id of its server-sent event.</summary>
    public required long Sequence { get; init; }

    /// <summary>The notice's id.</summary>
    public required string NoticeId { get; init; }

    /// <summary>What it is about, for example <c>approval.requested</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>What belongs together, for example <c>a-…</c>.</summary>
    public required string SubjectId { get; init; }

    /// <summary>One line.</summary>
    public required string Title { get; init; }

    /// <summary>A few lines, plain text.</summary>
    public required string Text { get; init; }

    /// <summary>The notice's data.</summary>
    public required JsonElement Data { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary><c>none</c>, <c>seen</c>, <c>read</c> or <c>acted</c>.</summary>
    public required string Engagement { get; init; }
}

/// <summary>Part of an inbox.</summary>
public sealed record InboxResource
{
    /// <summary>Items, newest first.</summary>
    public required IReadOnlyList<InboxItemResource> Items { get; init; }

    /// <summary>How many were not seen.</summary>
    public required int Unseen { get; init; }

    /// <summary>The last sequence number, to watch from.</summary>
    public required long LastSequence { get; init; }
}

/// <summary>Marks items.</summary>
public sealed record MarkInboxRequest
{
    /// <summary>All up to this one are seen.</summary>
    public long? SeenThrough { get; init; }

    /// <summary>This one was read.</summary>
    public long? Read { get; init; }
}

/// <summary>How a person wants to be told.</summary>
public sealed record SetPreferencesRequest
{
    /// <summary>The channels to try, in order; the tenant's order without it.</summary>
    public IReadOnlyList<string>? Channels { get; init; }

    /// <summary>The channels for a kind of notice, in order; an empty list is in-app only.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>>? ByKind { get; init; }

    /// <summary>The beginning of quiet hours as HH:MM.</summary>
    public string? QuietFrom { get; init; }

    /// <summary>Their end as HH:MM.</summary>
    public string? QuietUntil { get; init; }

    /// <summary>IANA time zone of the quiet hours.</summary>
    public string? TimeZone { get; init; }

    /// <summary>Language, BCP 47.</summary>
    public string? Locale { get; init; }
}

/// <summary>A tenant's settings of notifications.</summary>
public sealed record SetNotificationSettingsRequest
{
    /// <summary>The channels, in the order in which they are tried.</summary>
    public IReadOnlyList<NotificationChannelRequest>? Channels { get; init; }

    /// <summary>The tenant's language, BCP 47; <c>en</c> by default.</summary>
    public string? Locale { get; init; }

    /// <summary>The tenant's IANA time zone; <c>UTC</c> by default.</summary>
    public string? TimeZone { get; init; }

    /// <summary>The tenant's own texts, by <c>kind/language</c> or <c>kind/language/channel</c>.</summary>
    public IReadOnlyDictionary<string, string>? Templates { get; init; }

    /// <summary>The revision that is replaced; 0 for the first.</summary>
    public long Revision { get; init; }
}

/// <summary>One channel of a tenant.</summary>
public sealed record NotificationChannelRequest
{
    /// <summary><c>slack</c>, <c>teams</c>, <c>email</c> or <c>webhook</c>.</summary>
    [Required]
    public string Channel { get; set; } = "";

    /// <summary>The connector instance that it goes through; for webhooks the webhook's id.</summary>
    [Required]
    public string Instance { get; set; } = "";

    /// <summary>The most messages a second, 0.1 to 100; 10 by default.</summary>
    public double? PerSecond { get; init; }

    /// <summary>More that the channel needs.</summary>
    public IReadOnlyDictionary<string, string>? Settings { get; init; }
}

/// <summary>Asks what a notice would look like.</summary>
public sealed record PreviewNoticeRequest
{
    /// <summary>The kind.</summary>
    [Required]
    public string Kind { get; set; } = "";

    /// <summary>The channel.</summary>
    [Required]
    public string Channel { get; set; } = "";

    /// <summary>The language; the tenant's without it.</summary>
    public string? Locale { get; init; }

    /// <summary>A text to try in place of the one that holds.</summary>
    public string? Template { get; init; }

    /// <summary>The data; a sample without it.</summary>
    public JsonElement? Data { get; init; }
}

/// <summary>Sends a notice again.</summary>
public sealed record ReplayNoticeRequest
{
    /// <summary>The notice.</summary>
    [Required]
    [Length(1, 200)]
    public string NoticeId { get; set; } = "";
}

/// <summary>What became of notices.</summary>
public sealed record NoticeListResource
{
    /// <summary>The notices.</summary>
    public required IReadOnlyList<NoticeStatus> Notices { get; init; }
}
