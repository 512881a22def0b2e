namespace Steward.Engines.Triage.Routing;

/// <summary>A label and its probability.</summary>
/// <param name="Label">The label.</param>
/// <param name="Probability">0 to 1.</param>
public readonly record struct LabelShare(string Label, double Probability);

/// <summary>What a classifier says, before it is known which groups its labels mean.</summary>
/// <param name="Label">Its answer.</param>
/// <param name="Confidence">How probable that is, calibrated.</param>
/// <param name="IsOutOfScope">Whether it belongs to no class.</param>
/// <param name="Shares">Its labels' probabilities, as many as are known.</param>
public sealed record LabelAnswer(string Label, double Confidence, bool IsOutOfScope, IReadOnlyList<LabelShare> Shares);

/// <summary>The group that a ticket belongs to, and what becomes of it.</summary>
/// <param name="Label">The group, or <see cref="OutOfScope"/>.</param>
/// <param name="Confidence">How probable that is.</param>
/// <param name="IsOutOfScope">Whether it belongs to no group.</param>
/// <param name="Band">What becomes of it.</param>
/// <param name="Top">The three most probable groups, best first.</param>
public sealed record GroupAnswer(string Label, double Confidence, bool IsOutOfScope, RoutingBand Band, IReadOnlyList<LabelShare> Top)
{
    /// <summary>The label of what belongs to no group.</summary>
    public const string OutOfScope = "out_of_scope";

    private const int Named = 3;

    /// <summary>
    /// Makes groups of a classifier's labels. Probabilities of labels that mean one group add up. Where the most probable label means no group, the best group there is goes to a person; where a label and a group are only
    /// alike by their names, somebody has to look.
    /// </summary>
    /// <param name="answer">What the classifier says.</param>
    /// <param name="find">Which group a label means; null for none.</param>
    /// <param name="thresholds">Where the bands lie.</param>
    public static GroupAnswer Of(LabelAnswer answer, Func<string, GroupMatch?> find, BandThresholds thresholds)
    {
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(find);
        ArgumentNullException.ThrowIfNull(thresholds);
        var groups = new Dictionary<string, (double Probability, bool IsSure)>(StringComparer.Ordinal);
        foreach (var (label, probability) in answer.Shares)
        {
            // What belongs to no class is no group, whatever its name resembles.
            if (label != OutOfScope && !(answer.IsOutOfScope && label == answer.Label) && find(label) is { } match)
            {
                var (before, sure) = groups.GetValueOrDefault(match.Group, (0, true));
                groups[match.Group] = (before + probability, sure && match.IsSure);
            }
        }

        LabelShare[] top = [.. groups.OrderByDescending(group => group.Value.Probability).ThenBy(group => group.Key, StringComparer.Ordinal).Take(Named).Select(group => new LabelShare(group.Key, group.Value.Probability))];
        if (answer.IsOutOfScope || answer.Label == OutOfScope || top.Length == 0)
        {
            return new GroupAnswer(OutOfScope, answer.Confidence, true, RoutingBand.Human, top);
        }

        var best = top[0];
        if (find(answer.Label) is not { } meant || meant.Group != best.Label)
        {
            // The probabilities of several labels may outweigh the best one; that is as good as calibrated. A label without a group is not.
            var isKnown = find(answer.Label) is not null;
            return new GroupAnswer(best.Label, best.Probability, false, isKnown ? Capped(best.Probability, groups[best.Label].IsSure, thresholds) : RoutingBand.Human, top);
        }

        var others = groups[best.Label].Probability - answer.Shares.Where(share => share.Label == answer.Label).Sum(share => share.Probability);
        var confidence = Math.Min(1, answer.Confidence + Math.Max(0, others));
        return new GroupAnswer(best.Label, confidence, false, Capped(confidence, groups[best.Label].IsSure, thresholds), top);
    }

    private static RoutingBand Capped(double confidence, bool isSure, BandThresholds thresholds)
    {
        var band = thresholds.BandOf(confidence);
        return !isSure && band == RoutingBand.AutoRoute ? RoutingBand.Review : band;
    }
}
