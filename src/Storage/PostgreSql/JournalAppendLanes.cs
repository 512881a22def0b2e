namespace Steward.Storage.PostgreSql;

/// <summary>
/// The connections that write appends, and which of them takes the next one: the first that has nothing to do. One that is used again and again answers in about half the time of several that are used in
/// turn, since the server's process behind it finds what it needs in the processor's caches; the others help when there is more to do than one can take.
/// </summary>
/// <remarks>A journal with an append under way stays in its lane until that has ended, so that its appends keep their order.</remarks>
internal sealed class JournalAppendLanes : IDisposable
{
    private readonly Lock _gate = new();
    private readonly JournalAppendLane[] _lanes;
    private readonly int[] _loads;
    private readonly Dictionary<string, (int Lane, int Appends)> _underWay = new(StringComparer.Ordinal);

    public JournalAppendLanes(PostgreSqlDatabase database, int count)
    {
        _loads = new int[count];
        _lanes = new JournalAppendLane[count];
        for (var i = 0; i < count; i++)
        {
            _lanes[i] = new JournalAppendLane(database);
        }
    }

    /// <summary>Makes an append durable.</summary>
    public async ValueTask<AppendOutcome> AppendAsync(JournalAppend append, CancellationToken cancellationToken)
    {
        var lane = Enter(append.Journal);
        try
        {
            return await _lanes[lane].EnqueueAsync(new PendingAppend(append, cancellationToken));
        }
        finally
        {
            Leave(append.Journal);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in _lanes)
        {
            lane.Dispose();
        }
    }

    private int Enter(string journal)
    {
        lock (_gate)
        {
            var (lane, appends) = _underWay.TryGetValue(journal, out var known) ? known : (Array.IndexOf(_loads, _loads.Min()), 0);
            _loads[lane]++;
            _underWay[journal] = (lane, appends + 1);
            return lane;
        }
    }

    private void Leave(string journal)
    {
        lock (_gate)
        {
            var (lane, appends) = _underWay[journal];
            _loads[lane]--;
            if (appends == 1)
            {
                _underWay.Remove(journal);
            }
            else
            {
                _underWay[journal] = (lane, appends - 1);
            }
        }
    }
}
