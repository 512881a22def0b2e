using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>
/// Stores prompts by their hash. A prompt that only adds to the one before it names that one and what was added, so that the bytes of a call do not grow with the conversation.
/// One conversation; not safe for concurrent use.
/// </summary>
internal sealed class PromptWriter(ContentLoad load)
{
    private static readonly ConditionalWeakTable<IReadOnlyList<ToolDefinition>, RunContent> KnownTools = [];

    private IReadOnlyList<(ChatMessage? Message, string Hash)> _messages = [];
    private string? _last;
    private string? _lastTools;
    private int _depth;

    /// <summary>Prepares a prompt for the append of the call that used it.</summary>
    /// <param name="before">The prompt of the call before it, from the journal; null for the first.</param>
    /// <param name="question">The prompt.</param>
    /// <param name="cancellationToken">Stops reading earlier prompts.</param>
    public async Task<WrittenPrompt> WriteAsync(string? before, ModelQuestion question, CancellationToken cancellationToken)
    {
        if (before is not null && _last != before)
        {
            await RecallAsync(before, cancellationToken);
        }

        var contents = new List<RunContent>();
        var hashes = new List<string>(question.Messages.Count);
        var parts = new List<List<RunContent>>();
        var length = 0L;
        for (var i = 0; i < question.Messages.Count; i++)
        {
            var message = question.Messages[i];
            length += message.Text.Length + 16 + message.ToolCalls.Sum(call => call.Name.Length + call.Arguments.Length);
            if (i < _messages.Count && ReferenceEquals(_messages[i].Message, message))
            {
                hashes.Add(_messages[i].Hash);
                parts.Add([]);
                continue;
            }

            var part = Store(message);
            hashes.Add(part[^1].Hash);
            parts.Add(part);
        }

        var builds = _last is not null && _depth < PromptReader.MaxDepth && _messages.Count <= hashes.Count && _messages.Select(known => known.Hash).SequenceEqual(hashes.Take(_messages.Count));
        var from = builds ? _messages.Count : 0;
        for (var i = from; i < hashes.Count; i++)
        {
            // What an earlier, unrelated prompt of this conversation held is stored already, but its bytes are not here any more.
            contents.AddRange(parts[i].Count > 0 ? parts[i] : Store(question.Messages[i]));
        }

        var tools = Tools(question.Tools);
        if (tools is not null && (!builds || tools.Hash != _lastTools))
        {
            contents.Add(tools);
        }

        var node = new PromptNode
        {
            Parent = builds ? _last : null,
            Messages = hashes[from..],
            Tools = tools?.Hash,
            AllowToolCalls = question.AllowToolCalls ? null : false,
        };
        var content = RunContent.Of(JsonSerializer.SerializeToUtf8Bytes(node, PromptJsonContext.Default.PromptNode));
        contents.Add(content);
        return new WrittenPrompt(content.Hash, contents, length + (tools?.Bytes.Length ?? 0))
        {
            Messages = [.. question.Messages.Zip(hashes, (message, hash) => ((ChatMessage?)message, hash))],
            ToolsHash = tools?.Hash,
            Depth = builds ? _depth + 1 : 1,
        };
    }

    /// <summary>The call has ended and will be recorded: later prompts may build on its prompt.</summary>
    public void Commit(WrittenPrompt prompt) => (_last, _lastTools, _messages, _depth) = (prompt.Hash, prompt.ToolsHash, prompt.Messages, prompt.Depth);

    // After a resume: what the call before had asked.
    private async Task RecallAsync(string before, CancellationToken cancellationToken)
    {
        (_last, _lastTools, _messages) = (null, null, []);
        try
        {
            if (await PromptReader.LoadChainAsync(before, load, cancellationToken) is { } chain)
            {
                _messages = [.. chain.Messages.Select(hash => ((ChatMessage?)null, hash))];
                (_last, _lastTools, _depth) = (before, chain.Top.Tools, chain.Depth);
            }
        }
        catch (PromptFormatException)
        {
            // Then this prompt stands for itself.
        }
    }

    private static List<RunContent> Store(ChatMessage message)
    {
        var text = message.Text.Length > PromptMessage.MaxInline ? RunContent.Of(Encoding.UTF8.GetBytes(message.Text)) : null;
        var stored = RunContent.Of(JsonSerializer.SerializeToUtf8Bytes(
            new PromptMessage
            {
                Role = PromptRoles.Name(message.Role),
                Text = text is null ? message.Text : null,
                TextHash = text?.Hash,
                ToolCalls = message.ToolCalls.Count == 0 ? null : [.. message.ToolCalls.Select(call => new PromptToolCall(call.Id, call.Name, call.Arguments))],
                ToolCallId = message.ToolCallId,
            },
            PromptJsonContext.Default.PromptMessage));
        return text is null ? [stored] : [text, stored];
    }

    private static RunContent? Tools(IReadOnlyList<ToolDefinition> tools) => tools.Count == 0 ? null : KnownTools.GetValue(tools, key => RunContent.Of(
        JsonSerializer.SerializeToUtf8Bytes([.. key.Select(tool => new PromptTool(tool.Name, tool.Description, tool.Parameters))], PromptJsonContext.Default.IReadOnlyListPromptTool)) with { IsShared = true });
}

/// <summary>A prompt that is about to be used.</summary>
/// <param name="Hash">The hash of its node.</param>
/// <param name="Contents">What has to be stored with the call; what the journal has already may be among it.</param>
/// <param name="Length">About how long it is, in characters.</param>
internal sealed record WrittenPrompt(string Hash, IReadOnlyList<RunContent> Contents, long Length)
{
    public required IReadOnlyList<(ChatMessage? Message, string Hash)> Messages { get; init; }

    public required string? ToolsHash { get; init; }

    public required int Depth { get; init; }
}
