namespace Steward.Engines.Orchestration.Admission;

/// <summary>
/// Finds how many slots a tenant may hold while the processor is short: additive increase, multiplicative decrease, on the time that ready work waits
/// for a processor. Since all tenants have the same limit for each unit of their weight, the largest users give way first and small ones not at all.
/// </summary>
internal sealed class ProcessorGuard(TimeSpan target)
{
    /// <summary>Below this part of the machine's processor time it is somebody else's process that takes it, and fewer runs here would help nobody.</summary>
    private const double LeastOwnShare = 0.2;

    private const double Decrease = 0.8;
    private const double Increase = 0.05;

    /// <summary>How many rounds a decrease gets to show its effect: runs that hold a slot keep it.</summary>
    private const int Patience = 5;

    private int _roundsLeft;

    /// <summary>Slots for each unit of weight; infinity is no limit.</summary>
    public double Limit { get; private set; } = double.PositiveInfinity;

    /// <summary>One round.</summary>
    /// <param name="delay">How long ready work waited since the last round.</param>
    /// <param name="ownShare">The part of the machine's processor time that this process used, 0 to 1.</param>
    /// <param name="load">What the admission holds.</param>
    /// <returns>The new limit.</returns>
    public double Next(TimeSpan delay, double ownShare, AdmissionLoad load)
    {
        _roundsLeft--;
        if (load.Tenants < 2)
        {
            // Nobody is there to be protected.
            Limit = double.PositiveInfinity;
        }
        else if (delay > target && ownShare >= LeastOwnShare)
        {
            if (_roundsLeft <= 0 || load.LargestShare <= Limit)
            {
                Limit = Math.Max(1, Math.Min(Limit, load.LargestShare) * Decrease);
                _roundsLeft = Patience;
            }
        }
        else if (load.IsBound)
        {
            Limit += Math.Max(1, Limit * Increase);
        }

        return Limit;
    }
}
