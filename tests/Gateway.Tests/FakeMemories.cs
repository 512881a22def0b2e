using System.Collections.Concurrent;
using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Memory;

namespace Steward.Gateway.Tests;

/// <summary>Memories in memory, of each person.</summary>
public sealed class FakeMemories
{
    private static readonly DateTimeOffset At = new(2026, 11, 22, 6, 0, 0, TimeSpan.Zero);

    /// <summary>By tenant and user.</summary>
    public ConcurrentDictionary<(string Tenant, string User), List<MemoryItem>> All { get; } = new();

    public SetMemorySettings? Set { get; private set; }

    public EraseMemory? Erased { get; private set; }

    public SetMemoryRetention? Retention { get; private set; }

    public static MemoryItem Item(long id, string slot, string value, MemoryKind kind = MemoryKind.Fact) => new()
    {
        Id = id, Kind = kind, Subject = "self", Slot = slot, Value = value, Source = MemorySource.Said, Confidence = 0.9, ValidFrom = At, RecordedAt = At, Holds = true, MessageIds = ["s-1/r-1"],
    };

    public IMemoryClient Of(CallerIdentity identity, Action fail) => new FakeClient(this, All.GetOrAdd((identity.TenantId, identity.UserId), _ => []), identity, fail);

    private sealed class FakeClient(FakeMemories all, List<MemoryItem> own, CallerIdentity identity, Action fail) : IMemoryClient
    {
        private static readonly MemorySettings Settings = new() { Kinds = [new MemoryKindSettings { Kind = MemoryKind.Pattern, IsKept = false, RetentionDays = 30 }], SharePatterns = false };

        public Task<MemoryPage> ListAsync(ListMemories? query = null, CancellationToken cancellationToken = default)
        {
            fail();
            var page = own.Where(item => item.Id > query!.After && (query.Kind is null || item.Kind == query.Kind) && (query.IncludeSuperseded || item.Holds)).Take(query!.Limit).ToList();
            return Task.FromResult(new MemoryPage { Memories = page, NextAfter = page.Count == query.Limit ? page[^1].Id : null });
        }

        public Task<MemoryRecall> SearchAsync(string text, int top = 10, IReadOnlyList<MemoryKind>? kinds = null, CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(new MemoryRecall { Mode = "words", Memories = [.. own.Where(item => item.Value.Contains(text, StringComparison.Ordinal)).Take(top).Select(item => new RecalledMemory { Memory = item, Score = 1, Reason = "words" })] });
        }

        public Task<MemoryItem> CorrectAsync(long memoryId, string value, string? operationId = null, CancellationToken cancellationToken = default)
        {
            var item = Find(memoryId) with { Value = value, Source = MemorySource.Corrected };
            own[own.FindIndex(known => known.Id == memoryId)] = item;
            return Task.FromResult(item);
        }

        public Task<MemoryItem> RestoreAsync(long memoryId, CancellationToken cancellationToken = default) => Task.FromResult(Find(memoryId));

        public Task<MemoryForgotten> ForgetAsync(long memoryId, CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(new MemoryForgotten { Count = own.RemoveAll(item => item.Id == memoryId), At = At });
        }

        public Task<MemorySettings> GetSettingsAsync(CancellationToken cancellationToken = default) => Task.FromResult(Settings);

        public Task<MemorySettings> SetSettingsAsync(SetMemorySettings settings, CancellationToken cancellationToken = default)
        {
            fail();
            all.Set = settings;
            return Task.FromResult(Settings);
        }

        public Task<MemoryExport> ExportAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult(new MemoryExport { TenantId = identity.TenantId, UserId = identity.UserId, At = At, Memories = own, Settings = Settings, Tombstones = 1, Accesses = [] });
        }

        public Task<MemoryErasure> EraseAsync(bool includeConversations = false, string? operationId = null, CancellationToken cancellationToken = default)
        {
            fail();
            all.Erased = new EraseMemory { OperationId = operationId ?? "none", IncludeConversations = includeConversations };
            own.Clear();
            return Task.FromResult(new MemoryErasure { OperationId = all.Erased.OperationId, RequestedAt = At, Removed = [new ErasedPart { Place = "memories", Count = 2 }] });
        }

        public Task<MemoryErasure> GetErasureAsync(CancellationToken cancellationToken = default)
        {
            fail();
            throw StewardException.NotFound("An erasure");
        }

        public Task<MemoryConsolidated> ConsolidateAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult(new MemoryConsolidated { At = At, Merged = 1, Removed = new Dictionary<string, int> { ["faded"] = 2 } });

        public Task<IReadOnlyList<MemoryAccess>> ListAccessesAsync(int limit = 50, CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<MemoryAccess>>([new MemoryAccess { At = At, By = identity.UserId, Action = "list", MemoryIds = [1] }]);

        public Task<IReadOnlyList<MemoryProposal>> ListProposalsAsync(CancellationToken cancellationToken = default)
        {
            fail();
            return Task.FromResult<IReadOnlyList<MemoryProposal>>([Proposal]);
        }

        public Task<MemoryProposal> DecideProposalAsync(long proposalId, bool isAccepted, CancellationToken cancellationToken = default) => proposalId == Proposal.Id
            ? Task.FromResult(Proposal with { Status = isAccepted ? MemoryProposalStatus.Accepted : MemoryProposalStatus.Dismissed, DecidedAt = At })
            : throw StewardException.NotFound("The proposal");

        public Task<IReadOnlyList<TenantPattern>> ListTenantPatternsAsync(CancellationToken cancellationToken = default) => identity.Roles.Contains(WellKnownRoles.Admin)
            ? Task.FromResult<IReadOnlyList<TenantPattern>>([Pattern])
            : throw StewardException.Forbidden("Only an admin of the tenant may do this.");

        public Task<TenantPattern> DecideTenantPatternAsync(string patternId, bool isAccepted, CancellationToken cancellationToken = default) =>
            Task.FromResult(Pattern with { Id = patternId, Status = isAccepted ? MemoryProposalStatus.Accepted : MemoryProposalStatus.Dismissed });

        public Task<MemoryKeyRotated> RotateKeyAsync(CancellationToken cancellationToken = default) => identity.Roles.Contains(WellKnownRoles.Admin)
            ? Task.FromResult(new MemoryKeyRotated { At = At, Keys = 2 })
            : throw StewardException.Forbidden("Only an admin of the tenant may do this.");

        public Task<MemoryRetention> GetRetentionAsync(CancellationToken cancellationToken = default) => Admin(() => new MemoryRetention
        {
            Kinds = all.Retention?.Kinds ?? [],
            NextAt = At,
            Passes = [new MemoryPass { BeganAt = At, EndedAt = At, People = 3, Removed = new Dictionary<MemoryKind, int> { [MemoryKind.Fact] = 2 }, Oldest = new Dictionary<MemoryKind, DateTimeOffset> { [MemoryKind.Fact] = At }, KeysRemoved = 1 }],
        });

        public async Task<MemoryRetention> SetRetentionAsync(SetMemoryRetention retention, CancellationToken cancellationToken = default)
        {
            await Admin(() => all.Retention = retention);
            return await GetRetentionAsync(cancellationToken);
        }

        public Task<MemoryRetention> EnforceRetentionAsync(CancellationToken cancellationToken = default) => GetRetentionAsync(cancellationToken);

        public Task<MemoryKeyDestroyed> DestroyKeyAsync(string confirmation, CancellationToken cancellationToken = default) => Admin(() => confirmation == identity.TenantId
            ? new MemoryKeyDestroyed { At = At, By = identity.UserId, HoldsEverywhereAt = At.AddMinutes(10) }
            : throw StewardException.Invalid("confirm", "must be the tenant's id."));

        private Task<T> Admin<T>(Func<T> answer) => identity.Roles.Contains(WellKnownRoles.Admin)
            ? Task.FromResult(answer())
            : throw StewardException.Forbidden("Only an admin of the tenant may do this.");

        private static MemoryProposal Proposal => new() { Id = 4, Kind = MemoryProposalKind.RepeatedRequest, Topic = "playbook:report", Text = "often", Count = 3, Rhythm = "often", RaisedAt = At };

        private static TenantPattern Pattern => new() { Id = "p-1", Topic = "playbook:report", People = 5, Requests = 9 };

        private MemoryItem Find(long id)
        {
            fail();
            return own.Find(item => item.Id == id) ?? throw StewardException.NotFound("The memory");
        }
    }
}
