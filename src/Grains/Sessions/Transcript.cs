using System.Text.Json;
using Steward.Storage;

namespace Steward.Sessions;

/// <summary>A session's messages as its journal tells them.</summary>
internal static class Transcript
{
    private const int LookAhead = 256;

    /// <summary>The message that a journal entry stands for, or null for entries that are none, and for those whose text retention removed.</summary>
    public static TranscriptMessage? Of(JournalEntry entry) => entry.Payload.IsEmpty ? null : entry.Type switch
    {
        SessionRecordTypes.UserMessage => Of(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!),
        SessionRecordTypes.AssistantMessage => Of(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.AssistantMessageRecorded)!),
        SessionRecordTypes.Copied => Of(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.MessageCopied)!),
        _ => null,
    };

    /// <summary>Reads a page. What was rolled back is marked, also when that happened after the page's last message.</summary>
    public static async Task<TranscriptPage> ReadAsync(IJournalStore journals, string key, long afterSequence, int limit, CancellationToken cancellationToken)
    {
        var messages = new List<TranscriptMessage>();
        var rolledBack = new HashSet<string>(StringComparer.Ordinal);
        var undecided = new HashSet<string>(StringComparer.Ordinal);
        var position = afterSequence;
        while (true)
        {
            // One message more than asked for tells whether there is a next page. Whether a turn was rolled back is certain once it has an answer.
            var size = messages.Count > limit ? LookAhead : limit - messages.Count + 2;
            var entries = await journals.ReadAsync(key, position, size, cancellationToken);
            foreach (var entry in entries)
            {
                Look(entry, rolledBack, undecided, within: messages.Count < limit);
                if (messages.Count <= limit && Of(entry) is { } message)
                {
                    messages.Add(message);
                }

                position = entry.Sequence;
            }

            if (entries.Count < size || (messages.Count > limit && undecided.Count == 0))
            {
                break;
            }
        }

        var page = messages.Take(limit).Select(message => message.Role == "user" && rolledBack.Contains(message.RunId) ? message with { RolledBack = true } : message).ToList();
        return new TranscriptPage { Messages = page, NextAfterSequence = messages.Count > page.Count ? page[^1].Sequence : null };
    }

    private static void Look(JournalEntry entry, HashSet<string> rolledBack, HashSet<string> undecided, bool within)
    {
        if (entry.Payload.IsEmpty)
        {
            return;
        }

        switch (entry.Type)
        {
            case SessionRecordTypes.UserMessage when within:
                var user = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!;
                if (!user.IsBackground)
                {
                    undecided.Add(user.RunId);
                }

                break;
            case SessionRecordTypes.AssistantMessage:
                undecided.Remove(JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.AssistantMessageRecorded)!.RunId);
                break;
            case SessionRecordTypes.RolledBack:
                foreach (var runId in JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.MessageRolledBack)!.RunIds)
                {
                    rolledBack.Add(runId);
                    undecided.Remove(runId);
                }

                break;
        }
    }

    private static TranscriptMessage Of(JournalEntry entry, UserMessageAccepted user) =>
        new() { Sequence = entry.Sequence, Role = "user", Text = user.Text, At = entry.At, RunId = user.RunId };

    private static TranscriptMessage Of(JournalEntry entry, AssistantMessageRecorded answer) => new()
    {
        Sequence = entry.Sequence,
        Role = "assistant",
        Text = answer.Text,
        At = entry.At,
        RunId = answer.RunId,
        RunState = answer.State,
        RolledBack = answer.RolledBack,
        IsInterim = answer.Interim,
    };

    private static TranscriptMessage Of(JournalEntry entry, MessageCopied copied) =>
        new() { Sequence = entry.Sequence, Role = copied.Role, Text = copied.Text, At = copied.At, RunId = copied.RunId, RunState = copied.State };
}
