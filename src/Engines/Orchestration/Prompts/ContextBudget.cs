using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>
/// Keeps what a model is told of its work within a budget: the instructions, the conversation and the task, which have limits of their own, stay, then the latest calls of tools. A call never goes without its results, nor a result without its call. What went is said in one line, and can be looked up again by calling.
/// It is cut to half of the budget, so that the beginning of what is told stays the same for many calls.
/// </summary>
/// <param name="maxTokens">The most tokens of the work.</param>
/// <param name="window">The most tokens of everything, with definitions of tools; null when that is not known.</param>
internal sealed class ContextBudget(int maxTokens, long? window = null)
{
    private readonly TokenLength _tokens = new();
    private int _from = -1;
    private ChatMessage? _note;

    /// <summary>What is told.</summary>
    /// <param name="messages">Everything, oldest first.</param>
    /// <param name="head">How many messages at the beginning stay.</param>
    public List<ChatMessage> Fit(IReadOnlyList<ChatMessage> messages, int head)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var from = Math.Max(_from, head);
        var room = Room(messages, head);
        if (Length(messages, from) > room)
        {
            var cut = Cut(messages, from, room / 2);
            if (cut > from)
            {
                (_from, _note) = (cut, new ChatMessage { Role = ChatRole.User, Text = $"({cut - head} earlier messages of this work, calls of tools with their results, were left out to save room. Call a tool again if you need what it said.)" });
                from = cut;
            }
        }

        return _note is null ? [.. messages] : [.. messages.Take(head), _note, .. messages.Skip(from)];
    }

    /// <summary>Takes what a model says of a call: how many tokens it was told.</summary>
    /// <param name="model">The model; each has its own tokens.</param>
    /// <param name="told">What it was told.</param>
    /// <param name="inputTokens">Its count, with the definitions of tools; null when it said none.</param>
    public void Learn(string model, IReadOnlyList<ChatMessage> told, long? inputTokens) => _tokens.Learn(model, Length(told, 0), inputTokens);

    // In characters of this model's tokens.
    private long Room(IReadOnlyList<ChatMessage> messages, int head)
    {
        var room = maxTokens * _tokens.CharactersPerToken;
        if (window is { } whole)
        {
            var first = 0L;
            for (var i = 0; i < head; i++)
            {
                first += LengthOf(messages[i]);
            }

            room = Math.Min(room, Math.Max(0, ((whole - _tokens.Around) * _tokens.CharactersPerToken) - first));
        }

        return (long)room;
    }

    // From where on it fits into half of the budget; the last group stays in any case.
    private static int Cut(IReadOnlyList<ChatMessage> messages, int from, long room)
    {
        var (kept, length, end) = (messages.Count, 0L, messages.Count);
        for (var i = messages.Count - 1; i >= from; i--)
        {
            length += LengthOf(messages[i]);
            if (messages[i].Role == ChatRole.Tool)
            {
                continue;
            }

            // A group begins here.
            if (length > room && kept < end)
            {
                break;
            }

            kept = i;
        }

        return kept;
    }

    private static long Length(IReadOnlyList<ChatMessage> messages, int from)
    {
        var length = 0L;
        for (var i = from; i < messages.Count; i++)
        {
            length += LengthOf(messages[i]);
        }

        return length;
    }

    private static long LengthOf(ChatMessage message) => message.Text.Length + 16 + message.ToolCalls.Sum(call => call.Name.Length + call.Arguments.Length);
}
