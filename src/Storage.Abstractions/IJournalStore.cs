namespace Steward.Storage;

/// <summary>
/// An append-only journal per key, with sequence numbers that start at 1 and have no gaps. It is the memory of runs,
/// sessions and the audit.
/// </summary>
/// <remarks>
/// An append that was acknowledged survives the loss of the process and, with the default settings, of the machine's
/// power: the store flushes to stable storage before it answers. Concurrent appends to different journals may share one flush.
/// </remarks>
public interface IJournalStore
{
    /// <summary>
    /// Appends all records of <paramref name="append"/> or none, provided that the journal's head is still
    /// <see cref="JournalAppend.ExpectedSequence"/>.
    /// </summary>
    /// <returns>
    /// <see cref="JournalAppended"/>, <see cref="JournalConflict"/> when someone else appended first, or
    /// <see cref="JournalDuplicate"/> when a record with one of the deduplication ids is already there.
    /// </returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default);

    /// <summary>Reads up to <paramref name="limit"/> entries with a sequence number greater than <paramref name="afterSequence"/>, in order.</summary>
    ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default);

    /// <summary>Reads the last <paramref name="limit"/> entries, in ascending order.</summary>
    ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default);

    /// <summary>The state of one journal, or null when nothing was ever appended to it.</summary>
    ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default);

    /// <summary>The entry with this deduplication id, or null.</summary>
    ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default);

    /// <summary>
    /// Journals marked open whose key starts with <paramref name="prefix"/> and whose last append is at or before
    /// <paramref name="touchedBefore"/>, ordered by key (ordinal), after <paramref name="afterJournal"/> (exclusive; null from the start).
    /// An empty prefix lists all tenants' journals.
    /// </summary>
    ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default);
}

/// <summary>One atomic append.</summary>
public sealed record JournalAppend
{
    /// <summary>The journal's key: 1 to 512 characters, compared ordinally, for example <c>t-acme/r-01h…</c>.</summary>
    public required string Journal { get; init; }

    /// <summary>The sequence number of the last entry that the writer knows; 0 for a new journal.</summary>
    public required long ExpectedSequence { get; init; }

    /// <summary>At least one record.</summary>
    public required IReadOnlyList<JournalRecord> Records { get; init; }

    /// <summary>Marks the journal open (work is going on and must be resumed after a loss) or closed; null leaves the mark. New journals are closed.</summary>
    public bool? Open { get; init; }
}

/// <summary>What a writer appends.</summary>
public sealed record JournalRecord
{
    /// <summary>The kind of the record, for example <c>step.started</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The content; UTF-8 JSON by convention. The store does not look into it.</summary>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>When it happened, by the writer's clock. Stored with millisecond precision.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>If set, at most one record with this id is ever accepted into the journal.</summary>
    public string? DeduplicationId { get; init; }
}

/// <summary>What a reader gets back.</summary>
public sealed record JournalEntry
{
    /// <summary>Position in the journal, from 1.</summary>
    public required long Sequence { get; init; }

    /// <inheritdoc cref="JournalRecord.Type"/>
    public required string Type { get; init; }

    /// <inheritdoc cref="JournalRecord.Payload"/>
    public required ReadOnlyMemory<byte> Payload { get; init; }

    /// <inheritdoc cref="JournalRecord.At"/>
    public required DateTimeOffset At { get; init; }

    /// <inheritdoc cref="JournalRecord.DeduplicationId"/>
    public string? DeduplicationId { get; init; }
}

/// <summary>The state of one journal.</summary>
/// <param name="Journal">Its key.</param>
/// <param name="Sequence">The sequence number of its last entry.</param>
/// <param name="Open">Whether work is going on in it.</param>
/// <param name="TouchedAt">When the last append happened, by the writer's clock.</param>
public sealed record JournalHead(string Journal, long Sequence, bool Open, DateTimeOffset TouchedAt);

/// <summary>The outcome of an append.</summary>
public abstract record JournalAppendResult;

/// <summary>All records are durable.</summary>
/// <param name="Sequence">The sequence number of the last of them.</param>
public sealed record JournalAppended(long Sequence) : JournalAppendResult;

/// <summary>Nothing was appended: the journal has moved on.</summary>
/// <param name="Sequence">Its head now.</param>
public sealed record JournalConflict(long Sequence) : JournalAppendResult;

/// <summary>Nothing was appended: a record with one of the deduplication ids exists. Checked before the sequence number.</summary>
/// <param name="Existing">That record.</param>
public sealed record JournalDuplicate(JournalEntry Existing) : JournalAppendResult;
