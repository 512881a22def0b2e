using System.Runtime.CompilerServices;
using System.Text;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>
/// The instructions that a run, or a hand-off in it, has begun with: it goes on with them, whatever the tenant has published by then. What the platform tells every agent is no part of
/// them; it follows the program.
/// </summary>
internal static class PinnedInstructions
{
    private static readonly ConditionalWeakTable<AgentDefinition, string> OwnHashes = [];

    /// <summary>The hash of an agent's own instructions, whose text is in its definition.</summary>
    public static string OwnHash(AgentDefinition agent) => OwnHashes.GetValue(agent, static agent => RunContent.Of(Encoding.UTF8.GetBytes(agent.Instructions)).Hash);

    /// <summary>The agent as the tenant wants it instructed now; the text goes into the journal's contents with the next append.</summary>
    /// <returns>The agent, and the hash of its instructions.</returns>
    public static async ValueTask<(AgentDefinition Agent, string Hash)> BeginAsync(RunContext run, IAgentInstructions? instructions, AgentDefinition agent)
    {
        if (await NowAsync(run, instructions, agent) is not { PromptVersion: not null } instructed)
        {
            return (agent, OwnHash(agent));
        }

        // A prompt is rendered with what the agent's definition says, and nothing else.
        var content = RunContent.Of(Encoding.UTF8.GetBytes(instructed.Instructions)) with { IsShared = true };
        run.Attach([content]);
        return (instructed, content.Hash);
    }

    /// <summary>The agent as it was instructed when the run began.</summary>
    /// <param name="run">The run.</param>
    /// <param name="agent">The agent as its pinned definition has it.</param>
    /// <param name="hash">The hash of its instructions back then.</param>
    /// <param name="promptVersion">What was recorded as the version: that of a registered prompt has a number after <c>@</c>.</param>
    /// <returns>Null when the text is not kept any more.</returns>
    public static async ValueTask<AgentDefinition?> ResumeAsync(RunContext run, AgentDefinition agent, string hash, string? promptVersion)
    {
        var version = promptVersion?.Contains('@', StringComparison.Ordinal) == true ? promptVersion : null;
        if (hash == OwnHash(agent))
        {
            return version is null ? agent : agent with { PromptVersion = version };
        }

        return await run.LoadContentAsync(hash) is { } bytes ? agent with { Instructions = Encoding.UTF8.GetString(bytes.Span), PromptVersion = version } : null;
    }

    /// <summary>The agent as the tenant wants it instructed now; pins nothing.</summary>
    public static async ValueTask<AgentDefinition> NowAsync(RunContext run, IAgentInstructions? instructions, AgentDefinition agent) =>
        instructions is not null && await instructions.FindAsync(run.Input, agent, run.Work) is { } own ? agent with { Instructions = own.Text, PromptVersion = own.PromptVersion } : agent;
}
