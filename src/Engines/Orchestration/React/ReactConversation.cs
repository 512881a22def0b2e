using Steward.Engines.Models;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Prompts;

namespace Steward.Engines.Orchestration.React;

/// <summary>What the model is told, built from the journal and only ever added to: the same messages are the same objects from call to call.</summary>
internal sealed class ReactConversation(RunContext run, AgentDefinition agent, string? scope, string task, long? window = null)
{
    private readonly List<ChatMessage> _messages = [];
    private readonly ContextBudget _budget = new(run.Options.MaxContextTokens, window - run.Options.MaxAnswerTokens);
    private int _calls;
    private int _head;

    /// <summary>Adds what has happened since, and gives all of it.</summary>
    /// <param name="calls">The model's calls so far, with all their tools carried out.</param>
    public async Task<List<ChatMessage>> ExtendAsync(IReadOnlyList<ModelCalled> calls)
    {
        if (_messages.Count == 0)
        {
            _messages.Add(new ChatMessage { Role = ChatRole.System, Text = ReactPrompt.Render(run.Input, agent, scope is not null, run.Snapshot.RequestedAt ?? run.Time.GetUtcNow(), run.Snapshot.Memories) });
            if (scope is null)
            {
                _messages.AddRange(await ConversationContext.LoadAsync(run));
            }

            _messages.Add(new ChatMessage { Role = ChatRole.User, Text = task });
            _head = _messages.Count;
        }

        var answer = run.Snapshot.Answer;
        for (; _calls < calls.Count; _calls++)
        {
            var call = calls[_calls];

            // What that call was told, cut as it was then: a resumed run comes to the same, and the model's own count of it tells how long its tokens are.
            _budget.Learn(call.Model, _budget.Fit(_messages, _head), call.InputTokens);
            var from = Math.Min(call.AnswerFrom, answer.Length);
            _messages.Add(new ChatMessage
            {
                Role = ChatRole.Assistant,
                Text = call.Text ?? answer.Substring(from, Math.Min(call.AnswerLength, answer.Length - from)).Trim(),
                ToolCalls = [.. call.ToolCalls.Select(tool => new ToolCall { Id = tool.Id, Name = tool.Name, Arguments = tool.Arguments })],
            });
            _messages.AddRange(call.ToolCalls.Select(tool => new ChatMessage { Role = ChatRole.Tool, ToolCallId = tool.Id, Text = Observations.Tell(run.Snapshot.FindStep(tool.StepId)) }));
        }

        return _budget.Fit(_messages, _head);
    }
}
