using System.Globalization;
using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Chains in a line for people, for example <c>Manager (manager of requester), then Owners (2 of group:CRM Owners)</c>.</summary>
public static class ChainText
{
    /// <summary>The chain: who has to approve, not how long they have.</summary>
    public static string Of(ChainDefinition chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        return string.Join(", then ", chain.Levels.Select(Of));
    }

    private static string Of(LevelDefinition level) => $"{level.Name} ({Quorum(level)}{string.Join(", ", level.Approvers.Select(ApproverText.Of))})";

    private static string Quorum(LevelDefinition level) => level.Quorum.Kind switch
    {
        QuorumKind.All => "all of ",
        QuorumKind.Count => string.Create(CultureInfo.InvariantCulture, $"{level.Quorum.Value} of "),
        QuorumKind.Percent => string.Create(CultureInfo.InvariantCulture, $"{level.Quorum.Value}% of "),
        _ => level.Approvers.Count > 1 ? "any of " : "",
    };
}
