namespace Steward.Models;

/// <summary>The events of a call in order, for any number of readers from any place. Safe for concurrent use.</summary>
internal sealed class ModelCallBuffer
{
    private readonly Lock _gate = new();
    private readonly List<ModelCallEvent> _events = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the last event is there.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return _events.Count > 0 && _events[^1].EndsCall;
            }
        }
    }

    /// <summary>Adds an event, with the next number. After the last event nothing is added.</summary>
    public void Add(ModelCallEvent next)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_events.Count > 0 && _events[^1].EndsCall)
            {
                return;
            }

            _events.Add(next with { Sequence = _events.Count + 1 });
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }

    /// <summary>The event after a sequence number; null when it has not come yet.</summary>
    public ModelCallEvent? After(long sequence)
    {
        lock (_gate)
        {
            return sequence >= 0 && sequence < _events.Count ? _events[(int)sequence] : null;
        }
    }

    /// <summary>Completes when there is something after a sequence number.</summary>
    public Task WhenChangedAsync(long sequence, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_gate)
        {
            if (_events.Count > sequence)
            {
                return Task.CompletedTask;
            }

            changed = _changed.Task;
        }

        return changed.WaitAsync(cancellationToken);
    }
}
