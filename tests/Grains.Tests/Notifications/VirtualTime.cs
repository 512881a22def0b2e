namespace Steward.Grains.Tests.Notifications;

/// <summary>
/// A world on one thread with a clock of its own, which moves to the next timer whenever nothing else is left to do: what happens in it happens in the same order each time.
/// </summary>
internal sealed class VirtualTime : TimeProvider
{
    private readonly OneThread _work = new();
    private readonly PriorityQueue<(VirtualTimer Timer, int Stamp), (DateTimeOffset DueAt, long Number)> _timers = new();
    private DateTimeOffset _now = new(2026, 3, 2, 9, 0, 0, TimeSpan.Zero);
    private long _number;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _now;

    public override long GetTimestamp() => _now.UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new VirtualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Runs a story to its end.</summary>
    public void Run(Func<Task> story)
    {
        // The test runner's context would take what is awaited here to other threads.
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            RunToEnd(story);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void RunToEnd(Func<Task> story)
    {
        var end = _now + TimeSpan.FromDays(30);
        var told = Task.Factory.StartNew(story, CancellationToken.None, TaskCreationOptions.None, _work).Unwrap();
        while (!told.IsCompleted)
        {
            if (!_work.RunNext() && (!FireNext() || _now > end))
            {
                throw new InvalidOperationException("The story waits for something that never happens.");
            }
        }

        told.GetAwaiter().GetResult();
    }

    /// <summary>Does something in the story, from a timer of it.</summary>
    public void Post(Action action) => _ = Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, _work);

    /// <summary>Waits in the story.</summary>
    public Task Wait(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), this);

    /// <summary>Waits in the story until something holds.</summary>
    public async Task Until(Func<bool> condition, double atMostSeconds = 24 * 3600)
    {
        var end = _now.AddSeconds(atMostSeconds);
        while (!condition())
        {
            Assert.True(_now < end, "It did not come to pass in time.");
            await Wait(0.05);
        }
    }

    private bool FireNext()
    {
        while (_timers.TryDequeue(out var entry, out var priority))
        {
            if (entry.Stamp == entry.Timer.Stamp)
            {
                _now = priority.DueAt > _now ? priority.DueAt : _now;
                entry.Timer.Fire();
                return true;
            }
        }

        return false;
    }

    private sealed class VirtualTimer(VirtualTime world, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        public int Stamp { get; private set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Stamp++;
            _period = period;
            if (dueTime >= TimeSpan.Zero)
            {
                world._timers.Enqueue((this, Stamp), (world._now + dueTime, world._number++));
            }

            return true;
        }

        public void Fire()
        {
            Stamp++;
            if (_period > TimeSpan.Zero)
            {
                Change(_period, _period);
            }

            callback(state);
        }

        public void Dispose() => Stamp++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class OneThread : TaskScheduler
    {
        private readonly Queue<Task> _tasks = new();
        private readonly Thread _thread = Thread.CurrentThread;

        public bool RunNext()
        {
            Task? next;
            lock (_tasks)
            {
                if (!_tasks.TryDequeue(out next))
                {
                    return false;
                }
            }

            TryExecuteTask(next);
            return true;
        }

        protected override void QueueTask(Task task)
        {
            lock (_tasks)
            {
                _tasks.Enqueue(task);
            }
        }

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => !taskWasPreviouslyQueued && Thread.CurrentThread == _thread && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];
    }
}
