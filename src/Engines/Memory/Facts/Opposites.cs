using Steward.Engines.Memory.Extraction;

namespace Steward.Engines.Memory.Facts;

/// <summary>
/// Keeps somebody from liking and disliking the same. It is decided once, when something is written, and stands there as statements that take back what gives way: how a ledger folds statements never changes, since later records of
/// a journal refer to facts by the ids that were given then. Pure.
/// </summary>
public static class Opposites
{
    /// <summary>What is to be applied in the place of what a message says.</summary>
    /// <param name="facts">What is known.</param>
    /// <param name="statements">What the message says, in its order.</param>
    /// <param name="messageId">The message; what only it has said so far, when it is planned again after a loss, counts as not known.</param>
    /// <param name="source">Who says so.</param>
    /// <param name="said">When.</param>
    /// <returns>
    /// The statements, each behind a retraction of its opposite where that holds and gives way, and without those that the same message takes back with their opposite; and, where a later or a more trusted opposite holds against a
    /// statement, its own retraction, which is to be applied afterwards as another message. Nothing is added where no opposite holds.
    /// </returns>
    public static OpposedStatements Plan(IEnumerable<MemoryFact> facts, IReadOnlyList<Statement> statements, string messageId, FactSource source, DateTimeOffset said)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(statements);
        var held = facts.Where(fact => fact.Holds).ToList();
        var (first, then, at) = (new List<Statement>(), new List<Statement>(), said);
        for (var i = 0; i < statements.Count; i++)
        {
            var statement = statements[i];
            if (statement.IsRetraction || SlotAgainst(statement.Slot) is not { } slot)
            {
                first.Add(statement);
                continue;
            }

            // Who says both in one message means what they say last.
            if (statements.Skip(i + 1).Any(later => !later.IsRetraction && later.Subject == statement.Subject && later.Slot == slot && FactLedger.IsSame(later.Value, statement.Value)))
            {
                continue;
            }

            var against = held.FindAll(fact => fact.Subject == statement.Subject && fact.Slot == slot && FactLedger.IsSame(fact.Value, statement.Value));
            var stays = against.FindAll(fact => FactLedger.Trust(fact.Source) > FactLedger.Trust(source) || fact.ValidFrom > said);
            if (stays.Count == 0)
            {
                first.AddRange(against.Select(Retraction));
            }
            else if (!held.Exists(fact => fact.Subject == statement.Subject && fact.Slot == statement.Slot && FactLedger.IsSame(fact.Value, statement.Value) && fact.MessageIds.Any(id => id != messageId)))
            {
                then.Add(statement with { IsRetraction = true });
                at = stays.Aggregate(at, static (latest, fact) => fact.ValidFrom > latest ? fact.ValidFrom : latest);
            }

            first.Add(statement);
        }

        return new OpposedStatements(first, then, at);
    }

    /// <summary>What takes back the opposite of a value that a person sets by hand, whenever that was said.</summary>
    /// <param name="facts">What is known.</param>
    /// <param name="fact">The fact that will have the value, or make it hold again.</param>
    /// <param name="value">The value.</param>
    /// <param name="now">When.</param>
    /// <returns>The retractions, to be applied as said by the person at the time that comes with them, before the value is set; none where no opposite holds.</returns>
    public static (IReadOnlyList<Statement> Statements, DateTimeOffset At) Against(IEnumerable<MemoryFact> facts, MemoryFact fact, string value, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(facts);
        ArgumentNullException.ThrowIfNull(fact);
        var slot = SlotAgainst(fact.Slot);
        var against = slot is null ? [] : facts.Where(other => other.Holds && other.Subject == fact.Subject && other.Slot == slot && FactLedger.IsSame(other.Value, value)).ToList();
        return ([.. against.Select(Retraction)], against.Aggregate(now, static (latest, other) => other.ValidFrom > latest ? other.ValidFrom : latest));
    }

    private static Statement Retraction(MemoryFact fact) =>
        new() { Kind = fact.Kind, Subject = fact.Subject, Slot = fact.Slot, Value = fact.Value, IsRetraction = true };

    private static string? SlotAgainst(string slot) => slot switch { "likes" => "dislikes", "dislikes" => "likes", _ => null };
}

/// <summary>A message's statements with what has to be taken back because of them.</summary>
/// <param name="First">What is applied as the message.</param>
/// <param name="Then">What is applied afterwards as another message; mostly nothing.</param>
/// <param name="ThenAt">When that other message was said.</param>
public sealed record OpposedStatements(IReadOnlyList<Statement> First, IReadOnlyList<Statement> Then, DateTimeOffset ThenAt);
