using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Whether a chain asks for no less than another. Where that cannot be told it does not: chains that ask different people are neither stricter nor weaker.</summary>
internal static class ChainStrictness
{
    /// <summary>Whether whatever <paramref name="chain"/> approves would have all the approvals that <paramref name="than"/> asks for, of the same people.</summary>
    /// <remarks>Whoever closes a chain's record in another system decides it, and its absence leaves nothing there: one with another mirror is not told to be stricter.</remarks>
    public static bool IsAtLeast(ChainDefinition chain, ChainDefinition than)
    {
        if ((than.FourEyes && !chain.FourEyes) || (than.Veto && !chain.Veto) || chain.ValidFor > than.ValidFor || !chain.Fallback.ToHashSet().SetEquals(than.Fallback)
            || !ChainComparer.AreEqual(chain.Mirror, than.Mirror))
        {
            return false;
        }

        // Each level of the other one has to have one here, in the same order; what is between them is asked for in addition.
        var found = 0;
        foreach (var level in chain.Levels)
        {
            if (found < than.Levels.Count && IsAtLeast(level, than.Levels[found], chain.Calendar == than.Calendar))
            {
                found++;
            }
        }

        return found == than.Levels.Count;
    }

    private static bool IsAtLeast(LevelDefinition level, LevelDefinition than, bool sameHours) =>
        level.Approvers.ToHashSet().SetEquals(than.Approvers) && IsAtLeast(level.Quorum, than.Quorum) && IsAtLeast(level.Sla, than.Sla, sameHours);

    // All is not more than a number: where fewer are found than that takes, others are asked in addition.
    private static bool IsAtLeast(Quorum quorum, Quorum than) => (quorum.Kind, than.Kind) switch
    {
        (_, QuorumKind.Any) or (QuorumKind.All, QuorumKind.All or QuorumKind.Percent) => true,
        (QuorumKind.Count, QuorumKind.Count) or (QuorumKind.Percent, QuorumKind.Percent) => quorum.Value >= than.Value,
        _ => false,
    };

    // Time may ask others in addition, and may approve by itself: only what the other one does as well.
    private static bool IsAtLeast(SlaDefinition? sla, SlaDefinition? than, bool sameHours) =>
        sla is null || (sla.EscalateAfter is null && (sla.EndsAfter is null || sla.End != SlaEnd.Approve)) || (sameHours && ChainComparer.AreEqual(sla, than));
}
