using Steward.Engines.Models;

namespace Steward.Engines.Orchestration.Prompts;

/// <summary>A prompt as it was sent, read back from its parts.</summary>
/// <param name="Messages">The conversation, oldest first. A message whose content was removed has the text of <see cref="Removed"/>.</param>
/// <param name="Tools">The tools.</param>
/// <param name="AllowToolCalls">Whether tools could be called.</param>
public sealed record StoredPrompt(IReadOnlyList<ChatMessage> Messages, IReadOnlyList<ToolDefinition> Tools, bool AllowToolCalls)
{
    /// <summary>What stands in the place of content that retention has removed.</summary>
    public const string Removed = "(removed)";
}

/// <summary>A stored prompt is malformed or larger than what is read.</summary>
/// <param name="message">What is wrong.</param>
public sealed class PromptFormatException(string message) : Exception(message);
