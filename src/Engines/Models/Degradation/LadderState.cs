namespace Steward.Engines.Models.Degradation;

/// <summary>
/// Where the ladder stands. Down at once, as far as the signals say; up by one step, after they were well below the step's thresholds without a break for the time to hold, which doubles when the last step up was too early. Times are of one
/// monotonic clock. Not safe for concurrent use.
/// </summary>
internal sealed class LadderState(DegradationOptions options)
{
    private const int LongestDoubling = 8;

    private TimeSpan? _calmSince;
    private TimeSpan? _wentUp;
    private int _doubling = 1;

    /// <summary>The step.</summary>
    public DegradationStep Step { get; private set; }

    /// <summary>How long it has to be calm before the next step up.</summary>
    public TimeSpan Hold => options.Hold * _doubling;

    /// <summary>When the next step up may come at the earliest; null when it is not calm.</summary>
    public TimeSpan? UpAt => _calmSince + Hold;

    /// <summary>Takes the signals in.</summary>
    /// <returns>The step from now on.</returns>
    public DegradationStep Next(TimeSpan now, DegradationSignals signals)
    {
        var wanted = Wanted(signals, 1);
        if (wanted > Step)
        {
            _doubling = _wentUp is { } up && now - up < Hold * 2 ? Math.Min(LongestDoubling, _doubling * 2) : 1;
            (Step, _calmSince) = (wanted, null);
        }
        else if (Step == DegradationStep.Full || Wanted(signals, options.LeaveBelow) >= Step)
        {
            _calmSince = null;
        }
        else
        {
            _calmSince ??= now;
            if (now - _calmSince >= Hold)
            {
                // The next step has its own time to wait.
                (Step, _calmSince, _wentUp) = (Step - 1, now, now);
            }
        }

        return Step;
    }

    private DegradationStep Wanted(DegradationSignals signals, double part)
    {
        for (var step = DegradationStep.Queue; step > DegradationStep.Full; step--)
        {
            if (signals.Pressure >= options.Pressure.At(step) * part || signals.OpenShare >= options.OpenShare.At(step) * part || signals.ErrorRate >= options.ErrorRate.At(step) * part)
            {
                return step;
            }
        }

        return DegradationStep.Full;
    }
}
