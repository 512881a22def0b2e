namespace Steward.Engines.Orchestration.Admission;

/// <summary>
/// Finds how many slots a tenant may hold while the processor is short: multiplicative decrease, slow increase, on the time that ready work waits for a processor.
/// All tenants have the same limit for each unit of their weight, so that the largest give way first; it stays above what those have that it does not touch.
/// </summary>
internal sealed class ProcessorGuard(TimeSpan target)
{
    /// <summary>Below this part of the machine's processor time it is somebody else's process that takes it, and fewer runs here would help nobody.</summary>
    private const double LeastOwnShare = 0.15;

    private const double Decrease = 0.5;
    private const double Increase = 0.02;

    /// <summary>How many rounds without a shortage go by before the limit grows again: it is found out by being short, and that is felt by everybody.</summary>
    private const int Hold = 10;

    /// <summary>
    /// How far the limit stays above what the tenants have that it holds nothing back of, in their mean. A noisy one is so left with half as much again as a quiet one, and quiet ones with room for their
    /// ups and downs. It must not be measured by the noisy one itself: what a tenant has more of while the processor is short would then raise the limit that is to bring it down.
    /// </summary>
    private const double AboveOthers = 1.5;

    /// <summary>The weight of one more observation of that mean: tenants that come are given room sooner than those that go lose it.</summary>
    private const double Rise = 0.5;
    private const double Fall = 0.25;

    private double _others;
    private int _held;

    /// <summary>Slots for each unit of weight; infinity is no limit.</summary>
    public double Limit { get; private set; } = double.PositiveInfinity;

    /// <summary>One round.</summary>
    /// <param name="delay">How long ready work waited since the last round.</param>
    /// <param name="ownShare">The part of the machine's processor time that this process used, 0 to 1.</param>
    /// <param name="load">What the admission holds.</param>
    /// <returns>The new limit.</returns>
    public double Next(TimeSpan delay, double ownShare, AdmissionLoad load)
    {
        _others += (load.OthersShare > _others ? Rise : Fall) * (load.OthersShare - _others);
        var least = Math.Max(1, _others * AboveOthers);
        if (load.Tenants < 2)
        {
            // Nobody is there to be protected.
            Limit = double.PositiveInfinity;
        }
        else if (delay > target && ownShare >= LeastOwnShare)
        {
            Limit = Math.Max(least, Math.Min(Limit, load.LargestShare) * Decrease);
            _held = Hold;
        }
        else
        {
            if (_held > 0)
            {
                _held--;
            }
            else if (load.IsBound)
            {
                Limit += Math.Max(0.5, Limit * Increase);
            }

            // It may have been found while the others had hardly anything to do.
            Limit = Math.Max(least, Limit);
        }

        return Limit;
    }
}
