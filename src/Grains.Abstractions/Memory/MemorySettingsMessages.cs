namespace Steward.Memory;

/// <summary>What a person wants kept, and for how long.</summary>
[GenerateSerializer]
[Alias("steward.memory-settings")]
public sealed record MemorySettings
{
    /// <summary>Each kind.</summary>
    [Id(0)]
    public required IReadOnlyList<MemoryKindSettings> Kinds { get; init; }

    /// <summary>Whether what is learnt from the person's requests may count in what is learnt of the tenant, as numbers only. Default false.</summary>
    [Id(1)]
    public required bool SharePatterns { get; init; }
}

/// <summary>What a person wants about one kind of memories.</summary>
[GenerateSerializer]
[Alias("steward.memory-kind-settings")]
public sealed record MemoryKindSettings
{
    /// <summary>The kind.</summary>
    [Id(0)]
    public required MemoryKind Kind { get; init; }

    /// <summary>Whether it may be kept. Default: all but <see cref="MemoryKind.Pattern"/>.</summary>
    [Id(1)]
    public required bool IsKept { get; init; }

    /// <summary>After how many days without being said or used again one is removed; null never.</summary>
    [Id(2)]
    public int? RetentionDays { get; init; }

    /// <summary>The same as the tenant wants it, where it says so; the shorter one holds. Null where it says nothing, or nothing was learnt of it yet.</summary>
    [Id(3)]
    public int? TenantRetentionDays { get; init; }
}

/// <summary>Changes what a person wants kept. What is left out stays as it is.</summary>
[GenerateSerializer]
[Alias("steward.set-memory-settings")]
public sealed record SetMemorySettings
{
    /// <summary>The kinds that change.</summary>
    [Id(0)]
    public IReadOnlyList<SetMemoryKind> Kinds { get; init; } = [];

    /// <summary>See <see cref="MemorySettings.SharePatterns"/>; null leaves it.</summary>
    [Id(1)]
    public bool? SharePatterns { get; init; }
}

/// <summary>Changes what a person wants about one kind of memories.</summary>
[GenerateSerializer]
[Alias("steward.set-memory-kind")]
public sealed record SetMemoryKind
{
    /// <summary>The kind.</summary>
    [Id(0)]
    public required MemoryKind Kind { get; init; }

    /// <summary>Whether it may be kept; null leaves that. What is there of a kind that may not is forgotten.</summary>
    [Id(1)]
    public bool? IsKept { get; init; }

    /// <summary>1 to 36,500 days; 0 takes the limit away; null leaves it.</summary>
    [Id(2)]
    public int? RetentionDays { get; init; }
}
