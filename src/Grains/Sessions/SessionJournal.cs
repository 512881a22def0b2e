using System.Text.Json;
using Steward.Storage;

namespace Steward.Sessions;

/// <summary>A session's journal in the activation: appends records durably and folds them.</summary>
internal sealed class SessionJournal(IJournalStore journals, string key, SessionOptions options, TimeProvider time)
{
    /// <summary>What an activation reads at least: the short-term memory, the message that is worked on and all that came after it.</summary>
    public const int TailEntries = 256;

    /// <summary>The session as it stands in the journal.</summary>
    public Conversation Conversation { get; private set; } = new(options);

    /// <summary>Reads the end of the journal, as far back as there is something to do.</summary>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var conversation = new Conversation(options);
        var entries = await journals.ReadTailAsync(key, TailEntries, cancellationToken);
        if (entries.Count > 0 && OpenSince(entries) is { } since && since < entries[0].Sequence)
        {
            entries = [.. await ReadAsync(since - 1, entries[0].Sequence, cancellationToken), .. entries];
        }

        if (entries.Count > 0 && entries[0].Sequence > 1)
        {
            foreach (var first in await journals.ReadAsync(key, 0, 1, cancellationToken))
            {
                conversation.Apply(first);
            }
        }

        foreach (var entry in entries)
        {
            conversation.Apply(entry);
        }

        Conversation = conversation;
    }

    /// <summary>Appends records, all or none, and folds them.</summary>
    /// <returns>The earlier record when one of the deduplication ids is known already; then nothing was appended.</returns>
    /// <exception cref="SessionMovedException">Another activation of this session wrote: this one is out of date.</exception>
    public async Task<JournalEntry?> AppendAsync(bool open, params (string Type, SessionRecord Content, string? DeduplicationId)[] contents)
    {
        var since = Conversation.OpenSince;
        var now = time.GetUtcNow().ToMilliseconds();
        var records = Array.ConvertAll(contents, content => new JournalRecord
        {
            Type = content.Type,
            Payload = ToJson(content.Content with { OpenSince = since }),
            At = now,
            DeduplicationId = content.DeduplicationId,
        });
        var result = await journals.AppendAsync(
            new JournalAppend { Journal = key, ExpectedSequence = Conversation.Sequence, Records = records, Open = open },
            CancellationToken.None);
        switch (result)
        {
            case JournalAppended appended:
                var sequence = appended.Sequence - records.Length;
                foreach (var record in records)
                {
                    Conversation.Apply(new JournalEntry { Sequence = ++sequence, Type = record.Type, Payload = record.Payload, At = record.At, DeduplicationId = record.DeduplicationId });
                }

                return null;
            case JournalDuplicate duplicate:
                return duplicate.Existing;
            default:
                throw new SessionMovedException();
        }
    }

    /// <summary>Removes all texts and leaves the receipts.</summary>
    /// <returns>Whether it was done; not when somebody else wrote.</returns>
    public async Task<bool> PurgeAsync(CancellationToken cancellationToken)
    {
        var receipt = new SessionRetired { CreatedAt = Conversation.CreatedAt, ForkOf = Conversation.ForkOf };
        var result = await journals.PurgeAsync(
            new JournalPurge
            {
                Journal = key,
                ThroughSequence = Conversation.Sequence,
                Receipt = new JournalRecord { Type = SessionRecordTypes.Retired, Payload = ToJson(receipt), At = time.GetUtcNow().ToMilliseconds() },
            },
            cancellationToken);
        await LoadAsync(cancellationToken);
        return result is JournalAppended;
    }

    // The last record says it: everything that has no end stood there when it was written, or came with it.
    private static long? OpenSince(IReadOnlyList<JournalEntry> entries) =>
        entries[^1].Payload.IsEmpty ? null : JsonSerializer.Deserialize(entries[^1].Payload.Span, SessionJson.Default.SessionRecordHead)!.OpenSince;

    private async Task<List<JournalEntry>> ReadAsync(long after, long before, CancellationToken cancellationToken)
    {
        var entries = new List<JournalEntry>();
        while (true)
        {
            var page = await journals.ReadAsync(key, after, TailEntries, cancellationToken);
            entries.AddRange(page.Where(entry => entry.Sequence < before));
            if (page.Count == 0 || page[^1].Sequence >= before - 1)
            {
                return entries;
            }

            after = page[^1].Sequence;
        }
    }

    private static byte[] ToJson(SessionRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, SessionJson.Default.GetTypeInfo(record.GetType())!);
}

/// <summary>Another activation appended to the session's journal: this one must give way.</summary>
internal sealed class SessionMovedException() : Exception("The session is owned by another activation.");
