using System.Text.Json;
using Steward.Errors;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// Says that a person's conversations are being erased, in a journal of its own that needs no key: whoever destroys the key that the memory is sealed with does not end that. It holds the names of conversations and no content.
/// </summary>
internal sealed class ErasureMark(IJournalStore store, string key, TimeProvider time)
{
    private const string Going = "memory.erasing";
    private const string Ended = "memory.erasing_ended";

    /// <summary>What is being erased; null when nothing is.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public async Task<ErasingConversations?> FindAsync(CancellationToken cancellationToken = default) =>
        await store.ReadTailAsync(key, 1, cancellationToken) is [{ Type: Going } last] ? JsonSerializer.Deserialize(last.Payload.Span, MemoryJson.Default.ErasingConversations) : null;

    /// <summary>Says what is being erased. Idempotent.</summary>
    /// <exception cref="StorageException">It could not be said, or that is unknown.</exception>
    public async Task SetAsync(ErasingConversations erasing)
    {
        if ((await FindAsync())?.OperationId == erasing.OperationId)
        {
            return;
        }

        var record = new JournalRecord { Type = Going, Payload = JsonSerializer.SerializeToUtf8Bytes(erasing, MemoryJson.Default.ErasingConversations), At = time.GetUtcNow().ToMilliseconds() };
        Require(await store.AppendAsync(new JournalAppend { Journal = key, ExpectedSequence = (await store.GetHeadAsync(key))?.Sequence ?? 0, Records = [record] }));
    }

    /// <summary>Says that nothing is being erased any more. Idempotent.</summary>
    /// <exception cref="StorageException">It could not be said, or that is unknown.</exception>
    public async Task ClearAsync()
    {
        if (await FindAsync() is not null)
        {
            var receipt = new JournalRecord { Type = Ended, Payload = "{}"u8.ToArray(), At = time.GetUtcNow().ToMilliseconds() };
            Require(await store.PurgeAsync(new JournalPurge { Journal = key, ThroughSequence = (await store.GetHeadAsync(key))!.Sequence, Receipt = receipt }));
        }
    }

    private static void Require(JournalAppendResult result)
    {
        if (result is not JournalAppended)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The memory moved to another server.") { IsRetryable = true };
        }
    }
}

/// <summary>An erasure of conversations that goes on.</summary>
internal sealed record ErasingConversations
{
    public required string OperationId { get; init; }
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>Those that were there, whatever their times say.</summary>
    public IReadOnlyList<string> Sessions { get; init; } = [];
}
