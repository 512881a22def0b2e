namespace Steward.Engines.Connectors.Instances;

/// <summary>One call in the audit log. Holds no secret and no content beyond the redacted arguments.</summary>
public sealed record CallAudit
{
    /// <summary>When it began.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    public required string Operation { get; init; }

    /// <summary>The person or service that asked.</summary>
    public string? UserId { get; init; }

    /// <summary>Whose sign-in was used: the person's id, or null for the instance's own account.</summary>
    public string? OnBehalfOf { get; init; }

    /// <summary>The action's id.</summary>
    public required string ActionId { get; init; }

    /// <summary>A hash of the canonical arguments with the tenant's key, <c>{key id}.{HMAC-SHA-256}</c>.</summary>
    public required string ArgumentsHash { get; init; }

    /// <summary>The arguments as JSON; what the template redacts, and long texts, are replaced by their length and hash.</summary>
    public required string Arguments { get; init; }

    /// <summary><c>succeeded</c>, <c>unknown</c> or a code of <see cref="ActionFailed"/>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The status of the last answer.</summary>
    public int? Status { get; init; }

    /// <summary>The system's own id of the last request.</summary>
    public string? VendorRequestId { get; init; }

    /// <summary>Requests that were sent.</summary>
    public int Attempts { get; init; }

    /// <summary>From the first to the last.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Units of the limits that were used.</summary>
    public int Cost { get; init; }
}

/// <summary>Takes audit entries, in their order. Losses are counted and logged.</summary>
public interface ICallAudit
{
    /// <summary>Takes one entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="isChange">Whether the call may have changed something: then this returns once the entry is durable, or cannot be within two seconds, in which case it is written later. Else it returns at once, or soon where the log has fallen behind.</param>
    ValueTask RecordAsync(CallAudit entry, bool isChange);
}
