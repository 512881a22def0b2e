using System.Text;

namespace Steward.Models;

/// <summary>The events of a call in order, for any number of readers from any place. Safe for concurrent use.</summary>
/// <param name="isWhole">Whether nobody reads before the end: events are given out once the last one is there, texts between two others as one.</param>
internal sealed class ModelCallBuffer(bool isWhole = false)
{
    private readonly Lock _gate = new();
    private readonly List<ModelCallEvent> _events = [];
    private readonly StringBuilder _text = new();
    private TaskCompletionSource? _changed;

    /// <summary>Whether the last event is there.</summary>
    public bool HasEnded
    {
        get
        {
            lock (_gate)
            {
                return IsOver;
            }
        }
    }

    private bool IsOver => _events.Count > 0 && _events[^1].EndsCall;

    /// <summary>Adds a text of the answer. After the last event nothing is added.</summary>
    public void AddText(string text)
    {
        if (!isWhole)
        {
            Add(new ModelCallEvent { Sequence = 0, Kind = ModelCallEventKind.Text, Text = text });
            return;
        }

        lock (_gate)
        {
            if (!IsOver)
            {
                _text.Append(text);
            }
        }
    }

    /// <summary>Adds an event, with the next number. After the last event nothing is added.</summary>
    public void Add(ModelCallEvent next)
    {
        TaskCompletionSource? changed;
        lock (_gate)
        {
            if (IsOver)
            {
                return;
            }

            if (_text.Length > 0)
            {
                _events.Add(new ModelCallEvent { Sequence = _events.Count + 1, Kind = ModelCallEventKind.Text, Text = _text.ToString() });
                _text.Clear();
            }

            _events.Add(next with { Sequence = _events.Count + 1 });
            if (isWhole && !next.EndsCall)
            {
                return;
            }

            (changed, _changed) = (_changed, null);
        }

        changed?.SetResult();
    }

    /// <summary>The events after a sequence number, at most <see cref="ModelCallBatch.MaxEvents"/>; none when they have not come yet.</summary>
    public IReadOnlyList<ModelCallEvent> After(long sequence)
    {
        lock (_gate)
        {
            return CountAfter(sequence) is > 0 and var count ? _events.GetRange((int)sequence, Math.Min(count, ModelCallBatch.MaxEvents)) : [];
        }
    }

    /// <summary>Completes when there is something after a sequence number.</summary>
    public Task WhenChangedAsync(long sequence, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_gate)
        {
            if (CountAfter(sequence) > 0)
            {
                return Task.CompletedTask;
            }

            // Readers are activations: they go on in turns of their own and not on the thread that adds.
            changed = (_changed ??= new TaskCompletionSource()).Task;
        }

        return changed.WaitAsync(cancellationToken);
    }

    private int CountAfter(long sequence) => (isWhole && !IsOver) || sequence > _events.Count ? 0 : _events.Count - (int)sequence;
}
