using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Whether two chains ask the same people in the same way in the same time.</summary>
internal static class ChainComparer
{
    public static bool AreEqual(ChainDefinition left, ChainDefinition right) =>
        ReferenceEquals(left, right)
        || (left with { Levels = right.Levels, Fallback = right.Fallback, Mirror = right.Mirror } == right
            && left.Fallback.SequenceEqual(right.Fallback)
            && AreEqual(left.Mirror, right.Mirror)
            && left.Levels.Count == right.Levels.Count
            && left.Levels.Zip(right.Levels).All(pair => AreEqual(pair.First, pair.Second)));

    private static bool AreEqual(LevelDefinition left, LevelDefinition right) =>
        left.Name == right.Name && left.Quorum == right.Quorum && left.Approvers.SequenceEqual(right.Approvers) && AreEqual(left.Sla, right.Sla);

    internal static bool AreEqual(SlaDefinition? left, SlaDefinition? right) =>
        left is null || right is null
            ? left == right
            : left with { RemindAfter = right.RemindAfter, EscalateTo = right.EscalateTo } == right && left.RemindAfter.SequenceEqual(right.RemindAfter) && left.EscalateTo.SequenceEqual(right.EscalateTo);

    internal static bool AreEqual(MirrorDefinition? left, MirrorDefinition? right) =>
        left is null || right is null
            ? left == right
            : left with { Settings = right.Settings } == right
                && left.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal).SequenceEqual(right.Settings.OrderBy(setting => setting.Key, StringComparer.Ordinal));
}
