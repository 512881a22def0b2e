using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// A store whose entries' payloads are sealed with a tenant's data key, each for its own place in its own journal. Types, times and deduplication ids are not. What is written is sealed with the key
/// of the moment. For one journal: it remembers with which keys that is sealed.
/// </summary>
internal sealed class SealedJournalStore(IJournalStore store, DataKeyRing keys, Func<CancellationToken, ValueTask<DataKeyRing>>? now = null) : IJournalStore
{
    private readonly HashSet<string> _sealedWith = new(StringComparer.Ordinal);
    private DataKeyRing _keys = keys;

    /// <inheritdoc/>
    public async ValueTask<JournalAppendResult> AppendAsync(JournalAppend append, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(append);
        await TakeKeysAsync(cancellationToken);
        var sequence = append.ExpectedSequence;
        var ring = _keys;
        var result = await store.AppendAsync(append with { Records = [.. append.Records.Select(record => Seal(append.Journal, ++sequence, record))] }, cancellationToken);
        _sealedWith.Add(ring.CurrentId);
        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<JournalAppendResult> PurgeAsync(JournalPurge purge, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(purge);
        await TakeKeysAsync(cancellationToken);
        var ring = _keys;
        var result = await store.PurgeAsync(purge with { Receipt = Seal(purge.Journal, purge.ThroughSequence + 1, purge.Receipt) }, cancellationToken);
        if (result is JournalAppended)
        {
            _sealedWith.Clear();
            _sealedWith.Add(ring.CurrentId);
        }

        return result;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JournalEntry>> ReadAsync(string journal, long afterSequence, int limit, CancellationToken cancellationToken = default) =>
        [.. (await store.ReadAsync(journal, afterSequence, limit, cancellationToken)).Select(entry => Open(journal, entry))];

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<JournalEntry>> ReadTailAsync(string journal, int limit, CancellationToken cancellationToken = default) =>
        [.. (await store.ReadTailAsync(journal, limit, cancellationToken)).Select(entry => Open(journal, entry))];

    /// <inheritdoc/>
    public async ValueTask<JournalEntry?> FindAsync(string journal, string deduplicationId, CancellationToken cancellationToken = default) =>
        await store.FindAsync(journal, deduplicationId, cancellationToken) is { } entry ? Open(journal, entry) : null;

    /// <inheritdoc/>
    public ValueTask<JournalHead?> GetHeadAsync(string journal, CancellationToken cancellationToken = default) => store.GetHeadAsync(journal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListOpenAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        store.ListOpenAsync(prefix, touchedBefore, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListDueAsync(string prefix, DateTimeOffset dueBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        store.ListDueAsync(prefix, dueBefore, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListClosedAsync(string prefix, DateTimeOffset touchedBefore, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        store.ListClosedAsync(prefix, touchedBefore, limit, afterJournal, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<JournalHead>> ListAsync(string prefix, int limit, string? afterJournal = null, CancellationToken cancellationToken = default) =>
        store.ListAsync(prefix, limit, afterJournal, cancellationToken);

    /// <summary>Whether something is there, as far as it was met here, that was sealed with an earlier key.</summary>
    public bool HasReadOld => _sealedWith.Any(id => id != _keys.CurrentId);

    /// <summary>Asks whether what is here may still be known: not when a key that something was sealed with was removed.</summary>
    /// <exception cref="MemorySealedException">It was removed.</exception>
    /// <exception cref="VaultException">The vault cannot be asked, and what it said last is too long ago.</exception>
    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        _keys = now is null ? _keys : await now(cancellationToken);
        Check();
    }

    private void Check()
    {
        if (!_sealedWith.All(_keys.Has))
        {
            throw new MemorySealedException("a journal that is open");
        }
    }

    // Nothing is added to what cannot be read any more: its owner has to see that first.
    private async ValueTask TakeKeysAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CheckAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is VaultException or MemorySealedException)
        {
            throw new StorageException("The key of the journal cannot be had now.", exception) { IsRetryable = true };
        }
    }

    private JournalRecord Seal(string journal, long sequence, JournalRecord record) =>
        record with { Payload = _keys.Seal(record.Payload.Span, Place(journal, sequence, record.Type)) };

    private JournalEntry Open(string journal, JournalEntry entry)
    {
        if (entry.Payload.IsEmpty)
        {
            return entry;
        }

        var plain = _keys.Open(entry.Payload.Span, Place(journal, entry.Sequence, entry.Type)) ?? throw new MemorySealedException(journal);
        _sealedWith.Add(DataKeyRing.KeyIdOf(entry.Payload.Span)!);
        return entry with { Payload = plain };
    }

    private static string Place(string journal, long sequence, string type) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"steward/journal/v1\n{journal}\n{sequence}\n{type}");
}

/// <summary>An entry cannot be opened: its key is not in the vault any more, or somebody changed it.</summary>
internal sealed class MemorySealedException(string journal) : Exception($"An entry of {journal} cannot be opened with the tenant's keys.");
