using System.Text.Json.Serialization;

namespace Steward.Notifications;

/// <summary>The types of an inbox's journal entries.</summary>
internal static class InboxRecordTypes
{
    public const string Delivered = "inbox.delivered";

    public const string Marked = "inbox.marked";

    public const string Preferred = "inbox.preferred";
}

/// <summary>Something that the person was told.</summary>
internal sealed record InboxDelivered
{
    public required string NoticeId { get; init; }

    public required string Kind { get; init; }

    public required string SubjectId { get; init; }

    public required string ThreadId { get; init; }

    public required string Title { get; init; }

    public required string Text { get; init; }

    public required string Data { get; init; }

    public required DateTimeOffset At { get; init; }
}

/// <summary>What the person, or the platform for them, noted about items.</summary>
internal sealed record InboxMarked
{
    public long? SeenThrough { get; init; }

    public long? Read { get; init; }

    /// <summary>Everything about this thread was acted on.</summary>
    public string? ActedOn { get; init; }
}

/// <summary>JSON of inboxes.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(InboxState))]
[JsonSerializable(typeof(InboxDelivered))]
[JsonSerializable(typeof(InboxMarked))]
[JsonSerializable(typeof(NotificationPreferences))]
internal sealed partial class InboxJson : JsonSerializerContext;
