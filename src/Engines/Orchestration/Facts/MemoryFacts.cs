using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>What was remembered of the person when the run began; a resumed run uses the same.</summary>
public sealed record MemoryRecalled : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "memory.recalled";

    /// <summary>By what it was looked for: <c>words</c>, <c>words and meaning</c>, or <c>all</c> when the person asked what is remembered.</summary>
    public required string Mode { get; init; }

    /// <summary>Constraints first, then the best.</summary>
    public required IReadOnlyList<RememberedItem> Memories { get; init; }
}

/// <summary>One memory that a run was told.</summary>
public sealed record RememberedItem
{
    /// <summary>Its id in the person's memory, by which it can be corrected or forgotten.</summary>
    public required long Id { get; init; }

    /// <summary><c>preference</c>, <c>fact</c>, <c>constraint</c>, <c>interaction</c> or <c>pattern</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Of what, for example <c>manager</c>.</summary>
    public required string Slot { get; init; }

    /// <summary>The value, as it was said.</summary>
    public required string Value { get; init; }

    /// <summary>From or until which day it holds, in words, where that is to come; null otherwise. In facts of earlier releases it stands behind the value.</summary>
    public string? When { get; init; }

    /// <summary>Why: <c>constraint</c>, <c>words</c>, <c>meaning</c>, <c>words and meaning</c> or <c>asked</c>.</summary>
    public required string Reason { get; init; }
}
