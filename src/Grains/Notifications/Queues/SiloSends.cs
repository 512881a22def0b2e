namespace Steward.Notifications;

/// <summary>
/// The places for messages on their way from this silo, over all tenants and channels. While there are none left, tenants get the next ones in turn: one that has much to send gets no more of them than one that has
/// little. Safe for concurrent use.
/// </summary>
/// <param name="places">How many.</param>
internal sealed class SiloSends(int places)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<TaskCompletionSource>> _waiting = new(StringComparer.Ordinal);
    private readonly Queue<string> _turn = new();
    private int _free = places;

    /// <summary>Takes a place; false when there is none, or others have waited for one.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            if (_free == 0 || _turn.Count > 0)
            {
                return false;
            }

            _free--;
            return true;
        }
    }

    /// <summary>Waits for a place, which is the caller's when this ends.</summary>
    /// <exception cref="OperationCanceledException">It was stopped; there is no place to give back.</exception>
    public async Task WaitAsync(string tenantId, CancellationToken cancellationToken)
    {
        var place = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_free > 0 && _turn.Count == 0)
            {
                _free--;
                return;
            }

            if (!_waiting.TryGetValue(tenantId, out var line))
            {
                _waiting[tenantId] = line = new();
                _turn.Enqueue(tenantId);
            }

            line.Enqueue(place);
        }

        // Whoever stops waiting stays in the line until it is its turn, and is passed over then.
        await using var stop = cancellationToken.UnsafeRegister(static (waiting, token) => ((TaskCompletionSource)waiting!).TrySetCanceled(token), place);
        await place.Task;
    }

    /// <summary>Gives a place back.</summary>
    public void Give()
    {
        lock (_gate)
        {
            while (_turn.TryDequeue(out var tenantId))
            {
                var line = _waiting[tenantId];
                var next = line.Dequeue();
                if (line.Count > 0)
                {
                    _turn.Enqueue(tenantId);
                }
                else
                {
                    _waiting.Remove(tenantId);
                }

                if (next.TrySetResult())
                {
                    return;
                }
            }

            _free++;
        }
    }
}
