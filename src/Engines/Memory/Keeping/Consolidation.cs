using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Keeping;

/// <summary>How long memories are kept.</summary>
public sealed record KeepingRules
{
    /// <summary>After how many days without being said or used again facts of a kind are removed; kinds that are not named are kept. Constraints fade only when they are named here.</summary>
    public IReadOnlyDictionary<MemoryKind, int> RetentionDays { get; init; } = new Dictionary<MemoryKind, int>();

    /// <summary>How long what does not hold any more is kept, so that it can be restored; never longer than the retention of its kind. Default 90 days.</summary>
    public TimeSpan SupersededFor { get; init; } = TimeSpan.FromDays(90);

    /// <summary>After how long without use a fact counts half. Default 180 days. Constraints do not fade.</summary>
    public TimeSpan HalfLife { get; init; } = TimeSpan.FromDays(180);

    /// <summary>How sure a fact must be at least, faded, to be kept. Default 0.05.</summary>
    public double LeastConfidence { get; init; } = 0.05;
}

/// <summary>What is to be done about a memory: decided first, then applied as one.</summary>
/// <param name="Removed">Facts that go, and why: <c>retention</c>, <c>superseded</c> or <c>faded</c>.</param>
/// <param name="Merged">Facts that say the same as another.</param>
/// <param name="NextAt">When the next fact goes if nothing happens; null never.</param>
public sealed record Consolidation(IReadOnlyList<RemovedFact> Removed, IReadOnlyList<MergedFact> Merged, DateTimeOffset? NextAt)
{
    /// <summary>Whether anything is to be done.</summary>
    public bool IsNeeded => Removed.Count > 0 || Merged.Count > 0;

    /// <summary>Decides. Deterministic.</summary>
    /// <param name="facts">All facts, also those that do not hold.</param>
    /// <param name="rules">How long they are kept.</param>
    /// <param name="now">The time.</param>
    public static Consolidation Plan(IReadOnlyList<MemoryFact> facts, KeepingRules rules, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(rules);
        var removed = new List<RemovedFact>();
        DateTimeOffset? next = null;
        foreach (var fact in facts)
        {
            var (at, reason) = Ends(fact, rules);
            if (at <= now)
            {
                removed.Add(new RemovedFact(fact.Id, reason));
            }
            else if (at < DateTimeOffset.MaxValue && (next is null || at < next))
            {
                next = at;
            }
        }

        var gone = removed.Select(fact => fact.Id).ToHashSet();
        return new Consolidation(removed, [.. Repeated(facts.Where(fact => fact.Holds && !gone.Contains(fact.Id)))], next);
    }

    /// <summary>When a fact was said or used last: what retention counts from.</summary>
    public static DateTimeOffset UsedAt(MemoryFact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        return fact.UsedAt;
    }

    /// <summary>When a fact goes if nothing happens, and why; <see cref="DateTimeOffset.MaxValue"/> never.</summary>
    private static (DateTimeOffset At, string Reason) Ends(MemoryFact fact, KeepingRules rules)
    {
        var used = UsedAt(fact);
        var retained = rules.RetentionDays.TryGetValue(fact.Kind, out var days) ? used.AddDays(days) : DateTimeOffset.MaxValue;
        if (!fact.Holds)
        {
            var superseded = (fact.ValidTo ?? fact.RecordedAt) + rules.SupersededFor;
            return retained < superseded ? (retained, "retention") : (superseded, "superseded");
        }

        if (fact.Kind == MemoryKind.Constraint)
        {
            return (retained, "retention");
        }

        var halves = Math.Max(0, Math.Log2(fact.Confidence / rules.LeastConfidence));
        var faded = used + (rules.HalfLife * halves);
        return retained <= faded ? (retained, "retention") : (faded, "faded");
    }

    // As FactLedger.IsSame finds them, with each value cut into terms once only: there may be thousands in a slot.
    private static IEnumerable<MergedFact> Repeated(IEnumerable<MemoryFact> facts)
    {
        foreach (var slot in facts.GroupBy(fact => (fact.Subject, fact.Slot)))
        {
            var (texts, keys) = (new Dictionary<string, long>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, long>(StringComparer.Ordinal));
            foreach (var fact in slot.OrderBy(fact => fact.Id))
            {
                var key = FactLedger.KeyOf(fact.Value);
                var same = Math.Min(texts.GetValueOrDefault(fact.Value, long.MaxValue), keys.GetValueOrDefault(key, long.MaxValue));
                if (same < long.MaxValue)
                {
                    yield return new MergedFact(same, fact.Id);
                }
                else
                {
                    (texts[fact.Value], keys[key]) = (fact.Id, fact.Id);
                }
            }
        }
    }
}

/// <summary>A fact that goes.</summary>
/// <param name="Id">The fact.</param>
/// <param name="Reason">Why: <c>retention</c>, <c>superseded</c> or <c>faded</c>.</param>
public sealed record RemovedFact(long Id, string Reason);

/// <summary>A fact that says the same as another.</summary>
/// <param name="Into">The one that stays.</param>
/// <param name="From">The one that becomes part of it.</param>
public sealed record MergedFact(long Into, long From);
