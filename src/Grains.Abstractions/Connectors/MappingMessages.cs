namespace Steward.Connectors;

/// <summary>Field mappings that are to be tried.</summary>
[GenerateSerializer]
[Alias("steward.test-mappings")]
public sealed record TestMappings
{
    /// <summary>The operation's id inside the template.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary><c>in</c> for results, <c>out</c> for arguments.</summary>
    [Id(1)]
    public required string Direction { get; init; }

    /// <summary>The mappings, a JSON array; null tries those that are saved.</summary>
    [Id(2)]
    public string? MappingsJson { get; init; }

    /// <summary>1 to 20 objects, as JSON each.</summary>
    [Id(3)]
    public required IReadOnlyList<string> SamplesJson { get; init; }
}

/// <summary>What mappings make of one sample.</summary>
[GenerateSerializer]
[Alias("steward.mapping-trial")]
public sealed record MappingTrial
{
    /// <summary>The sample as JSON.</summary>
    [Id(0)]
    public required string BeforeJson { get; init; }

    /// <summary>What comes out as JSON; what failed is not in it.</summary>
    [Id(1)]
    public required string AfterJson { get; init; }

    /// <summary>What failed.</summary>
    [Id(2)]
    public IReadOnlyList<MappingFailure> Errors { get; init; } = [];
}

/// <summary>One mapping that failed on a sample.</summary>
[GenerateSerializer]
[Alias("steward.mapping-failure")]
public sealed record MappingFailure
{
    /// <summary>The mapping's position.</summary>
    [Id(0)]
    public required int Index { get; init; }

    /// <summary>The path that it reads, or writes when it reads none.</summary>
    [Id(1)]
    public required string Path { get; init; }

    /// <summary>What is wrong and what is allowed.</summary>
    [Id(2)]
    public required string Message { get; init; }
}

/// <summary>What suggestions are wanted for. One of <see cref="Fields"/>, <see cref="SampleJson"/> and <see cref="SchemaJson"/> describes the tenant's own end.</summary>
[GenerateSerializer]
[Alias("steward.suggest-mappings")]
public sealed record SuggestMappings
{
    /// <summary>The operation's id inside the template.</summary>
    [Id(0)]
    public required string Operation { get; init; }

    /// <summary><c>in</c> for results, <c>out</c> for arguments.</summary>
    [Id(1)]
    public required string Direction { get; init; }

    /// <summary>The paths of the tenant's fields.</summary>
    [Id(2)]
    public IReadOnlyList<string>? Fields { get; init; }

    /// <summary>One of the tenant's own objects as JSON.</summary>
    [Id(3)]
    public string? SampleJson { get; init; }

    /// <summary>A JSON Schema of the tenant's objects.</summary>
    [Id(4)]
    public string? SchemaJson { get; init; }
}

/// <summary>Mappings that somebody may accept.</summary>
[GenerateSerializer]
[Alias("steward.suggested-mappings")]
public sealed record SuggestedMappings
{
    /// <summary>Best first.</summary>
    [Id(0)]
    public required IReadOnlyList<SuggestedMapping> Suggestions { get; init; }

    /// <summary>
    /// <c>used</c>: a model was asked, too. <c>not_configured</c>: there is none; <c>failed</c>: it gave nothing usable. In both cases the suggestions come from names and types alone. <c>running</c>: it has
    /// not answered yet, and there are no suggestions before that.
    /// </summary>
    [Id(1)]
    public required string Model { get; init; }

    /// <summary>The model that was asked; null when there is none.</summary>
    [Id(2)]
    public string? ModelName { get; init; }

    /// <summary>What <see cref="IConnectorGrain.WaitForMappings"/> is asked with while a model has not answered; null when these are the suggestions.</summary>
    [Id(3)]
    public string? UnderWay { get; init; }
}

/// <summary>A mapping that somebody may accept.</summary>
[GenerateSerializer]
[Alias("steward.suggested-mapping")]
public sealed record SuggestedMapping
{
    /// <summary>The path that would be read.</summary>
    [Id(0)]
    public required string From { get; init; }

    /// <summary>The path that would be written.</summary>
    [Id(1)]
    public required string To { get; init; }

    /// <summary>The function that makes the types fit.</summary>
    [Id(2)]
    public string? Function { get; init; }

    /// <summary>0 to 1; comparable within one answer.</summary>
    [Id(3)]
    public required double Score { get; init; }

    /// <summary><c>names</c> or <c>model</c>.</summary>
    [Id(4)]
    public required string Source { get; init; }
}
