using Steward.Engines.Triage.Learning;

namespace Steward.Engines.Triage.Monitoring;

/// <summary>What became of a group's tickets that were routed without a person.</summary>
/// <param name="Group">The group.</param>
/// <param name="Said">Those about which somebody said something.</param>
/// <param name="Misrouted">Of these, those that belonged elsewhere.</param>
public readonly record struct RoutedGroup(string Group, long Said, long Misrouted);

/// <summary>Which groups are misrouted more often than was wanted. Pure.</summary>
public static class PrecisionWatch
{
    /// <summary>The groups whose misroutes the wanted precision does not explain, at 5 % for all groups together (Bonferroni); in ordinal order.</summary>
    /// <param name="groups">The groups.</param>
    /// <param name="wantedPrecision">The wanted share of right answers.</param>
    public static IReadOnlyList<string> Below(IReadOnlyCollection<RoutedGroup> groups, double wantedPrecision)
    {
        ArgumentNullException.ThrowIfNull(groups);
        var judged = groups.Where(group => group.Said > 0).ToList();
        return [.. judged.Where(group => ExactBinomial.AtLeast(group.Misrouted, group.Said, 1 - wantedPrecision) <= 0.05 / judged.Count).Select(group => group.Group).Order(StringComparer.Ordinal)];
    }
}
