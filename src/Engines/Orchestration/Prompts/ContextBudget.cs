using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>
/// Keeps what a model is told of its work within a budget: the instructions, the conversation and the task, which have limits of their own, stay, then the latest calls of tools. A call never goes without its results, nor a result without its call. What went is said in one line, and can be looked up again by calling.
/// It is cut to half of the budget, so that the beginning of what is told stays the same for many calls.
/// </summary>
internal sealed class ContextBudget(int maxLength)
{
    private int _from = -1;
    private ChatMessage? _note;

    /// <summary>What is told.</summary>
    /// <param name="messages">Everything, oldest first.</param>
    /// <param name="head">How many messages at the beginning stay.</param>
    public List<ChatMessage> Fit(IReadOnlyList<ChatMessage> messages, int head)
    {
        ArgumentNullException.ThrowIfNull(messages);
        var from = Math.Max(_from, head);
        if (Length(messages, from) > maxLength)
        {
            var cut = Cut(messages, from);
            if (cut > from)
            {
                (_from, _note) = (cut, new ChatMessage { Role = ChatRole.User, Text = $"({cut - head} earlier messages of this work, calls of tools with their results, were left out to save room. Call a tool again if you need what it said.)" });
                from = cut;
            }
        }

        return _note is null ? [.. messages] : [.. messages.Take(head), _note, .. messages.Skip(from)];
    }

    // From where on it fits into half of the budget; the last group stays in any case.
    private int Cut(IReadOnlyList<ChatMessage> messages, int from)
    {
        var room = maxLength / 2;
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
