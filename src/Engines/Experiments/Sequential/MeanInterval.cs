using System.Text.Json.Serialization;

namespace Steward.Engines.Experiments.Sequential;

/// <summary>
/// Between which bounds the mean of differences from −1 to 1 lies: an empirical-Bernstein confidence sequence, which holds at all times together and for every distribution within the bounds (Waudby-Smith and Ramdas, 2023,
/// theorem 2). For reports; decisions go by evidence. Immutable.
/// </summary>
public sealed record MeanInterval
{
    /// <summary>How seldom the mean is ever outside of the bounds.</summary>
    public const double Alpha = 0.05;

    /// <summary>How many differences there were.</summary>
    public long Count { get; init; }

    /// <summary>The sum of the values, scaled to 0 to 1.</summary>
    public double Sum { get; init; }

    /// <summary>The sum of squares around the means so far.</summary>
    public double Squares { get; init; }

    /// <summary>The sum of the weights.</summary>
    public double Weights { get; init; }

    /// <summary>The weighted sum of the values.</summary>
    public double Weighted { get; init; }

    /// <summary>What the spread adds to the width.</summary>
    public double Spread { get; init; }

    /// <summary>The bounds; −1 to 1 when nothing is known.</summary>
    [JsonIgnore]
    public (double Low, double High) Bounds
    {
        get
        {
            if (Count == 0)
            {
                return (-1, 1);
            }

            var (middle, width) = (Weighted / Weights, (Math.Log(2 / Alpha) + Spread) / Weights);
            return (Math.Max(-1, (2 * (middle - width)) - 1), Math.Min(1, (2 * (middle + width)) - 1));
        }
    }

    /// <summary>The weighted mean; 0 for none.</summary>
    [JsonIgnore]
    public double Mean => Count == 0 ? 0 : (2 * Weighted / Weights) - 1;

    /// <summary>Adds a difference.</summary>
    public MeanInterval Add(double difference)
    {
        var value = (difference + 1) / 2;
        var count = Count + 1;

        // What a value is weighed with may depend on those before it only.
        var meanBefore = (0.5 + Sum) / count;
        var varianceBefore = (0.25 + Squares) / count;
        var weight = Math.Min(0.5, Math.Sqrt(2 * Math.Log(2 / Alpha) / (varianceBefore * count * Math.Log(1 + count))));
        var mean = (0.5 + Sum + value) / (count + 1);
        return new MeanInterval
        {
            Count = count,
            Sum = Sum + value,
            Squares = Squares + ((value - mean) * (value - mean)),
            Weights = Weights + weight,
            Weighted = Weighted + (weight * value),
            Spread = Spread + ((value - meanBefore) * (value - meanBefore) * (-Math.Log(1 - weight) - weight)),
        };
    }
}
