using System.Security.Cryptography;
using System.Text;
using Steward.Approvals;
using Steward.Errors;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Client;

/// <summary>
/// Approvals over grain calls. Requests are handed in as the platform, which vouches for whose name they are in: nobody can submit one in another's name, or name their own approvers.
/// </summary>
internal sealed class StewardApprovalClient(IGrainFactory grains, SignedCaller calls, SignedCaller platform, CallerIdentity identity, TimeProvider time) : IApprovalClient
{
    private const int AtOnce = 16;

    /// <inheritdoc/>
    public IApprovalRulesClient Rules { get; } = new StewardApprovalRulesClient(grains, calls, identity);

    /// <inheritdoc/>
    public Task<ApprovalView> SubmitAsync(SubmitApproval request, string? operationId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        InputRules.Approval(request);
        // Id and time are fixed before the first attempt, so that a repetition is the same request.
        operationId ??= InputRules.NewOperationId();
        InputRules.OperationId(operationId);
        var command = request with { Requester = identity, RunId = null, RunRequestId = null, PolicyApprovers = [], RequestedAt = time.GetUtcNow() };
        return platform.CallAsync(
            "approval.submit", idempotent: true, changes: true, Approval(IdOf(operationId)), command, static (approval, command, token) => approval.Submit(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> GetAsync(string approvalId, bool withDeliveries = false, CancellationToken cancellationToken = default)
    {
        var view = await CallAsync("approval.get", changes: false, Approval(approvalId), 0, static (approval, _, token) => approval.Get(token), cancellationToken)
            ?? throw StewardException.NotFound("The approval");
        if (!withDeliveries)
        {
            return view;
        }

        // Whoever may see the request may see who was told of it.
        var settings = grains.GetGrain<INotificationSettingsGrain>(GrainKeys.NotificationSettings(identity.TenantId));
        return view with
        {
            Deliveries = await platform.CallAsync(
                "notification-settings.list-by-subject", idempotent: true, changes: false, settings, approvalId, static (settings, id, token) => settings.ListBySubject(id, token), cancellationToken),
        };
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistoryAsync(string approvalId, CancellationToken cancellationToken = default) =>
        CallAsync("approval.get-history", changes: false, Approval(approvalId), 0, static (approval, _, token) => approval.GetHistory(token), cancellationToken);

    /// <inheritdoc/>
    public Task<ApprovalPage> ListAsync(ListApprovals query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        InputRules.Limit(query.Limit);
        return CallAsync("approval-lists.list", changes: false, Lists, query, static (lists, query, token) => lists.List(query, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalView> DecideAsync(string approvalId, DecideApproval decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(decision);
        InputRules.Vote(decision);
        return CallAsync("approval.decide", changes: true, Approval(approvalId), decision, static (approval, decision, token) => approval.Decide(decision, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApprovalDecisionResult>> DecideAsync(IReadOnlyList<ApprovalDecision> decisions, CancellationToken cancellationToken = default)
    {
        InputRules.Votes(decisions);
        List<ApprovalDecisionResult> results = [];
        foreach (var batch in decisions.Chunk(AtOnce))
        {
            results.AddRange(await Task.WhenAll(batch.Select(decision => DecideOneAsync(decision, cancellationToken))));
        }

        return results;
    }

    /// <inheritdoc/>
    public Task<ApprovalView> DelegateAsync(string approvalId, DelegateApproval delegation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delegation);
        InputRules.Email(delegation.To, "to");
        InputRules.Comment(delegation.Reason, "reason");
        return CallAsync("approval.delegate", changes: true, Approval(approvalId), delegation, static (approval, delegation, token) => approval.Delegate(delegation, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalView> CommentAsync(string approvalId, CommentApproval comment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(comment);
        InputRules.CommentText(comment.Text);
        var command = comment with { OperationId = comment.OperationId ?? InputRules.NewOperationId() };
        InputRules.OperationId(command.OperationId);
        return CallAsync("approval.comment", changes: true, Approval(approvalId), command, static (approval, command, token) => approval.Comment(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> CancelAsync(string approvalId, string? reason = null, CancellationToken cancellationToken = default)
    {
        InputRules.Comment(reason, "reason");
        return await CallAsync(
            "approval.cancel", changes: true, Approval(approvalId), new CancelApproval { Reason = reason }, static (approval, command, token) => approval.Cancel(command, token), cancellationToken)
            ?? throw StewardException.NotFound("The approval");
    }

    /// <inheritdoc/>
    public Task<bool> ConsumeAsync(string approvalId, ConsumeApproval use, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(use);
        InputRules.SubjectHash(use.SubjectHash);
        InputRules.OperationId(use.OperationId);
        return CallAsync("approval.consume", changes: true, Approval(approvalId), use, static (approval, use, token) => approval.Consume(use, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalExportPage> ExportPageAsync(ExportApprovals query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        InputRules.Limit(query.Limit);
        if (query.From >= query.Until)
        {
            throw StewardException.Invalid("from", "must be before until.");
        }

        return CallAsync("approval-lists.export", changes: false, Lists, query, static (lists, query, token) => lists.Export(query, token), cancellationToken);
    }

    private IApprovalListsGrain Lists => grains.GetGrain<IApprovalListsGrain>(GrainKeys.ApprovalLists(identity.TenantId));

    private async Task<ApprovalDecisionResult> DecideOneAsync(ApprovalDecision decision, CancellationToken cancellationToken)
    {
        try
        {
            return new ApprovalDecisionResult(decision.ApprovalId, await DecideAsync(decision.ApprovalId, decision.Vote, cancellationToken), null);
        }
        catch (StewardException error)
        {
            return new ApprovalDecisionResult(decision.ApprovalId, null, error);
        }
    }

    /// <summary>The id that a person's operation stands for: nobody else's operation has it, and it cannot be chosen.</summary>
    private string IdOf(string operationId) =>
        "a-op-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{identity.TenantId}\n{identity.UserId}\n{operationId}")).AsSpan(0, 16));

    private IApprovalGrain Approval(string approvalId)
    {
        InputRules.ApprovalId(approvalId);
        return grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(identity.TenantId, approvalId));
    }

    // All calls of this client are idempotent: by their nature, by the request's id or by the operation id.
    private Task<TResult> CallAsync<TGrain, TState, TResult>(
        string operation, bool changes, TGrain grain, TState state, Func<TGrain, TState, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken) =>
        calls.CallAsync(operation, idempotent: true, changes, grain, state, call, cancellationToken);
}
