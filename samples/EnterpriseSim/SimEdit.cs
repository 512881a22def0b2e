namespace Steward.EnterpriseSim;

/// <summary>A person opens or changes a ticket in a system's own pages.</summary>
public sealed record SimEdit
{
    /// <summary>The login prefix of whoever does it.</summary>
    public required string User { get; init; }

    /// <summary>ServiceNow: the incident's sys_id. Jira: the key. Null opens a new one.</summary>
    public string? Record { get; init; }

    /// <summary>
    /// What it says afterwards. ServiceNow: columns of the incident; references by name. Jira: <c>summary</c>, <c>description</c> (plain text), <c>component</c> and <c>priority</c> by name, and for a new one <c>project</c> and
    /// <c>issuetype</c>.
    /// </summary>
    public required IReadOnlyDictionary<string, string> Values { get; init; }
}
