using Steward.Memory;

namespace Steward.Client;

/// <summary>What is remembered of the caller: nobody else's memory can be reached. Reached through <see cref="IStewardUserClient.Memory"/>.</summary>
public interface IMemoryClient
{
    /// <summary>One page of what is remembered, by id.</summary>
    Task<MemoryPage> ListAsync(ListMemories? query = null, CancellationToken cancellationToken = default);

    /// <summary>What fits a question best; constraints always.</summary>
    /// <param name="text">The question.</param>
    /// <param name="top">The most memories, 1 to 100.</param>
    /// <param name="kinds">Only of these kinds; null of all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    Task<MemoryRecall> SearchAsync(string text, int top = 10, IReadOnlyList<MemoryKind>? kinds = null, CancellationToken cancellationToken = default);

    /// <summary>Puts a value in the place of one that is wrong; the old one is kept as superseded. Idempotent by operation; null draws a new one.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>, <c>conflict</c>, <c>invalid_argument</c>.</exception>
    Task<MemoryItem> CorrectAsync(long memoryId, string value, string? operationId = null, CancellationToken cancellationToken = default);

    /// <summary>Makes a memory hold again. Idempotent.</summary>
    Task<MemoryItem> RestoreAsync(long memoryId, CancellationToken cancellationToken = default);

    /// <summary>Forgets a memory with all that it superseded. Idempotent.</summary>
    Task<MemoryForgotten> ForgetAsync(long memoryId, CancellationToken cancellationToken = default);

    /// <summary>What the caller wants kept.</summary>
    Task<MemorySettings> GetSettingsAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes that; what is there of a kind that is not wanted any more is forgotten. Idempotent.</summary>
    Task<MemorySettings> SetSettingsAsync(SetMemorySettings settings, CancellationToken cancellationToken = default);

    /// <summary>Everything that is held on the caller in the memory.</summary>
    Task<MemoryExport> ExportAsync(CancellationToken cancellationToken = default);

    /// <summary>Erases everything, and with it, if that is asked for, the texts of the caller's conversations and runs. Idempotent by operation; null draws a new one.</summary>
    Task<MemoryErasure> EraseAsync(bool includeConversations = false, string? operationId = null, CancellationToken cancellationToken = default);

    /// <summary>The receipt of the last erasure.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when there was none.</exception>
    Task<MemoryErasure> GetErasureAsync(CancellationToken cancellationToken = default);

    /// <summary>Merges what says the same and removes what is over its time, now instead of at night. Idempotent.</summary>
    Task<MemoryConsolidated> ConsolidateAsync(CancellationToken cancellationToken = default);

    /// <summary>What consolidating has found worth asking about: requests that come again and again, and what was left open.</summary>
    Task<IReadOnlyList<MemoryProposal>> ListProposalsAsync(CancellationToken cancellationToken = default);

    /// <summary>Accepts or dismisses a proposal, which does nothing in other systems. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>; <c>conflict</c> when it was decided otherwise.</exception>
    Task<MemoryProposal> DecideProposalAsync(long proposalId, bool isAccepted, CancellationToken cancellationToken = default);

    /// <summary>What many people of the tenant ask for, as numbers. Admins only.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>.</exception>
    Task<IReadOnlyList<TenantPattern>> ListTenantPatternsAsync(CancellationToken cancellationToken = default);

    /// <summary>Accepts or dismisses one of them, which only marks it. Admins only. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c>, <c>forbidden</c>.</exception>
    Task<TenantPattern> DecideTenantPatternAsync(string patternId, bool isAccepted, CancellationToken cancellationToken = default);

    /// <summary>For how long memories of the tenant's people may be kept, and what the last passes through all of them did. Admins and auditors only.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>.</exception>
    Task<MemoryRetention> GetRetentionAsync(CancellationToken cancellationToken = default);

    /// <summary>Changes that, and begins a pass. Admins only. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>, <c>invalid_argument</c>.</exception>
    Task<MemoryRetention> SetRetentionAsync(SetMemoryRetention retention, CancellationToken cancellationToken = default);

    /// <summary>Begins a pass now, unless one goes on. Admins only. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>, <c>unavailable</c>.</exception>
    Task<MemoryRetention> EnforceRetentionAsync(CancellationToken cancellationToken = default);

    /// <summary>Removes the tenant's data key: the memories of all its people are lost for good, also in copies of the store. Admins only. Not repeated by itself.</summary>
    /// <param name="confirmation">The tenant's id.</param>
    /// <param name="cancellationToken">Stops waiting; it may have been done.</param>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>, <c>invalid_argument</c>, <c>unavailable</c>.</exception>
    Task<MemoryKeyDestroyed> DestroyKeyAsync(string confirmation, CancellationToken cancellationToken = default);

    /// <summary>Makes a new data key of the tenant's memories; all are sealed anew, then the earlier keys are removed. Admins only. Each call makes one, so it is not repeated by itself.</summary>
    /// <exception cref="Errors.StewardException"><c>forbidden</c>, <c>unavailable</c>.</exception>
    Task<MemoryKeyRotated> RotateKeyAsync(CancellationToken cancellationToken = default);

    /// <summary>Who read or changed the memory, newest first.</summary>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    Task<IReadOnlyList<MemoryAccess>> ListAccessesAsync(int limit = 50, CancellationToken cancellationToken = default);
}
