using System.Text;

namespace Steward.Runs;

/// <summary>What others see of the run: only what is durable, in order, and as soon as it is.</summary>
internal sealed partial class RunJournal
{
    /// <summary>Durable events after a sequence number; empty when there are none yet.</summary>
    public async ValueTask<IReadOnlyList<RunEvent>> ReadAsync(long afterSequence, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (afterSequence >= _sequence)
            {
                return [];
            }

            if (_buffer.TryPeek(out var oldest) && oldest.Sequence <= afterSequence + 1)
            {
                return [.. _buffer.Where(buffered => buffered.Sequence > afterSequence)];
            }
        }

        var entries = await store.ReadAsync(key, afterSequence, ReadPage, cancellationToken);
        return [.. entries.Select(entry => ToEvent(entry.Sequence, entry.Type, entry.Payload, entry.At))];
    }

    /// <summary>Completes when something was added after this call.</summary>
    public Task WhenChangedAsync(long afterSequence, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (_sequence > afterSequence || Snapshot.HasEnded || _life.Retired is not null)
            {
                return Task.CompletedTask;
            }

            changed = _changed.Task;
        }

        return changed.WaitAsync(cancellationToken);
    }

    /// <summary>A consistent view of the status.</summary>
    public RunStatus? Status(string runId)
    {
        lock (_lock)
        {
            if (_life.Origin is not { } origin || _sequence == 0)
            {
                // Not known, or not durably.
                return null;
            }

            return RunStates.Status(runId, origin, _life, Snapshot, _sequence);
        }
    }

    private void Show(RunEvent runEvent)
    {
        _buffer.Enqueue(runEvent);
        while (_buffer.Count > bufferedEvents)
        {
            _buffer.Dequeue();
        }

        Interlocked.Exchange(ref _sequence, runEvent.Sequence);
    }

    // Watchers go on in turns of their grain: these are queued by the completion itself, and need no thread before that.
    private void Wake()
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            changed = _changed;
            _changed = new TaskCompletionSource();
        }

        changed.SetResult();
    }

    private static RunEvent ToEvent(long sequence, string type, ReadOnlyMemory<byte> payload, DateTimeOffset at) =>
        new() { Sequence = sequence, Type = type, At = at, Data = Encoding.UTF8.GetString(payload.Span) };
}
