namespace Steward.Sessions;

/// <summary>The latest messages of a conversation, as a run that starts is told of them. Pure.</summary>
internal sealed class ShortTermMemory(SessionOptions options)
{
    private readonly List<TranscriptMessage> _messages = [];

    public void Remember(TranscriptMessage message)
    {
        // The sliding 24 hours: a message after a longer silence starts a new conversation.
        Forget(message.At);
        _messages.Add(message);
        if (_messages.Count > options.ShortTermMessages)
        {
            _messages.RemoveAt(0);
        }
    }

    /// <summary>Drops the conversation 24 h after its last message.</summary>
    public void Forget(DateTimeOffset now)
    {
        if (_messages.Count > 0 && now - _messages[^1].At > options.ShortTermMemory)
        {
            _messages.Clear();
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
        var later = _messages.Where(message => message.Role == "user" && message.Sequence >= sequence).Select(message => message.RunId).ToHashSet(StringComparer.Ordinal);
        var before = new List<TranscriptMessage>(_messages.Count);
        foreach (var message in _messages.Where(message => !later.Contains(message.RunId)))
        {
            var question = message.Role == "assistant" ? before.FindIndex(earlier => earlier.Role == "user" && IsOf(earlier, message.RunId)) : -1;
            var onlyQuestionsSince = question >= 0 && before.FindIndex(question + 1, earlier => earlier.Role != "user") < 0;
            before.Insert(onlyQuestionsSince ? question + 1 : before.Count, message);
        }

        return before;
    }

    private static bool IsOf(TranscriptMessage message, string runId) => string.Equals(message.RunId, runId, StringComparison.Ordinal);
}
