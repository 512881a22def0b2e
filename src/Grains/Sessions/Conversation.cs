using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Storage;

namespace Steward.Sessions;

/// <summary>
/// What a session knows, folded from its journal: the messages that still wait for their end (the first one is being worked off), the runs that go on
/// beside it, short-term memory and working memory. Pure; the grain feeds it entries in order.
/// </summary>
internal sealed class Conversation(SessionOptions options)
{
    private readonly List<PendingMessage> _pending = [];
    private readonly List<PendingMessage> _unstarted = [];
    private readonly List<PendingMessage> _unremembered = [];
    private readonly List<string> _detached = [];
    private readonly HashSet<string> _superseded = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rolledBack = new(StringComparer.Ordinal);
    private readonly ShortTermMemory _shortTerm = new(options);
    private readonly Dictionary<string, (string Value, DateTimeOffset At)> _slots = new(StringComparer.Ordinal);
    private readonly RecentKeys<Receipt> _receipts = new(options.ShortTermMessages);
    private readonly RecentKeys<bool> _ends = new(4 * options.ShortTermMessages);

    public bool IsOpen { get; private set; }

    public string? Title { get; private set; }

    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>When the last entry was written.</summary>
    public DateTimeOffset LastAt { get; private set; }

    /// <summary>The place of the last removal of its texts, as far as it is among the entries that were read; 0 when there was none.</summary>
    public long RetiredAt { get; private set; }

    /// <summary>What it is a copy of.</summary>
    public ForkOrigin? ForkOf { get; private set; }

    /// <summary>Whether it is a copy that is not complete. Nothing else is accepted before it is.</summary>
    public bool IsForking { get; private set; }

    /// <summary>The last message that was copied, by its number in the source.</summary>
    public long CopiedThrough { get; private set; }

    /// <summary>Sequence number of the last entry that was applied.</summary>
    public long Sequence { get; private set; }

    /// <summary>Messages without an end, oldest first; without those of background runs.</summary>
    public IReadOnlyList<PendingMessage> Pending => _pending;

    /// <summary>Messages of background runs of which it is not known that they have begun.</summary>
    public IReadOnlyList<PendingMessage> Unstarted => _unstarted;

    /// <summary>Messages with an end, or on which a run goes on by itself, of which it is not known that what they said is in their author's memory.</summary>
    public IReadOnlyList<PendingMessage> Unremembered => _unremembered;

    /// <summary>Runs that go on without blocking the session, as far as the latest entries tell.</summary>
    public IReadOnlyList<string> Detached => _detached;

    /// <summary>The message that is being worked off.</summary>
    public PendingMessage? Active => _pending.Count > 0 ? _pending[0] : null;

    /// <summary>Whether somebody has to bring something on: then the journal is open.</summary>
    public bool HasWork => _pending.Count > 0 || _unstarted.Count > 0 || _unremembered.Count > 0 || IsForking;

    /// <summary>The oldest message without an end.</summary>
    public long? OpenSince => _pending.Concat(_unstarted).Concat(_unremembered).Select(pending => (long?)pending.Sequence).Min();

    /// <summary>The run of an operation id among the recent messages.</summary>
    public string? FindRun(string operationId) => _receipts.Find(operationId)?.RunId;

    /// <summary>Whether an operation id was used for another text, among the recent messages.</summary>
    public bool IsReused(string operationId, string text) => _receipts.Find(operationId) is { } receipt && !receipt.TextHash.AsSpan().SequenceEqual(Hash(text));

    /// <summary>Whether a run must stop because a newer message took its place.</summary>
    public bool IsSuperseded(string runId) => _superseded.Contains(runId);

    /// <summary>Whether the turn of a run without an end was rolled back.</summary>
    public bool IsRolledBack(string runId) => _rolledBack.Contains(runId);

    /// <summary>Whether the end of a run's attempt is among the recent ones.</summary>
    public bool HasEnded(string runId, int attempt) => _ends.Find(EndKey(runId, attempt));

    public void Apply(JournalEntry entry)
    {
        CreatedAt = IsOpen ? CreatedAt : entry.At;
        IsOpen = true;
        IsForking &= entry.Type is SessionRecordTypes.Opened or SessionRecordTypes.Copied;
        LastAt = entry.At;

        // Entries without a payload are receipts that retention left behind.
        if (!entry.Payload.IsEmpty)
        {
            Fold(entry);
        }

        Sequence = Math.Max(Sequence, entry.Sequence);
    }

    /// <summary>Short-term and working memory as of <paramref name="now"/>, without the messages from <paramref name="beforeSequence"/> on.</summary>
    public SessionContext Recall(DateTimeOffset now, long beforeSequence)
    {
        Forget(now);
        return new SessionContext
        {
            ShortTermMemory = _shortTerm.Before(beforeSequence),
            Summary = _shortTerm.Summary,
            WorkingMemory = _slots.ToDictionary(slot => slot.Key, slot => slot.Value.Value, StringComparer.Ordinal),
        };
    }

    private void Fold(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case SessionRecordTypes.Opened:
                var opened = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.SessionOpened)!;
                Title = opened.Title;
                CreatedAt = entry.At;
                ForkOf = opened.ForkOf;
                IsForking = opened.ForkOf is not null;
                break;
            case SessionRecordTypes.Retired:
                var retired = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.SessionRetired)!;
                CreatedAt = retired.CreatedAt;
                ForkOf = retired.ForkOf;
                RetiredAt = entry.Sequence;
                break;
            case SessionRecordTypes.Copied:
                var copied = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.MessageCopied)!;
                CopiedThrough = copied.SourceSequence;
                _shortTerm.Remember(Transcript.Of(entry)! with { At = entry.At });
                break;
            case SessionRecordTypes.UserMessage:
                Accept(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.UserMessageAccepted)!);
                break;
            case SessionRecordTypes.RolledBack:
                foreach (var runId in JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.MessageRolledBack)!.RunIds)
                {
                    _rolledBack.Add(runId);
                    _shortTerm.RollBack(runId);
                }

                break;
            case SessionRecordTypes.Detached:
                var detached = JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.RunDetached)!;
                Keep(detached.RunId, detached.Unremembered);
                Remove(_unstarted, detached.RunId);
                break;
            case SessionRecordTypes.Remembered:
                Remove(_unremembered, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.MessageRemembered)!.RunId);
                break;
            case SessionRecordTypes.AssistantMessage:
                Take(entry, JsonSerializer.Deserialize(entry.Payload.Span, SessionJson.Default.AssistantMessageRecorded)!);
                break;
        }
    }

    private void Accept(JournalEntry entry, UserMessageAccepted message)
    {
        foreach (var runId in message.Supersedes ?? [])
        {
            _superseded.Add(runId);
        }

        (message.IsBackground ? _unstarted : _pending).Add(new PendingMessage(entry.Sequence, entry.At, message));
        if (message.IsBackground)
        {
            _detached.Add(message.RunId);
        }

        _shortTerm.Remember(Transcript.Of(entry)!);
        _receipts.Add(message.OperationId, new Receipt(message.RunId, Hash(message.Text)));
    }

    private void Take(JournalEntry entry, AssistantMessageRecorded answer)
    {
        Keep(answer.RunId, answer.Unremembered);
        Remove(_pending, answer.RunId);
        Remove(_unstarted, answer.RunId);
        _detached.Remove(answer.RunId);
        _superseded.Remove(answer.RunId);
        _rolledBack.Remove(answer.RunId);
        if (answer.Interim)
        {
            _detached.Add(answer.RunId);
        }
        else
        {
            _ends.Add(EndKey(answer.RunId, answer.Attempt ?? 1), true);
            _shortTerm.DropInterim(answer.RunId);
        }

        if (!answer.RolledBack)
        {
            _shortTerm.Remember(Transcript.Of(entry)!);
        }

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
    }

    // Drops what is over its time: the conversation 24 h after its last message, each slot 1 h after it was written.
    private void Forget(DateTimeOffset now)
    {
        _shortTerm.Forget(now);
        foreach (var (name, slot) in _slots.ToArray())
        {
            if (now - slot.At > options.WorkingMemory)
            {
                _slots.Remove(name);
            }
        }
    }

    // Before it leaves the messages that are worked on.
    private void Keep(string runId, bool isUnremembered)
    {
        var message = FindOpen(runId);
        Remove(_unremembered, runId);
        if (isUnremembered && message is not null)
        {
            _unremembered.Add(message);
        }
    }

    /// <summary>The message of a run, as long as it has no end or is not in its author's memory.</summary>
    public PendingMessage? FindOpen(string runId) =>
        _pending.Concat(_unstarted).Concat(_unremembered).FirstOrDefault(message => string.Equals(message.Message.RunId, runId, StringComparison.Ordinal));

    private static void Remove(List<PendingMessage> messages, string runId) =>
        messages.RemoveAll(pending => string.Equals(pending.Message.RunId, runId, StringComparison.Ordinal));

    private static string EndKey(string runId, int attempt) => $"{runId}:{attempt}";

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private sealed record Receipt(string RunId, byte[] TextHash);
}

/// <summary>A message whose run has not ended.</summary>
internal sealed record PendingMessage(long Sequence, DateTimeOffset At, UserMessageAccepted Message);
