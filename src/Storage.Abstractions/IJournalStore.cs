namespace Steward.Storage;

/// <summary>
/// An append-only journal per key, with sequence numbers that start at 1 and have no gaps but those that
/// <see cref="PurgeAsync"/> leaves. It is the memory of runs, sessions and the audit.
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

    /// <summary>
    /// Journals whose <see cref="JournalHead.WakeAt"/> is at or before <paramref name="dueBefore"/> and whose key starts with
    /// <paramref name="prefix"/>, ordered by key (ordinal), after <paramref name="afterJournal"/> (exclusive; null from the start).
    /// </summary>
    ValueTask<IReadOnlyList<JournalHead>> ListDueAsync(string prefix, DateTimeOffset dueBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Journals that are closed, have no wake time, hold more than a receipt, and whose last append is at or before
    /// <paramref name="touchedBefore"/>: what retention looks at. Ordered by key (ordinal), after <paramref name="afterJournal"/> (exclusive).
    /// </summary>
    ValueTask<IReadOnlyList<JournalHead>> ListClosedAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default);

    /// <summary>All journals whose key starts with <paramref name="prefix"/>, at rest or not, ordered by key (ordinal), after <paramref name="afterJournal"/> (exclusive; need not exist).</summary>
    ValueTask<IReadOnlyList<JournalHead>> ListAsync(string prefix, int limit, string? afterJournal = null, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes the payloads of a journal and leaves a receipt, atomically: entries up to <see cref="JournalPurge.ThroughSequence"/> are deleted, but those with a
    /// deduplication id stay with their sequence number, type, time and id and an empty payload, so that they are never accepted again;
    /// <see cref="JournalPurge.Receipt"/> is appended at the head. Sequence numbers go on; reading skips what is gone.
    /// </summary>
    /// <returns>
    /// <see cref="JournalAppended"/> with the receipt's sequence number; <see cref="JournalConflict"/> with the head when the head is another, or the
    /// journal is open or, unless <see cref="JournalPurge.KeepsWake"/>, has a wake time: then its owner still needs it; <see cref="JournalDuplicate"/> when the receipt's deduplication id is there.
    /// </returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default);
}

/// <summary>
/// Content that journals refer to by its hash: prompts, large results, pinned definitions. Stored once per tenant, whoever refers to it; written by
/// <see cref="JournalAppend.Contents"/> in the transaction of the entry that refers to it.
/// </summary>
public interface IContentStore
{
    /// <summary>The content, or null when there is none with this hash in the tenant, or retention removed it.</summary>
    /// <param name="tenantId">The tenant, <c>t-…</c>.</param>
    /// <param name="hash">As <see cref="ContentHash"/> gives it.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    ValueTask<ReadOnlyMemory<byte>?> ReadAsync(string tenantId, string hash, CancellationToken cancellationToken = default);

    /// <summary>
    /// Removes a tenant's contents that nobody referred to since <paramref name="referredBefore"/>, by the writers' clocks, at most
    /// <paramref name="limit"/> at a time. References are noted to the day, so a content may stay a day longer, but never goes too early.
    /// </summary>
    /// <returns>How many were removed.</returns>
    ValueTask<int> PurgeAsync(string tenantId, DateTimeOffset referredBefore, int limit, CancellationToken cancellationToken = default);

    /// <summary>Removes contents by their names, all or none; those that are not there are passed over. For whoever knows that nobody else refers to them.</summary>
    /// <param name="tenantId">The tenant, <c>t-…</c>.</param>
    /// <param name="hashes">At most 1,000.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How many were removed.</returns>
    /// <exception cref="StorageException">The store could not be reached; the outcome may be unknown.</exception>
    ValueTask<int> RemoveAsync(string tenantId, IReadOnlyList<string> hashes, CancellationToken cancellationToken = default);
}

/// <summary>The hash of a content: SHA-256 in lower-case hexadecimal, 64 characters.</summary>
public static class ContentHash
{
    /// <summary>Computes it.</summary>
    public static string Of(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));

    /// <summary>The name of a content that is shared within a scope only: SHA-256 of the scope and of the content's hash. Equal contents of two scopes have two names, so that one can go without the other.</summary>
    /// <param name="scope">Whose it is; at least one character.</param>
    /// <param name="hash"><see cref="Of"/> of the content.</param>
    public static string Within(string scope, string hash)
    {
        ArgumentException.ThrowIfNullOrEmpty(scope);
        ArgumentException.ThrowIfNullOrEmpty(hash);
        return Of(System.Text.Encoding.UTF8.GetBytes($"{scope}\n{hash}"));
    }
}

/// <summary>One content to store.</summary>
/// <param name="Hash"><see cref="ContentHash.Of"/> of the bytes; the store does not compute it again.</param>
/// <param name="Bytes">The content, up to 16 MiB.</param>
public sealed record StoredContent(string Hash, ReadOnlyMemory<byte> Bytes);

/// <summary>Removes a journal's payloads.</summary>
public sealed record JournalPurge
{
    /// <summary>The journal's key.</summary>
    public required string Journal { get; init; }

    /// <summary>The journal's head as the caller knows it; everything up to here goes.</summary>
    public required long ThroughSequence { get; init; }

    /// <summary>What stays; the only entry with a payload.</summary>
    public required JournalRecord Receipt { get; init; }

    /// <summary>Whether the journal may have a wake time, which it keeps: its owner shortens what it goes on with. Default false.</summary>
    public bool KeepsWake { get; init; }
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

    /// <summary>
    /// When the journal's owner is to be woken although nothing is going on (a waiting run expires, a schedule fires, a delivery is repeated);
    /// null leaves it, <see cref="JournalWake.Never"/> takes it away.
    /// </summary>
    public JournalWake? Wake { get; init; }

    /// <summary>Contents that the records refer to, stored under the journal's tenant (its key up to the first <c>/</c>) in the same transaction.</summary>
    public IReadOnlyList<StoredContent> Contents { get; init; } = [];
}

/// <summary>A wake time for a journal.</summary>
/// <param name="At">The time; null means none.</param>
public sealed record JournalWake(DateTimeOffset? At)
{
    /// <summary>Takes the wake time away.</summary>
    public static JournalWake Never { get; } = new((DateTimeOffset?)null);
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
/// <param name="WakeAt">When its owner is to be woken; null never.</param>
public sealed record JournalHead(string Journal, long Sequence, bool Open, DateTimeOffset TouchedAt, DateTimeOffset? WakeAt = null);

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
