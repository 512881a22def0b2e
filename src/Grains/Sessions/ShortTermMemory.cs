using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Prompts;

namespace Steward.Sessions;

/// <summary>The latest messages of a conversation, as a run that starts is told of them. Pure.</summary>
internal sealed class ShortTermMemory(SessionOptions options)
{
    private const int MaxSummary = 2_000;

    private readonly List<TranscriptMessage> _messages = [];

    /// <summary>What was said before the messages that are kept, summed up; each that goes is summed up with it.</summary>
    public string? Summary { get; private set; }

    public void Remember(TranscriptMessage message)
    {
        // The sliding 24 hours: a message after a longer silence starts a new conversation.
        Forget(message.At);
        _messages.Add(message);
        if (_messages.Count > options.ShortTermMessages)
        {
            Summary = ExtractiveSummary.Of(Summary, [new ConversationMessage { Role = _messages[0].Role, Text = _messages[0].Text }], MaxSummary);
            _messages.RemoveAt(0);
        }
    }

    /// <summary>Drops the conversation 24 h after its last message.</summary>
    public void Forget(DateTimeOffset now)
    {
        if (_messages.Count > 0 && now - _messages[^1].At > options.ShortTermMemory)
        {
            _messages.Clear();
            Summary = null;
        }
    }

    /// <summary>Takes a run's turn out of the conversation.</summary>
    public void RollBack(string runId) => _messages.RemoveAll(message => IsOf(message, runId));

    /// <summary>Takes out what a run said before its end, which says it again.</summary>
    public void DropInterim(string runId) => _messages.RemoveAll(message => message.IsInterim && IsOf(message, runId));

    /// <summary>
    /// The conversation before a message: without that one, later ones and their answers. An answer that came while others waited stands behind its own
    /// question and not behind theirs.
    /// </summary>
    public IReadOnlyList<TranscriptMessage> Before(long sequence)
    {
        HashSet<string>? later = null;
        foreach (var message in _messages)
        {
            if (message.Role == "user" && message.Sequence >= sequence)
            {
                (later ??= new(StringComparer.Ordinal)).Add(message.RunId);
            }
        }

        var before = new List<TranscriptMessage>(_messages.Count);
        foreach (var message in _messages)
        {
            if (later?.Contains(message.RunId) != true)
            {
                before.Insert(PlaceOf(message, before), message);
            }
        }

        return before;
    }

    /// <summary>Behind its question, if only other questions came since; else at the end.</summary>
    private static int PlaceOf(TranscriptMessage message, List<TranscriptMessage> before)
    {
        if (message.Role != "assistant")
        {
            return before.Count;
        }

        for (var i = before.Count - 1; i >= 0 && before[i].Role == "user"; i--)
        {
            if (IsOf(before[i], message.RunId))
            {
                return i + 1;
            }
        }

        return before.Count;
    }

    private static bool IsOf(TranscriptMessage message, string runId) => string.Equals(message.RunId, runId, StringComparison.Ordinal);
}
