using Microsoft.Extensions.Logging;

namespace Orleans.Runtime;

/// <summary>The inbox of the activation, and the runs on the thread pool that empty it: one work item at a time.</summary>
internal sealed partial class Activation
{
    private const int ItemsPerRun = 256;
    private const long MillisecondsPerRun = 100;

    public void Post(Action action)
    {
        lock (this)
        {
            Push(action);
        }
    }

    public void QueueAction(Action action) => Post(action);

    void IWorkItemScheduler.QueueTask(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        task.Start(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        var before = RuntimeContext.Exchange(this);
        try
        {
            Drain();
        }
        finally
        {
            RuntimeContext.Exchange(before);
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (this)
        {
            Push(task);
        }
    }

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(RuntimeContext.Current, this) && TryExecuteTask(task);

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message = "A work item of {GrainId} failed.")]
    private static partial void LogWorkItemFailed(ILogger logger, Exception exception, GrainId grainId);

    private void Push(object item)
    {
        if (_first is null && _others is not { Count: > 0 })
        {
            _first = item;
        }
        else
        {
            (_others ??= new Queue<object>()).Enqueue(item);
        }

        if (!_scheduled)
        {
            _scheduled = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    /// <returns>The next work item; null when there is none, and then the next one that comes schedules a new run.</returns>
    private object? Pop()
    {
        lock (this)
        {
            var item = _first;
            _first = null;
            if (item is null && (_others is null || !_others.TryDequeue(out item)))
            {
                _others = null;
                _scheduled = false;
            }

            return item;
        }
    }

    /// <summary>Runs what is in the inbox, up to a share of the processor's time.</summary>
    private void Drain()
    {
        var until = Environment.TickCount64 + MillisecondsPerRun;
        for (var i = 0; i < ItemsPerRun; i++)
        {
            switch (Pop())
            {
                case null:
                    return;
                case Task task:
                    TryExecuteTask(task);
                    break;
                case { } item:
                    // Code that awaits continues where the task that it runs in is scheduled.
                    NewTurn(item).RunSynchronously(this);
                    break;
            }

            if (Environment.TickCount64 > until)
            {
                break;
            }
        }

        // Still scheduled: others take their turn first.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private static Task NewTurn(object item) => new(static item => ((Activation)RuntimeContext.Current!).RunItem(item!), item);

    private void RunItem(object item)
    {
        try
        {
            if (item is Call call)
            {
                OnCall(call);
            }
            else
            {
                ((Action)item)();
            }
        }
        catch (Exception exception)
        {
            LogWorkItemFailed(Silo.Logger, exception, GrainId);
        }
    }
}
