using Steward.Engines.Memory.Facts;

namespace Steward.Memory;

/// <summary>Memories as others see them. Pure.</summary>
internal static class MemoryItems
{
    /// <summary>A fact of the ledger, as it is at a time; days since when and until when it holds are those of a time zone, and their times begin there.</summary>
    public static MemoryItem Of(MemoryFact fact, DateTimeOffset now, TimeZoneInfo zone) => new()
    {
        Id = fact.Id,
        Kind = (MemoryKind)fact.Kind,
        Subject = fact.Subject,
        Slot = fact.Slot,
        Value = fact.Value,
        Source = (MemorySource)fact.Source,
        MessageIds = [.. fact.MessageIds],
        Confidence = Math.Round(fact.Confidence, 3),
        ValidFrom = fact.HoldsFrom is { } from ? TimeZoneInfo.ConvertTime(from, zone) : fact.ValidFrom,
        RecordedAt = fact.RecordedAt,
        LastUsed = fact.LastUsed,
        Holds = fact.HoldsAt(now),
        SupersededBy = fact.SupersededBy is > 0 and var by ? by : null,
        ValidTo = fact.HoldsUntil > now ? TimeZoneInfo.ConvertTime(fact.HoldsUntil.Value, zone) : fact.ValidTo,
    };

    /// <summary>How long memories are kept: as the person says, and never longer than the tenant does.</summary>
    public static Engines.Memory.Keeping.KeepingRules Rules(MemorySettings settings, IReadOnlyDictionary<MemoryKind, int> tenant, MemoryOptions options) => new()
    {
        RetentionDays = settings.Kinds.Where(kind => kind.RetentionDays is not null).Select(kind => (kind.Kind, Days: kind.RetentionDays!.Value))
            .Concat(tenant.Select(rule => (Kind: rule.Key, Days: rule.Value)))
            .GroupBy(rule => rule.Kind)
            .ToDictionary(rules => (Engines.Memory.MemoryKind)rules.Key, rules => rules.Min(rule => rule.Days)),
        SupersededFor = options.SupersededFor,
    };
}
