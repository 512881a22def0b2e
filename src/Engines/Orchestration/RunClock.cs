namespace Steward.Engines.Orchestration;

/// <summary>
/// Until when a run may work. Waiting for people stops the clock: after a decision, as after a replay, a run has at least its usual time again. At the deadline the work stops, or goes
/// on in the background for a while where the caller allows it.
/// </summary>
internal sealed class RunClock
{
    private readonly Lock _gate = new();
    private readonly OrchestrationOptions _options;
    private readonly TimeProvider _time;
    private DateTimeOffset _limit;
    private bool _mayGoOn;
    private bool _stopped;
    private Func<DateTimeOffset, Task>? _goOn;
    private Action? _expire;
    private ITimer? _timer;
    private Task _going = Task.CompletedTask;

    public RunClock(RunInput input, RunSnapshot snapshot, OrchestrationOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        var inBackground = input.Background || snapshot.BackgroundUntil is not null || snapshot.Attempt > 1;
        var usual = inBackground ? options.BackgroundDeadline : options.DefaultDeadline;
        var begun = snapshot.RequestedAt ?? time.GetUtcNow();
        var deadline = input.Deadline ?? (begun + usual);
        _limit = snapshot.BackgroundUntil ?? (deadline < begun + options.MaxDeadline ? deadline : begun + options.MaxDeadline);
        if (snapshot.ResumedAt + usual > _limit)
        {
            _limit = snapshot.ResumedAt!.Value + usual;
        }

        _mayGoOn = input.ContinueAfterDeadline && snapshot.BackgroundUntil is null;
    }

    public DateTimeOffset Limit
    {
        get
        {
            lock (_gate)
            {
                return _limit;
            }
        }
    }

    /// <summary>The limit, or the one that there will be when the work goes on after it.</summary>
    public DateTimeOffset LatestLimit
    {
        get
        {
            lock (_gate)
            {
                return _mayGoOn ? _limit + _options.BackgroundDeadline : _limit;
            }
        }
    }

    /// <param name="goOn">Called once, with the new limit, when the work goes on after the deadline.</param>
    /// <param name="expire">Called once when it may not go on.</param>
    public void Start(Func<DateTimeOffset, Task> goOn, Action expire)
    {
        lock (_gate)
        {
            (_goOn, _expire) = (goOn, expire);
            _timer = _time.CreateTimer(_ => Ring(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        Ring();
    }

    public Task StopAsync()
    {
        lock (_gate)
        {
            _stopped = true;
            _timer?.Dispose();
            return _going;
        }
    }

    private void Ring()
    {
        Action? expire = null;
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            var now = _time.GetUtcNow();
            if (_limit <= now && _mayGoOn)
            {
                _mayGoOn = false;
                _limit = now + _options.BackgroundDeadline;
                var until = _limit;
                _going = Task.Run(() => _goOn!(until));
            }

            if (_limit > now)
            {
                // Timers may ring a little early.
                var left = _limit - now;
                _timer!.Change(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left, Timeout.InfiniteTimeSpan);
            }
            else
            {
                (_stopped, expire) = (true, _expire);
            }
        }

        expire?.Invoke();
    }
}
