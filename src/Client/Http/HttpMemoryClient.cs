using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using Steward.Memory;

namespace Steward.Client.Http;

/// <summary>The caller's memory over a gateway's HTTP API.</summary>
internal sealed class HttpMemoryClient(HttpStewardUserClient http) : IMemoryClient
{
    private const string Root = "v1/memory";

    private static readonly MemoryWireJson Json = MemoryWireJson.Forgiving;

    /// <inheritdoc/>
    public Task<MemoryPage> ListAsync(ListMemories? query = null, CancellationToken cancellationToken = default)
    {
        query ??= new ListMemories();
        InputRules.Limit(query.Limit);
        var kind = query.Kind is { } only ? "&kind=" + only.ToString().ToLowerInvariant() : "";
        return GetAsync("memory.list", string.Create(CultureInfo.InvariantCulture, $"{Root}?after={query.After}&limit={query.Limit}{kind}{(query.IncludeSuperseded ? "&superseded=true" : "")}"), Json.MemoryPage, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryRecall> SearchAsync(string text, int top = 10, IReadOnlyList<MemoryKind>? kinds = null, CancellationToken cancellationToken = default) =>
        SendAsync("memory.recall", changes: false, HttpMethod.Post, Root + "/search", new SearchMemoriesRequest { Text = text, Top = top, Kinds = kinds }, Json.SearchMemoriesRequest, Json.MemoryRecall, cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryItem> CorrectAsync(long memoryId, string value, string? operationId = null, CancellationToken cancellationToken = default)
    {
        var request = new CorrectMemoryRequest { Value = value, OperationId = StewardMemoryClient.Operation(operationId) };
        return SendAsync("memory.correct", changes: true, HttpMethod.Put, Place(memoryId), request, Json.CorrectMemoryRequest, Json.MemoryItem, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryItem> RestoreAsync(long memoryId, CancellationToken cancellationToken = default) =>
        http.SendAsync("memory.restore", changes: true, () => new HttpRequestMessage(HttpMethod.Post, Place(memoryId) + "/restore"), Json.MemoryItem, cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryForgotten> ForgetAsync(long memoryId, CancellationToken cancellationToken = default) =>
        http.SendAsync("memory.forget", changes: true, () => new HttpRequestMessage(HttpMethod.Delete, Place(memoryId)), Json.MemoryForgotten, cancellationToken);

    /// <inheritdoc/>
    public Task<MemorySettings> GetSettingsAsync(CancellationToken cancellationToken = default) => GetAsync("memory.get-settings", Root + "/settings", Json.MemorySettings, cancellationToken);

    /// <inheritdoc/>
    public Task<MemorySettings> SetSettingsAsync(SetMemorySettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var request = new SetMemorySettingsRequest
        {
            SharePatterns = settings.SharePatterns,
            Kinds = [.. settings.Kinds.Select(kind => new MemoryKindRequest { Kind = kind.Kind, IsKept = kind.IsKept, RetentionDays = kind.RetentionDays })],
        };
        return SendAsync("memory.set-settings", changes: true, HttpMethod.Put, Root + "/settings", request, Json.SetMemorySettingsRequest, Json.MemorySettings, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryExport> ExportAsync(CancellationToken cancellationToken = default) => GetAsync("memory.export", Root + "/export", Json.MemoryExport, cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryErasure> EraseAsync(bool includeConversations = false, string? operationId = null, CancellationToken cancellationToken = default)
    {
        var request = new EraseMemoryRequest { OperationId = StewardMemoryClient.Operation(operationId), IncludeConversations = includeConversations };
        return SendAsync("memory.erase", changes: true, HttpMethod.Post, Root + "/erase", request, Json.EraseMemoryRequest, Json.MemoryErasure, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryErasure> GetErasureAsync(CancellationToken cancellationToken = default) => GetAsync("memory.get-erasure", Root + "/erasure", Json.MemoryErasure, cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryConsolidated> ConsolidateAsync(CancellationToken cancellationToken = default) =>
        http.SendAsync("memory.consolidate", changes: true, static () => new HttpRequestMessage(HttpMethod.Post, Root + "/consolidate"), Json.MemoryConsolidated, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MemoryAccess>> ListAccessesAsync(int limit = 50, CancellationToken cancellationToken = default)
    {
        InputRules.Limit(limit);
        return (await GetAsync("memory.list-accesses", string.Create(CultureInfo.InvariantCulture, $"{Root}/accesses?limit={limit}"), Json.MemoryAccessListResource, cancellationToken)).Accesses;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<MemoryProposal>> ListProposalsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("memory.list-proposals", Root + "/proposals", Json.MemoryProposalListResource, cancellationToken)).Proposals;

    /// <inheritdoc/>
    public Task<MemoryProposal> DecideProposalAsync(long proposalId, bool isAccepted, CancellationToken cancellationToken = default)
    {
        var path = string.Create(CultureInfo.InvariantCulture, $"{Root}/proposals/{proposalId}/{(isAccepted ? "accept" : "dismiss")}");
        return http.SendAsync("memory.decide-proposal", changes: true, () => new HttpRequestMessage(HttpMethod.Post, path), Json.MemoryProposal, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TenantPattern>> ListTenantPatternsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("memory.list-patterns", Root + "/patterns", Json.TenantPatternListResource, cancellationToken)).Patterns;

    /// <inheritdoc/>
    public Task<TenantPattern> DecideTenantPatternAsync(string patternId, bool isAccepted, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(patternId);
        var path = $"{Root}/patterns/{Uri.EscapeDataString(patternId)}/{(isAccepted ? "accept" : "dismiss")}";
        return http.SendAsync("memory.decide-pattern", changes: true, () => new HttpRequestMessage(HttpMethod.Post, path), Json.TenantPattern, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryRetention> GetRetentionAsync(CancellationToken cancellationToken = default) => GetAsync("memory.get-retention", Root + "/retention", Json.MemoryRetention, cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryRetention> SetRetentionAsync(SetMemoryRetention retention, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(retention);
        var request = new SetMemoryRetentionRequest { Kinds = [.. retention.Kinds.Select(kind => new MemoryKindRetentionRequest { Kind = kind.Kind, RetentionDays = kind.RetentionDays })] };
        return SendAsync("memory.set-retention", changes: true, HttpMethod.Put, Root + "/retention", request, Json.SetMemoryRetentionRequest, Json.MemoryRetention, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryRetention> EnforceRetentionAsync(CancellationToken cancellationToken = default) =>
        http.SendAsync("memory.enforce-retention", changes: true, static () => new HttpRequestMessage(HttpMethod.Post, Root + "/retention/enforce"), Json.MemoryRetention, cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryKeyDestroyed> DestroyKeyAsync(string confirmation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(confirmation);
        var path = $"{Root}/key?confirm={Uri.EscapeDataString(confirmation)}";
        return http.SendAsync("memory.destroy-key", changes: true, () => new HttpRequestMessage(HttpMethod.Delete, path), Json.MemoryKeyDestroyed, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryKeyRotated> RotateKeyAsync(CancellationToken cancellationToken = default) =>
        http.SendAsync("memory.rotate-key", changes: true, static () => new HttpRequestMessage(HttpMethod.Post, Root + "/key/rotate"), Json.MemoryKeyRotated, cancellationToken);

    private static string Place(long memoryId) => string.Create(CultureInfo.InvariantCulture, $"{Root}/{memoryId}");

    private Task<T> GetAsync<T>(string operation, string path, JsonTypeInfo<T> json, CancellationToken cancellationToken)
        where T : class =>
        http.SendAsync(operation, changes: false, () => new HttpRequestMessage(HttpMethod.Get, path), json, cancellationToken);

    private Task<TResult> SendAsync<TBody, TResult>(
        string operation, bool changes, HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyJson, JsonTypeInfo<TResult> json, CancellationToken cancellationToken)
        where TResult : class =>
        http.SendAsync(operation, changes, () => new HttpRequestMessage(method, path) { Content = HttpStewardUserClient.Body(body, bodyJson) }, json, cancellationToken);
}
