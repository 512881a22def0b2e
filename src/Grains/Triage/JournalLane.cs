using Steward.Errors;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>
/// Appends to one journal for calls that interleave: what comes while an append is under way goes with the next one, all together. For the grain's scheduler only.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="key">The journal's key.</param>
/// <param name="take">Takes an entry into account that is durable; called in order.</param>
/// <param name="giveWay">Called when what is in memory may not be what stands: the activation must end.</param>
internal sealed class JournalLane(IJournalStore store, string key, Action<JournalEntry> take, Action giveWay)
{
    private const int MostRecords = 256;
    private const long MostContentBytes = 32 * 1024 * 1024;

    private readonly Queue<Waiting> _waiting = new();
    private bool _isAppending;
    private StewardException? _broken;

    /// <summary>The last entry that is known.</summary>
    public long Sequence { get; set; }

    /// <summary>Appends an entry. It is durable, and taken into account, when this returns.</summary>
    /// <param name="record">The entry.</param>
    /// <param name="contents">Contents that it refers to.</param>
    /// <exception cref="StewardException"><c>unavailable</c>: nothing was written, or that is unknown; the activation ends.</exception>
    public Task AppendAsync(JournalRecord record, params IReadOnlyList<StoredContent> contents)
    {
        if (_broken is { } broken)
        {
            throw Like(broken);
        }

        var waiting = new Waiting(record, contents, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _waiting.Enqueue(waiting);
        if (!_isAppending)
        {
            _ = AppendAllAsync();
        }

        return waiting.Done.Task;
    }

    private async Task AppendAllAsync()
    {
        _isAppending = true;
        while (_waiting.Count > 0)
        {
            var batch = Next();
            if (await AppendAsync(batch) is { } failure)
            {
                // What comes after it was decided in view of it.
                _broken = failure;
                giveWay();
                foreach (var waiting in batch.Concat(_waiting))
                {
                    waiting.Done.SetException(Like(failure));
                }

                _waiting.Clear();
            }
        }

        _isAppending = false;
    }

    private async Task<StewardException?> AppendAsync(List<Waiting> batch)
    {
        JournalAppendResult result;
        try
        {
            result = await store.AppendAsync(new JournalAppend
            {
                Journal = key,
                ExpectedSequence = Sequence,
                Records = [.. batch.Select(waiting => waiting.Record)],
                Contents = [.. batch.SelectMany(waiting => waiting.Contents).DistinctBy(content => content.Hash, StringComparer.Ordinal)],
            });
        }
#pragma warning disable CA1031 // Whatever it was, those that wait have to know, and the next activation sees what stands.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new StewardException(ErrorCodes.Unavailable, "The journal cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }

        if (result is not JournalAppended)
        {
            return new StewardException(ErrorCodes.Unavailable, "The grain moved to another server.") { IsRetryable = true };
        }

        foreach (var waiting in batch)
        {
            Sequence++;
            take(new JournalEntry
            {
                Sequence = Sequence,
                Type = waiting.Record.Type,
                Payload = waiting.Record.Payload,
                At = waiting.Record.At,
                DeduplicationId = waiting.Record.DeduplicationId,
            });
            waiting.Done.SetResult();
        }

        return null;
    }

    private List<Waiting> Next()
    {
        var (batch, bytes) = (new List<Waiting>(), 0L);
        while (batch.Count < MostRecords && _waiting.TryPeek(out var next) && (batch.Count == 0 || bytes + next.Bytes <= MostContentBytes))
        {
            bytes += next.Bytes;
            batch.Add(_waiting.Dequeue());
        }

        return batch;
    }

    // Each caller gets an error of its own: one that is thrown twice carries the traces of both.
    private static StewardException Like(StewardException failure) =>
        new(failure.Code, failure.Message, failure.InnerException) { IsRetryable = failure.IsRetryable, OutcomeUnknown = failure.OutcomeUnknown };

    private sealed record Waiting(JournalRecord Record, IReadOnlyList<StoredContent> Contents, TaskCompletionSource Done)
    {
        public long Bytes => Contents.Sum(content => (long)content.Bytes.Length);
    }
}
