using Steward.Connectors;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Client;

/// <summary>Connectors over grain calls. Secrets are sealed here, with the cluster's key and for the one grain that keeps them.</summary>
internal sealed class StewardConnectorClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity, SecretSealer sealer) : IConnectorClient
{
    private const int AtOnce = 16;

    // A question goes with the silo that asks the model; nothing is changed by asking again.
    private const int MaxQuestions = 3;

    private IConnectorCatalogGrain Catalog => grains.GetGrain<IConnectorCatalogGrain>(GrainKeys.Tenant(identity.TenantId));

    private IConnectorCallsGrain Calls => grains.GetGrain<IConnectorCallsGrain>(GrainKeys.Tenant(identity.TenantId));

    /// <inheritdoc/>
    public Task<IReadOnlyList<ConnectorTemplateInfo>> ListTemplatesAsync(string? query = null, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector-catalog.list", idempotent: true, changes: false, Catalog, query, static (catalog, query, token) => catalog.List(query, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<ConnectorTemplateText> GetTemplateAsync(string templateId, CancellationToken cancellationToken = default) =>
        await calls.CallAsync("connector-catalog.get", idempotent: true, changes: false, Catalog, templateId, static (catalog, id, token) => catalog.Get(id, token), cancellationToken)
        ?? throw StewardException.NotFound("The template");

    /// <inheritdoc/>
    public Task<ConnectorTemplateDraft> ImportTemplateAsync(string document, IReadOnlyList<string>? operations = null, CancellationToken cancellationToken = default) => operations is { Count: > 0 }
        ? calls.CallAsync(
            "connector-catalog.import", idempotent: true, changes: false, Catalog, (document, operations), static (catalog, wanted, token) => catalog.ImportSome(wanted.document, wanted.operations, token), cancellationToken)
        : calls.CallAsync("connector-catalog.import", idempotent: true, changes: false, Catalog, document, static (catalog, document, token) => catalog.Import(document, token), cancellationToken);

    /// <inheritdoc/>
    public Task<SpecificationComparison> CompareSpecificationsAsync(string before, string after, string? name = null, CancellationToken cancellationToken = default)
    {
        var command = new CompareSpecifications { Before = before, After = after };
        return name is null
            ? calls.CallAsync("connector-catalog.compare-specifications", idempotent: true, changes: false, Catalog, command, static (catalog, command, token) => catalog.CompareSpecifications(command, token), cancellationToken)
            : calls.CallAsync("connector.compare-specifications", idempotent: true, changes: false, Connector(name), command, static (connector, command, token) => connector.CompareSpecifications(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ConnectorInfo> CreateAsync(string name, CreateConnector spec, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var command = spec with { SealedSecrets = Seal(name, secrets) };
        return calls.CallAsync("connector.create", idempotent: false, changes: true, Connector(name), command, static (connector, command, token) => connector.Create(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorInfo>> ListAsync(CancellationToken cancellationToken = default)
    {
        var index = grains.GetGrain<IConnectorIndexGrain>(GrainKeys.ConnectorIndex(identity.TenantId));
        var entries = await calls.CallAsync("connector-index.list", idempotent: true, changes: false, index, 0, static (index, _, token) => index.List(token), cancellationToken);
        List<ConnectorInfo> found = [];
        foreach (var batch in entries.Chunk(AtOnce))
        {
            found.AddRange((await Task.WhenAll(batch.Select(entry => FindAsync(entry.Name, cancellationToken)))).OfType<ConnectorInfo>());
        }

        return found;
    }

    /// <inheritdoc/>
    public async Task<ConnectorInfo> GetAsync(string name, CancellationToken cancellationToken = default) =>
        await FindAsync(name, cancellationToken) ?? throw StewardException.NotFound("The connector");

    /// <inheritdoc/>
    public Task<ConnectorInfo> UpdateAsync(string name, UpdateConnector change, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(change);
        return calls.CallAsync("connector.update", idempotent: change.ExpectedRevision is null, changes: true, Connector(name), change, static (connector, change, token) => connector.Update(change, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ConnectorInfo> RotateCredentialsAsync(string name, IReadOnlyDictionary<string, SecretText> secrets, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector.rotate-credentials", idempotent: true, changes: true, Connector(name), Seal(name, secrets), static (connector, secrets, token) => connector.RotateCredentials(secrets, token), cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorVerification> VerifyAsync(string name, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector.verify", idempotent: true, changes: true, Connector(name), 0, static (connector, _, token) => connector.Verify(token), cancellationToken);

    /// <inheritdoc/>
    public Task<string> BeginSignInAsync(string name, string redirectUri, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector.begin-sign-in", idempotent: true, changes: true, Connector(name), redirectUri, static (connector, uri, token) => connector.BeginSignIn(uri, token), cancellationToken);

    /// <inheritdoc/>
    public Task CompleteSignInAsync(string name, string state, SecretText code, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(code);
        var sealedCode = sealer.Seal(code, GrainKeys.Connector(identity.TenantId, name));
        return calls.CallAsync("connector.complete-sign-in", idempotent: false, changes: true, Connector(name), (state, sealedCode), static async (connector, answer, token) =>
        {
            await connector.CompleteSignIn(answer.state, answer.sealedCode, token);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorDrift>> ListDriftAsync(string name, CancellationToken cancellationToken = default) => (await GetAsync(name, cancellationToken)).Drift;

    /// <inheritdoc/>
    public Task<ConnectorInfo> AcceptDriftAsync(string name, string operation, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector.accept-drift", idempotent: true, changes: true, Connector(name), operation, static (connector, operation, token) => connector.AcceptDrift(operation, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MappingTrial>> TestMappingsAsync(string name, TestMappings test, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector.test-mappings", idempotent: true, changes: false, Connector(name), test, static (connector, test, token) => connector.TestMappings(test, token), cancellationToken);

    /// <inheritdoc/>
    public async Task<SuggestedMappings> SuggestMappingsAsync(string name, SuggestMappings wanted, CancellationToken cancellationToken = default)
    {
        var connector = Connector(name);
        for (var attempt = 1; attempt <= MaxQuestions; attempt++)
        {
            var suggested = await calls.CallAsync("connector.suggest-mappings", idempotent: true, changes: false, connector, wanted, static (connector, wanted, token) => connector.SuggestMappings(wanted, token), cancellationToken);
            while (suggested?.UnderWay is { } question)
            {
                suggested = await calls.CallAsync("connector.wait-for-mappings", idempotent: true, changes: false, connector, question, static (connector, question, token) => connector.WaitForMappings(question, token), cancellationToken);
            }

            if (suggested is not null)
            {
                return suggested;
            }
        }

        throw new StewardException(ErrorCodes.Unavailable, "The servers that asked the model were lost before it had answered; ask again.") { IsRetryable = true };
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string name, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector.delete", idempotent: true, changes: true, Connector(name), 0, static async (connector, _, token) =>
        {
            await connector.Delete(token);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ConnectorTool>> ListOperationsAsync(string name, CancellationToken cancellationToken = default) =>
        await calls.CallAsync("connector-calls.list", idempotent: true, changes: false, Calls, name, static (calls, name, token) => calls.List(name, token), cancellationToken)
        ?? throw StewardException.NotFound("The connector");

    /// <inheritdoc/>
    public async Task<ConnectorCallResult> CallAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default)
    {
        var result = await calls.CallAsync("connector-calls.call", idempotent: false, changes: true, Calls, command, static (calls, command, token) => calls.Call(command, token), cancellationToken);
        while (result.UnderWay is { } id)
        {
            var call = grains.GetGrain<IConnectorCallUnderWayGrain>(GrainKeys.CallUnderWay(identity.TenantId, id));
            result = await calls.CallAsync("connector-calls.wait", idempotent: true, changes: true, call, 0, static (call, _, token) => call.Wait(token), cancellationToken);
        }

        return result;
    }

    /// <inheritdoc/>
    public Task<ConnectorCallResult> UndoAsync(ConnectorCallCommand command, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(command);
        return CallAsync(command with { Undo = true, DryRun = false }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<ConnectorCallResult> ListChoicesAsync(string name, string operation, string argument, string argumentsJson = "{}", CancellationToken cancellationToken = default) =>
        CallAsync(new ConnectorCallCommand { Instance = name, Operation = operation, ChoicesOf = argument, ArgumentsJson = argumentsJson, ActionId = "choices-" + Guid.NewGuid().ToString("N") }, cancellationToken);

    /// <inheritdoc/>
    public Task<ConnectorAuditPage> ListAuditAsync(string? name = null, long before = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        var audit = grains.GetGrain<IConnectorAuditGrain>(GrainKeys.ConnectorAudit(identity.TenantId));
        return calls.CallAsync("connector-audit.list", idempotent: true, changes: false, audit, (name, before, limit), static (audit, page, token) => audit.List(page.name, page.before, page.limit, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<HookDeadLetterPage> ListDeadEventsAsync(string name, long afterNumber = 0, int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return calls.CallAsync("connector-hooks.list-dead-letters", idempotent: true, changes: false, Hooks(name), (afterNumber, limit), static (hooks, page, token) => hooks.ListDeadLetters(page.afterNumber, page.limit, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReplayEventAsync(string name, long number, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector-hooks.replay", idempotent: false, changes: true, Hooks(name), number, static async (hooks, number, token) =>
        {
            await hooks.Replay(number, token);
            return true;
        }, cancellationToken);

    /// <inheritdoc/>
    public Task CloseEventAsync(string name, long number, CancellationToken cancellationToken = default) =>
        calls.CallAsync("connector-hooks.close", idempotent: false, changes: true, Hooks(name), number, static async (hooks, number, token) =>
        {
            await hooks.Close(number, token);
            return true;
        }, cancellationToken);

    private IConnectorHooksGrain Hooks(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(identity.TenantId, name));
    }

    private Task<ConnectorInfo?> FindAsync(string name, CancellationToken cancellationToken) =>
        calls.CallAsync("connector.get-info", idempotent: true, changes: false, Connector(name), 0, static (connector, _, token) => connector.GetInfo(token), cancellationToken);

    private IConnectorGrain Connector(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(identity.TenantId, name));
    }

    private Dictionary<string, string> Seal(string name, IReadOnlyDictionary<string, SecretText> secrets)
    {
        ArgumentNullException.ThrowIfNull(secrets);
        var place = GrainKeys.Connector(identity.TenantId, name);
        return secrets.ToDictionary(secret => secret.Key, secret => sealer.Seal(secret.Value, place), StringComparer.Ordinal);
    }
}
