using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using Steward.Memory;

namespace Steward.Client.Http;

/// <summary>Searches the memory.</summary>
public sealed record SearchMemoriesRequest
{
    /// <summary>The question; at most the first 64 words count.</summary>
    [Required]
    [Length(1, 32_000)]
    public string Text { get; set; } = "";

    /// <summary>The most memories, 1 to 100; 10, when it is left out.</summary>
    [Range(1, 100)]
    public int? Top { get; init; }

    /// <summary>Only of these kinds; of all, when it is left out.</summary>
    public IReadOnlyList<MemoryKind>? Kinds { get; init; }
}

/// <summary>Corrects a memory.</summary>
public sealed record CorrectMemoryRequest
{
    /// <summary>What is right.</summary>
    [Required]
    [Length(1, 400)]
    public string Value { get; set; } = "";

    /// <summary>Makes a repetition the same operation; a new one, when it is left out.</summary>
    [Length(1, 128)]
    public string? OperationId { get; init; }
}

/// <summary>Changes what may be kept; what is left out stays as it is.</summary>
public sealed record SetMemorySettingsRequest
{
    /// <summary>The kinds that change.</summary>
    public IReadOnlyList<MemoryKindRequest>? Kinds { get; init; }

    /// <summary>Whether what is learnt from the caller's requests may count in what is learnt of the tenant, as numbers only.</summary>
    public bool? SharePatterns { get; init; }
}

/// <summary>Changes what may be kept of one kind.</summary>
public sealed record MemoryKindRequest
{
    /// <summary>The kind.</summary>
    [Required]
    public MemoryKind? Kind { get; init; }

    /// <summary>Whether it may be kept. What is there of a kind that may not is forgotten.</summary>
    public bool? IsKept { get; init; }

    /// <summary>After how many days without being said or used again one is removed: 1 to 36,500; 0 takes the limit away.</summary>
    [Range(0, 36_500)]
    public int? RetentionDays { get; init; }
}

/// <summary>Erases everything.</summary>
public sealed record EraseMemoryRequest
{
    /// <summary>Makes a repetition the same operation; a new one, when it is left out.</summary>
    [Length(1, 128)]
    public string? OperationId { get; init; }

    /// <summary>Whether the texts of the caller's conversations and of their runs go, too; false, when it is left out.</summary>
    public bool? IncludeConversations { get; init; }
}

/// <summary>Changes for how long memories of the tenant's people may be kept; kinds that are left out stay as they are.</summary>
public sealed record SetMemoryRetentionRequest
{
    /// <summary>The kinds that change.</summary>
    [Required]
    public IReadOnlyList<MemoryKindRetentionRequest>? Kinds { get; init; }
}

/// <summary>Changes for how long memories of one kind may be kept.</summary>
public sealed record MemoryKindRetentionRequest
{
    /// <summary>The kind.</summary>
    [Required]
    public MemoryKind? Kind { get; init; }

    /// <summary>After how many days without being said or used again one is removed: 1 to 36,500; 0 takes the limit away.</summary>
    [Required]
    [Range(0, 36_500)]
    public int? RetentionDays { get; init; }
}

/// <summary>Who read or changed the memory.</summary>
public sealed record MemoryAccessListResource
{
    /// <summary>Newest first.</summary>
    public required IReadOnlyList<MemoryAccess> Accesses { get; init; }
}

/// <summary>What is proposed.</summary>
public sealed record MemoryProposalListResource
{
    /// <summary>Newest last.</summary>
    public required IReadOnlyList<MemoryProposal> Proposals { get; init; }
}

/// <summary>What many people of the tenant ask for.</summary>
public sealed record TenantPatternListResource
{
    /// <summary>Most people first.</summary>
    public required IReadOnlyList<TenantPattern> Patterns { get; init; }
}

/// <summary>JSON of the memory; unknown fields in requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SearchMemoriesRequest))]
[JsonSerializable(typeof(CorrectMemoryRequest))]
[JsonSerializable(typeof(SetMemorySettingsRequest))]
[JsonSerializable(typeof(EraseMemoryRequest))]
[JsonSerializable(typeof(MemoryPage))]
[JsonSerializable(typeof(MemoryRecall))]
[JsonSerializable(typeof(MemoryForgotten))]
[JsonSerializable(typeof(MemorySettings))]
[JsonSerializable(typeof(MemoryExport))]
[JsonSerializable(typeof(MemoryConsolidated))]
[JsonSerializable(typeof(MemoryAccessListResource))]
[JsonSerializable(typeof(MemoryProposalListResource))]
[JsonSerializable(typeof(TenantPatternListResource))]
[JsonSerializable(typeof(MemoryKeyRotated))]
[JsonSerializable(typeof(MemoryKeyDestroyed))]
[JsonSerializable(typeof(MemoryRetention))]
[JsonSerializable(typeof(SetMemoryRetentionRequest))]
public sealed partial class MemoryWireJson : JsonSerializerContext
{
    /// <summary>The same, forgiving what a newer gateway adds.</summary>
    internal static MemoryWireJson Forgiving => field ??= new MemoryWireJson(ForgivingJson.Of(Default.Options));
}
