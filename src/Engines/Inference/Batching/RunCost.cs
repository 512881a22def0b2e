namespace Steward.Engines.Inference.Batching;

/// <summary>
/// What a run costs, learnt from the runs so far: seconds = fixed + tokens × per token, by least squares with forgetting. A run that took far less than expected shows that what was learnt is of other times (the first runs of a process,
/// a machine under load): then all of it is forgotten at once.
/// </summary>
internal sealed class RunCost
{
    private const double Memory = 0.98;

    /// <summary>A run in the fourth part of the expected time is far quicker.</summary>
    private const double FarLess = 4;

    private double _weight;
    private double _tokens;
    private double _seconds;
    private double _tokensSquared;
    private double _product;

    /// <summary>Whether a run has been seen.</summary>
    public bool IsKnown => _weight > 0;

    /// <summary>Seconds that a run takes however short it is.</summary>
    public double Fixed { get; private set; }

    /// <summary>Seconds that each token adds.</summary>
    public double PerToken { get; private set; }

    /// <summary>Takes a run into account.</summary>
    public void Record(int paddedTokens, TimeSpan took)
    {
        var (x, y) = ((double)paddedTokens, took.TotalSeconds);

        // What longer runs take is a guess; they take no less than the mean.
        if (IsKnown && y * FarLess < Math.Min(Fixed + (x * PerToken), _seconds / _weight))
        {
            (_weight, _tokens, _seconds, _tokensSquared, _product) = (0, 0, 0, 0, 0);
        }

        _weight = (_weight * Memory) + 1;
        _tokens = (_tokens * Memory) + x;
        _seconds = (_seconds * Memory) + y;
        _tokensSquared = (_tokensSquared * Memory) + (x * x);
        _product = (_product * Memory) + (x * y);
        var (meanX, meanY) = (_tokens / _weight, _seconds / _weight);
        var variance = (_tokensSquared / _weight) - (meanX * meanX);
        // Runs of one length tell nothing of the fixed part; noise may tilt the line below zero at either end.
        PerToken = variance > 1 ? Math.Clamp(((_product / _weight) - (meanX * meanY)) / variance, 0, meanY / meanX) : meanY / meanX;
        Fixed = Math.Max(0, meanY - (PerToken * meanX));
    }

    /// <summary>The expected time of runs with so many tokens in all.</summary>
    public TimeSpan Estimate(int runs, long tokens) => TimeSpan.FromSeconds((runs * Fixed) + (tokens * PerToken));
}
