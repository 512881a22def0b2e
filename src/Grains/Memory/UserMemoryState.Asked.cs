using Steward.Engines.Memory.Extraction;
using Steward.Engines.Memory.Facts;
using Steward.Storage;
using EngineKind = Steward.Engines.Memory.MemoryKind;

namespace Steward.Memory;

/// <summary>What becomes of requests, open matters and proposals.</summary>
internal sealed partial class UserMemoryState
{
    // What is learnt of requests is kept only when the person says so.
    private void Decide(MemoryProposalDecided decided, JournalEntry entry)
    {
        var (at, open) = (entry.At, Asked.Open.Count);
        var proposal = Asked.Decide(decided, at);
        Letting(Asked.Open.Count < open, entry);
        if (proposal is { Kind: MemoryProposalKind.RepeatedRequest, Status: MemoryProposalStatus.Accepted } accepted && Keeps(MemoryKind.Pattern) && Facts.Count < MaxFacts)
        {
            var learnt = new Statement { Kind = EngineKind.Pattern, Subject = Statement.Speaker, Slot = "request", Value = $"{accepted.Topic}, {accepted.Rhythm}", Confidence = 1 };
            Ledger.Apply(learnt, $"proposal:{accepted.Id}", FactSource.Corrected, at, at);
            ConsolidatesAt ??= NextNight(at);
        }
    }

    // What is over goes with the next pass: nobody asked that it go at once.
    private void Letting(bool hasLetGo, JournalEntry entry) => OverThrough = hasLetGo ? entry.Sequence : OverThrough;

    private void RemoveAsked(bool patterns, bool interactions, long sequence)
    {
        if (Asked.Remove(patterns, interactions))
        {
            PurgeDue = sequence;
        }
    }
}
