using Steward.Storage;

namespace Steward.Grains.Tests.Triage.Learning;

/// <summary>Journals and contents in memory, which outlive those that write them. What is done to them can be the last thing that their writer does.</summary>
internal sealed class MemoryJournals(Mortal mortal) : IJournalStore, IContentStore
{
    private readonly Dictionary<string, List<JournalEntry>> _journals = new(StringComparer.Ordinal);
    private readonly Dictionary<(string, string), ReadOnlyMemory<byte>> _contents = [];

    public Dictionary<string, DateTimeOffset?> Wakes { get; } = new(StringComparer.Ordinal);

    public IEnumerable<JournalEntry> Entries(string journal) => _journals.GetValueOrDefault(journal) ?? [];

    public ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default) => new(mortal.Do($"append {append.Records[0].Type}", () =>
    {
        var entries = _journals.GetValueOrDefault(append.Journal) ?? (_journals[append.Journal] = []);
        if (append.ExpectedSequence != entries.Count)
        {
            return (JournalAppendResult)new JournalConflict(entries.Count);
        }

        entries.AddRange(append.Records.Select((record, i) => new JournalEntry { Sequence = append.ExpectedSequence + i + 1, Type = record.Type, Payload = record.Payload, At = record.At }));
        foreach (var content in append.Contents)
        {
            _contents[(append.Journal.Split('/')[0], content.Hash)] = content.Bytes;
        }

        if (append.Wake is { } wake)
        {
            Wakes[append.Journal] = wake.At;
        }

        return new JournalAppended(entries.Count);
    }));

    public ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default) => new([.. Entries(journal).TakeLast(limit)]);

    public ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string tenantId, string hash, CancellationToken cancellationToken = default) =>
        new(_contents.TryGetValue((tenantId, hash), out var content) ? content : (ReadOnlyMemory<byte>?)null);

    public ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JournalHead>> ListDueAsync(string prefix, DateTimeOffset dueBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JournalHead>> ListClosedAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<JournalHead>> ListAsync(string prefix, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<int> RemoveAsync(string tenantId, IReadOnlyList<string> hashes, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<int> PurgeAsync(string tenantId, DateTimeOffset referredBefore, int limit, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}

/// <summary>Lets a process die before or after one of the things that it does to others.</summary>
internal sealed class Mortal
{
    private int _left = int.MaxValue;
    private bool _isDead;
    private bool _afterwards;

    /// <summary>What was done, in order.</summary>
    public List<string> Done { get; } = [];

    /// <summary>Dies at the so-manyth thing from now on.</summary>
    public void DieAt(int number, bool afterwards) => (_left, _afterwards) = (number, afterwards);

    public void LiveAgain() => (_isDead, _left) = (false, int.MaxValue);

    public T Do<T>(string what, Func<T> act)
    {
        ObjectDisposedException.ThrowIf(_isDead, this);
        _isDead = --_left == 0;
        if (_isDead && !_afterwards)
        {
            throw new KilledException();
        }

        var result = act();
        Done.Add(what);
        return _isDead ? throw new KilledException() : result;
    }
}

/// <summary>The process is gone.</summary>
internal sealed class KilledException : Exception;
