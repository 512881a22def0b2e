using Steward.Errors;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// The parts of a file in a journal of its own, one entry each: they are durable before anybody is told that they were taken, and a purge takes them all away at the end, where contents would stay until retention
/// finds that nobody refers to them, or for ever in a tenant that keeps everything.
/// </summary>
internal sealed class ImportFile(IJournalStore store, string key, TimeProvider time)
{
    private const string PartType = "triage.import-part";
    private const string RemovedType = "triage.import-removed";

    /// <summary>Makes a part durable. The same part again is harmless.</summary>
    /// <returns>Whether it stands; false when another part has this number.</returns>
    public async Task<bool> WriteAsync(int number, byte[] part)
    {
        var record = new JournalRecord { Type = PartType, Payload = part, At = time.GetUtcNow().ToMilliseconds() };
        try
        {
            if (await store.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = number, Records = [record] }) is JournalAppended)
            {
                return true;
            }
        }
        catch (StorageException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The part cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        return await HasAsync(number, part);
    }

    /// <summary>Whether the part with this number is this one.</summary>
    public async Task<bool> HasAsync(int number, byte[] part) => await ReadAsync(number, CancellationToken.None) is { } there && there.Span.SequenceEqual(part);

    /// <summary>A part; null when there is none with this number.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(int number, CancellationToken cancellationToken)
    {
        var entries = await store.ReadAsync(key, number, 1, cancellationToken);
        return entries.Count == 1 && entries[0] is { Type: PartType } entry && entry.Sequence == number + 1 ? entry.Payload : null;
    }

    /// <summary>Removes all parts. Idempotent.</summary>
    public async Task RemoveAsync()
    {
        if (await store.GetHeadAsync(key) is not { } head || (await store.ReadTailAsync(key, 1)) is [{ Type: RemovedType }])
        {
            return;
        }

        var receipt = new JournalRecord { Type = RemovedType, Payload = "{}"u8.ToArray(), At = time.GetUtcNow().ToMilliseconds() };
        if (await store.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = head.Sequence, Receipt = receipt }) is not JournalAppended)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The parts cannot be removed now.") { IsRetryable = true };
        }
    }
}
