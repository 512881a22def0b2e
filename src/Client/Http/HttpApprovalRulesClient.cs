using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Steward.Approvals;

namespace Steward.Client.Http;

/// <summary>Approval rules and delegations over a gateway's HTTP API.</summary>
internal sealed class HttpApprovalRulesClient(HttpStewardUserClient http) : IApprovalRulesClient
{
    private const string Rules = "v1/approval-rules";
    private const string Delegations = "v1/delegations";

    private static readonly ClientApprovalWireJson Json = ClientApprovalWireJson.Default;

    /// <inheritdoc/>
    public Task<ApprovalRuleSet> GetAsync(int? version = null, CancellationToken cancellationToken = default) =>
        GetAsync("approval-rules.get-rules", Rules + (version is { } number ? string.Create(CultureInfo.InvariantCulture, $"?version={number}") : ""), Json.ApprovalRuleSet, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ApprovalRuleSet>> ListVersionsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("approval-rules.list-versions", Rules + "/versions", Json.RuleVersionsResource, cancellationToken)).Versions;

    /// <inheritdoc/>
    public Task<RuleSetCheck> ValidateAsync(string text, CancellationToken cancellationToken = default)
    {
        InputRules.RuleText(text);
        return SendAsync("approval-rules.validate", HttpMethod.Post, Rules + "/validate", new ValidateRulesRequest { Text = text }, Json.ValidateRulesRequest, Json.RuleSetCheck, idempotent: true, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<RuleSimulation> SimulateAsync(SimulateRules command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        InputRules.RuleText(command.Text);
        var request = new SimulateRulesRequest { Text = command.Text, Since = command.Since, Limit = command.Limit };
        return SendAsync("approval-rules.simulate", HttpMethod.Post, Rules + "/simulate", request, Json.SimulateRulesRequest, Json.RuleSimulation, idempotent: true, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalRuleSet> PublishAsync(PublishRules command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        InputRules.RuleText(command.Text);
        var request = new PublishRulesRequest { Text = command.Text, ExpectedVersion = command.ExpectedVersion, Comment = command.Comment };
        return SendAsync("approval-rules.publish", HttpMethod.Put, Rules, request, Json.PublishRulesRequest, Json.ApprovalRuleSet, idempotent: false, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ApprovalRuleSet> RollBackAsync(int version, CancellationToken cancellationToken = default) => SendAsync(
        "approval-rules.roll-back", HttpMethod.Post, Rules + "/rollback", new RollBackRulesRequest { Version = version }, Json.RollBackRulesRequest, Json.ApprovalRuleSet, idempotent: false, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DelegationView>> ListDelegationsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("approval-rules.list-delegations", Delegations, Json.DelegationListResource, cancellationToken)).Delegations;

    /// <inheritdoc/>
    public Task<DelegationView> AddDelegationAsync(DelegationView delegation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(delegation);
        InputRules.DelegationId(delegation.DelegationId);
        InputRules.Email(delegation.To, "to");
        var request = new CreateDelegationRequest
        {
            DelegationId = delegation.DelegationId,
            From = delegation.From,
            To = delegation.To,
            Begins = delegation.Begins,
            Ends = delegation.Ends,
            Types = delegation.Types,
        };
        return SendAsync("approval-rules.add-delegation", HttpMethod.Post, Delegations, request, Json.CreateDelegationRequest, Json.DelegationView, idempotent: true, cancellationToken);
    }

    /// <inheritdoc/>
    public Task RemoveDelegationAsync(string delegationId, CancellationToken cancellationToken = default)
    {
        InputRules.DelegationId(delegationId);
        return http.SendWithoutAnswerAsync("approval-rules.remove-delegation", () => new HttpRequestMessage(HttpMethod.Delete, $"{Delegations}/{delegationId}"), cancellationToken);
    }

    private Task<T> GetAsync<T>(string operation, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class =>
        http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), json, cancellationToken);

    private Task<TAnswer> SendAsync<TBody, TAnswer>(
        string operation, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TAnswer> json, bool idempotent, CancellationToken cancellationToken)
        where TAnswer : class =>
        http.SendAsync(operation, changes: true, () => new HttpRequestMessage(method, path) { Content = HttpStewardUserClient.Body(body, bodyJson) }, json, cancellationToken, idempotent);
}
