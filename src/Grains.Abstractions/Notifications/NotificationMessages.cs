namespace Steward.Notifications;

/// <summary>What became of one notice on one channel. Delivery and engagement are told apart, and what a channel cannot say is <c>unknown</c>.</summary>
[GenerateSerializer]
[Alias("steward.notice-status")]
public sealed record NoticeStatus
{
    /// <summary>The notice.</summary>
    [Id(0)]
    public required string NoticeId { get; init; }

    /// <summary>The channel.</summary>
    [Id(1)]
    public required string Channel { get; init; }

    /// <summary>What it is about, for example <c>approval.requested</c>.</summary>
    [Id(2)]
    public required string Kind { get; init; }

    /// <summary>Who is told, by user id.</summary>
    [Id(3)]
    public required string Recipient { get; init; }

    /// <summary><c>queued</c>, <c>sent</c>, <c>delivered</c>, <c>failed</c>, <c>bounced</c>, <c>unknown</c>, or <c>skipped</c> when it was not worth sending any more.</summary>
    [Id(4)]
    public required string Delivery { get; init; }

    /// <summary><c>none</c>, <c>seen</c>, <c>read</c>, <c>acted</c> or <c>unknown</c>.</summary>
    [Id(5)]
    public required string Engagement { get; init; }

    /// <summary>How often it was tried.</summary>
    [Id(6)]
    public required int Attempts { get; init; }

    /// <summary>When it came.</summary>
    [Id(7)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the channel took it.</summary>
    [Id(8)]
    public DateTimeOffset? SentAt { get; init; }

    /// <summary>When it is tried next; null when it is not.</summary>
    [Id(9)]
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>What went wrong last, safe to show.</summary>
    [Id(10)]
    public string? Error { get; init; }

    /// <summary>What the thread is about, for example <c>a-…</c>.</summary>
    [Id(11)]
    public required string SubjectId { get; init; }
}
