namespace Steward.Engines.Orchestration.Admission;

/// <summary>
/// Finds how many slots a tenant may hold while the processor is short: multiplicative decrease, slow increase, on the time that ready work waits for a processor.
/// All tenants have the same limit for each unit of their weight, so that the largest give way first; it stays above what the tenants have in the mean,
/// so that those below are not touched.
/// </summary>
internal sealed class ProcessorGuard(TimeSpan target)
{
    /// <summary>Below this part of the machine's processor time it is somebody else's process that takes it, and fewer runs here would help nobody.</summary>
    private const double LeastOwnShare = 0.15;

    private const double Decrease = 0.5;
    private const double Increase = 0.05;

    /// <summary>
    /// How far above the mean the limit stays. Of n + 1 tenants of which one is noisy and the others have b slots each, the noisy one is left with
    /// 1.5 n b / (n − 0.5): three times as much as the other one of two, half as much again as each of many.
    /// </summary>
    private const double AboveMean = 1.5;

    /// <summary>The weight of one more observation of the mean.</summary>
    private const double Gain = 0.25;

    private double _mean;

    /// <summary>Slots for each unit of weight; infinity is no limit.</summary>
    public double Limit { get; private set; } = double.PositiveInfinity;

    /// <summary>One round.</summary>
    /// <param name="delay">How long ready work waited since the last round.</param>
    /// <param name="ownShare">The part of the machine's processor time that this process used, 0 to 1.</param>
    /// <param name="load">What the admission holds.</param>
    /// <returns>The new limit.</returns>
    public double Next(TimeSpan delay, double ownShare, AdmissionLoad load)
    {
        _mean += Gain * (load.MeanShare - _mean);
        if (load.Tenants < 2)
        {
            // Nobody is there to be protected.
            Limit = double.PositiveInfinity;
        }
        else if (delay > target && ownShare >= LeastOwnShare)
        {
            Limit = Math.Max(Math.Max(1, _mean * AboveMean), Math.Min(Limit, load.LargestShare) * Decrease);
        }
        else if (load.IsBound)
        {
            Limit += Math.Max(1, Limit * Increase);
        }

        return Limit;
    }
}
