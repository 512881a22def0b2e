using Steward.Approvals;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Client;

/// <summary>Approval rules and delegations over grain calls.</summary>
internal sealed class StewardApprovalRulesClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : IApprovalRulesClient
{
    private IApprovalRulesGrain Rules => grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(identity.TenantId));

    /// <inheritdoc/>
    public async Task<ApprovalRuleSet> GetAsync(int? version = null, CancellationToken cancellationToken = default) =>
        await calls.CallAsync("approval-rules.get-rules", idempotent: true, changes: false, Rules, version, static (rules, version, token) => rules.GetRules(version, token), cancellationToken)
        ?? throw StewardException.NotFound("The rule set");

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApprovalRuleSet>> ListVersionsAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("approval-rules.list-versions", idempotent: true, changes: false, Rules, 0, static (rules, _, token) => rules.ListVersions(token), cancellationToken);

    /// <inheritdoc/>
    public Task<RuleSetCheck> ValidateAsync(string text, CancellationToken cancellationToken = default)
    {
        InputRules.RuleText(text);
        return calls.CallAsync("approval-rules.validate", idempotent: true, changes: false, Rules, text, static (rules, text, token) => rules.Validate(text, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RuleSimulation> SimulateAsync(SimulateRules command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        InputRules.RuleText(command.Text);
        return calls.CallAsync("approval-rules.simulate", idempotent: true, changes: false, Rules, command, static (rules, command, token) => rules.Simulate(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalRuleSet> PublishAsync(PublishRules command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        InputRules.RuleText(command.Text);
        InputRules.Comment(command.Comment, "comment");
        // A repetition of one that counted would be a conflict, which is an answer, but not that of the first.
        return calls.CallAsync("approval-rules.publish", idempotent: false, changes: true, Rules, command, static (rules, command, token) => rules.Publish(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalRuleSet> RollBackAsync(int version, CancellationToken cancellationToken = default) =>
        calls.CallAsync("approval-rules.roll-back", idempotent: false, changes: true, Rules, version, static (rules, version, token) => rules.RollBack(version, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DelegationView>> ListDelegationsAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("approval-rules.list-delegations", idempotent: true, changes: false, Rules, 0, static (rules, _, token) => rules.ListDelegations(token), cancellationToken);

    /// <inheritdoc/>
    public Task<DelegationView> AddDelegationAsync(DelegationView delegation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delegation);
        InputRules.DelegationId(delegation.DelegationId);
        InputRules.Email(delegation.From, "from");
        InputRules.Email(delegation.To, "to");
        return calls.CallAsync(
            "approval-rules.add-delegation", idempotent: true, changes: true, Rules, delegation, static (rules, delegation, token) => rules.AddDelegation(delegation, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveDelegationAsync(string delegationId, CancellationToken cancellationToken = default)
    {
        InputRules.DelegationId(delegationId);
        return calls.CallAsync("approval-rules.remove-delegation", idempotent: true, changes: true, Rules, delegationId, static async (rules, id, token) =>
        {
            await rules.RemoveDelegation(id, token);
            return true;
        }, cancellationToken);
    }
}
