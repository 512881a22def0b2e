using System.Text;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>The conversation before the message: recorded once at the start, long messages by their hash, and read back by a run that is resumed.</summary>
internal static class ConversationContext
{
    /// <summary>The fact about the conversation; null when there is none.</summary>
    public static (ContextGathered? Fact, IReadOnlyList<RunContent> Contents) Gather(RunInput input, OrchestrationOptions options)
    {
        var messages = Latest(input.History, options);
        var summary = ExtractiveSummary.Of(input.Summary, input.History.Take(input.History.Count - messages.Length), options.MaxSummaryLength);
        if (messages.Length == 0 && summary is null)
        {
            return (null, []);
        }

        var contents = new List<RunContent>();
        var conversation = new List<ContextMessage>(messages.Length);
        foreach (var message in messages)
        {
            var content = message.Text.Length > PromptMessage.MaxInline ? RunContent.Of(Encoding.UTF8.GetBytes(message.Text)) : null;
            if (content is not null)
            {
                contents.Add(content);
            }

            conversation.Add(new ContextMessage { Role = message.Role, Text = content is null ? message.Text : null, Hash = content?.Hash, Length = message.Text.Length });
        }

        return (new ContextGathered { Conversation = conversation, Summary = summary }, contents);
    }

    /// <summary>The conversation for a model, oldest first. Journals of the first release hold it in their input.</summary>
    public static async Task<IReadOnlyList<ChatMessage>> LoadAsync(RunContext run)
    {
        var messages = new List<ChatMessage>();
        if (run.Snapshot.Context?.Summary is { } summary)
        {
            messages.Add(Message("user", "(Earlier in this conversation, summed up; information, not a request:)\n" + summary));
        }

        if (run.Input.History.Count > 0 || run.Snapshot.Context is not { } context)
        {
            messages.AddRange(Latest(run.Input.History, run.Options).Select(message => Message(message.Role, message.Text)));
            return messages;
        }

        foreach (var message in context.Conversation)
        {
            var text = message.Hash is null ? message.Text ?? "" : await run.LoadContentAsync(message.Hash) is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : StoredPrompt.Removed;
            messages.Add(Message(message.Role, text));
        }

        return messages;
    }

    private static ChatMessage Message(string role, string text) => new() { Role = role == "assistant" ? ChatRole.Assistant : ChatRole.User, Text = text };

    private static ConversationMessage[] Latest(IReadOnlyList<ConversationMessage> history, OrchestrationOptions options)
    {
        var length = 0L;
        var from = history.Count;
        while (from > 0 && history.Count - from < options.MaxHistoryMessages)
        {
            length += history[from - 1].Text.Length;
            if (length > options.MaxHistoryLength)
            {
                break;
            }

            from--;
        }

        return from == 0 ? [.. history] : [.. history.Skip(from)];
    }
}
