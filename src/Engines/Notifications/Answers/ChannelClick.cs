namespace Steward.Engines.Notifications.Answers;

/// <summary>A button that somebody pressed in a channel. Only as genuine as the request that brought it: read it from verified ones only.</summary>
public sealed record ChannelClick
{
    /// <summary><c>slack</c> or <c>teams</c>.</summary>
    public required string Channel { get; init; }

    /// <summary>What was pressed.</summary>
    public required ClickVerb Verb { get; init; }

    /// <summary>The approval, <c>a-…</c>.</summary>
    public required string ApprovalId { get; init; }

    /// <summary>The hash of what the message showed.</summary>
    public required string SubjectHash { get; init; }

    /// <summary>The channel's own id of the person: a Slack user id, or an object id of Entra ID. Whose person it is, the channel's directory says.</summary>
    public required string ExternalUserId { get; init; }

    /// <summary>The channel's own id of the organisation: a Slack team, or an Entra directory.</summary>
    public required string ExternalTenantId { get; init; }

    /// <summary>The message, as <see cref="SendResult.Reference"/> names it; null when the request does not say.</summary>
    public string? Reference { get; init; }

    /// <summary>The same however often the channel delivers this click.</summary>
    public required string OperationId { get; init; }

    /// <summary>Where an answer that only the person sees goes; Slack only.</summary>
    public Uri? ResponseUrl { get; init; }
}

/// <summary>What was pressed.</summary>
public enum ClickVerb
{
    /// <summary>Approve.</summary>
    Approve,

    /// <summary>Reject.</summary>
    Reject,

    /// <summary>Show how it stands now; decides nothing.</summary>
    Refresh,
}

/// <summary>What a request of a channel is.</summary>
public abstract record ClickReading
{
    private protected ClickReading()
    {
    }
}

/// <summary>A click.</summary>
/// <param name="Click">The click.</param>
public sealed record ClickFound(ChannelClick Click) : ClickReading;

/// <summary>Something that is none of ours and needs no more than thanks, for example the button that opens a page.</summary>
public sealed record ClickIgnored : ClickReading;

/// <summary>It cannot be used.</summary>
/// <param name="Reason">What is wrong, naming the member; holds nothing of the request.</param>
/// <param name="ResponseUrl">Where to say so, if that much could be read.</param>
public sealed record ClickMalformed(string Reason, Uri? ResponseUrl = null) : ClickReading;
