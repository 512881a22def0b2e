using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Admission;

/// <summary>
/// Lets a bounded number of calls of the process go on; the others wait in fair order or are refused, never silently. Interactive calls go before background ones, except that one of those enters after a number of interactive ones. A short lock
/// guards everything. Safe for concurrent use.
/// </summary>
internal sealed class ModelAdmission(IOptions<ModelAdmissionOptions> options, TimeProvider time)
{
    private const double Gain = 1.0 / 16;

    private readonly Lock _gate = new();
    private readonly ModelAdmissionOptions _options = options.Value;
    private readonly FairQueue<Waiter> _interactive = new(options.Value.Weights);
    private readonly FairQueue<Waiter> _background = new(options.Value.Weights);
    private int _inFlight;
    private int _interactiveInARow;
    private double _meanSeconds;

    /// <summary>How full it is, 0 to 1: the expected wait against the longest one, or the length of the queue against the longest one, whichever is more.</summary>
    public double Pressure
    {
        get
        {
            lock (_gate)
            {
                return Math.Clamp(Math.Max(ExpectedSeconds / _options.MaxWait.TotalSeconds, Waiting / (double)Math.Max(1, _options.MaxWaiting)), 0, 1);
            }
        }
    }

    /// <summary>How many wait.</summary>
    public int Waiting => _interactive.Count + _background.Count;

    /// <summary>How many are under way.</summary>
    public int InFlight => _inFlight;

    private double ExpectedSeconds => Waiting * _meanSeconds / _options.MaxConcurrent;

    /// <summary>Takes a place, after waiting for it if need be. It has to be given back once by <see cref="Leave"/>.</summary>
    /// <param name="tenant">Whose call.</param>
    /// <param name="tier">The tenant's tier.</param>
    /// <param name="isInteractive">Whether somebody waits.</param>
    /// <param name="limit">How long it may wait at most; less than the options' limit, or null.</param>
    /// <param name="cancellationToken">Takes it out of the queue.</param>
    /// <returns>How long it waited.</returns>
    /// <exception cref="ModelException"><c>model_overloaded</c>: too many wait, or it waited too long.</exception>
    public ValueTask<TimeSpan> EnterAsync(string tenant, string tier, bool isInteractive, TimeSpan? limit, CancellationToken cancellationToken)
    {
        Waiter waiter;
        var rank = tier switch { "enterprise" => 0, "pro" => 1, _ => 2 };
        lock (_gate)
        {
            if (_inFlight < _options.MaxConcurrent && Waiting == 0)
            {
                _inFlight++;
                ModelAdmissionMetrics.Admitted(isInteractive, TimeSpan.Zero);
                return new(TimeSpan.Zero);
            }

            var queue = isInteractive ? _interactive : _background;
            if (queue.CountOf(rank, tenant) >= _options.MaxWaitingPerTenant || (Waiting >= _options.MaxWaiting && !MakeRoom(queue, rank, tenant)))
            {
                throw Overloaded(isInteractive, "too many calls wait");
            }

            waiter = new Waiter(queue, rank, tenant, isInteractive, time.GetTimestamp());
            queue.Add(rank, tenant, waiter);
            ModelAdmissionMetrics.Waits(isInteractive, 1);
        }

        var longest = isInteractive ? _options.MaxWait : _options.MaxBackgroundWait;
        return WaitAsync(waiter, limit < longest ? limit.Value : longest, cancellationToken);
    }

    /// <summary>Gives a place back, and to whoever is next.</summary>
    /// <param name="isInteractive">As it was taken.</param>
    /// <param name="held">For how long it was held; null when it was never used.</param>
    public void Leave(bool isInteractive, TimeSpan? held)
    {
        ModelAdmissionMetrics.Left(isInteractive);
        lock (_gate)
        {
            if (held?.TotalSeconds is { } seconds)
            {
                _meanSeconds += _meanSeconds > 0 ? Gain * (seconds - _meanSeconds) : seconds;
            }

            _inFlight--;
            while (_inFlight < _options.MaxConcurrent && TakeNext() is { } next)
            {
                _inFlight++;
                var waited = time.GetElapsedTime(next.Since);
                ModelAdmissionMetrics.Waits(next.IsInteractive, -1);
                ModelAdmissionMetrics.Admitted(next.IsInteractive, waited);
                next.Granted.SetResult(waited);
            }
        }
    }

    private Waiter? TakeNext()
    {
        if (_background.Count > 0 && (_interactive.Count == 0 || _interactiveInARow >= _options.InteractivePerBackground))
        {
            _interactiveInARow = 0;
            return _background.TryTake(out var background) ? background : null;
        }

        _interactiveInARow = _background.Count > 0 ? _interactiveInARow + 1 : 0;
        return _interactive.TryTake(out var interactive) ? interactive : null;
    }

    // Background work goes before interactive calls do, and whoever has most waiting before those who have less.
    private bool MakeRoom(FairQueue<Waiter> queue, int rank, string tenant)
    {
        var own = queue.CountOf(rank, tenant) + 1;
        if (!((queue == _interactive && _background.TryNewestOfLongest(out var given, out _)) || (queue.TryNewestOfLongest(out given, out var length) && length > own)))
        {
            return false;
        }

        given.Queue.Remove(given.Tier, given.Tenant, given);
        ModelAdmissionMetrics.Waits(given.IsInteractive, -1);
        given.Granted.SetException(Overloaded(given.IsInteractive, "others had to be let in"));
        return true;
    }

    private async ValueTask<TimeSpan> WaitAsync(Waiter waiter, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Granted.Task.WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            lock (_gate)
            {
                if (Withdraw(waiter))
                {
                    throw Overloaded(waiter.IsInteractive, "its turn did not come in time");
                }
            }

            // It was granted, or refused, in the same instant.
            return await waiter.Granted.Task;
        }
        catch (OperationCanceledException)
        {
            bool waits;
            lock (_gate)
            {
                waits = Withdraw(waiter);
            }

            if (!waits && waiter.Granted.Task.IsCompletedSuccessfully)
            {
                Leave(waiter.IsInteractive, null);
            }

            throw;
        }
    }

    private static bool Withdraw(Waiter waiter)
    {
        var waits = waiter.Queue.Remove(waiter.Tier, waiter.Tenant, waiter);
        if (waits)
        {
            ModelAdmissionMetrics.Waits(waiter.IsInteractive, -1);
        }

        return waits;
    }

    private ModelException Overloaded(bool isInteractive, string why)
    {
        ModelAdmissionMetrics.Refused(isInteractive);
        return new("model_overloaded", $"The model gateway is overloaded: {why}. Try again later.") { IsRetryable = true, RetryAfter = TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(ExpectedSeconds), 1, 60)) };
    }

    private sealed class Waiter(FairQueue<Waiter> queue, int tier, string tenant, bool isInteractive, long since)
    {
        public FairQueue<Waiter> Queue => queue;

        public int Tier => tier;

        public string Tenant => tenant;

        public bool IsInteractive => isInteractive;

        public long Since => since;

        public TaskCompletionSource<TimeSpan> Granted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
