namespace Steward.Engines.Orchestration.Agents;

/// <summary>Gives agents the instructions that a tenant keeps itself, in versions. What the platform tells every agent is not theirs to change.</summary>
public interface IAgentInstructions
{
    /// <summary>The instructions that a run's conversation gets; null when the tenant has none for the agent. From memory: a run waits for it.</summary>
    ValueTask<AgentInstructions?> FindAsync(RunInput input, AgentDefinition agent, CancellationToken cancellationToken);
}

/// <summary>Instructions of a registered prompt.</summary>
/// <param name="Text">What the model is told besides the platform's own rules, in place of the agent's own. Nothing of a person or a conversation is in it: all runs of the tenant share what is kept of it.</param>
/// <param name="PromptVersion">The prompt and its version, as <c>name@3</c>.</param>
public sealed record AgentInstructions(string Text, string PromptVersion);
