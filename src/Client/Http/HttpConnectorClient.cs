using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Steward.Connectors;
using Steward.Engines.Security;

namespace Steward.Client.Http;

/// <summary>Connectors over a gateway's HTTP API.</summary>
internal sealed class HttpConnectorClient(HttpStewardUserClient http) : IConnectorClient
{
    private static readonly ClientConnectorWireJson Json = ClientConnectorWireJson.Default;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorTemplateInfo>> ListTemplatesAsync(string? query = null, CancellationToken cancellationToken = default) =>
        (await GetAsync("connector-catalog.list", "connector-templates" + (query is null ? "" : "?q=" + Uri.EscapeDataString(query)), Json.ConnectorTemplateListResource, cancellationToken)).Templates;

    /// <inheritdoc/>
    public Task<ConnectorTemplateText> GetTemplateAsync(string templateId, CancellationToken cancellationToken = default) =>
        GetAsync("connector-catalog.get", $"connector-templates/{Uri.EscapeDataString(templateId)}", Json.ConnectorTemplateText, cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorTemplateDraft> ImportTemplateAsync(string document, IReadOnlyList<string>? operations = null, CancellationToken cancellationToken = default) => http.SendAsync(
        "connector-catalog.import",
        changes: false,
        () => new HttpRequestMessage(HttpMethod.Post, "v1/connector-templates/import" + (operations is { Count: > 0 } ? "?operations=" + Uri.EscapeDataString(string.Join(',', operations)) : "")) { Content = new StringContent(document, Encoding.UTF8, "text/plain") },
        Json.ConnectorTemplateDraft,
        cancellationToken);

    /// <inheritdoc/>
    public Task<SpecificationComparison> CompareSpecificationsAsync(string before, string after, string? name = null, CancellationToken cancellationToken = default) => PostAsync(
        "connector-catalog.compare-specifications",
        "connector-templates/diff",
        new CompareSpecificationsRequest { Before = before, After = after, Connector = name },
        Json.CompareSpecificationsRequest,
        Json.SpecificationComparison,
        idempotent: true,
        cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorInfo> CreateAsync(string name, CreateConnector spec, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var request = new CreateConnectorRequest
        {
            Name = name,
            TemplateId = spec.TemplateId,
            Template = spec.TemplateText,
            Title = spec.Title,
            Region = spec.Region,
            BaseUrl = spec.BaseUrl,
            Fields = spec.Fields,
            AuthId = spec.AuthId,
            Secrets = Reveal(secrets),
            Operations = spec.Operations,
            Access = spec.Access,
            OnBehalfOfUser = spec.OnBehalfOfUser,
            LimitFactor = spec.LimitFactor,
        };
        return PostAsync("connector.create", "connectors", request, Json.CreateConnectorRequest, Json.ConnectorInfo, idempotent: false, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorInfo>> ListAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("connector-index.list", "connectors", Json.ConnectorListResource, cancellationToken)).Connectors;

    /// <inheritdoc/>
    public Task<ConnectorInfo> GetAsync(string name, CancellationToken cancellationToken = default) =>
        GetAsync("connector.get-info", Path(name), Json.ConnectorInfo, cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorInfo> UpdateAsync(string name, UpdateConnector change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        var request = new UpdateConnectorRequest
        {
            Title = change.Title,
            Enabled = change.Enabled,
            Fields = change.Fields,
            Operations = change.Operations,
            Access = change.Access,
            Mappings = change.MappingsJson is { } mappings ? JsonElement.Parse(mappings) : null,
            Tools = change.ToolsJson is { } tools ? JsonElement.Parse(tools) : null,
            LimitFactor = change.LimitFactor,
            UpgradeTemplate = change.UpgradeTemplate,
            ExpectedRevision = change.ExpectedRevision,
        };
        return SendAsync("connector.update", HttpMethod.Patch, Path(name), request, Json.UpdateConnectorRequest, Json.ConnectorInfo, change.ExpectedRevision is null, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ConnectorInfo> RotateCredentialsAsync(string name, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default) => PostAsync(
        "connector.rotate-credentials", Path(name) + "/credentials", new RotateCredentialsRequest { Secrets = Reveal(secrets) }, Json.RotateCredentialsRequest, Json.ConnectorInfo, idempotent: true, cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorVerification> VerifyAsync(string name, CancellationToken cancellationToken = default) => http.SendAsync(
        "connector.verify", changes: true, () => new HttpRequestMessage(HttpMethod.Post, $"v1/{Path(name)}/verify"), Json.ConnectorVerification, cancellationToken);

    /// <inheritdoc/>
    public async Task<string> BeginSignInAsync(string name, string redirectUri, CancellationToken cancellationToken = default) => (await PostAsync(
        "connector.begin-sign-in", Path(name) + "/sign-in", new BeginSignInRequest { RedirectUri = redirectUri }, Json.BeginSignInRequest, Json.SignInResource, idempotent: true, cancellationToken)).AuthorizeUrl;

    /// <inheritdoc/>
    public Task CompleteSignInAsync(string name, string state, SecretText code, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        var request = new CompleteSignInRequest { State = state, Code = code.Reveal() };
        return http.SendWithoutAnswerAsync(
            "connector.complete-sign-in",
            () => new HttpRequestMessage(HttpMethod.Post, $"v1/{Path(name)}/sign-in/complete") { Content = HttpStewardUserClient.Body(request, Json.CompleteSignInRequest) },
            cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorDrift>> ListDriftAsync(string name, CancellationToken cancellationToken = default) =>
        (await GetAsync("connector.get-info", Path(name) + "/drift", Json.ConnectorDriftListResource, cancellationToken)).Drift;

    /// <inheritdoc/>
    public Task<ConnectorInfo> AcceptDriftAsync(string name, string operation, CancellationToken cancellationToken = default) => http.SendAsync(
        "connector.accept-drift",
        changes: true,
        () => new HttpRequestMessage(HttpMethod.Post, $"v1/{Path(name)}/drift/{Uri.EscapeDataString(operation)}/accept"),
        Json.ConnectorInfo,
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MappingTrial>> TestMappingsAsync(string name, TestMappings test, CancellationToken cancellationToken = default)
    {
        var answer = await PostAsync(
            "connector.test-mappings", Path(name) + "/mappings/test", MappingWireMapping.ToRequest(test), Json.TestMappingsRequest, Json.MappingTrialListResource, idempotent: true, cancellationToken);
        return [.. answer.Samples.Select(MappingWireMapping.ToContract)];
    }

    /// <inheritdoc/>
    public async Task<SuggestedMappings> SuggestMappingsAsync(string name, SuggestMappings wanted, CancellationToken cancellationToken = default) => MappingWireMapping.ToContract(await PostAsync(
        "connector.suggest-mappings", Path(name) + "/mappings/suggest", MappingWireMapping.ToRequest(wanted), Json.SuggestMappingsRequest, Json.SuggestedMappingListResource, idempotent: true, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        http.SendWithoutAnswerAsync("connector.delete", () => new HttpRequestMessage(HttpMethod.Delete, "v1/" + Path(name)), cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorTool>> ListOperationsAsync(string name, CancellationToken cancellationToken = default) =>
        [.. (await GetAsync("connector-calls.list", Path(name) + "/operations", Json.ConnectorToolListResource, cancellationToken)).Operations.Select(ConnectorWireMapping.ToContract)];

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> CallAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        var request = new CallOperationRequest { Arguments = JsonElement.Parse(command.ArgumentsJson), ActionId = command.ActionId, DryRun = command.DryRun };
        return ConnectorWireMapping.ToContract(await PostAsync(
            "connector-calls.call",
            $"{Path(command.Instance)}/operations/{Uri.EscapeDataString(command.Operation)}/call",
            request,
            Json.CallOperationRequest,
            Json.CallOperationResource,
            idempotent: false,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> UndoAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        return ConnectorWireMapping.ToContract(await PostAsync(
            "connector-calls.undo",
            $"{Path(command.Instance)}/operations/{Uri.EscapeDataString(command.Operation)}/undo",
            new UndoOperationRequest { ActionId = command.ActionId, Arguments = JsonElement.Parse(command.ArgumentsJson) },
            Json.UndoOperationRequest,
            Json.CallOperationResource,
            idempotent: false,
            cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> ListChoicesAsync(string name, string operation, string argument, string argumentsJson = "{}", CancellationToken cancellationToken = default) => ConnectorWireMapping.ToContract(await GetAsync(
        "connector-calls.choices",
        $"{Path(name)}/operations/{Uri.EscapeDataString(operation)}/choices/{Uri.EscapeDataString(argument)}?arguments={Uri.EscapeDataString(argumentsJson)}",
        Json.CallOperationResource,
        cancellationToken));

    /// <inheritdoc/>
    public async Task<ConnectorAuditPage> ListAuditAsync(string? name = null, long before = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        var query = string.Create(CultureInfo.InvariantCulture, $"connector-audit?limit={limit}&before={before}{(name is null ? "" : "&connector=" + Uri.EscapeDataString(name))}");
        var page = await GetAsync("connector-audit.list", query, Json.ConnectorAuditListResource, cancellationToken);
        return new ConnectorAuditPage { Entries = [.. page.Entries.Select(ConnectorWireMapping.ToContract)], NextBefore = page.NextBefore };
    }

    /// <inheritdoc/>
    public Task<HookDeadLetterPage> ListDeadEventsAsync(string name, long afterNumber = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return GetAsync(
            "connector-hooks.list-dead-letters", string.Create(CultureInfo.InvariantCulture, $"{Path(name)}/dead-letters?after={afterNumber}&limit={limit}"), Json.HookDeadLetterPage, cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReplayEventAsync(string name, long number, CancellationToken cancellationToken = default) => http.SendWithoutAnswerAsync(
        "connector-hooks.replay", () => new HttpRequestMessage(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"v1/{Path(name)}/dead-letters/{number}/replay")), cancellationToken);

    /// <inheritdoc/>
    public Task CloseEventAsync(string name, long number, CancellationToken cancellationToken = default) => http.SendWithoutAnswerAsync(
        "connector-hooks.close", () => new HttpRequestMessage(HttpMethod.Post, string.Create(CultureInfo.InvariantCulture, $"v1/{Path(name)}/dead-letters/{number}/close")), cancellationToken);

    private static string Path(string name) => "connectors/" + Uri.EscapeDataString(name);

    private static Dictionary<string, string> Reveal(IReadOnlyDictionary<string, SecretText> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        return secrets.ToDictionary(secret => secret.Key, secret => secret.Value.Reveal(), StringComparer.Ordinal);
    }

    private Task<T> GetAsync<T>(string operation, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class =>
        http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, "v1/" + path), json, cancellationToken);

    private Task<TAnswer> PostAsync<TBody, TAnswer>(
        string operation, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TAnswer> json, bool idempotent, CancellationToken cancellationToken)
        where TAnswer : class =>
        SendAsync(operation, HttpMethod.Post, path, body, bodyJson, json, idempotent, cancellationToken);

    private Task<TAnswer> SendAsync<TBody, TAnswer>(
        string operation, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TAnswer> json, bool idempotent, CancellationToken cancellationToken)
        where TAnswer : class =>
        http.SendAsync(operation, changes: true, () => new HttpRequestMessage(method, "v1/" + path) { Content = HttpStewardUserClient.Body(body, bodyJson) }, json, cancellationToken, idempotent);
}
