using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Extraction;

/// <summary>Something that holds of the author of a message before the message is read.</summary>
/// <param name="Slot">What of them: one of <see cref="MemorySlots"/>.</param>
/// <param name="Value">The value, as it was said.</param>
/// <param name="IsLatest">Whether it is the last thing that they said of themselves, a short while ago: "actually it's …" may mean it. Default false.</param>
public sealed record HeldValue(string Slot, string Value, bool IsLatest = false)
{
    private static readonly TimeSpan ShortWhile = TimeSpan.FromMinutes(30);

    /// <summary>What holds of the author of a message.</summary>
    /// <param name="facts">What is known of them, in any order.</param>
    /// <param name="said">When the message was said: what was said later is left out, and so is what is only to hold.</param>
    /// <returns>The values, the last said first.</returns>
    public static IReadOnlyList<HeldValue> Of(IEnumerable<MemoryFact> facts, DateTimeOffset said)
    {
        ArgumentNullException.ThrowIfNull(facts);
        var held = facts.Where(fact => fact.Subject == Statement.Speaker && fact.Holds && fact.ValidFrom <= said && !(fact.HoldsFrom > said) && MemorySlots.All.ContainsKey(fact.Slot)).OrderByDescending(fact => fact.ValidFrom).ThenByDescending(fact => fact.Id).ToList();
        return [.. held.Select((fact, i) => new HeldValue(fact.Slot, fact.Value, i == 0 && said - fact.ValidFrom <= ShortWhile))];
    }
}
