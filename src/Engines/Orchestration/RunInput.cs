namespace Steward.Engines.Orchestration;

/// <summary>Everything that a run starts from. It is the content of <c>run.requested</c>, so that resuming needs nothing else.</summary>
public sealed record RunInput
{
    /// <summary>The run's id, <c>r-…</c>.</summary>
    public required string RunId { get; init; }

    /// <summary>The tenant, <c>t-…</c>.</summary>
    public required string TenantId { get; init; }

    /// <summary>In whose name the run acts.</summary>
    public required Requester Requester { get; init; }

    /// <summary>The message.</summary>
    public required string Text { get; init; }

    /// <summary>When the answer is due; null never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The conversation before this message, oldest first.</summary>
    public IReadOnlyList<ConversationMessage> History { get; init; } = [];

    /// <summary>Slots that earlier runs of the session left behind.</summary>
    public IReadOnlyDictionary<string, string> WorkingMemory { get; init; } = new Dictionary<string, string>();
}

/// <summary>The person in whose name a run acts.</summary>
public sealed record Requester
{
    /// <summary>The person's id, <c>u-…</c>.</summary>
    public required string UserId { get; init; }

    /// <summary>Mail address: how external systems know this person. Without it nothing can be done "for me".</summary>
    public string? Email { get; init; }

    /// <summary>Display name.</summary>
    public string? Name { get; init; }

    /// <summary>Roles in the tenant, for example <c>helpdesk</c>.</summary>
    public IReadOnlyList<string> Roles { get; init; } = [];
}

/// <summary>One earlier message of the conversation.</summary>
public sealed record ConversationMessage
{
    /// <summary><c>user</c> or <c>assistant</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The text.</summary>
    public required string Text { get; init; }
}
