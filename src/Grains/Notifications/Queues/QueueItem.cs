using System.Text.Json;
using Steward.Engines.Notifications;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>A notice that a channel still has to send, in memory.</summary>
internal sealed class QueueItem(NoticeRow row, QueueDocument document)
{
    /// <summary>What the table says, or will say with the next write.</summary>
    public NoticeRow Row { get; set; } = row;

    /// <summary>The notice.</summary>
    public Notice Notice => document.Notice;

    /// <summary>The channels to try after this one.</summary>
    public IReadOnlyList<string> Next => document.Next;

    /// <summary>Since when it may be sent.</summary>
    public DateTimeOffset DueSince => document.NotBefore;

    /// <summary>Whether it may have been tried without anybody having been able to note how that went: by an earlier owner of the queue, or by a sender that failed halfway.</summary>
    public bool MayHaveBeenTried { get; set; }

    /// <summary>Whether people may see it although no reference of it is known.</summary>
    public bool MayBeOut => Row.Delivery == NoticeDelivery.Unknown;

    /// <summary>Whether it only makes sense as a change of a message that is there already.</summary>
    public bool OnlyAsUpdate { get; set; }

    /// <summary>When it is due.</summary>
    public DateTimeOffset DueAt => Row.NextAt ?? DueSince;

    /// <summary>What a row says.</summary>
    /// <exception cref="JsonException">It is not one of a notice.</exception>
    public static QueueItem Of(NoticeRow row, bool mayHaveBeenTried) => new(row, DocumentOf(row)) { MayHaveBeenTried = mayHaveBeenTried };

    /// <summary>What a row says of its notice.</summary>
    /// <exception cref="JsonException">It is not one of a notice.</exception>
    public static QueueDocument DocumentOf(NoticeRow row) =>
        JsonSerializer.Deserialize(row.Document, NoticeJson.Default.QueueDocument) ?? throw new JsonException("The row holds no notice.");
}

/// <summary>The values of <see cref="NoticeRow.Delivery"/>.</summary>
internal static class NoticeDelivery
{
    public const string Queued = "queued";

    public const string Sent = "sent";

    public const string Delivered = "delivered";

    public const string Failed = "failed";

    public const string Bounced = "bounced";

    public const string Unknown = "unknown";

    public const string Skipped = "skipped";

    /// <summary>Whether the channel gave up on it without having told anybody.</summary>
    public static bool HasFailed(string delivery) => delivery is Failed or Bounced;

    /// <summary>Whether somebody may see it on the channel.</summary>
    public static bool IsOut(string delivery) => delivery is Sent or Delivered or Unknown;
}

/// <summary>The values of <see cref="NoticeRow.Engagement"/>, in their order.</summary>
internal static class NoticeEngagement
{
    public const string None = "none";

    public const string Unknown = "unknown";

    public const string Seen = "seen";

    public const string Read = "read";

    public const string Acted = "acted";

    /// <summary>Whether one says more than another.</summary>
    public static bool IsMore(string than, string engagement) => Rank(engagement) > Rank(than);

    /// <summary>Whether it is one that people can cause.</summary>
    public static bool IsOfPeople(string engagement) => Rank(engagement) > 0;

    private static int Rank(string engagement) => engagement switch { Seen => 1, Read => 2, Acted => 3, _ => 0 };
}
