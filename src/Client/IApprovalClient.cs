using Steward.Approvals;
using Steward.Errors;

namespace Steward.Client;

/// <summary>
/// What people are asked to approve, as far as the caller may know of it: the requester, those who are or were asked, and admins may; for others there is no such request. Reached through
/// <see cref="IStewardUserClient.Approvals"/>.
/// </summary>
public interface IApprovalClient
{
    /// <summary>The rules that find who has to approve, and delegations.</summary>
    IApprovalRulesClient Rules { get; }

    /// <summary>
    /// Asks for a decision in the caller's name. Idempotent by <paramref name="operationId"/>: the same id of the same person is the same request, and its arguments must be the same.
    /// </summary>
    /// <param name="request">What is asked for. Requester, run, the policy's approvers and the time are set here, whatever it says.</param>
    /// <param name="operationId">1 to 128 printable characters; null draws a new one.</param>
    /// <param name="cancellationToken">Stops waiting; the request may have been taken.</param>
    /// <exception cref="StewardException"><c>invalid_argument</c>; <c>conflict</c>: the id stands for something else.</exception>
    Task<ApprovalView> SubmitAsync(SubmitApproval request, string? operationId = null, CancellationToken cancellationToken = default);

    /// <summary>One request.</summary>
    /// <param name="approvalId">The request.</param>
    /// <param name="withDeliveries">Whether what was sent to whom is filled in.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<ApprovalView> GetAsync(string approvalId, bool withDeliveries = false, CancellationToken cancellationToken = default);

    /// <summary>Everything that happened to a request, oldest first.</summary>
    Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistoryAsync(string approvalId, CancellationToken cancellationToken = default);

    /// <summary>A page of requests. The list may lag behind a change for a moment.</summary>
    Task<ApprovalPage> ListAsync(ListApprovals query, CancellationToken cancellationToken = default);

    /// <summary>Votes. Durable when this returns; idempotent for the same person and vote.</summary>
    /// <exception cref="StewardException"><c>not_found</c>, <c>forbidden</c>, <c>conflict</c> (it is over, the caller voted otherwise, or the hash is that of something else), <c>invalid_argument</c>.</exception>
    Task<ApprovalView> DecideAsync(string approvalId, DecideApproval decision, CancellationToken cancellationToken = default);

    /// <summary>Votes on several requests, each bound to its own hash. What becomes of one does not touch the others.</summary>
    /// <param name="decisions">1 to 100, each request once.</param>
    /// <param name="cancellationToken">Stops waiting; some votes may have been given.</param>
    /// <returns>A result for each, in order.</returns>
    Task<IReadOnlyList<ApprovalDecisionResult>> DecideAsync(IReadOnlyList<ApprovalDecision> decisions, CancellationToken cancellationToken = default);

    /// <summary>Hands the caller's own vote to somebody else. Idempotent.</summary>
    Task<ApprovalView> DelegateAsync(string approvalId, DelegateApproval delegation, CancellationToken cancellationToken = default);

    /// <summary>Adds a comment. Idempotent by its operation id, which is drawn when there is none.</summary>
    Task<ApprovalView> CommentAsync(string approvalId, CommentApproval comment, CancellationToken cancellationToken = default);

    /// <summary>Withdraws a request: by whoever asked, or an admin. Idempotent; does nothing when it is over.</summary>
    Task<ApprovalView> CancelAsync(string approvalId, string? reason = null, CancellationToken cancellationToken = default);

    /// <summary>Uses an approval up, for requests that came over the API.</summary>
    /// <returns>Whether this call, or an earlier one with the same operation id, is the one that may act.</returns>
    Task<bool> ConsumeAsync(string approvalId, ConsumeApproval use, CancellationToken cancellationToken = default);

    /// <summary>A page of the tenant's audit trail. Admins only.</summary>
    Task<ApprovalExportPage> ExportPageAsync(ExportApprovals query, CancellationToken cancellationToken = default);
}

/// <summary>A tenant's approval rules in versions, for admins, and who decides for whom. Reached through <see cref="IApprovalClient.Rules"/>.</summary>
public interface IApprovalRulesClient
{
    /// <summary>The rule set that holds, or a version.</summary>
    /// <exception cref="StewardException"><c>not_found</c>: there is none.</exception>
    Task<ApprovalRuleSet> GetAsync(int? version = null, CancellationToken cancellationToken = default);

    /// <summary>The versions, newest first; without their texts.</summary>
    Task<IReadOnlyList<ApprovalRuleSet>> ListVersionsAsync(CancellationToken cancellationToken = default);

    /// <summary>Checks a rule set and keeps nothing.</summary>
    Task<RuleSetCheck> ValidateAsync(string text, CancellationToken cancellationToken = default);

    /// <summary>What a rule set would have done with past requests. Keeps nothing.</summary>
    Task<RuleSimulation> SimulateAsync(SimulateRules command, CancellationToken cancellationToken = default);

    /// <summary>Makes a rule set the one that holds. Not repeated after a failure: look which version holds.</summary>
    Task<ApprovalRuleSet> PublishAsync(PublishRules command, CancellationToken cancellationToken = default);

    /// <summary>Publishes an earlier version again, as a new one. Not repeated after a failure: look which version holds.</summary>
    Task<ApprovalRuleSet> RollBackAsync(int version, CancellationToken cancellationToken = default);

    /// <summary>The delegations that concern the caller, or all for admins; those that are over are not among them.</summary>
    Task<IReadOnlyList<DelegationView>> ListDelegationsAsync(CancellationToken cancellationToken = default);

    /// <summary>Lets somebody decide for the caller (or, for admins, for anybody) in a time. Idempotent by its id.</summary>
    Task<DelegationView> AddDelegationAsync(DelegationView delegation, CancellationToken cancellationToken = default);

    /// <summary>Ends a delegation. Idempotent.</summary>
    Task RemoveDelegationAsync(string delegationId, CancellationToken cancellationToken = default);
}

/// <summary>One of several votes.</summary>
/// <param name="ApprovalId">The request.</param>
/// <param name="Vote">The vote, bound to the hash of what was shown.</param>
public sealed record ApprovalDecision(string ApprovalId, DecideApproval Vote);

/// <summary>What became of one of several votes: one of <paramref name="Approval"/> and <paramref name="Error"/> is set.</summary>
/// <param name="ApprovalId">The request.</param>
/// <param name="Approval">The request afterwards.</param>
/// <param name="Error">Why the vote did not count, or may not have counted.</param>
public sealed record ApprovalDecisionResult(string ApprovalId, ApprovalView? Approval, StewardException? Error);
