using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Rules;

/// <summary>The chain of those whom an action policy names, where a tenant's rules say nothing.</summary>
public static class PolicyChain
{
    private static readonly ApproverSpec Admins = new(ApproverKind.Role, "admin");

    /// <summary>One level of which one has to approve; the tenant's admins when nobody is named in a way that is understood.</summary>
    public static ChainDefinition Of(IReadOnlyList<string> approvers)
    {
        ArgumentNullException.ThrowIfNull(approvers);
        List<ApproverSpec> named = [.. approvers.Select(ApproverText.TryRead).OfType<ApproverSpec>().Distinct()];
        return new ChainDefinition { Levels = [new LevelDefinition { Name = "Approval", Approvers = named.Count > 0 ? named : [Admins] }] };
    }
}
