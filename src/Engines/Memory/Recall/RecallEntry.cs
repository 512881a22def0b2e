namespace Steward.Engines.Memory.Recall;

/// <summary>Something that can be recalled.</summary>
public sealed record RecallEntry
{
    /// <summary>Its id, unique in its index.</summary>
    public required long Id { get; init; }

    /// <summary>Its words.</summary>
    public required string Text { get; init; }

    /// <summary>What it is. Default <see cref="MemoryKind.Fact"/>.</summary>
    public MemoryKind Kind { get; init; } = MemoryKind.Fact;

    /// <summary>Whom or what it is about, or who said it; null when that is not known.</summary>
    public string? Subject { get; init; }

    /// <summary>What it belongs to, such as its conversation; null when to nothing. Entries of one group lend each other meaning.</summary>
    public string? Group { get; init; }

    /// <summary>Its place in its group.</summary>
    public int Position { get; init; }

    /// <summary>Its direction in the embedder's space; null when there is no embedder.</summary>
    public ReadOnlyMemory<float>? Vector { get; init; }

    /// <summary>When it was written or last used, whichever is later; null does not fade.</summary>
    public DateTimeOffset? LastUsed { get; init; }
}

/// <summary>What is looked for.</summary>
public sealed record RecallQuery
{
    /// <summary>The words; at most the first 64 terms count.</summary>
    public required string Text { get; init; }

    /// <summary>Their direction in the embedder's space; null leaves the words alone.</summary>
    public ReadOnlyMemory<float>? Vector { get; init; }

    /// <summary>How many entries at most. Default 20.</summary>
    public int Top { get; init; } = 20;

    /// <summary>How many tokens they may take together, a token counted as four characters. Default: no limit.</summary>
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>The time by which entries have faded; null leaves them as they are.</summary>
    public DateTimeOffset? Now { get; init; }

    /// <summary>Which entries count; null counts all. Entries that do not count cannot be noticed in the result in any way but their words' rarity.</summary>
    public Func<long, bool>? Filter { get; init; }
}

/// <summary>What was recalled.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Score">How well it fits; comparable within one result only.</param>
/// <param name="Reason">Why: <c>constraint</c>, <c>words</c>, <c>meaning</c> or <c>words and meaning</c>.</param>
public sealed record Recalled(RecallEntry Entry, double Score, string Reason);
