namespace Steward.Triage;

/// <summary>One after the other for each ticket, side by side for different ones. For the grain's scheduler only.</summary>
internal sealed class TicketTurns
{
    private readonly Dictionary<string, Task> _last = new(StringComparer.Ordinal);

    /// <summary>Waits for whoever works on the ticket. Whoever needs several takes all of them in one call, and nobody else does at the time.</summary>
    public async Task<IDisposable> EnterAsync(params IEnumerable<string> ticketIds)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var mine = ticketIds.Distinct(StringComparer.Ordinal).ToList();
        List<Task> before = [];
        foreach (var id in mine)
        {
            if (_last.TryGetValue(id, out var last))
            {
                before.Add(last);
            }

            _last[id] = done.Task;
        }

        await Task.WhenAll(before);
        return new Turn(this, mine, done);
    }

    private void Leave(List<string> ids, TaskCompletionSource done)
    {
        foreach (var id in ids)
        {
            if (_last[id] == done.Task)
            {
                _last.Remove(id);
            }
        }

        done.SetResult();
    }

    private sealed class Turn(TicketTurns turns, List<string> ids, TaskCompletionSource done) : IDisposable
    {
        public void Dispose() => turns.Leave(ids, done);
    }
}
