namespace Steward.Connectors;

/// <summary>An operation that a caller may use.</summary>
[GenerateSerializer]
[Alias("steward.connector-tool")]
public sealed record ConnectorTool
{
    /// <summary>The id inside the template, for example <c>users.get</c>.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary>What it does and what its result looks like.</summary>
    [Id(1)]
    public required string Description { get; init; }

    /// <summary><c>read</c>, <c>write</c> or <c>destructive</c>.</summary>
    [Id(2)]
    public required string Effect { get; init; }

    /// <summary>JSON Schema of the arguments.</summary>
    [Id(3)]
    public required string InputSchemaJson { get; init; }

    /// <summary>The operation, an id inside the template, that undoes it; null when none does.</summary>
    [Id(4)]
    public string? UndoneBy { get; init; }

    /// <summary>The arguments of which another operation tells what they may be, each with that operation's id inside the template.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string> Choices { get; init; } = new Dictionary<string, string>();
}

/// <summary>One call.</summary>
[GenerateSerializer]
[Alias("steward.connector-call-command")]
public sealed record ConnectorCallCommand
{
    /// <summary>The instance's name.</summary>
    [Id(0)]
    public required string Instance { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    [Id(1)]
    public required string Operation { get; init; }

    /// <summary>The arguments, a JSON object.</summary>
    [Id(2)]
    public required string ArgumentsJson { get; init; }

    /// <summary>Identifies the intended effect; a repetition carries the same.</summary>
    [Id(3)]
    public required string ActionId { get; init; }

    /// <summary>When the caller stops waiting.</summary>
    [Id(4)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether the effect is only to be shown.</summary>
    [Id(5)]
    public bool DryRun { get; init; }

    /// <summary>
    /// Whether what undoes <see cref="Operation"/> is to be called instead of it: <see cref="ArgumentsJson"/> is then what <see cref="ConnectorCallResult.UndoArgumentsJson"/> said, and
    /// <see cref="ActionId"/> is the call's that is undone.
    /// </summary>
    [Id(6)]
    public bool Undo { get; init; }

    /// <summary>
    /// The argument of <see cref="Operation"/> of which it is asked what it may be, with what is known of the others as <see cref="ArgumentsJson"/>. The operation itself is not called, but the one that
    /// tells this; the result is <c>kind</c> with <c>values</c> (each with <c>value</c> and <c>title</c>) and <c>truncated</c>, or with <c>schema</c>.
    /// </summary>
    [Id(7)]
    public string? ChoicesOf { get; init; }
}

/// <summary>How a call ended.</summary>
[GenerateSerializer]
[Alias("steward.connector-call-result")]
public sealed record ConnectorCallResult
{
    /// <summary><c>succeeded</c>, <c>unknown</c> or a code, <c>approval_required</c> among them.</summary>
    [Id(0)]
    public required string Outcome { get; init; }

    /// <summary>The result, a JSON object.</summary>
    [Id(1)]
    public string? ResultJson { get; init; }

    /// <summary>What went wrong, safe to show.</summary>
    [Id(2)]
    public string? Message { get; init; }

    /// <summary>Whether the same call may succeed later.</summary>
    [Id(3)]
    public bool IsRetryable { get; init; }

    /// <summary>When it is worth trying again.</summary>
    [Id(4)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The argument that was refused.</summary>
    [Id(5)]
    public string? Field { get; init; }

    /// <summary>The system's own id of the request.</summary>
    [Id(6)]
    public string? VendorRequestId { get; init; }

    /// <summary>Set while the call goes on: its id, under which <see cref="IConnectorCallUnderWayGrain"/> is asked for its end.</summary>
    [Id(7)]
    public string? UnderWay { get; init; }

    /// <summary>The operation, an id inside the template, that undoes what was done; null when none does.</summary>
    [Id(8)]
    public string? UndoneBy { get; init; }

    /// <summary>The arguments with which it does, a JSON object.</summary>
    [Id(9)]
    public string? UndoArgumentsJson { get; init; }
}

/// <summary>One call in the audit log. Holds no secret.</summary>
[GenerateSerializer]
[Alias("steward.connector-audit-entry")]
public sealed record ConnectorAuditEntry
{
    /// <summary>The position in the tenant's log; 0 before it was written.</summary>
    [Id(0)]
    public long Sequence { get; init; }

    /// <summary>When the call began.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The instance's name.</summary>
    [Id(2)]
    public required string Instance { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    [Id(3)]
    public required string Operation { get; init; }

    /// <summary>Who asked.</summary>
    [Id(4)]
    public string? UserId { get; init; }

    /// <summary>Whose sign-in was used; null for the instance's own account.</summary>
    [Id(5)]
    public string? OnBehalfOf { get; init; }

    /// <summary>The action's id.</summary>
    [Id(6)]
    public required string ActionId { get; init; }

    /// <summary>A hash of the canonical arguments with the tenant's key, <c>{key id}.{HMAC-SHA-256}</c>.</summary>
    [Id(7)]
    public required string ArgumentsHash { get; init; }

    /// <summary>The arguments as JSON, redacted.</summary>
    [Id(8)]
    public required string Arguments { get; init; }

    /// <summary><c>succeeded</c>, <c>unknown</c> or a code.</summary>
    [Id(9)]
    public required string Outcome { get; init; }

    /// <summary>The status of the last answer.</summary>
    [Id(10)]
    public int? Status { get; init; }

    /// <summary>The system's own id of the last request.</summary>
    [Id(11)]
    public string? VendorRequestId { get; init; }

    /// <summary>Requests that were sent.</summary>
    [Id(12)]
    public int Attempts { get; init; }

    /// <summary>From the first to the last.</summary>
    [Id(13)]
    public required TimeSpan Duration { get; init; }

    /// <summary>Units of the limits that were used.</summary>
    [Id(14)]
    public int Cost { get; init; }

    /// <summary>Tells a repetition of this entry, whose first attempt may have been written, from another entry. Null for those that are never repeated.</summary>
    [Id(15)]
    public string? EntryId { get; init; }

    /// <summary>Whether an earlier attempt to append it may have succeeded. Not kept.</summary>
    [Id(16)]
    [System.Text.Json.Serialization.JsonIgnore]
    public bool IsRepeated { get; init; }
}

/// <summary>A part of the audit log.</summary>
[GenerateSerializer]
[Alias("steward.connector-audit-page")]
public sealed record ConnectorAuditPage
{
    /// <summary>The entries, newest first; perhaps fewer than were asked for although there are more.</summary>
    [Id(0)]
    public required IReadOnlyList<ConnectorAuditEntry> Entries { get; init; }

    /// <summary>What to go on with as <c>before</c>; null at the end of the log.</summary>
    [Id(1)]
    public long? NextBefore { get; init; }
}
