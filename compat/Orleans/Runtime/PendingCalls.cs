namespace Orleans.Runtime;

/// <summary>The calls that wait for a response, in shards so that callers do not meet; swept for those that are due.</summary>
internal sealed class PendingCalls : IDisposable
{
    private readonly Shard[] _shards = new Shard[Math.Max(4, Environment.ProcessorCount)];
    private readonly Timer _timer;

    public PendingCalls(TimeSpan responseTimeout)
    {
        for (var i = 0; i < _shards.Length; i++)
        {
            _shards[i] = new Shard();
        }

        var period = TimeSpan.FromMilliseconds(Math.Clamp(responseTimeout.TotalMilliseconds / 4, 10, 1000));
        using (ExecutionContext.SuppressFlow())
        {
            _timer = new Timer(static state => ((PendingCalls)state!).Sweep(), this, period, period);
        }
    }

    public void Add(Call call)
    {
        var index = Environment.CurrentManagedThreadId % _shards.Length;
        var shard = _shards[index];
        call.PendingShard = index;
        lock (shard)
        {
            call.PendingNext = shard.First;
            if (shard.First is { } first)
            {
                first.PendingPrevious = call;
            }

            shard.First = call;
        }
    }

    public void Remove(Call call)
    {
        if (call.PendingShard < 0)
        {
            return;
        }

        var shard = _shards[call.PendingShard];
        lock (shard)
        {
            if (call.PendingPrevious is { } previous)
            {
                previous.PendingNext = call.PendingNext;
            }
            else if (ReferenceEquals(shard.First, call))
            {
                shard.First = call.PendingNext;
            }

            if (call.PendingNext is { } next)
            {
                next.PendingPrevious = call.PendingPrevious;
            }

            call.PendingPrevious = null;
            call.PendingNext = null;
        }
    }

    /// <summary>Ends every call that waits.</summary>
    public void FailAll(Func<Call, Exception> error)
    {
        foreach (var call in Snapshot(static _ => true))
        {
            call.Fail(error(call));
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        var now = Environment.TickCount64;
        foreach (var call in Snapshot(call => call.DueTimestamp < now))
        {
            call.OnTimeout();
        }
    }

    private List<Call> Snapshot(Func<Call, bool> predicate)
    {
        var found = new List<Call>();
        foreach (var shard in _shards)
        {
            lock (shard)
            {
                for (var call = shard.First; call is not null; call = call.PendingNext)
                {
                    if (predicate(call))
                    {
                        found.Add(call);
                    }
                }
            }
        }

        return found;
    }

    private sealed class Shard
    {
        public Call? First { get; set; }
    }
}
