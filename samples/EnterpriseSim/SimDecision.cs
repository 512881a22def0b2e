namespace Steward.EnterpriseSim;

/// <summary>A person decides something in a system's own pages.</summary>
public sealed record SimDecision
{
    /// <summary>The login prefix of whoever decides.</summary>
    public required string User { get; init; }

    /// <summary>ServiceNow: the sys_id of an approval, or of a change. Jira: the key.</summary>
    public required string Record { get; init; }

    /// <summary>ServiceNow: the state, such as <c>approved</c>. Jira: the status that the issue is moved to, such as <c>Approved</c>.</summary>
    public required string Decision { get; init; }

    /// <summary>What the person writes with it; null for nothing.</summary>
    public string? Comment { get; init; }
}
