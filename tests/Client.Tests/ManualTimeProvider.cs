namespace Steward.Testing;

/// <summary>A clock that moves when told to. With <see cref="SkipsWaits"/> each wait ends at once and moves the clock by its length.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<ManualTimer> _timers = [];
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private TaskCompletionSource _created = NewSignal();

    public bool SkipsWaits { get; init; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>How many timers wait for the clock.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count(timer => timer.DueAt is not null);
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now;
        }
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        lock (_lock)
        {
            _timers.Add(timer);
        }

        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Waits until a timer that is due within <paramref name="atMost"/> waits for the clock.</summary>
    public async Task WhenWaitingAsync(TimeSpan atMost)
    {
        while (true)
        {
            Task created;
            lock (_lock)
            {
                if (_timers.Any(timer => timer.DueAt is { } due && due - _now <= atMost))
                {
                    return;
                }

                created = _created.Task;
            }

            await created.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>Moves the clock and runs what is due, in order.</summary>
    public void Advance(TimeSpan by)
    {
        DateTimeOffset until;
        lock (_lock)
        {
            until = _now + by;
        }

        while (true)
        {
            ManualTimer? next;
            lock (_lock)
            {
                next = _timers.Where(timer => timer.DueAt <= until).MinBy(timer => timer.DueAt);
                _now = next is null ? until : next.DueAt > _now ? next.DueAt.Value : _now;
                next?.Rearm(_now);
            }

            if (next is null)
            {
                return;
            }

            next.Fire();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Armed(ManualTimer timer, TimeSpan dueTime)
    {
        TaskCompletionSource created;
        lock (_lock)
        {
            created = _created;
            _created = NewSignal();
        }

        created.SetResult();
        if (SkipsWaits)
        {
            ThreadPool.QueueUserWorkItem(_ =>
            {
                lock (_lock)
                {
                    if (timer.DueAt is null)
                    {
                        return;
                    }

                    _now += dueTime;
                    timer.Rearm(_now);
                }

                timer.Fire();
            });
        }
    }

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset? DueAt { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner._lock)
            {
                _period = period;
                DueAt = dueTime < TimeSpan.Zero ? null : owner._now + dueTime;
            }

            if (dueTime >= TimeSpan.Zero)
            {
                owner.Armed(this, dueTime);
            }

            return true;
        }

        public void Rearm(DateTimeOffset now) => DueAt = _period > TimeSpan.Zero ? now + _period : null;

        public void Fire() => callback(state);

        public void Dispose()
        {
            lock (owner._lock)
            {
                DueAt = null;
                owner._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
