using System.Text.Json.Serialization;
using Steward.Engines.Memory.Facts;
using Steward.Engines.Memory.Keeping;

namespace Steward.Memory;

/// <summary>The record types in the journal of a person's memory.</summary>
internal static class MemoryRecordTypes
{
    public const string Noted = "memory.noted";
    public const string Used = "memory.used";
    public const string Corrected = "memory.corrected";
    public const string Restored = "memory.restored";
    public const string Forgotten = "memory.forgotten";
    public const string Settings = "memory.settings";
    public const string Requested = "memory.requested";
    public const string ProposalDecided = "memory.proposal_decided";
    public const string Shared = "memory.shared";
    public const string TenantRules = "memory.tenant_rules";
    public const string Consolidated = "memory.consolidated";
    public const string EraseBegun = "memory.erase_begun";
    public const string EraseStep = "memory.erase_step";
    public const string EraseContents = "memory.erase_contents";
    public const string EraseAnswers = "memory.erase_answers";
    public const string EraseVectors = "memory.erase_vectors";
    public const string EraseVectorsStep = "memory.erase_vectors_step";
    public const string Erased = "memory.erased";
}

/// <summary>A message said something.</summary>
internal sealed record MemoryNoted
{
    public required string MessageId { get; init; }
    public required DateTimeOffset SaidAt { get; init; }
    public required MemorySource Source { get; init; }
    public required IReadOnlyList<MemoryStatement> Statements { get; init; }
}

/// <summary>Memories were of use.</summary>
internal sealed record MemoryUsed
{
    public required IReadOnlyList<long> Ids { get; init; }
}

/// <summary>The person corrected a memory.</summary>
internal sealed record MemoryCorrected
{
    public required long Id { get; init; }
    public required string Value { get; init; }
    public required string OperationId { get; init; }

    /// <summary>When it begins to hold; null at once, as in journals of earlier releases always.</summary>
    public DateTimeOffset? HoldsFrom { get; init; }
}

/// <summary>A memory holds again.</summary>
internal sealed record MemoryRestored
{
    public required long Id { get; init; }
}

/// <summary>Memories were forgotten, with all that they superseded.</summary>
internal sealed record MemoriesForgotten
{
    public required IReadOnlyList<long> Ids { get; init; }
    public required IReadOnlyList<Tombstone> Tombstones { get; init; }
    public required string Salt { get; init; }
    public required string OperationId { get; init; }

    /// <summary>What was to give way to something that is forgotten before it has begun to hold; null in journals of earlier releases.</summary>
    public IReadOnlyList<ContinuedFact>? Continued { get; init; }
}

/// <summary>A memory that holds longer than it was to.</summary>
/// <param name="Id">The memory.</param>
/// <param name="By">What is to take its place now; null when nothing is.</param>
/// <param name="Until">When that does.</param>
internal sealed record ContinuedFact(long Id, long? By, DateTimeOffset? Until);

/// <summary>The person changed what may be kept.</summary>
internal sealed record MemorySettingsSet
{
    public required MemorySettings Settings { get; init; }

    /// <summary>Whether what was said before a kind was switched on again is not taken, also what was said while it was off; false in journals of earlier releases.</summary>
    public bool TakesFromNow { get; init; }
}

/// <summary>A run has worked off a request.</summary>
internal sealed record MemoryRequested
{
    public required string RunId { get; init; }
    public string? Topic { get; init; }
    public required IReadOnlyList<string> Open { get; init; }
}

/// <summary>The person decided about a proposal.</summary>
internal sealed record MemoryProposalDecided
{
    public required long Id { get; init; }
    public required bool IsAccepted { get; init; }
}

/// <summary>The tenant's patterns count the person's requests from here on, or not any more.</summary>
internal sealed record MemoryShared
{
    public required bool IsShared { get; init; }
}

/// <summary>The tenant said for how long memories may be kept.</summary>
internal sealed record MemoryTenantRules
{
    public required IReadOnlyDictionary<MemoryKind, int> RetentionDays { get; init; }
}

/// <summary>What says the same was merged, and what was over its time went.</summary>
internal sealed record MemoriesConsolidated
{
    public required IReadOnlyList<RemovedFact> Removed { get; init; }
    public required IReadOnlyList<MergedFact> Merged { get; init; }
    public DateTimeOffset? NextAt { get; init; }

    /// <summary>What is proposed; null in journals of earlier releases.</summary>
    public IReadOnlyList<MemoryProposal>? Proposed { get; init; }

    /// <summary>What of the requests was over its time; null when nothing was.</summary>
    public ExpiredRequests? Expired { get; init; }
}

/// <summary>Everything is to be erased; the memory itself is from here on.</summary>
internal sealed record MemoryEraseBegun
{
    public required string OperationId { get; init; }
    public required bool IncludeConversations { get; init; }

    /// <summary>Whether the topics that were dismissed are counted; false in journals of earlier releases.</summary>
    public bool CountsDismissed { get; init; }

    /// <summary>Conversations that were there, whatever their times say; those that a clock ahead may have dated later. Null in journals of earlier releases.</summary>
    public IReadOnlyList<string>? Sessions { get; init; }
}

/// <summary>The texts of a conversation and its runs are about to be removed.</summary>
internal sealed record MemoryEraseStep
{
    public required string SessionId { get; init; }
    public required int Runs { get; init; }
}

/// <summary>What runs of a conversation have stored by hash is about to be removed.</summary>
internal sealed record MemoryEraseContents
{
    /// <summary>The conversation and a mark of the runs, so that each counts once however often it is begun.</summary>
    public required string Part { get; init; }
    public required int Contents { get; init; }

    /// <summary>Hashes of runs of earlier releases, whose contents stay.</summary>
    public int Shared { get; init; }
}

/// <summary>No cache gives the person's answers again.</summary>
internal sealed record MemoryEraseAnswers
{
    /// <summary>The erasure that it is for; null in journals of earlier releases, which had one at a time.</summary>
    public string? OperationId { get; init; }
}

/// <summary>The vectors of what the person had sent to a tenant's collections were removed.</summary>
internal sealed record MemoryEraseVectors
{
    public required int Count { get; init; }

    /// <summary>Whether it is the number of all so far; else, in journals of earlier releases, of this step alone.</summary>
    public bool IsTotal { get; init; }

    /// <summary>Whether there may be more.</summary>
    public bool HasMore { get; init; }

    /// <summary>The erasure that it is for; null in journals of earlier releases.</summary>
    public string? OperationId { get; init; }
}

/// <summary>All of it was erased.</summary>
internal sealed record MemoryErased
{
    public required IReadOnlyList<string> Remains { get; init; }

    /// <summary>Vectors of what the person had sent to a tenant's collections, where an earlier release noted them with the end.</summary>
    public int Vectors { get; init; }

    /// <summary>The erasure that is done; null in journals of earlier releases.</summary>
    public string? OperationId { get; init; }
}

/// <summary>JSON of the journal of a person's memory.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(UserMemoryState))]
[JsonSerializable(typeof(MemoryFact))]
[JsonSerializable(typeof(Engines.Memory.MemoryKind), TypeInfoPropertyName = "EngineMemoryKind")]
[JsonSerializable(typeof(MemoryNoted))]
[JsonSerializable(typeof(MemoryUsed))]
[JsonSerializable(typeof(MemoryCorrected))]
[JsonSerializable(typeof(MemoryRestored))]
[JsonSerializable(typeof(MemoriesForgotten))]
[JsonSerializable(typeof(MemoryRequested))]
[JsonSerializable(typeof(MemoryProposalDecided))]
[JsonSerializable(typeof(MemoryShared))]
[JsonSerializable(typeof(MemorySettingsSet))]
[JsonSerializable(typeof(MemoryTenantRules))]
[JsonSerializable(typeof(MemoriesConsolidated))]
[JsonSerializable(typeof(MemoryEraseBegun))]
[JsonSerializable(typeof(MemoryEraseStep))]
[JsonSerializable(typeof(MemoryEraseContents))]
[JsonSerializable(typeof(MemoryEraseAnswers))]
[JsonSerializable(typeof(MemoryEraseVectors))]
[JsonSerializable(typeof(MemoryErased))]
[JsonSerializable(typeof(MemoryAccess))]
[JsonSerializable(typeof(KeptAccesses))]
[JsonSerializable(typeof(ErasingConversations))]
internal sealed partial class MemoryJson : JsonSerializerContext;
