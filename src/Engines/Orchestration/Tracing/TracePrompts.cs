using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Orchestration.Prompts;

namespace Steward.Engines.Orchestration.Tracing;

/// <summary>
/// The prompts of a run's model calls. Prompts of one run build on each other: each message is there once, and each prompt names its messages by their number.
/// </summary>
public sealed record TracePrompts
{
    /// <summary>The most characters of all messages together; what goes beyond is cut.</summary>
    public const int MaxLength = 4_000_000;

    /// <summary>The messages in the order in which they first appeared; the first one is number 1.</summary>
    public required IReadOnlyList<TracePromptMessage> Messages { get; init; }

    /// <summary>The prompts by the hash that <c>prompt</c> of a model call names.</summary>
    public required IReadOnlyDictionary<string, TracePrompt> Prompts { get; init; }

    /// <summary>Reads the prompts. What retention has removed, or cannot be read, is said to be so; nothing fails because of it.</summary>
    /// <param name="hashes">The prompts, in the order of their calls.</param>
    /// <param name="load">Loads contents of the run's tenant.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task<TracePrompts> ReadAsync(IReadOnlyList<string> hashes, ContentLoad load, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        ArgumentNullException.ThrowIfNull(load);

        // Each prompt names the one before it: without memory the first ones would be read again for every one that follows.
        var nodes = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal);
        async ValueTask<ReadOnlyMemory<byte>?> Remember(string hash, CancellationToken token) =>
            nodes.TryGetValue(hash, out var known) ? known : nodes[hash] = await load(hash, token);

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        var messages = new List<TracePromptMessage>();
        var prompts = new Dictionary<string, TracePrompt>(StringComparer.Ordinal);
        var left = MaxLength;
        foreach (var hash in hashes)
        {
            try
            {
                if (await PromptReader.LoadChainAsync(hash, Remember, cancellationToken) is not { } chain)
                {
                    prompts[hash] = new TracePrompt { Problem = "Retention has removed it." };
                    continue;
                }

                foreach (var message in chain.Messages.Where(message => !numbers.ContainsKey(message)))
                {
                    var read = await ReadMessageAsync(message, load, left, cancellationToken);
                    left -= read.Text.Length;
                    messages.Add(read);
                    numbers[message] = messages.Count;
                }

                prompts[hash] = new TracePrompt { Messages = [.. chain.Messages.Select(message => numbers[message])] };
            }
            catch (PromptFormatException e)
            {
                prompts[hash] = new TracePrompt { Problem = e.Message };
            }
        }

        return new TracePrompts { Messages = messages, Prompts = prompts };
    }

    private static async Task<TracePromptMessage> ReadMessageAsync(string hash, ContentLoad load, int left, CancellationToken cancellationToken)
    {
        if (await load(hash, cancellationToken) is not { } bytes)
        {
            return new TracePromptMessage { Role = "system", Text = StoredPrompt.Removed, Length = 0 };
        }

        try
        {
            var message = JsonSerializer.Deserialize(bytes.Span, PromptJsonContext.Default.PromptMessage) ?? throw new JsonException("A message is null.");
            var text = message.TextHash is null ? message.Text ?? "" : await load(message.TextHash, cancellationToken) is { } apart ? Encoding.UTF8.GetString(apart.Span) : StoredPrompt.Removed;
            return new TracePromptMessage
            {
                Role = message.Role,
                Text = message.Role == "tool" && left > 0 ? Result(text) : left > 0 ? TraceMask.Text(text) : "…",
                Length = text.Length,
                ToolCalls = message.ToolCalls is { Count: > 0 } calls
                    ? new JsonArray([.. calls.Select(call => new JsonObject { ["id"] = call.Id, ["name"] = call.Name, ["arguments"] = TraceMask.OfJson(call.Arguments) })])
                    : null,
            };
        }
        catch (JsonException)
        {
            throw new PromptFormatException("A message of the prompt is not what it should be.");
        }
    }

    // What tools gave is JSON, in which names tell what is secret.
    private static string Result(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return TraceMask.Text(TraceMask.Of(document.RootElement)?.ToJsonString() ?? "null");
        }
        catch (JsonException)
        {
            return TraceMask.Text(text);
        }
    }
}

/// <summary>One prompt.</summary>
public sealed record TracePrompt
{
    /// <summary>The numbers of its messages, oldest first.</summary>
    public IReadOnlyList<int> Messages { get; init; } = [];

    /// <summary>Why it cannot be shown; null when it can.</summary>
    public string? Problem { get; init; }
}
