using System.Text.Json;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>A person's inbox: the fold of its journal.</summary>
internal sealed class InboxState : IFolded
{
    /// <summary>The most items that are kept.</summary>
    public const int MaxItems = 500;

    /// <summary>The most characters of all items together; snapshots hold them.</summary>
    public const long MaxLength = 2 * 1024 * 1024;

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>The newest items, oldest first.</summary>
    public List<InboxItem> Items { get; set; } = [];

    /// <summary>The last item's number.</summary>
    public long LastSequence { get; set; }

    /// <summary>How the person wants to be told.</summary>
    public NotificationPreferences Preferences { get; set; } = new();

    /// <summary>How many items were not seen.</summary>
    public int Unseen() => Items.Count(item => item.Engagement == NoticeEngagement.None);

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        if (entry.Payload.Length == 0)
        {
            // A purge left its id only.
            return;
        }

        switch (entry.Type)
        {
            case InboxRecordTypes.Delivered:
                Take(JsonSerializer.Deserialize(entry.Payload.Span, InboxJson.Default.InboxDelivered)!);
                break;
            case InboxRecordTypes.Marked:
                var marked = JsonSerializer.Deserialize(entry.Payload.Span, InboxJson.Default.InboxMarked)!;
                for (var at = 0; at < Items.Count; at++)
                {
                    Items[at] = Items[at] with { Engagement = After(marked, Items[at]) };
                }

                break;
            case InboxRecordTypes.Preferred:
                Preferences = JsonSerializer.Deserialize(entry.Payload.Span, InboxJson.Default.NotificationPreferences)!;
                break;
        }
    }

    /// <summary>What an item's engagement is once something was noted: never less than before.</summary>
    public static string After(InboxMarked marked, InboxItem item)
    {
        var engagement = item.ThreadId is { Length: > 0 } && marked.ActedOn == item.ThreadId ? NoticeEngagement.Acted
            : marked.Read == item.Sequence ? NoticeEngagement.Read
            : item.Sequence <= marked.SeenThrough ? NoticeEngagement.Seen
            : item.Engagement;
        return NoticeEngagement.IsMore(item.Engagement, engagement) ? engagement : item.Engagement;
    }

    private void Take(InboxDelivered delivered)
    {
        Items.Add(new InboxItem
        {
            Sequence = ++LastSequence,
            NoticeId = delivered.NoticeId,
            Kind = delivered.Kind,
            SubjectId = delivered.SubjectId,
            ThreadId = delivered.ThreadId,
            Title = delivered.Title,
            Text = delivered.Text,
            Data = delivered.Data,
            At = delivered.At,
        });
        var (kept, length) = (0, 0L);
        while (kept < Items.Count && kept < MaxItems && (kept == 0 || length + Length(Items[^(kept + 1)]) <= MaxLength))
        {
            length += Length(Items[^++kept]);
        }

        Items.RemoveRange(0, Items.Count - kept);
    }

    private static long Length(InboxItem item) => item.Title.Length + item.Text.Length + item.Data.Length;
}
