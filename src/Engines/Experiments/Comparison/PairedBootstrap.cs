namespace Steward.Engines.Experiments.Comparison;

/// <summary>A mean difference and between which bounds it probably lies.</summary>
/// <param name="Mean">The mean of the differences.</param>
/// <param name="Low">The lower bound.</param>
/// <param name="High">The upper bound.</param>
public readonly record struct MeanDifference(double Mean, double Low, double High);

/// <summary>Whether two runs differ in a figure that each question has: the mean of its differences, resampled by question (Efron, 1979). The same differences always give the same bounds. Pure.</summary>
public static class PairedBootstrap
{
    /// <summary>The fewest pairs that bounds are given for.</summary>
    public const int FewestPairs = 8;

    private const int Resamples = 4_000;

    /// <summary>The mean and its bounds; null when there are fewer pairs than <see cref="FewestPairs"/>.</summary>
    /// <param name="differences">New minus old of each question.</param>
    /// <param name="certainty">How often the bounds hold, 0 to 1.</param>
    public static MeanDifference? Of(IReadOnlyList<double> differences, double certainty = 0.95)
    {
        ArgumentNullException.ThrowIfNull(differences);
        if (differences.Count < FewestPairs)
        {
            return null;
        }

        var means = new double[Resamples];
#pragma warning disable CA5394 // Nothing is to be kept from anybody.
        var random = new Random(1);
        for (var i = 0; i < Resamples; i++)
        {
            var sum = 0d;
            for (var k = 0; k < differences.Count; k++)
            {
                sum += differences[random.Next(differences.Count)];
            }

            means[i] = sum / differences.Count;
        }
#pragma warning restore CA5394

        Array.Sort(means);
        var outside = (int)(Resamples * (1 - certainty) / 2);
        return new MeanDifference(differences.Average(), means[outside], means[^(outside + 1)]);
    }
}
