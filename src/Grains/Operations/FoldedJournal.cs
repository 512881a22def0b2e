using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Operations;

/// <summary>State that follows from the entries of a journal.</summary>
internal interface IFolded
{
    /// <summary>Up to which entry a purge left nothing but a snapshot.</summary>
    long PurgedThrough { get; set; }

    /// <summary>Takes the next entry into account. Must not fail for anything that was ever written.</summary>
    void Apply(JournalEntry entry);
}

/// <summary>
/// A grain's state as the fold of its journal, with snapshots so often that an activation reads a bounded number of entries, however long the grain has lived. For
/// the grain's scheduler only; appends queue up behind each other.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="key">The journal's key; the grain's.</param>
/// <param name="json">How snapshots are written.</param>
/// <param name="time">The clock.</param>
/// <param name="giveWay">Called when what is in memory may not be what stands: the activation must end.</param>
internal sealed class FoldedJournal<TState>(IJournalStore store, string key, JsonTypeInfo<TState> json, TimeProvider time, Action giveWay) : IDisposable
    where TState : class, IFolded, new()
{
    /// <summary>The type of snapshot entries.</summary>
    public const string SnapshotType = "snapshot";

    private const int SnapshotAfter = 128;
    private const int TailEntries = 256;

    private readonly SemaphoreSlim _appending = new(1, 1);
    private long _sequence;
    private int _sinceSnapshot;

    /// <summary>The state.</summary>
    public TState State { get; private set; } = new();

    /// <summary>How many entries came since the journal was last purged.</summary>
    public long SincePurge => _sequence - State.PurgedThrough;

    /// <summary>Reads the last snapshot and what came after it.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var tail = await store.ReadTailAsync(key, TailEntries, cancellationToken);
        State = new TState();
        _sinceSnapshot = 0;
        var from = tail.Count;
        while (from > 0 && tail[--from].Type != SnapshotType)
        {
        }

        if (tail.Count > 0 && tail[from].Type != SnapshotType && tail[from].Sequence != 1)
        {
            throw new InvalidOperationException($"The last {TailEntries} entries of {key} hold no snapshot.");
        }

        for (var i = from; i < tail.Count; i++)
        {
            Take(tail[i]);
        }
    }

    /// <summary>One entry, or null when it is gone.</summary>
    public async Task<JournalEntry?> ReadAsync(long sequence, CancellationToken cancellationToken)
    {
        var entries = await store.ReadAsync(key, sequence - 1, 1, cancellationToken);
        return entries.Count == 1 && entries[0].Sequence == sequence && entries[0].Payload.Length > 0 ? entries[0] : null;
    }

    /// <summary>Appends one entry and folds it.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="content">Its content.</param>
    /// <param name="contentJson">How the content is written.</param>
    /// <param name="wake">Asked when it is this append's turn: when the grain is to be woken; null leaves that.</param>
    /// <param name="deduplicationId">At most one entry with this id is ever accepted.</param>
    /// <param name="contents">Contents that the entry refers to.</param>
    /// <returns>False when there is an entry with this id.</returns>
    /// <exception cref="StewardException"><c>unavailable</c>: nothing was written, or that is unknown; the activation ends.</exception>
    public async Task<bool> AppendAsync<T>(string type, T content, JsonTypeInfo<T> contentJson, Func<JournalWake?> wake, string? deduplicationId = null, IReadOnlyList<StoredContent>? contents = null)
    {
        await _appending.WaitAsync();
        try
        {
            if (_sinceSnapshot >= SnapshotAfter)
            {
                // Before the entry: the tail that an activation reads must hold a snapshot.
                await AppendAsync(Record(SnapshotType, JsonSerializer.SerializeToUtf8Bytes(State, json), null), null);
            }

            return await AppendAsync(Record(type, JsonSerializer.SerializeToUtf8Bytes(content, contentJson), deduplicationId), wake(), contents);
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>
    /// Removes what the state does not need, once the journal is at rest: nothing but a snapshot stays. Does nothing when it is not at rest.
    /// </summary>
    /// <param name="keepsWake">Whether the journal is at rest, too, when its owner is to be woken; the wake time stays.</param>
    /// <returns>Whether it was done.</returns>
    /// <exception cref="StewardException"><c>unavailable</c>: it was not done, or that is unknown; the activation ends.</exception>
    public async Task<bool> PurgeAsync(bool keepsWake = false)
    {
        await _appending.WaitAsync();
        try
        {
            // Until it is done, the state says that it is not: somebody may look at that meanwhile.
            var through = _sequence;
            switch (await store.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = through, Receipt = Record(SnapshotType, Purged(through), null), KeepsWake = keepsWake }))
            {
                case JournalAppended appended:
                    State.PurgedThrough = through;
                    _sequence = appended.Sequence;
                    _sinceSnapshot = 0;
                    return true;
                case JournalConflict conflict when conflict.Sequence != through:
                    // Another activation wrote: this one is out of date.
                    giveWay();
                    return false;
                default:
                    return false;
            }
        }
        catch (StorageException exception)
        {
            giveWay();
            throw new StewardException(ErrorCodes.Unavailable, "What was removed cannot be taken out of the journal now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>Removes what the state does not need, so that the journal stays short, and no more: where that cannot be done now, it is left for another time.</summary>
    /// <param name="after">Nothing is done as long as no more entries than this came since it was done last.</param>
    /// <param name="keepsWake">See <see cref="PurgeAsync"/>.</param>
    public async Task ShortenAsync(long after = 0, bool keepsWake = false)
    {
        try
        {
            if (SincePurge > after)
            {
                await PurgeAsync(keepsWake);
            }
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.Unavailable)
        {
            // The next activation, which the journal's own state makes do what is left to do, finds it as it is.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _appending.Dispose();

    private async Task<bool> AppendAsync(JournalRecord record, JournalWake? wake, IReadOnlyList<StoredContent>? contents = null)
    {
        JournalAppendResult result;
        try
        {
            result = await store.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = _sequence, Records = [record], Wake = wake, Contents = contents ?? [] });
        }
        catch (StorageException exception)
        {
            giveWay();
            throw new StewardException(ErrorCodes.Unavailable, "The journal cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        switch (result)
        {
            case JournalAppended appended:
                Take(new JournalEntry { Sequence = appended.Sequence, Type = record.Type, Payload = record.Payload, At = record.At, DeduplicationId = record.DeduplicationId });
                return true;
            case JournalDuplicate:
                return false;
            default:
                // Another activation wrote: this one is out of date.
                giveWay();
                throw new StewardException(ErrorCodes.Unavailable, "The grain moved to another server.") { IsRetryable = true };
        }
    }

    private byte[] Purged(long through)
    {
        var before = State.PurgedThrough;
        State.PurgedThrough = through;
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(State, json);
        }
        finally
        {
            State.PurgedThrough = before;
        }
    }

    private void Take(JournalEntry entry)
    {
        _sequence = entry.Sequence;
        if (entry.Type == SnapshotType)
        {
            State = JsonSerializer.Deserialize(entry.Payload.Span, json)!;
            _sinceSnapshot = 0;
            return;
        }

        State.Apply(entry);
        _sinceSnapshot++;
    }

    private JournalRecord Record(string type, byte[] payload, string? deduplicationId) =>
        new() { Type = type, Payload = payload, At = time.GetUtcNow().ToMilliseconds(), DeduplicationId = deduplicationId };
}
