namespace Steward.Engines.Inference.Models;

/// <summary>A rising line from the probability of an answer to the share of such answers that were right, straight between its points.</summary>
public sealed record ConfidenceCurve
{
    /// <summary>The points' probabilities: rising, the first 0 and the last 1.</summary>
    public IReadOnlyList<double> From { get; init; } = [];

    /// <summary>The points' shares of right answers: never falling, within 0 to 1.</summary>
    public IReadOnlyList<double> To { get; init; } = [];

    /// <summary>Whether the points are as their fields say.</summary>
    internal bool IsSound =>
        From.Count >= 2 && From.Count == To.Count && From[0] == 0 && From[^1] == 1
        && From.Zip(From.Skip(1)).All(pair => pair.First < pair.Second)
        && To.All(share => share is >= 0 and <= 1) && To.Zip(To.Skip(1)).All(pair => pair.First <= pair.Second);

    /// <summary>The line's height at a probability.</summary>
    internal double At(double probability)
    {
        var next = 1;
        while (next < From.Count - 1 && From[next] < probability)
        {
            next++;
        }

        var share = (probability - From[next - 1]) / (From[next] - From[next - 1]);
        return To[next - 1] + (share * (To[next] - To[next - 1]));
    }
}
