using System.Collections.Concurrent;
using Steward.Storage;

namespace Steward.Grains.Tests.Hosting;

/// <summary>Journals that fail as they are told, in a way that is no <see cref="StorageException"/>.</summary>
internal sealed class FaultyJournals(IJournalStore inner) : IJournalStore
{
    private readonly ConcurrentDictionary<string, (int Appends, int Reads)> _faults = new();

    private readonly ConcurrentDictionary<string, int> _lost = new();

    private readonly ConcurrentDictionary<string, (int Purges, bool AreDone)> _unpurged = new();

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _held = new();

    private readonly ConcurrentDictionary<string, PausedCall> _pauses = new();

    /// <summary>Lets the next listing of journals with this prefix, before it looks, or the next reading of this journal, after it has, wait for the test.</summary>
    public PausedCall Pause(string journalOrPrefix) => _pauses[journalOrPrefix] = new PausedCall();

    /// <summary>How many entries of a journal were read.</summary>
    public ConcurrentDictionary<string, int> EntriesRead { get; } = new();

    /// <summary>Through which entry there are journals that were restored from a backup.</summary>
    public ConcurrentDictionary<string, long> RestoredThrough { get; } = new();

    /// <summary>
    /// Lets the next appends to a journal look as when the connection broke; none of them stands. A grain that meets this leaves memory.
    /// </summary>
    public void Lose(string journal, int appends) => _lost[journal] = appends;

    /// <summary>Lets some appends to a journal pass and none after them.</summary>
    public void LoseAfter(string journal, int passes) => _lost[journal] = -passes;

    /// <summary>Lets the next purges of a journal look as when the connection broke.</summary>
    /// <param name="journal">The journal.</param>
    /// <param name="purges">How many.</param>
    /// <param name="areDone">Whether they are done all the same, and only the answer is lost.</param>
    public void LosePurges(string journal, int purges, bool areDone = false) => _unpurged[journal] = (purges, areDone);

    /// <summary>Lets the next appends to a journal, and then the next reads of it, fail.</summary>
    public void Break(string journal, int appends, int reads) => _faults[journal] = (appends, reads);

    /// <summary>Lets appends to a journal, and purges of it, wait until they are released.</summary>
    public void Hold(string journal) => _held[journal] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Lets the appends go on that were held, and those to come.</summary>
    public void Release(string journal)
    {
        if (_held.TryRemove(journal, out var held))
        {
            held.SetResult();
        }
    }

    public async ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
    {
        if (_held.TryGetValue(append.Journal, out var held))
        {
            await held.Task;
        }

        if (_lost.TryGetValue(append.Journal, out var appends) && appends < 0)
        {
            _lost[append.Journal] = appends == -1 ? int.MaxValue : appends + 1;
        }
        else if (appends > 0)
        {
            _lost[append.Journal] = appends - 1;
            throw new StorageException("The connection broke.") { IsRetryable = true, OutcomeUnknown = true };
        }

        if (_faults.TryGetValue(append.Journal, out var left) && left.Appends > 0)
        {
            _faults[append.Journal] = left with { Appends = left.Appends - 1 };
            throw new InvalidOperationException("The append failed in a way that nobody foresaw.");
        }

        return await inner.AppendAsync(append, cancellationToken);
    }

    public ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default)
    {
        if (_faults.TryGetValue(journal, out var left) && left.Appends == 0)
        {
            if (left.Reads > 0)
            {
                _faults[journal] = left with { Reads = left.Reads - 1 };
                throw new InvalidOperationException("The read failed in a way that nobody foresaw.");
            }

            _faults.TryRemove(journal, out _);
        }

        return PausedAsync(journal, CountAsync(journal, inner.ReadAsync(journal, afterSequence, limit, cancellationToken)));
    }

    private async ValueTask<IReadOnlyList<JournalEntry>> PausedAsync(string journal, ValueTask<IReadOnlyList<JournalEntry>> read)
    {
        var entries = await read;
        await PauseAsync(journal);
        return entries;
    }

    private Task PauseAsync(string journalOrPrefix) => _pauses.TryRemove(journalOrPrefix, out var paused) ? paused.WaitAsync() : Task.CompletedTask;

    public ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default) =>
        CountAsync(journal, inner.ReadTailAsync(journal, limit, cancellationToken));

    private long Kept(string journal) => RestoredThrough.GetValueOrDefault(journal, long.MaxValue);

    private async ValueTask<IReadOnlyList<JournalEntry>> CountAsync(string journal, ValueTask<IReadOnlyList<JournalEntry>> read)
    {
        var entries = (await read).Where(entry => entry.Sequence <= Kept(journal)).ToList();
        EntriesRead.AddOrUpdate(journal, entries.Count, (_, before) => before + entries.Count);
        return entries;
    }

    public async ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default) =>
        await inner.GetHeadAsync(journal, cancellationToken) is { } head ? head with { Sequence = Math.Min(head.Sequence, Kept(journal)) } : null;

    public ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default) =>
        inner.FindAsync(journal, deduplicationId, cancellationToken);

    public async ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(
        string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default)
    {
        await PauseAsync(prefix);
        return await inner.ListOpenAsync(prefix, touchedBefore, limit, afterJournal, cancellationToken);
    }

    public ValueTask<IReadOnlyList<JournalHead>> ListDueAsync(
        string prefix, DateTimeOffset dueBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        inner.ListDueAsync(prefix, dueBefore, limit, afterJournal, cancellationToken);

    public async ValueTask<IReadOnlyList<JournalHead>> ListClosedAsync(
        string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default)
    {
        await PauseAsync(prefix);
        return await inner.ListClosedAsync(prefix, touchedBefore, limit, afterJournal, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<JournalHead>> ListAsync(string prefix, int limit, string? afterJournal = null, CancellationToken cancellationToken = default)
    {
        await PauseAsync(prefix);
        return await inner.ListAsync(prefix, limit, afterJournal, cancellationToken);
    }

    public async ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default)
    {
        if (_held.TryGetValue(purge.Journal, out var held))
        {
            await held.Task;
        }

        var left = _unpurged.GetValueOrDefault(purge.Journal);
        if (left.Purges > 0)
        {
            _unpurged[purge.Journal] = left with { Purges = left.Purges - 1 };
            if (left.AreDone)
            {
                await inner.PurgeAsync(purge, cancellationToken);
            }

            throw new StorageException("The connection broke.") { IsRetryable = true, OutcomeUnknown = true };
        }

        return await inner.PurgeAsync(purge, cancellationToken);
    }
}

/// <summary>A call that waits for a test, which does something meanwhile.</summary>
internal sealed class PausedCall
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the call is there.</summary>
    public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Lets the call go on.</summary>
    public void Release() => _released.SetResult();

    public Task WaitAsync()
    {
        _reached.SetResult();
        return _released.Task;
    }
}
