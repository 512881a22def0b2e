namespace Steward.Engines.Notifications;

/// <summary>Sends to one kind of channel. Stateless and safe for concurrent use; never throws for what the channel answers.</summary>
public interface IChannelSender
{
    /// <summary><c>slack</c>, <c>teams</c>, <c>email</c>, <c>webhook</c> or <c>in_app</c>.</summary>
    string Channel { get; }

    /// <summary>What the channel can do.</summary>
    ChannelTraits Traits { get; }

    /// <summary>Sends a notice, or brings an earlier message of its thread up to date.</summary>
    Task<SendResult> SendAsync(ChannelMessage message, CancellationToken cancellationToken);
}

/// <summary>What a channel can do.</summary>
/// <param name="CanUpdate">Whether a message can be changed after it was sent.</param>
/// <param name="KnowsDelivered">Whether it says that a message arrived; otherwise delivery stays at <c>sent</c>.</param>
/// <param name="KnowsSeen">Whether it says that a message was seen; otherwise engagement is unknown until somebody acts.</param>
/// <param name="HasKey">Whether it takes a key by which a repeated send has no second effect.</param>
public sealed record ChannelTraits(bool CanUpdate, bool KnowsDelivered, bool KnowsSeen, bool HasKey);

/// <summary>A notice on its way to a channel.</summary>
public sealed record ChannelMessage
{
    /// <summary>The notice.</summary>
    public required Notice Notice { get; init; }

    /// <summary>The tenant's settings of the channel.</summary>
    public required ChannelSettings Settings { get; init; }

    /// <summary>The channel's reference of the thread's message, as an earlier <see cref="SendResult.Reference"/> gave it; null when there is none.</summary>
    public string? Reference { get; init; }

    /// <summary>Whether an earlier attempt may have brought it there: channels that can look do so before they send it again.</summary>
    public bool MayBeOut { get; init; }
}

/// <summary>A tenant's settings of one channel.</summary>
public sealed record ChannelSettings
{
    /// <summary>The channel.</summary>
    public required string Channel { get; init; }

    /// <summary>The connector instance that it goes through; null for in-app and webhooks.</summary>
    public string? Instance { get; init; }

    /// <summary>Where pages of the platform are reached, without a slash at the end; null when nobody said: links are left out then.</summary>
    public string? PublicAddress { get; init; }

    /// <summary>The tenant's language, a BCP 47 tag.</summary>
    public string Locale { get; init; } = "en";

    /// <summary>The tenant's IANA time zone, for people who have none of their own.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The tenant's own texts by <c>kind/language</c> or <c>kind/language/channel</c>; shipped ones otherwise.</summary>
    public IReadOnlyDictionary<string, string> Templates { get; init; } = new Dictionary<string, string>();

    /// <summary>More that the channel needs, for example the sender's mail address.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();
}

/// <summary>How sending went.</summary>
public sealed record SendResult
{
    /// <summary>What is known.</summary>
    public required SendOutcome Outcome { get; init; }

    /// <summary>The channel's reference of the message, by which it can be changed later.</summary>
    public string? Reference { get; init; }

    /// <summary>Whether the channel says that it arrived.</summary>
    public bool IsDelivered { get; init; }

    /// <summary>What went wrong, safe to show.</summary>
    public string? Error { get; init; }

    /// <summary>How long the channel asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether <see cref="RetryAfter"/> holds for this recipient only: others need not wait.</summary>
    public bool IsOfRecipient { get; init; }
}

/// <summary>The outcomes of <see cref="SendResult"/>.</summary>
public enum SendOutcome
{
    /// <summary>The channel took it.</summary>
    Sent,

    /// <summary>It did not; trying again may help.</summary>
    FailedForNow,

    /// <summary>It did not and never will for this person; the next channel is tried at once.</summary>
    Undeliverable,

    /// <summary>The mail system says that the address does not exist.</summary>
    Bounced,

    /// <summary>Whether it took it is not known.</summary>
    Unknown,
}
