namespace Steward.Memory;

/// <summary>Everything that is held on a person in the memory.</summary>
[GenerateSerializer]
[Alias("steward.memory-export")]
public sealed record MemoryExport
{
    /// <summary>The tenant.</summary>
    [Id(0)]
    public required string TenantId { get; init; }

    /// <summary>The person.</summary>
    [Id(1)]
    public required string UserId { get; init; }

    /// <summary>When it was made.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>All memories, by id.</summary>
    [Id(3)]
    public required IReadOnlyList<MemoryItem> Memories { get; init; }

    /// <summary>The settings.</summary>
    [Id(4)]
    public required MemorySettings Settings { get; init; }

    /// <summary>How many tombstones of forgotten memories there are; they hold nothing that could be read.</summary>
    [Id(5)]
    public required int Tombstones { get; init; }

    /// <summary>Who read or changed it, newest first; at most the last 200.</summary>
    [Id(6)]
    public required IReadOnlyList<MemoryAccess> Accesses { get; init; }

    /// <summary>The last erasure.</summary>
    [Id(7)]
    public MemoryErasure? Erasure { get; init; }

    /// <summary>What was proposed, oldest first.</summary>
    [Id(8)]
    public IReadOnlyList<MemoryProposal> Proposals { get; init; } = [];

    /// <summary>The requests that are counted, and what was left open.</summary>
    [Id(9)]
    public IReadOnlyList<RememberedRequest> Requests { get; init; } = [];

    /// <summary>What else is held on the person, and where it is to be had: none of it is part of the memory.</summary>
    [Id(10)]
    public IReadOnlyList<HeldElsewhere> Elsewhere { get; init; } = [];

    /// <summary>The topics that the person does not want to be asked about again.</summary>
    [Id(11)]
    public IReadOnlyList<string> Dismissed { get; init; } = [];

    /// <summary>Kinds that were switched off, or on again, and when last: what was said until then is not taken.</summary>
    [Id(12)]
    public IReadOnlyDictionary<MemoryKind, DateTimeOffset> WithdrawnAt { get; init; } = new Dictionary<MemoryKind, DateTimeOffset>();
}

/// <summary>One kind of what is held on a person outside of the memory.</summary>
[GenerateSerializer]
[Alias("steward.held-elsewhere")]
public sealed record HeldElsewhere
{
    /// <summary>What it is, such as <c>conversations</c>.</summary>
    [Id(0)]
    public required string Kind { get; init; }

    /// <summary>How many there are; null where that is not known here.</summary>
    [Id(1)]
    public int? Count { get; init; }

    /// <summary>The address that gives it to the person, with the ids to be put in in braces.</summary>
    [Id(2)]
    public required string Path { get; init; }

    /// <summary>The ids for the address, where they are known here; at most 1,000.</summary>
    [Id(3)]
    public IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>What is in it, or who else has to be asked.</summary>
    [Id(4)]
    public required string Note { get; init; }
}

/// <summary>A request that is remembered, without anything that was said in it.</summary>
[GenerateSerializer]
[Alias("steward.remembered-request")]
public sealed record RememberedRequest
{
    /// <summary>What it was about.</summary>
    [Id(0)]
    public string? Topic { get; init; }

    /// <summary>The run.</summary>
    [Id(1)]
    public required string RunId { get; init; }

    /// <summary>When.</summary>
    [Id(2)]
    public required DateTimeOffset At { get; init; }

    /// <summary>What it left open.</summary>
    [Id(3)]
    public IReadOnlyList<string> Open { get; init; } = [];
}

/// <summary>Erases everything that is remembered of a person.</summary>
[GenerateSerializer]
[Alias("steward.erase-memory")]
public sealed record EraseMemory
{
    /// <summary>Chosen by the caller; 1 to 128 characters. The same one again changes nothing.</summary>
    [Id(0)]
    public required string OperationId { get; init; }

    /// <summary>Whether the texts of the person's conversations and of their runs go, too.</summary>
    [Id(1)]
    public bool IncludeConversations { get; init; }
}

/// <summary>The receipt of an erasure.</summary>
[GenerateSerializer]
[Alias("steward.memory-erasure")]
public sealed record MemoryErasure
{
    /// <summary>The operation.</summary>
    [Id(0)]
    public required string OperationId { get; init; }

    /// <summary>When it was asked for: nothing that was said until then can come back.</summary>
    [Id(1)]
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When all of it was done; null while it goes on.</summary>
    [Id(2)]
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>What was removed where.</summary>
    [Id(3)]
    public required IReadOnlyList<ErasedPart> Removed { get; init; }

    /// <summary>What is not removed by this, and what becomes of it.</summary>
    [Id(4)]
    public IReadOnlyList<string> Remains { get; init; } = [];

    /// <summary>Since when no server keeps or gives again what caches hold of answers to the person: each from two seconds after it on, one that cannot read the tenant's settings from a minute after it on. Null before.</summary>
    [Id(5)]
    public DateTimeOffset? AnswersForgottenAt { get; init; }
}

/// <summary>One place that something was removed from.</summary>
[GenerateSerializer]
[Alias("steward.erased-part")]
public sealed record ErasedPart
{
    /// <summary>Where.</summary>
    [Id(0)]
    public required string Place { get; init; }

    /// <summary>How many things.</summary>
    [Id(1)]
    public required int Count { get; init; }
}

/// <summary>What consolidating did.</summary>
[GenerateSerializer]
[Alias("steward.memory-consolidated")]
public sealed record MemoryConsolidated
{
    /// <summary>When.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>How many memories became part of another that says the same.</summary>
    [Id(1)]
    public int Merged { get; init; }

    /// <summary>How many were removed, by reason: <c>retention</c>, <c>superseded</c>, <c>faded</c>.</summary>
    [Id(2)]
    public IReadOnlyDictionary<string, int> Removed { get; init; } = new Dictionary<string, int>();
}

/// <summary>Somebody read or changed a memory.</summary>
[GenerateSerializer]
[Alias("steward.memory-access")]
public sealed record MemoryAccess
{
    /// <summary>When.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>Who: a user id, or the run that did it for the person.</summary>
    [Id(1)]
    public required string By { get; init; }

    /// <summary>What: <c>recall</c>, <c>list</c>, <c>search</c>, <c>export</c>, <c>correct</c>, <c>restore</c>, <c>forget</c>, <c>settings</c>, <c>erase</c>, <c>consolidate</c>, <c>proposals</c>, <c>accept</c>, <c>dismiss</c>.</summary>
    [Id(2)]
    public required string Action { get; init; }

    /// <summary>Which memories, at most 50; none where it was all of them.</summary>
    [Id(3)]
    public IReadOnlyList<long> MemoryIds { get; init; } = [];
}
