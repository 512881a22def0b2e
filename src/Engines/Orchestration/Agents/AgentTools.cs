using System.Runtime.CompilerServices;
using Steward.Engines.Connectors;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>Which operations an agent may use: those of the tenant that its patterns name, by effect.</summary>
internal static class AgentTools
{
    // The same list for the same agent of the same tenant, so that what is derived from it is derived once.
    private static readonly ConditionalWeakTable<IReadOnlyList<ConnectorOperation>, ConditionalWeakTable<AgentDefinition, IReadOnlyList<ConnectorOperation>>> Known = [];

    private static readonly ConditionalWeakTable<IReadOnlyList<ConnectorOperation>, IReadOnlyList<ConnectorOperation>> Reads = [];

    /// <summary>The agent's part of the operations, in their order. The policy still decides about every action.</summary>
    public static IReadOnlyList<ConnectorOperation> Of(AgentDefinition agent, IReadOnlyList<ConnectorOperation> operations) =>
        Known.GetValue(operations, _ => []).GetValue(agent, _ => Select(agent, operations));

    /// <summary>What an agent may use step by step: without what changes something, when it changes things by reviewed plans only.</summary>
    public static IReadOnlyList<ConnectorOperation> StepByStep(AgentDefinition agent, IReadOnlyList<ConnectorOperation> tools) =>
        agent.ChangesByReviewedPlansOnly ? Reads.GetValue(tools, known => [.. known.Where(operation => operation.Effect == OperationEffect.Read)]) : tools;

    private static IReadOnlyList<ConnectorOperation> Select(AgentDefinition agent, IReadOnlyList<ConnectorOperation> operations) =>
        [.. operations.Where(operation => (operation.Effect == OperationEffect.Read ? agent.ReadTools : agent.WriteTools).Any(pattern => Fits(pattern, operation.Id)))];

    /// <summary>Whether a pattern names an id: <c>*</c> any, <c>okta.*</c> all that begin with <c>okta.</c>, else the id itself.</summary>
    public static bool Fits(string pattern, string id) =>
        pattern == "*" || pattern == id || (pattern.EndsWith(".*", StringComparison.Ordinal) && id.AsSpan().StartsWith(pattern.AsSpan(0, pattern.Length - 1), StringComparison.Ordinal));
}
