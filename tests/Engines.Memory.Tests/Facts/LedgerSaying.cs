using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;

namespace Steward.Engines.Memory.Tests.Facts;

/// <summary>Brings messages to a ledger as whoever writes them does: decided first, then folded.</summary>
internal static class LedgerSaying
{
    public static IReadOnlyList<MemoryFact> Say(this FactLedger ledger, IReadOnlyList<Statement> statements, string messageId, FactSource source, DateTimeOffset said)
    {
        var plan = Opposites.Plan(ledger.Facts, statements, messageId, source, said);
        return
        [
            .. plan.First.SelectMany(statement => ledger.Apply(statement, messageId, source, said, said)).ToList(),
            .. plan.Then.SelectMany(statement => ledger.Apply(statement, messageId + "#opposite", source, plan.ThenAt, said)).ToList(),
        ];
    }
}
