namespace Steward.Engines.Memory.Extraction;

/// <summary>What is remembered of people. A slot holds one value at a time, or several.</summary>
public static class MemorySlots
{
    /// <summary>All slots by name.</summary>
    public static IReadOnlyDictionary<string, MemorySlot> All { get; } = new MemorySlot[]
    {
        new("name", MemoryKind.Preference, IsSingle: true),
        new("role", MemoryKind.Fact, IsSingle: true),
        new("team", MemoryKind.Fact, IsSingle: true),
        new("manager", MemoryKind.Fact, IsSingle: true),
        new("deputy", MemoryKind.Fact, IsSingle: true),
        new("office", MemoryKind.Fact, IsSingle: true),
        new("home", MemoryKind.Fact, IsSingle: true),
        new("desk", MemoryKind.Fact, IsSingle: true),
        new("laptop", MemoryKind.Fact, IsSingle: true),
        new("phone", MemoryKind.Fact, IsSingle: true),
        new("system", MemoryKind.Fact, IsSingle: true),
        new("software", MemoryKind.Fact, IsSingle: false),
        new("project", MemoryKind.Fact, IsSingle: false),
        new("hours", MemoryKind.Fact, IsSingle: true),
        new("absent", MemoryKind.Fact, IsSingle: false),
        new("time zone", MemoryKind.Fact, IsSingle: true),
        new("cost centre", MemoryKind.Fact, IsSingle: true),
        new("language", MemoryKind.Preference, IsSingle: true),
        new("contact", MemoryKind.Preference, IsSingle: true),
        new("style", MemoryKind.Preference, IsSingle: true),
        new("likes", MemoryKind.Preference, IsSingle: false),
        new("dislikes", MemoryKind.Preference, IsSingle: false),
        new("diet", MemoryKind.Constraint, IsSingle: true),
        new("allergy", MemoryKind.Constraint, IsSingle: false),
        new("never", MemoryKind.Constraint, IsSingle: false),
    }.ToDictionary(slot => slot.Name, StringComparer.Ordinal);
}

/// <summary>One of the things that are remembered of people.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What its values are.</param>
/// <param name="IsSingle">Whether a new value takes the place of the old one.</param>
public sealed record MemorySlot(string Name, MemoryKind Kind, bool IsSingle);
