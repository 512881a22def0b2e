using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Steward.Approvals;

namespace Steward.Client.Http;

/// <summary>Approvals over a gateway's HTTP API.</summary>
internal sealed class HttpApprovalClient(HttpStewardUserClient http) : IApprovalClient
{
    private static readonly ClientApprovalWireJson Json = ClientApprovalWireJson.Default;

    /// <inheritdoc/>
    public IApprovalRulesClient Rules { get; } = new HttpApprovalRulesClient(http);

    /// <inheritdoc/>
    public async Task<ApprovalView> SubmitAsync(SubmitApproval request, string? operationId = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        InputRules.Approval(request);
        operationId ??= InputRules.NewOperationId();
        InputRules.OperationId(operationId);
        return await PostAsync("approval.submit", "approvals", ApprovalWireMapping.ToRequest(request, operationId), Json.SubmitApprovalRequest, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ApprovalView> GetAsync(string approvalId, bool withDeliveries = false, CancellationToken cancellationToken = default) => ApprovalWireMapping.ToContract(
        await GetAsync("approval.get", Path(approvalId) + (withDeliveries ? "?include=deliveries" : ""), Json.ApprovalResource, cancellationToken));

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApprovalHistoryEntry>> GetHistoryAsync(string approvalId, CancellationToken cancellationToken = default) =>
        (await GetAsync("approval.get-history", Path(approvalId) + "/history", Json.ApprovalHistoryResource, cancellationToken)).Entries;

    /// <inheritdoc/>
    public async Task<ApprovalPage> ListAsync(ListApprovals query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        InputRules.Limit(query.Limit);
        List<string> parts = [string.Create(CultureInfo.InvariantCulture, $"limit={query.Limit}")];
        Add(parts, "view", query.View);
        Add(parts, "status", query.Statuses.Count == 0 ? null : string.Join(',', query.Statuses));
        Add(parts, "type", query.Type);
        Add(parts, "requester", query.Requester);
        Add(parts, "run", query.RunId);
        Add(parts, "cursor", query.After);
        var page = await GetAsync("approval-lists.list", "approvals?" + string.Join('&', parts), Json.ApprovalListResource, cancellationToken);
        return new ApprovalPage { Approvals = page.Approvals, Next = page.NextCursor };
    }

    /// <inheritdoc/>
    public Task<ApprovalView> DecideAsync(string approvalId, DecideApproval decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(decision);
        InputRules.Vote(decision);
        var request = new DecideApprovalRequest { Decision = decision.Decision, SubjectHash = decision.SubjectHash, Comment = decision.Comment, OperationId = decision.OperationId };
        return PostAsync("approval.decide", Path(approvalId) + "/decide", request, Json.DecideApprovalRequest, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApprovalDecisionResult>> DecideAsync(IReadOnlyList<ApprovalDecision> decisions, CancellationToken cancellationToken = default)
    {
        InputRules.Votes(decisions);
        var request = new DecideApprovalsRequest
        {
            Decisions =
            [
                .. decisions.Select(decision => new ApprovalDecisionRequest
                {
                    ApprovalId = decision.ApprovalId,
                    Decision = decision.Vote.Decision,
                    SubjectHash = decision.Vote.SubjectHash,
                    Comment = decision.Vote.Comment,
                    OperationId = decision.Vote.OperationId,
                }),
            ],
        };
        var answer = await SendAsync("approval.decide-many", "approvals/decide", request, Json.DecideApprovalsRequest, Json.ApprovalDecisionsResource, cancellationToken);
        return [.. answer.Results.Select(result => new ApprovalDecisionResult(
            result.ApprovalId,
            result.Approval is { } approval ? ApprovalWireMapping.ToContract(approval) : null,
            result.Problem is { } problem ? HttpStewardUserClient.ToError(problem, problem.Status, null) : null))];
    }

    /// <inheritdoc/>
    public Task<ApprovalView> DelegateAsync(string approvalId, DelegateApproval delegation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delegation);
        InputRules.Email(delegation.To, "to");
        InputRules.Comment(delegation.Reason, "reason");
        var request = new DelegateApprovalRequest { To = delegation.To, Reason = delegation.Reason };
        return PostAsync("approval.delegate", Path(approvalId) + "/delegate", request, Json.DelegateApprovalRequest, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalView> CommentAsync(string approvalId, CommentApproval comment, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(comment);
        InputRules.CommentText(comment.Text);
        var request = new CommentApprovalRequest { Text = comment.Text, OperationId = comment.OperationId ?? InputRules.NewOperationId() };
        return PostAsync("approval.comment", Path(approvalId) + "/comments", request, Json.CommentApprovalRequest, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalView> CancelAsync(string approvalId, string? reason = null, CancellationToken cancellationToken = default)
    {
        InputRules.Comment(reason, "reason");
        return PostAsync("approval.cancel", Path(approvalId) + "/cancel", new CancelApprovalRequest { Reason = reason }, Json.CancelApprovalRequest, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<bool> ConsumeAsync(string approvalId, ConsumeApproval use, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(use);
        var request = new ConsumeApprovalRequest { SubjectHash = use.SubjectHash, OperationId = use.OperationId };
        return (await SendAsync("approval.consume", Path(approvalId) + "/consume", request, Json.ConsumeApprovalRequest, Json.ConsumedResource, cancellationToken)).MayAct;
    }

    /// <inheritdoc/>
    public Task<ApprovalExportPage> ExportPageAsync(ExportApprovals query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        List<string> parts = [string.Create(CultureInfo.InvariantCulture, $"limit={query.Limit}")];
        Add(parts, "from", query.From.ToString("O", CultureInfo.InvariantCulture));
        Add(parts, "until", query.Until.ToString("O", CultureInfo.InvariantCulture));
        Add(parts, "cursor", query.After);
        return GetAsync("approval-lists.export", "approvals/audit?" + string.Join('&', parts), Json.ApprovalExportPage, cancellationToken);
    }

    private static void Add(List<string> parts, string name, string? value)
    {
        if (value is not null)
        {
            parts.Add($"{name}={Uri.EscapeDataString(value)}");
        }
    }

    private static string Path(string approvalId)
    {
        InputRules.ApprovalId(approvalId);
        return "approvals/" + approvalId;
    }

    private Task<T> GetAsync<T>(string operation, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class =>
        http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, "v1/" + path), json, cancellationToken);

    private async Task<ApprovalView> PostAsync<TBody>(string operation, string path, TBody body, JsonTypeInfo<TBody> bodyJson, CancellationToken cancellationToken) =>
        ApprovalWireMapping.ToContract(await SendAsync(operation, path, body, bodyJson, Json.ApprovalResource, cancellationToken));

    private Task<TAnswer> SendAsync<TBody, TAnswer>(
        string operation, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TAnswer> json, CancellationToken cancellationToken)
        where TAnswer : class =>
        http.SendAsync(operation, changes: true, () => new HttpRequestMessage(HttpMethod.Post, "v1/" + path) { Content = HttpStewardUserClient.Body(body, bodyJson) }, json, cancellationToken);
}
