namespace Steward.Engines.Memory.Extraction;

/// <summary>What somebody said of themselves or of somebody else, in one slot.</summary>
public sealed record Statement
{
    /// <summary>The subject that stands for whoever speaks.</summary>
    public const string Speaker = "self";

    /// <summary>What it is.</summary>
    public required MemoryKind Kind { get; init; }

    /// <summary>Whom it is about: <see cref="Speaker"/>, or the person as named.</summary>
    public required string Subject { get; init; }

    /// <summary>What of them: one of <see cref="MemorySlots"/>.</summary>
    public required string Slot { get; init; }

    /// <summary>The value as it was said; empty for a retraction that names none.</summary>
    public required string Value { get; init; }

    /// <summary>Whether it takes something back: the value if there is one, else whatever the slot holds.</summary>
    public bool IsRetraction { get; init; }

    /// <summary>How sure it is, 0 to 1.</summary>
    public double Confidence { get; init; } = 0.9;

    /// <summary>The words that say when it holds, as they were said: "since March", "next Thursday"; null where there are none. They mean a day only together with when they were said; see <see cref="Days.StatementDates"/>.</summary>
    public string? When { get; init; }

    /// <summary>Since when it holds, where it says so; null for since it was said.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>The sentence that said it.</summary>
    public string Source { get; init; } = "";
}

/// <summary>Finds statements in what somebody wrote.</summary>
public interface IStatementExtractor
{
    /// <summary>The statements of one message, in its order.</summary>
    /// <param name="text">The message.</param>
    /// <param name="cancellationToken">Ends it.</param>
    ValueTask<IReadOnlyList<Statement>> ExtractAsync(string text, CancellationToken cancellationToken);
}
