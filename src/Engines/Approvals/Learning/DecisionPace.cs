namespace Steward.Engines.Approvals.Learning;

/// <summary>How early in their time levels are decided that are decided in time: what has not been decided by now is more likely to be late.</summary>
internal sealed class DecisionPace
{
    private readonly List<double> _parts;

    private DecisionPace(List<double> parts) => _parts = parts;

    public static DecisionPace Of(IEnumerable<LevelObservation> history) => new(
        [.. history.Where(level => !level.IsLate).Select(level => Math.Clamp((level.DecidedAt!.Value - level.OpenedAt) / (level.DueAt - level.OpenedAt), 0, 1)).Order()]);

    /// <summary>How many of those that are decided in time are still open when a part of the time is over; never quite none.</summary>
    public double StillOpen(double part)
    {
        var index = _parts.BinarySearch(part);
        index = index < 0 ? ~index : index;
        return (_parts.Count - index + 1d) / (_parts.Count + 1d);
    }

    /// <summary>Bayes' rule: how likely it is late, now that it was not decided in a part of the time.</summary>
    public double After(double late, double part) => part <= 0 ? late : late / (late + ((1 - late) * StillOpen(part)));
}
