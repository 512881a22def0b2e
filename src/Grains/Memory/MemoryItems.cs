using Steward.Engines.Memory.Facts;

namespace Steward.Memory;

/// <summary>Memories as others see them. Pure.</summary>
internal static class MemoryItems
{
    /// <summary>A fact of the ledger.</summary>
    public static MemoryItem Of(MemoryFact fact) => new()
    {
        Id = fact.Id,
        Kind = (MemoryKind)fact.Kind,
        Subject = fact.Subject,
        Slot = fact.Slot,
        Value = fact.Value,
        Source = (MemorySource)fact.Source,
        MessageIds = [.. fact.MessageIds],
        Confidence = Math.Round(fact.Confidence, 3),
        ValidFrom = fact.ValidFrom,
        RecordedAt = fact.RecordedAt,
        LastUsed = fact.LastUsed,
        Holds = fact.Holds,
        SupersededBy = fact.SupersededBy is > 0 and var by ? by : null,
        ValidTo = fact.ValidTo,
    };

    /// <summary>How long memories are kept.</summary>
    public static Engines.Memory.Keeping.KeepingRules Rules(MemorySettings settings, MemoryOptions options) => new()
    {
        RetentionDays = settings.Kinds.Where(kind => kind.RetentionDays is not null).ToDictionary(kind => (Engines.Memory.MemoryKind)kind.Kind, kind => kind.RetentionDays!.Value),
        SupersededFor = options.SupersededFor,
    };
}
