namespace Steward.Engines.Resilience;

/// <summary>What a breaker does with calls.</summary>
public enum BreakerPhase
{
    /// <summary>Lets them through.</summary>
    Closed,

    /// <summary>Refuses them.</summary>
    Open,

    /// <summary>Lets a few through to see.</summary>
    HalfOpen,
}

/// <summary>
/// Stops the calls of a system that fails: failures in a row, or a share of failures in a window of time. It decides and learns, and makes no call itself: a call may be made elsewhere, and its end be told;
/// see docs/decisions/0011-limits-and-breaker.md for why it is not Polly's. One caller at a time. Times are of one monotonic clock.
/// </summary>
public sealed class CircuitBreaker(BreakerSpec spec)
{
    private const int Slots = 10;
    private const int LongestDoubling = 5;

    private readonly int[] _calls = new int[Slots];
    private readonly int[] _failures = new int[Slots];
    private readonly long _slotTicks = Math.Max(1, spec.Sampling.Ticks / Slots);
    private long _slot = -1;
    private int _inARow;
    private int _probesOut;
    private int _probesGood;
    private int _reopened;
    private TimeSpan _openUntil;
    private TimeSpan _closedAt;

    /// <summary>What it does now.</summary>
    public BreakerPhase Phase { get; private set; }

    /// <summary>Goes up with every change of phase: what was let through before a change says nothing after it.</summary>
    public int Epoch { get; private set; }

    /// <summary>When it lets calls through again, while it is open.</summary>
    public TimeSpan OpenUntil => _openUntil;

    /// <summary>Whether others find the system failing: then one failure opens it. Default false.</summary>
    public bool IsSuspected { get; set; }

    /// <summary>Whether it is open because others found the system failing, and not by its own calls.</summary>
    public bool IsOpenByWord { get; private set; }

    /// <summary>Opens it, if it is closed, since others find the system failing. Its own calls are tried again after that, as after an opening of its own; it does not count as one.</summary>
    /// <param name="now">The time.</param>
    /// <param name="openFor">How long it stays open.</param>
    public void OpenByWord(TimeSpan now, TimeSpan openFor)
    {
        if (Phase == BreakerPhase.Closed && openFor > TimeSpan.Zero)
        {
            _openUntil = now + openFor;
            Change(BreakerPhase.Open);
            IsOpenByWord = true;
        }
    }

    /// <summary>How long until a call may be tried; zero when now. Null when it waits for probes to end.</summary>
    public TimeSpan? WaitFor(TimeSpan now)
    {
        if (Phase == BreakerPhase.Open && now >= _openUntil)
        {
            Change(BreakerPhase.HalfOpen);
            (_probesOut, _probesGood) = (0, 0);
        }

        return Phase switch
        {
            BreakerPhase.Open => _openUntil - now,
            BreakerPhase.HalfOpen when _probesOut + _probesGood >= Math.Max(1, spec.Probes) => null,
            _ => TimeSpan.Zero,
        };
    }

    /// <summary>A call was let through.</summary>
    public void Enter()
    {
        if (Phase == BreakerPhase.HalfOpen)
        {
            _probesOut++;
        }
    }

    /// <summary>A call ended that was let through in some epoch. Null for one that says nothing about the system, such as a refusal for too many calls.</summary>
    public void Leave(int epoch, bool? failed, TimeSpan now)
    {
        if (epoch != Epoch)
        {
            return;
        }

        if (Phase == BreakerPhase.HalfOpen)
        {
            LeaveProbe(failed, now);
        }
        else if (Phase == BreakerPhase.Closed && failed is { } isFailure)
        {
            Count(isFailure, now);
        }
    }

    private void LeaveProbe(bool? failed, TimeSpan now)
    {
        _probesOut--;
        if (failed == true)
        {
            Open(now);
        }
        else if (failed == false && ++_probesGood >= Math.Max(1, spec.Probes))
        {
            Change(BreakerPhase.Closed);
            _closedAt = now;
            _inARow = 0;
            Array.Clear(_calls);
            Array.Clear(_failures);
        }
    }

    private void Count(bool failed, TimeSpan now)
    {
        Advance(now);
        _calls[_slot % Slots]++;
        _failures[_slot % Slots] += failed ? 1 : 0;
        _inARow = failed ? _inARow + 1 : 0;
        if (!failed)
        {
            if (_reopened > 0 && now - _closedAt > 10 * spec.Open)
            {
                _reopened = 0;
            }

            return;
        }

        var calls = _calls.Sum();
        if (_inARow >= (IsSuspected ? 1 : spec.ConsecutiveFailures) || (calls >= spec.MinimumThroughput && _failures.Sum() >= spec.FailureRatio * calls))
        {
            Open(now);
        }
    }

    private void Open(TimeSpan now)
    {
        // A probe that fails, or a system that fails again soon after it had come back, is left alone for twice as long each time.
        var oscillates = Phase == BreakerPhase.HalfOpen || (_closedAt > TimeSpan.Zero && now - _closedAt <= 10 * spec.Open);
        _reopened = oscillates ? Math.Min(_reopened + 1, LongestDoubling) : 0;
        _openUntil = now + (spec.Open * (1 << _reopened));
        _inARow = 0;
        Array.Clear(_calls);
        Array.Clear(_failures);
        Change(BreakerPhase.Open);
    }

    private void Change(BreakerPhase phase)
    {
        Phase = phase;
        IsOpenByWord = false;
        Epoch++;
    }

    private void Advance(TimeSpan now)
    {
        var slot = Math.Max(_slot, now.Ticks / _slotTicks);
        for (var passed = Math.Max(_slot + 1, slot - Slots + 1); passed <= slot; passed++)
        {
            _calls[passed % Slots] = 0;
            _failures[passed % Slots] = 0;
        }

        _slot = slot;
    }
}
