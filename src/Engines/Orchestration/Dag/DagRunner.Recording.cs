namespace Steward.Engines.Orchestration.Dag;

/// <summary>What is recorded when: nothing that changes something begins before all that is known is durable; what only reads may be recorded a little later.</summary>
internal sealed partial class DagRunner
{
    private void Add(IEnumerable<RunFact> facts)
    {
        if (patience <= TimeSpan.Zero)
        {
            _facts.AddRange(facts);
            return;
        }

        // The journal tells when things happened, not when they were written down.
        var now = run.Time.GetUtcNow();
        _facts.AddRange(facts.Select(fact => fact with { HappenedAt = now }));
        _waitsSince ??= run.Time.GetTimestamp();
    }

    /// <summary>Whether all that is to be recorded is what only read: that can be read again after a loss, and nobody but who watches learns from it.</summary>
    private bool MayWait(List<DagCall> starts) =>
        patience > TimeSpan.Zero && starts.TrueForAll(start => start.OnlyReads) && _facts.TrueForAll(fact => fact is StrategyChosen or ContextGathered or MemoryRecalled or StepStarted or StepCompleted or StepFailed or StepDropped);

    /// <summary>Records what has happened, unless something else happens soon, so that quick reads cost no append of their own.</summary>
    private async Task FlushWhenLateAsync()
    {
        if (_facts.Count == 0)
        {
            return;
        }

        Task next = Task.WhenAny(_running.Values);
        var left = patience - run.Time.GetElapsedTime(_waitsSince ?? run.Time.GetTimestamp());
        if (!next.IsCompleted && left > TimeSpan.Zero)
        {
            await next.WaitAsync(left, run.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!next.IsCompleted || left <= TimeSpan.Zero)
        {
            await FlushAsync();
        }
    }

    private async Task FlushAsync()
    {
        await run.RecordAsync(_facts.ToArray(), _contents.ToArray());
        _facts.Clear();
        _contents.Clear();
        _waitsSince = null;
    }

    // Whatever ends the loop: wait for what is under way (its tokens have fired or will), and keep the outcomes that are known.
    private async Task DrainAsync()
    {
        foreach (var guess in _early.Where(id => _running.TryGetValue(id, out var call) && !call.IsCompleted).ToList())
        {
            Abandon(guess);
        }

        foreach (var task in _running.Values)
        {
            try
            {
                var result = await task;
                _facts.AddRange(result.Facts);
                _contents.AddRange(result.Contents);
            }
#pragma warning disable CA1031 // What ends the loop is on its way already; the others are only waited for.
            catch (Exception)
#pragma warning restore CA1031
            {
                // It said what there is to say in the journal.
            }
        }

        if (!run.HasFailedToRecord)
        {
            // Steps that were about to begin have not.
            await run.RecordAsync([.. _facts.Where(fact => fact is not StepStarted started || _begun.Contains(started.StepId))], _contents.ToArray());
        }
    }
}
