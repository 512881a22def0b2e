namespace Steward.Connectors;

/// <summary>Two versions of an OpenAPI document.</summary>
[GenerateSerializer]
[Alias("steward.compare-specifications")]
public sealed record CompareSpecifications
{
    /// <summary>The earlier version, JSON or YAML, at most 8 MB.</summary>
    [Id(0)]
    public required string Before { get; init; }

    /// <summary>The later version, JSON or YAML, at most 8 MB.</summary>
    [Id(1)]
    public required string After { get; init; }
}

/// <summary>How two versions of a document differ for whoever calls what they describe. Addresses, sign-in and failures are not looked at.</summary>
[GenerateSerializer]
[Alias("steward.specification-comparison")]
public sealed record SpecificationComparison
{
    /// <summary>Whether a caller that was right before may be wrong now, whichever operations it uses.</summary>
    [Id(0)]
    public bool Breaking { get; init; }

    /// <summary>The operations that came, as method and path; at most 500.</summary>
    [Id(1)]
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>The operations that went; at most 500.</summary>
    [Id(2)]
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>The operations of both versions that changed, those with breaking changes first; at most 200.</summary>
    [Id(3)]
    public IReadOnlyList<SpecificationOperationChange> Changed { get; init; } = [];

    /// <summary>How many came.</summary>
    [Id(4)]
    public int AddedCount { get; init; }

    /// <summary>How many went.</summary>
    [Id(5)]
    public int RemovedCount { get; init; }

    /// <summary>How many changed.</summary>
    [Id(6)]
    public int ChangedCount { get; init; }

    /// <summary>What breaks in the connector that was named; null when none was.</summary>
    [Id(7)]
    public IReadOnlyList<SpecificationBreak>? Breaks { get; init; }

    /// <summary>The connector's operations of which the earlier version says nothing; null when none was named.</summary>
    [Id(8)]
    public IReadOnlyList<string>? NotDescribed { get; init; }
}

/// <summary>How one operation changed.</summary>
[GenerateSerializer]
[Alias("steward.specification-operation-change")]
public sealed record SpecificationOperationChange
{
    /// <summary>Method and path, as the earlier version writes them.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary>Whether a caller that was right before may be wrong now.</summary>
    [Id(1)]
    public bool Breaking { get; init; }

    /// <summary>What changed in what is sent, breaking changes first, at most 50; paths begin with <c>query</c>, <c>path</c>, <c>header</c>, <c>cookie</c>, <c>formData</c>, <c>body</c> or <c>contentType</c>.</summary>
    [Id(2)]
    public IReadOnlyList<ConnectorSchemaChange> Arguments { get; init; } = [];

    /// <summary>What changed in the answer of a call that succeeds, breaking changes first, at most 50.</summary>
    [Id(3)]
    public IReadOnlyList<ConnectorSchemaChange> Results { get; init; } = [];

    /// <summary>Whether the schemas are too deep, or hold each other too often, to be compared as a whole.</summary>
    [Id(4)]
    public bool Partial { get; init; }
}

/// <summary>What breaks in one operation of a connector.</summary>
[GenerateSerializer]
[Alias("steward.specification-break")]
public sealed record SpecificationBreak
{
    /// <summary>The id inside the template.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary>Whether the operation is gone.</summary>
    [Id(1)]
    public bool Gone { get; init; }

    /// <summary>The arguments that cannot be sent as before.</summary>
    [Id(2)]
    public IReadOnlyList<string> BrokenArguments { get; init; } = [];

    /// <summary>What must be sent now and the template does not send.</summary>
    [Id(3)]
    public IReadOnlyList<string> NewlyRequired { get; init; } = [];

    /// <summary>The members of the operation's result that cannot be relied on any more.</summary>
    [Id(4)]
    public IReadOnlyList<string> BrokenFields { get; init; } = [];

    /// <summary>The field mappings that cannot be relied on any more, by what they write.</summary>
    [Id(5)]
    public IReadOnlyList<string> BrokenMappings { get; init; } = [];
}
