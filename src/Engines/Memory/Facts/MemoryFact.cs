namespace Steward.Engines.Memory.Facts;

/// <summary>What is held to be so, with where it comes from.</summary>
public sealed record MemoryFact
{
    /// <summary>Its id, unique in its memory.</summary>
    public required long Id { get; init; }

    /// <summary>What it is.</summary>
    public required MemoryKind Kind { get; init; }

    /// <summary>Whom it is about.</summary>
    public required string Subject { get; init; }

    /// <summary>What of them.</summary>
    public required string Slot { get; init; }

    /// <summary>The value.</summary>
    public required string Value { get; init; }

    /// <summary>Who says so; the order is that of trust.</summary>
    public required FactSource Source { get; init; }

    /// <summary>The messages that said it, oldest first; at most the last eight.</summary>
    public required IReadOnlyList<string> MessageIds { get; init; }

    /// <summary>How sure it is, 0 to 1; each time it is said again it becomes surer.</summary>
    public required double Confidence { get; init; }

    /// <summary>When it was said that it holds: what is said later takes its place.</summary>
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>Since when it holds, where it was said to be another time than when it was said; null otherwise.</summary>
    public DateTimeOffset? HoldsFrom { get; init; }

    /// <summary>When it was written down.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>When it was last of use, or said again; null since it was written down.</summary>
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>When it was said or used last: what retention counts from.</summary>
    public DateTimeOffset UsedAt => LastUsed > RecordedAt ? LastUsed.Value : RecordedAt;

    /// <summary>The fact that took its place, or 0 when it was taken back; null while it holds.</summary>
    public long? SupersededBy { get; init; }

    /// <summary>Since when it does not hold any more, or from when on it will not; null while nothing takes its place.</summary>
    public DateTimeOffset? ValidTo { get; init; }

    /// <summary>Until when it holds though something is to take its place, where that was said to begin later than when it was said; null otherwise.</summary>
    public DateTimeOffset? HoldsUntil { get; init; }

    /// <summary>Whether nothing took its place, or is to.</summary>
    public bool Holds => SupersededBy is null;

    /// <summary>Whether it holds at a time: also what something will take the place of later. What begins to hold later counts, with <see cref="HoldsFrom"/> to say so.</summary>
    /// <param name="now">The time.</param>
    public bool HoldsAt(DateTimeOffset now) => Holds || (HoldsUntil > now && !(HoldsFrom >= HoldsUntil));
}

/// <summary>Where a fact comes from; later ones are trusted more.</summary>
public enum FactSource
{
    /// <summary>Concluded from what somebody does.</summary>
    Inferred,

    /// <summary>A system of the company.</summary>
    System,

    /// <summary>The person said so.</summary>
    Said,

    /// <summary>The person corrected it; trusted as much as what they say.</summary>
    Corrected,
}
