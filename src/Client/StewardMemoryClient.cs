using System.Security.Cryptography;
using Steward.Errors;
using Steward.Identity;
using Steward.Memory;

namespace Steward.Client;

/// <summary>The caller's memory over grain calls.</summary>
internal sealed class StewardMemoryClient(IGrainFactory grains, SignedCaller calls, CallerIdentity identity) : IMemoryClient
{
    private IUserMemoryGrain Grain => grains.GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(identity.TenantId, identity.UserId));

    private IMemorySearchGrain Search => grains.GetGrain<IMemorySearchGrain>(GrainKeys.UserMemory(identity.TenantId, identity.UserId));

    private IMemoryPatternsGrain Patterns => grains.GetGrain<IMemoryPatternsGrain>(GrainKeys.MemoryPatterns(identity.TenantId));

    private IMemoryKeepingGrain Keeping => grains.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(identity.TenantId));

    /// <inheritdoc/>
    public Task<MemoryPage> ListAsync(ListMemories? query = null, CancellationToken cancellationToken = default) =>
        CallAsync("memory.list", changes: false, query ?? new ListMemories(), static (memory, query, token) => memory.List(query, token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryRecall> SearchAsync(string text, int top = 10, IReadOnlyList<MemoryKind>? kinds = null, CancellationToken cancellationToken = default) =>
        calls.CallAsync("memory.recall", idempotent: true, changes: false, Search, new RecallMemories { Text = text, Top = top, Kinds = kinds }, static (search, query, token) => search.Search(query, token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryItem> CorrectAsync(long memoryId, string value, string? operationId = null, CancellationToken cancellationToken = default)
    {
        var command = new CorrectMemory { MemoryId = memoryId, Value = value, OperationId = Operation(operationId) };
        return CallAsync("memory.correct", changes: true, command, static (memory, command, token) => memory.Correct(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryItem> RestoreAsync(long memoryId, CancellationToken cancellationToken = default) =>
        CallAsync("memory.restore", changes: true, memoryId, static (memory, id, token) => memory.Restore(id, token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryForgotten> ForgetAsync(long memoryId, CancellationToken cancellationToken = default)
    {
        var command = new ForgetMemories { MemoryIds = [memoryId], OperationId = Operation(null) };
        return CallAsync("memory.forget", changes: true, command, static (memory, command, token) => memory.Forget(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemorySettings> GetSettingsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("memory.get-settings", changes: false, 0, static (memory, _, token) => memory.GetSettings(token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemorySettings> SetSettingsAsync(SetMemorySettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return CallAsync("memory.set-settings", changes: true, settings, static (memory, settings, token) => memory.SetSettings(settings, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryExport> ExportAsync(CancellationToken cancellationToken = default) =>
        CallAsync("memory.export", changes: false, 0, static (memory, _, token) => memory.Export(token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryErasure> EraseAsync(bool includeConversations = false, string? operationId = null, CancellationToken cancellationToken = default)
    {
        var command = new EraseMemory { OperationId = Operation(operationId), IncludeConversations = includeConversations };
        return CallAsync("memory.erase", changes: true, command, static (memory, command, token) => memory.Erase(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<MemoryErasure> GetErasureAsync(CancellationToken cancellationToken = default) =>
        await CallAsync("memory.get-erasure", changes: false, 0, static (memory, _, token) => memory.GetErasure(token), cancellationToken) ?? throw StewardException.NotFound("An erasure");

    /// <inheritdoc/>
    public Task<MemoryConsolidated> ConsolidateAsync(CancellationToken cancellationToken = default) =>
        CallAsync("memory.consolidate", changes: true, 0, static (memory, _, token) => memory.Consolidate(token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MemoryAccess>> ListAccessesAsync(int limit = 50, CancellationToken cancellationToken = default) =>
        CallAsync("memory.list-accesses", changes: false, limit, static (memory, limit, token) => memory.ListAccesses(limit, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<MemoryProposal>> ListProposalsAsync(CancellationToken cancellationToken = default) =>
        CallAsync("memory.list-proposals", changes: false, 0, static (memory, _, token) => memory.ListProposals(token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryProposal> DecideProposalAsync(long proposalId, bool isAccepted, CancellationToken cancellationToken = default) =>
        CallAsync("memory.decide-proposal", changes: true, new DecideMemoryProposal { ProposalId = proposalId, IsAccepted = isAccepted }, static (memory, command, token) => memory.DecideProposal(command, token), cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<TenantPattern>> ListTenantPatternsAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("memory.list-patterns", idempotent: true, changes: false, Patterns, 0, static (patterns, _, token) => patterns.List(token), cancellationToken);

    /// <inheritdoc/>
    public Task<TenantPattern> DecideTenantPatternAsync(string patternId, bool isAccepted, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(patternId);
        var command = new DecideTenantPattern { PatternId = patternId, IsAccepted = isAccepted };
        return calls.CallAsync("memory.decide-pattern", idempotent: true, changes: true, Patterns, command, static (patterns, command, token) => patterns.Decide(command, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryRetention> GetRetentionAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("memory.get-retention", idempotent: true, changes: false, Keeping, 0, static (keeping, _, token) => keeping.Get(token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryRetention> SetRetentionAsync(SetMemoryRetention retention, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(retention);
        return calls.CallAsync("memory.set-retention", idempotent: true, changes: true, Keeping, retention, static (keeping, retention, token) => keeping.Set(retention, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryRetention> EnforceRetentionAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("memory.enforce-retention", idempotent: true, changes: true, Keeping, 0, static (keeping, _, token) => keeping.Begin(token), cancellationToken);

    /// <inheritdoc/>
    public Task<MemoryKeyDestroyed> DestroyKeyAsync(string confirmation, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(confirmation);
        return calls.CallAsync("memory.destroy-key", idempotent: false, changes: true, Keeping, confirmation, static (keeping, confirmation, token) => keeping.DestroyKey(confirmation, token), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MemoryKeyRotated> RotateKeyAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync("memory.rotate-key", idempotent: false, changes: true, Patterns, 0, static (patterns, _, token) => patterns.RotateKey(token), cancellationToken);

    /// <summary>Drawn before the first attempt, so that a repetition is the same operation.</summary>
    internal static string Operation(string? operationId)
    {
        operationId ??= "op-" + RandomNumberGenerator.GetString(InputRules.IdAlphabet, 24);
        InputRules.OperationId(operationId);
        return operationId;
    }

    // All calls are idempotent: by their nature or by the operation id.
    private Task<TResult> CallAsync<TState, TResult>(
        string operation, bool changes, TState state, Func<IUserMemoryGrain, TState, CancellationToken, Task<TResult>> call, CancellationToken cancellationToken) =>
        calls.CallAsync(operation, idempotent: true, changes, Grain, state, call, cancellationToken);
}
