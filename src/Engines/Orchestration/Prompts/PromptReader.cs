using System.Text;
using System.Text.Json;
using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>Loads a content by its hash; null when it is not there any more.</summary>
public delegate ValueTask<ReadOnlyMemory<byte>?> ContentLoad(string hash, CancellationToken cancellationToken);

/// <summary>Puts prompts together again from their parts.</summary>
public static class PromptReader
{
    /// <summary>The longest chain of prompts that build on each other.</summary>
    public const int MaxDepth = 4096;

    /// <summary>The most messages of one prompt.</summary>
    public const int MaxMessages = 20_000;

    /// <summary>The most bytes of one prompt.</summary>
    public const int MaxBytes = 64 * 1024 * 1024;

    /// <summary>Reads a prompt back as it was sent.</summary>
    /// <param name="hash">The <c>promptHash</c> of <c>model.called</c>.</param>
    /// <param name="load">Loads contents of the run's tenant.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <returns>The prompt; null when retention has removed it, or a prompt that it builds on.</returns>
    /// <exception cref="PromptFormatException">It is malformed, or over a limit.</exception>
    public static async Task<StoredPrompt?> LoadAsync(string hash, ContentLoad load, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(hash);
        ArgumentNullException.ThrowIfNull(load);
        if (await LoadChainAsync(hash, load, cancellationToken) is not { } chain)
        {
            return null;
        }

        var left = (long)MaxBytes;
        var messages = new List<ChatMessage>(chain.Messages.Count);
        foreach (var message in chain.Messages)
        {
            messages.Add(await MessageAsync(message));
        }

        List<ToolDefinition> tools = [];
        if (chain.Top.Tools is { } toolsHash && await BytesAsync(toolsHash) is { } bytes)
        {
            tools = [.. Parse(bytes, PromptJsonContext.Default.IReadOnlyListPromptTool).Select(tool => new ToolDefinition { Name = tool.Name, Description = tool.Description, Parameters = tool.Parameters })];
        }

        return new StoredPrompt(messages, tools, chain.Top.AllowToolCalls ?? true);

        async ValueTask<ChatMessage> MessageAsync(string messageHash)
        {
            if (await BytesAsync(messageHash) is not { } stored)
            {
                return new ChatMessage { Role = ChatRole.System, Text = StoredPrompt.Removed };
            }

            var message = Parse(stored, PromptJsonContext.Default.PromptMessage);
            var text = message.TextHash is null ? message.Text ?? "" : await BytesAsync(message.TextHash) is { } apart ? Encoding.UTF8.GetString(apart.Span) : StoredPrompt.Removed;
            return new ChatMessage
            {
                Role = PromptRoles.Read(message.Role),
                Text = text,
                ToolCallId = message.ToolCallId,
                ToolCalls = [.. (message.ToolCalls ?? []).Select(call => new ToolCall { Id = call.Id, Name = call.Name, Arguments = call.Arguments })],
            };
        }

        async ValueTask<ReadOnlyMemory<byte>?> BytesAsync(string contentHash)
        {
            var loaded = await load(contentHash, cancellationToken);
            left -= loaded?.Length ?? 0;
            return left >= 0 ? loaded : throw new PromptFormatException($"The prompt has more than {MaxBytes} bytes.");
        }
    }

    /// <summary>The hashes of a prompt's messages, without the messages; null when a part of the chain is gone.</summary>
    internal static async Task<PromptChain?> LoadChainAsync(string hash, ContentLoad load, CancellationToken cancellationToken)
    {
        var nodes = new Stack<PromptNode>();
        var count = 0;
        for (string? next = hash; next is not null; next = nodes.Peek().Parent)
        {
            if (nodes.Count == MaxDepth)
            {
                throw new PromptFormatException($"The prompt builds on more than {MaxDepth} others.");
            }

            if (await load(next, cancellationToken) is not { } bytes)
            {
                return null;
            }

            nodes.Push(Parse(bytes, PromptJsonContext.Default.PromptNode));
            count += nodes.Peek().Messages.Count;
            if (count > MaxMessages)
            {
                throw new PromptFormatException($"The prompt has more than {MaxMessages} messages.");
            }
        }

        var messages = nodes.SelectMany(node => node.Messages).ToList();
        return new PromptChain(nodes.Last(), messages, nodes.Count);
    }

    private static T Parse<T>(ReadOnlyMemory<byte> json, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, type) ?? throw new PromptFormatException("A part of the prompt is null.");
        }
        catch (JsonException e)
        {
            throw new PromptFormatException("A part of the prompt is not what it should be: " + e.Message);
        }
    }
}

/// <summary>A prompt's node with the hashes of all its messages.</summary>
/// <param name="Top">The prompt's own node.</param>
/// <param name="Messages">The hashes of all messages, oldest first.</param>
/// <param name="Depth">How many nodes it builds on, itself included.</param>
internal sealed record PromptChain(PromptNode Top, IReadOnlyList<string> Messages, int Depth);
