using Orleans.Concurrency;

namespace Steward.Models;

/// <summary>
/// What a tenant's model calls cost: a journal for each day of UTC. Key: <c>t-acme/i-model-costs</c>. Written by the silos in batches, read in parts.
/// </summary>
[Alias("steward.model-costs")]
public interface IModelCostsGrain : IGrainWithStringKey
{
    /// <summary>Appends a batch. Counts once by its id. The platform only.</summary>
    [Alias("append")]
    Task Append(ModelCostBatch batch, CancellationToken cancellationToken = default);

    /// <summary>Reads a part of the records of some days. Admins and auditors.</summary>
    [Alias("read")]
    Task<ModelCostPage> Read(ModelCostQuery query, CancellationToken cancellationToken = default);

    /// <summary>The record of one call, or null when there is none: of calls whose ids were made by front ends, which say when they began, of the last 90 days. The platform only.</summary>
    [Alias("find")]
    [AlwaysInterleave] // Safe: only reads what is durable; the silos' writers do not wait for a search.
    Task<ModelCost?> Find(string callId, CancellationToken cancellationToken = default);
}

/// <summary>Some records of one day.</summary>
[GenerateSerializer]
[Alias("steward.model-cost-batch")]
public sealed record ModelCostBatch
{
    /// <summary>Unique in the tenant.</summary>
    [Id(0)]
    public required string BatchId { get; init; }

    /// <summary>The day, in UTC.</summary>
    [Id(1)]
    public required DateOnly Day { get; init; }

    /// <summary>The records, 1 to 500.</summary>
    [Id(2)]
    public required IReadOnlyList<ModelCost> Costs { get; init; }

    /// <summary>Whether it was sent before and nobody knows what became of it.</summary>
    [Id(3)]
    public bool IsRepeated { get; init; }
}

/// <summary>What one call cost, and whom.</summary>
[GenerateSerializer]
[Alias("steward.model-cost")]
public sealed record ModelCost
{
    /// <summary>The call.</summary>
    [Id(0)]
    public required string CallId { get; init; }

    /// <summary>When it ended.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }

    /// <summary>The person; null for the platform's own work.</summary>
    [Id(2)]
    public string? UserId { get; init; }

    /// <summary>The person's team.</summary>
    [Id(3)]
    public string? Team { get; init; }

    /// <summary>What of the platform asked.</summary>
    [Id(4)]
    public string Feature { get; init; } = "";

    /// <summary>The caller's tags.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    /// <summary>What was asked for: a tier, or <c>provider/model</c>.</summary>
    [Id(6)]
    public string Tier { get; init; } = "";

    /// <summary>The model that answered; null when none did, or nobody knows.</summary>
    [Id(7)]
    public string? Model { get; init; }

    /// <summary>The provider that answered.</summary>
    [Id(8)]
    public string? Provider { get; init; }

    /// <summary>Tokens read.</summary>
    [Id(9)]
    public long InputTokens { get; init; }

    /// <summary>Tokens of these that came from the provider's cache.</summary>
    [Id(10)]
    public long CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    [Id(11)]
    public long OutputTokens { get; init; }

    /// <summary>US dollars; null when the price is not known.</summary>
    [Id(12)]
    public decimal? CostUsd { get; init; }

    /// <summary>Whether tokens or cost were estimated.</summary>
    [Id(13)]
    public bool IsEstimated { get; init; }

    /// <summary>The cache that answered.</summary>
    [Id(14)]
    public string? Cache { get; init; }

    /// <summary><c>completed</c>, <c>aborted</c> or <c>failed</c>.</summary>
    [Id(15)]
    public string Outcome { get; init; } = "";

    /// <summary>Why it failed.</summary>
    [Id(16)]
    public string? Code { get; init; }

    /// <summary>How long it took, in milliseconds.</summary>
    [Id(17)]
    public long DurationMs { get; init; }

    /// <summary>The run that asked.</summary>
    [Id(18)]
    public string? RunId { get; init; }

    /// <summary>The prompt's version.</summary>
    [Id(19)]
    public string? PromptVersion { get; init; }

    /// <summary>The conversation; null when none was named.</summary>
    [Id(20)]
    public string? ConversationId { get; init; }

    /// <summary>The variants of experiments, as <c>experiment=variant</c>; null for none.</summary>
    [Id(21)]
    public IReadOnlyList<string>? Variants { get; init; }

    /// <summary>A hash of call, question and answer, by which texts are known again that somebody shows later; null when there was no text.</summary>
    [Id(22)]
    public string? Proof { get; init; }
}

/// <summary>Which records are wanted.</summary>
[GenerateSerializer]
[Alias("steward.model-cost-query")]
public sealed record ModelCostQuery
{
    /// <summary>The first day, in UTC.</summary>
    [Id(0)]
    public required DateOnly From { get; init; }

    /// <summary>The last day, at most 366 days from the first.</summary>
    [Id(1)]
    public required DateOnly To { get; init; }

    /// <summary>Where to go on: <see cref="ModelCostPage.NextAfter"/> of the last part; 0 from the start.</summary>
    [Id(2)]
    public long After { get; init; }
}

/// <summary>A part of the records, in the order in which they were written.</summary>
[GenerateSerializer]
[Alias("steward.model-cost-page")]
public sealed record ModelCostPage
{
    /// <summary>The records.</summary>
    [Id(0)]
    public required IReadOnlyList<ModelCost> Costs { get; init; }

    /// <summary>Where the next part begins; null when there is none.</summary>
    [Id(1)]
    public long? NextAfter { get; init; }
}
