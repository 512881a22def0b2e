namespace Steward.Connectors;

/// <summary>One call that somebody wants to make.</summary>
[GenerateSerializer]
[Alias("steward.connector-intent")]
public sealed record ConnectorIntent
{
    /// <summary>The operation's id inside the template.</summary>
    [Id(0)]
    public required string OperationId { get; init; }

    /// <summary>Units of the limits.</summary>
    [Id(1)]
    public required int Cost { get; init; }

    /// <summary>The resource, for limits of that scope.</summary>
    [Id(2)]
    public string? ResourceKey { get; init; }

    /// <summary>Whose own sign-in is to be used.</summary>
    [Id(3)]
    public string? UserId { get; init; }

    /// <summary>Whether an earlier attempt of the same call failed.</summary>
    [Id(4)]
    public bool IsRetry { get; init; }
}

/// <summary>The answer to a <see cref="ConnectorIntent"/>.</summary>
[GenerateSerializer]
[Alias("steward.connector-permit")]
public sealed record ConnectorPermit
{
    /// <summary>Identifies the permit in the report.</summary>
    [Id(0)]
    public long Id { get; init; }

    /// <summary>What the call is made with.</summary>
    [Id(1)]
    public SealedCredential? Credential { get; init; }

    /// <summary>Why it was refused; null when it may be made.</summary>
    [Id(2)]
    public string? Refusal { get; init; }

    /// <summary>The same in words.</summary>
    [Id(3)]
    public string? Message { get; init; }

    /// <summary>When it is worth asking again.</summary>
    [Id(4)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the grain would like to know what the answer looks like.</summary>
    [Id(5)]
    public bool WantsShape { get; init; }

    /// <summary>Whether it was refused for the limit of its resource alone.</summary>
    [Id(6)]
    public bool IsOfResource { get; init; }
}

/// <summary>A credential on its way between silos.</summary>
[GenerateSerializer]
[Alias("steward.sealed-credential")]
public sealed record SealedCredential
{
    /// <summary>Goes up with every renewal.</summary>
    [Id(0)]
    public required long Generation { get; init; }

    /// <summary>The values as JSON, sealed with the cluster's key for the grain.</summary>
    [Id(1)]
    public required string Values { get; init; }

    /// <summary>The address that the token answer named.</summary>
    [Id(2)]
    public string? BaseUrl { get; init; }
}

/// <summary>How a permitted call ended.</summary>
[GenerateSerializer]
[Alias("steward.connector-report")]
public sealed record ConnectorReport
{
    /// <summary>The permit.</summary>
    [Id(0)]
    public required long PermitId { get; init; }

    /// <summary>The operation's id inside the template.</summary>
    [Id(1)]
    public required string OperationId { get; init; }

    /// <summary><c>succeeded</c>, <c>unknown</c> or a code.</summary>
    [Id(2)]
    public required string Outcome { get; init; }

    /// <summary>Whether the breaker counts it as a failure.</summary>
    [Id(3)]
    public required bool IsFailure { get; init; }

    /// <summary>The status.</summary>
    [Id(4)]
    public int? Status { get; init; }

    /// <summary>How long it took.</summary>
    [Id(5)]
    public required TimeSpan Duration { get; init; }

    /// <summary>The system's own limit.</summary>
    [Id(6)]
    public long? Limit { get; init; }

    /// <summary>What is left of it.</summary>
    [Id(7)]
    public long? Remaining { get; init; }

    /// <summary>Until it begins anew.</summary>
    [Id(8)]
    public TimeSpan? ResetAfter { get; init; }

    /// <summary>How long the system asks to wait.</summary>
    [Id(9)]
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The resource whose limits were hit.</summary>
    [Id(10)]
    public string? ResourceKey { get; init; }

    /// <summary>What the answer looked like as JSON, types without values, when the grain asked for it.</summary>
    [Id(11)]
    public string? ShapeJson { get; init; }

    /// <summary>The numbers of further limits, where the system tells of several.</summary>
    [Id(12)]
    public IReadOnlyList<ConnectorLimitNumbers> FurtherLimits { get; init; } = [];
}

/// <summary>A system's own numbers about one limit of its template.</summary>
[GenerateSerializer]
[Alias("steward.connector-limit-numbers")]
public sealed record ConnectorLimitNumbers
{
    /// <summary>The limit's place in the template.</summary>
    [Id(0)]
    public required int At { get; init; }

    /// <summary>The limit.</summary>
    [Id(1)]
    public long? Limit { get; init; }

    /// <summary>What is left of it.</summary>
    [Id(2)]
    public long? Remaining { get; init; }

    /// <summary>Until it begins anew.</summary>
    [Id(3)]
    public TimeSpan? ResetAfter { get; init; }
}
