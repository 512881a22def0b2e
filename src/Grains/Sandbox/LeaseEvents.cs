using Steward.Engines.Sandboxing;

namespace Steward.Sandbox;

/// <summary>The events of an execution in order, for any number of readers, and what hears of it in the pool. Safe for concurrent use.</summary>
internal sealed class LeaseEvents : ISandboxOutputSink
{
    private readonly Lock _gate = new();
    private readonly List<SandboxEvent> _events = [];
    private readonly TaskCompletionSource<string> _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SandboxState _state;

    /// <summary>Completes with the provider once the code was handed to a sandbox.</summary>
    public Task<string> Running => _started.Task;

    /// <summary>The number of the last event.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
            {
                return _events.Count;
            }
        }
    }

    /// <inheritdoc/>
    public void Queued(int position) => Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.Queued, State = SandboxState.Granted, Position = position });

    /// <inheritdoc/>
    public void Started(string provider)
    {
        if (_started.TrySetResult(provider))
        {
            Enter(SandboxState.Running);
        }
    }

    /// <inheritdoc/>
    public void Text(string text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.Text, Text = text });
        }
    }

    /// <summary>Tells of a state.</summary>
    public void Enter(SandboxState state) => Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.State, State = state });

    /// <summary>Tells that it is over. Nothing follows.</summary>
    public void End(SandboxState state) => Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.Ended, State = state });

    /// <summary>The event after a sequence number; null when it has not come yet.</summary>
    public SandboxEvent? After(long sequence)
    {
        lock (_gate)
        {
            return sequence >= 0 && sequence < _events.Count ? _events[(int)sequence] : null;
        }
    }

    /// <summary>Completes when there is something after a sequence number.</summary>
    public Task WhenChangedAsync(long sequence, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return _events.Count > sequence ? Task.CompletedTask : _changed.Task.WaitAsync(cancellationToken);
        }
    }

    private void Add(SandboxEvent next)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_events.Count > 0 && _events[^1].EndsExecution)
            {
                return;
            }

            _state = next.Kind is SandboxEventKind.State or SandboxEventKind.Ended ? next.State : _state;
            _events.Add(next with { Sequence = _events.Count + 1, State = _state });
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.SetResult();
    }
}
