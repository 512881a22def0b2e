using System.Text.Json.Serialization;

namespace Steward.Memory;

/// <summary>What a proposal is about.</summary>
[GenerateSerializer]
[Alias("steward.memory-proposal-kind")]
[JsonConverter(typeof(JsonStringEnumConverter<MemoryProposalKind>))]
public enum MemoryProposalKind
{
    /// <summary>A request comes again and again.</summary>
    [JsonStringEnumMemberName("repeated_request")]
    RepeatedRequest,

    /// <summary>Something was left open.</summary>
    [JsonStringEnumMemberName("follow_up")]
    FollowUp,
}

/// <summary>What became of a proposal.</summary>
[GenerateSerializer]
[Alias("steward.memory-proposal-status")]
[JsonConverter(typeof(JsonStringEnumConverter<MemoryProposalStatus>))]
public enum MemoryProposalStatus
{
    /// <summary>Nobody has decided.</summary>
    [JsonStringEnumMemberName("open")]
    Open,

    /// <summary>Accepted.</summary>
    [JsonStringEnumMemberName("accepted")]
    Accepted,

    /// <summary>Dismissed: the same is not proposed again.</summary>
    [JsonStringEnumMemberName("dismissed")]
    Dismissed,

    /// <summary>A later run has done what was open.</summary>
    [JsonStringEnumMemberName("done")]
    Done,
}

/// <summary>Something that consolidating has found worth asking about. It does nothing by itself.</summary>
[GenerateSerializer]
[Alias("steward.memory-proposal")]
public sealed record MemoryProposal
{
    /// <summary>Its id in this memory.</summary>
    [Id(0)]
    public required long Id { get; init; }

    /// <summary>What it is.</summary>
    [Id(1)]
    public required MemoryProposalKind Kind { get; init; }

    /// <summary>What the requests were about, for example <c>playbook:reset-password</c>; null when that is not known.</summary>
    [Id(2)]
    public string? Topic { get; init; }

    /// <summary>What is proposed, for people.</summary>
    [Id(3)]
    public required string Text { get; init; }

    /// <summary>How many requests it stands on.</summary>
    [Id(4)]
    public required int Count { get; init; }

    /// <summary><c>daily</c>, <c>weekly on Monday</c> or <c>often</c>; null for what was left open.</summary>
    [Id(5)]
    public string? Rhythm { get; init; }

    /// <summary>The runs, oldest first; at most eight.</summary>
    [Id(6)]
    public IReadOnlyList<string> RunIds { get; init; } = [];

    /// <summary>When it was raised.</summary>
    [Id(7)]
    public required DateTimeOffset RaisedAt { get; init; }

    /// <summary>What became of it.</summary>
    [Id(8)]
    public MemoryProposalStatus Status { get; init; }

    /// <summary>When that was decided.</summary>
    [Id(9)]
    public DateTimeOffset? DecidedAt { get; init; }
}

/// <summary>Decides about a proposal.</summary>
[GenerateSerializer]
[Alias("steward.decide-memory-proposal")]
public sealed record DecideMemoryProposal
{
    /// <summary>The proposal.</summary>
    [Id(0)]
    public required long ProposalId { get; init; }

    /// <summary>Whether it is accepted; else it is dismissed.</summary>
    [Id(1)]
    public required bool IsAccepted { get; init; }
}

/// <summary>
/// What is learnt of a tenant's requests, as numbers of people and requests only, from those who have switched sharing on. Key: <see cref="Identity.GrainKeys.MemoryPatterns"/>. People are kept as keyed hashes, and only so that each counts once.
/// </summary>
[Alias("steward.memory-patterns")]
public interface IMemoryPatternsGrain : IGrainWithStringKey
{
    /// <summary>Takes what one person's memory counts, in the place of what it counted before; nothing takes the person out. The platform only. Idempotent.</summary>
    [Alias("report")]
    Task Report(SharedPatterns report, CancellationToken cancellationToken = default);

    /// <summary>What at least five people ask for; the tenant's admins only. What fewer ask for is not told to anybody.</summary>
    [Alias("list")]
    Task<IReadOnlyList<TenantPattern>> List(CancellationToken cancellationToken = default);

    /// <summary>Accepts or dismisses one, which only marks it; the tenant's admins only. Idempotent; a later decision takes the place of an earlier one.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> also when fewer than five people ask for it.</exception>
    [Alias("decide")]
    Task<TenantPattern> Decide(DecideTenantPattern command, CancellationToken cancellationToken = default);

    /// <summary>Makes a new data key of the tenant's memories; the tenant's admins only. All memories are sealed anew with it, then the earlier keys are removed. Each call makes one.</summary>
    /// <exception cref="Errors.StewardException"><c>unavailable</c>: the vault cannot be asked, or somebody else does the same.</exception>
    [Alias("rotate-key")]
    Task<MemoryKeyRotated> RotateKey(CancellationToken cancellationToken = default);

    /// <summary>Seals what an earlier key sealed with the current one. The platform only. Idempotent.</summary>
    /// <param name="keyId">The current key.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether nothing is left under another key.</returns>
    [Alias("seal-anew")]
    Task<bool> SealAnew(string keyId, CancellationToken cancellationToken = default);
}

/// <summary>A new data key was made.</summary>
[GenerateSerializer]
[Alias("steward.memory-key-rotated")]
public sealed record MemoryKeyRotated
{
    /// <summary>When.</summary>
    [Id(0)]
    public required DateTimeOffset At { get; init; }

    /// <summary>How many keys there are now; the earlier ones are removed when all memories are sealed anew.</summary>
    [Id(1)]
    public required int Keys { get; init; }
}

/// <summary>What one person asked for in the last 30 days, as numbers.</summary>
[GenerateSerializer]
[Alias("steward.shared-patterns")]
public sealed record SharedPatterns
{
    /// <summary>The person; not kept.</summary>
    [Id(0)]
    public required string UserId { get; init; }

    /// <summary>Requests by topic, at most 200; empty takes the person out.</summary>
    [Id(1)]
    public required IReadOnlyDictionary<string, int> Counts { get; init; }
}

/// <summary>What many people of a tenant ask for.</summary>
[GenerateSerializer]
[Alias("steward.tenant-pattern")]
public sealed record TenantPattern
{
    /// <summary>Its id, of the topic.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The playbook or the operation.</summary>
    [Id(1)]
    public required string Topic { get; init; }

    /// <summary>How many people, at least five.</summary>
    [Id(2)]
    public required int People { get; init; }

    /// <summary>How many requests, by each person's last count of 30 days.</summary>
    [Id(3)]
    public required int Requests { get; init; }

    /// <summary>What was decided.</summary>
    [Id(4)]
    public MemoryProposalStatus Status { get; init; }

    /// <summary>When that was decided.</summary>
    [Id(5)]
    public DateTimeOffset? DecidedAt { get; init; }
}

/// <summary>Decides about what many people ask for.</summary>
[GenerateSerializer]
[Alias("steward.decide-tenant-pattern")]
public sealed record DecideTenantPattern
{
    /// <summary>The pattern.</summary>
    [Id(0)]
    public required string PatternId { get; init; }

    /// <summary>Whether it is accepted; else it is dismissed.</summary>
    [Id(1)]
    public required bool IsAccepted { get; init; }
}
