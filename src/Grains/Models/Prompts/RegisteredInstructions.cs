using Microsoft.Extensions.Logging;
using Steward.Engines.Orchestration;
using Steward.Engines.Orchestration.Agents;
using Steward.Errors;

namespace Steward.Models.Prompts;

/// <summary>Instructs agents by the tenant's registered prompts: that of the name <c>agent-ID</c> takes the place of the agent's own instructions, in the version that is live or tried on the conversation.</summary>
internal sealed partial class RegisteredInstructions(IPromptSource prompts, ILogger<RegisteredInstructions> logger) : IAgentInstructions
{
    /// <summary>What the names of agents' prompts begin with.</summary>
    public const string Prefix = "agent-";

    /// <summary>What such a prompt may use: the agent's title, and its own instructions.</summary>
    public static IReadOnlyList<string> Variables { get; } = ["title", "instructions"];

    /// <inheritdoc/>
    public async ValueTask<AgentInstructions?> FindAsync(RunInput input, AgentDefinition agent, CancellationToken cancellationToken)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal) { ["title"] = agent.Title, ["instructions"] = agent.Instructions };
        try
        {
            return await prompts.RenderAsync(input.TenantId, Prefix + agent.Id, input.ConversationId ?? input.RunId, input.Requester.UserId, values, cancellationToken) is { } rendered
                ? new AgentInstructions(rendered.Text, rendered.Version)
                : null;
        }
        catch (StewardException unusable) when (unusable.Code == ErrorCodes.InvalidArgument)
        {
            // A version of before its variables were checked. The call's version says that the agent's own instructions were used.
            LogUnusable(logger, unusable, Prefix + agent.Id, input.TenantId);
            return null;
        }
    }

    [LoggerMessage(EventId = 7114, Level = LogLevel.Warning, Message = "The prompt {Prompt} of {Tenant} needs a value that runs do not have; the agent's own instructions are used")]
    private static partial void LogUnusable(ILogger logger, Exception exception, string prompt, string tenant);
}
