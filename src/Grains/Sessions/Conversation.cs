using System.Text.Json;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Sessions;

/// <summary>
/// What a session knows, folded from its journal: the messages that still wait for their end (the first one that is not cancelled is being
/// worked off), short-term memory and working memory. Pure; the grain feeds it entries in order.
/// </summary>
internal sealed class Conversation(SessionOptions options)
{
    private readonly List<PendingMessage> _pending = [];
    private readonly Queue<TranscriptMessage> _shortTerm = new();
    private readonly Dictionary<string, (string Value, DateTimeOffset At)> _slots = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _receipts = new(StringComparer.Ordinal);
    private readonly Queue<string> _receiptOrder = new();

    public bool IsOpen { get; private set; }

    public string? Title { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Sequence number of the last entry that was applied.</summary>
    public long Sequence { get; private set; }

    /// <summary>Messages without an end, oldest first.</summary>
    public IReadOnlyList<PendingMessage> Pending => _pending;

    /// <summary>The message that is being worked off.</summary>
    public PendingMessage? Active => _pending.Count > 0 ? _pending[0] : null;

    /// <summary>The run of an operation id among the recent messages.</summary>
    public string? FindRun(string operationId) => _receipts.GetValueOrDefault(operationId);

    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case SessionRecordTypes.Opened:
                var opened = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.SessionOpened)!;
                IsOpen = true;
                Title = opened.Title;
                CreatedAt = entry.At;
                break;
            case SessionRecordTypes.UserMessage:
                var message = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!;
                _pending.Add(new PendingMessage(entry.Sequence, entry.At, message));
                Remember(ToTranscript(entry, message));
                RememberReceipt(message.OperationId, message.RunId);
                break;
            case SessionRecordTypes.AssistantMessage:
                var answer = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.AssistantMessageRecorded)!;
                _pending.RemoveAll(pending => string.Equals(pending.Message.RunId, answer.RunId, StringComparison.Ordinal));
                Remember(ToTranscript(entry, answer));
                foreach (var (name, value) in answer.WorkingMemory ?? new Dictionary<string, string>())
                {
                    // An empty value takes the slot away.
                    if (value.Length == 0)
                    {
                        _slots.Remove(name);
                    }
                    else
                    {
                        _slots[name] = (value, entry.At);
                    }
                }

                break;
        }

        Sequence = Math.Max(Sequence, entry.Sequence);
    }

    /// <summary>Short-term and working memory as of <paramref name="now"/>, without the messages from <paramref name="beforeSequence"/> on.</summary>
    public SessionContext Recall(DateTimeOffset now, long beforeSequence)
    {
        Forget(now);
        return new SessionContext
        {
            ShortTermMemory = [.. _shortTerm.Where(message => message.Sequence < beforeSequence)],
            WorkingMemory = _slots.ToDictionary(slot => slot.Key, slot => slot.Value.Value, StringComparer.Ordinal),
        };
    }

    /// <summary>Drops what is over its time: the conversation 24 h after its last message, each slot 1 h after it was written.</summary>
    public void Forget(DateTimeOffset now)
    {
        if (_shortTerm.Count > 0 && now - _shortTerm.Last().At > options.ShortTermMemory)
        {
            _shortTerm.Clear();
        }

        foreach (var (name, slot) in _slots.ToArray())
        {
            if (now - slot.At > options.WorkingMemory)
            {
                _slots.Remove(name);
            }
        }
    }

    /// <summary>The message that a journal entry stands for, or null for entries that are none.</summary>
    public static TranscriptMessage? ToTranscript(JournalEntry entry) => entry.Type switch
    {
        SessionRecordTypes.UserMessage => ToTranscript(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!),
        SessionRecordTypes.AssistantMessage => ToTranscript(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.AssistantMessageRecorded)!),
        _ => null,
    };

    private static TranscriptMessage ToTranscript(JournalEntry entry, UserMessageAccepted user) =>
        new() { Sequence = entry.Sequence, Role = "user", Text = user.Text, At = entry.At, RunId = user.RunId };

    private static TranscriptMessage ToTranscript(JournalEntry entry, AssistantMessageRecorded answer) =>
        new() { Sequence = entry.Sequence, Role = "assistant", Text = answer.Text, At = entry.At, RunId = answer.RunId, RunState = answer.State };

    private void Remember(TranscriptMessage message)
    {
        // The sliding 24 hours: a message after a longer silence starts a new conversation.
        Forget(message.At);
        _shortTerm.Enqueue(message);
        while (_shortTerm.Count > options.ShortTermMessages)
        {
            _shortTerm.Dequeue();
        }
    }

    private void RememberReceipt(string operationId, string runId)
    {
        if (_receipts.TryAdd(operationId, runId))
        {
            _receiptOrder.Enqueue(operationId);
            while (_receiptOrder.Count > options.ShortTermMessages)
            {
                _receipts.Remove(_receiptOrder.Dequeue());
            }
        }
    }
}

/// <summary>A message whose run has not ended.</summary>
internal sealed record PendingMessage(long Sequence, DateTimeOffset At, UserMessageAccepted Message);
