using System.Text;
using Steward.Engines.Sandboxing;

namespace Steward.Sandbox;

/// <summary>The events of an execution in order, for any number of readers, and what hears of it in the pool. Safe for concurrent use.</summary>
internal sealed class LeaseEvents : ISandboxOutputSink
{
    // Code may write letter by letter: beyond so many events, text is told in larger pieces.
    private const int SmallPieces = 2_000;
    private const int LargePiece = 4_096;

    private readonly Lock _gate = new();
    private readonly StringBuilder _rest = new();
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
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        lock (_gate)
        {
            if (_events.Count >= SmallPieces || _rest.Length > 0)
            {
                _rest.Append(text);
                if (_rest.Length < LargePiece)
                {
                    return;
                }

                text = _rest.ToString();
                _rest.Clear();
            }
        }

        Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.Text, Text = text });
    }

    /// <summary>Tells of a state.</summary>
    public void Enter(SandboxState state) => Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.State, State = state });

    /// <summary>Tells the text that was held back. Nothing may be written any more.</summary>
    public void Flush()
    {
        string rest;
        lock (_gate)
        {
            rest = _rest.ToString();
            _rest.Clear();
        }

        if (rest.Length > 0)
        {
            Add(new SandboxEvent { Sequence = 0, Kind = SandboxEventKind.Text, Text = rest });
        }
    }

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
