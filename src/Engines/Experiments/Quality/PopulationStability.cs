using MathNet.Numerics.Distributions;

namespace Steward.Engines.Experiments.Quality;

/// <summary>How far the division of something into classes has moved.</summary>
/// <param name="Index">The population stability index: the sum of (new − old) · ln(new / old) of the shares.</param>
/// <param name="Threshold">What chance stays below in all but <see cref="PopulationStability.Alpha"/> of windows of this size.</param>
/// <param name="IsShifted">Whether the index is above that.</param>
/// <param name="Classes">How many classes were compared after small ones were put together.</param>
public readonly record struct StabilityIndex(double Index, double Threshold, bool IsShifted, int Classes);

/// <summary>
/// Whether a window differs from a reference. The usual bounds of the index (0.1, 0.25) mean nothing without the number of observations: without any drift it is (1/n + 1/m) times a χ² value of one degree of freedom less than there
/// are classes (Yurdakul, Statistical properties of the population stability index, 2018). Pure.
/// </summary>
public static class PopulationStability
{
    /// <summary>How seldom a window without drift is called shifted.</summary>
    public const double Alpha = 0.01;

    /// <summary>The fewest observations of either side.</summary>
    public const long FewestObservations = 100;

    // The distribution holds where every class is expected so often on either side.
    private const double FewestExpected = 5;

    /// <summary>Compares; null when there are too few observations, or fewer than two classes of some size.</summary>
    /// <param name="reference">Observations of each class before.</param>
    /// <param name="window">Observations of each class now, in the same order.</param>
    public static StabilityIndex? Compare(IReadOnlyList<long> reference, IReadOnlyList<long> window)
    {
        ArgumentNullException.ThrowIfNull(reference);
        ArgumentNullException.ThrowIfNull(window);
        ArgumentOutOfRangeException.ThrowIfNotEqual(window.Count, reference.Count);
        var (before, now) = (reference.Sum(), window.Sum());
        if (Math.Min(before, now) < FewestObservations)
        {
            return null;
        }

        var classes = Merge(reference, window, FewestExpected * (before + now) / Math.Min(before, now));
        if (classes.Count < 2)
        {
            return null;
        }

        var index = 0d;
        foreach (var (old, recent) in classes)
        {
            // Half an observation more: a class that is empty on one side must not be infinitely far.
            var (oldShare, newShare) = ((old + 0.5) / (before + (0.5 * classes.Count)), (recent + 0.5) / (now + (0.5 * classes.Count)));
            index += (newShare - oldShare) * Math.Log(newShare / oldShare);
        }

        var threshold = ((1d / before) + (1d / now)) * ChiSquared.InvCDF(classes.Count - 1, 1 - Alpha);
        return new(index, threshold, index > threshold, classes.Count);
    }

    // Small classes become one; it joins the smallest other one if it is still small.
    private static List<(long Old, long Recent)> Merge(IReadOnlyList<long> reference, IReadOnlyList<long> window, double fewest)
    {
        var all = reference.Zip(window).ToList();
        var large = all.Where(one => one.First + one.Second >= fewest).Select(one => (Old: one.First, Recent: one.Second)).OrderBy(one => one.Old + one.Recent).ToList();
        var small = all.Where(one => one.First + one.Second < fewest).Aggregate((Old: 0L, Recent: 0L), (sum, one) => (sum.Old + one.First, sum.Recent + one.Second));
        if (small.Old + small.Recent == 0)
        {
            return large;
        }

        if (small.Old + small.Recent >= fewest || large.Count == 0)
        {
            large.Add(small);
        }
        else
        {
            large[0] = (large[0].Old + small.Old, large[0].Recent + small.Recent);
        }

        return large;
    }
}
