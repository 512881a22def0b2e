using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// Owns what is learnt of a tenant's requests, as numbers. Persists: its journal, sealed with the tenant's data key. Woken by: the memories of people who share, and admins. When the key was destroyed it begins anew: the memories tell it again.
/// </summary>
internal sealed class MemoryPatternsGrain : StewardGrain, IMemoryPatternsGrain, IDisposable
{
    private const string KeyPurpose = "memory";
    private const int FewestPeople = 3;
    private const int MaxTopics = 200;

    private readonly IJournalStore _journals;
    private readonly DataKeys _keys;
    private readonly MemoryOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<MemoryPatternsGrain> _logger;
    private FoldedJournal<MemoryPatternsState>? _journal;
    private SealedJournalStore? _store;

    public MemoryPatternsGrain(IJournalStore journals, DataKeys keys, IOptions<MemoryOptions> options, TimeProvider time, ILogger<MemoryPatternsGrain> logger) =>
        (_journals, _keys, _options, _time, _logger) = (journals, keys, options.Value, time, logger);

    private string Key => this.GetPrimaryKeyString();

    private MemoryPatternsState State => _journal!.State;

    /// <inheritdoc/>
    protected override Task ActivateAsync(CancellationToken cancellationToken) =>
        Key == GrainKeys.MemoryPatterns(GrainKeys.TenantOf(Key)) ? Task.CompletedTask : throw StewardException.NotFound("What was asked for");

    /// <inheritdoc/>
    public async Task Report(SharedPatterns report, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (report.UserId is not { Length: > 0 } || report.Counts is not { Count: <= MaxTopics } || report.Counts.Any(count => count.Key is not { Length: >= 1 and <= 200 } || count.Value < 1))
        {
            throw StewardException.Invalid("counts", $"must be at most {MaxTopics}, each of a topic of at most 200 characters and at least 1.");
        }

        await OpenAsync(cancellationToken);
        var salt = State.Salt ?? Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        var reported = new PatternsReported { Mark = MemoryPatternsState.Mark(salt, report.UserId), Salt = salt, Counts = report.Counts };
        if (reported.Counts.Count > 0 || State.People.ContainsKey(reported.Mark))
        {
            await _journal!.AppendAsync(PatternRecordTypes.Reported, reported, MemoryPatternsJson.Default.PatternsReported, static () => null);
        }

        await PurgeAsync();
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TenantPattern>> List(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        await OpenAsync(cancellationToken);
        return Shown();
    }

    /// <inheritdoc/>
    public async Task<TenantPattern> Decide(DecideTenantPattern command, CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        await OpenAsync(cancellationToken);
        TenantPattern Find() => Shown().FirstOrDefault(pattern => pattern.Id == command.PatternId) ?? throw StewardException.NotFound("The pattern");
        var pattern = Find();
        if (pattern.Status != (command.IsAccepted ? MemoryProposalStatus.Accepted : MemoryProposalStatus.Dismissed))
        {
            var decided = new PatternDecided { Topic = pattern.Topic, IsAccepted = command.IsAccepted, At = _time.GetUtcNow().ToMilliseconds() };
            await _journal!.AppendAsync(PatternRecordTypes.Decided, decided, MemoryPatternsJson.Default.PatternDecided, static () => null);
        }

        return Find();
    }

    /// <inheritdoc/>
    public async Task<MemoryKeyRotated> RotateKey(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        try
        {
            var rotated = new MemoryKeyRotated { Keys = await _keys.RotateAsync(GrainKeys.TenantOf(Key), KeyPurpose, cancellationToken), At = _time.GetUtcNow() };
            await NoteKeyAsync(cancellationToken);
            return rotated;
        }
        catch (VaultException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The vault, which has the memory's key, cannot be asked now.", exception) { IsRetryable = exception.IsRetryable };
        }
    }

    /// <inheritdoc/>
    public async Task<bool> SealAnew(string keyId, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var tenant = GrainKeys.TenantOf(Key);
        if (_journal is null && await _journals.GetHeadAsync(Key, cancellationToken) is null)
        {
            return true;
        }

        await OpenAsync(cancellationToken);
        if ((await _keys.GetAsync(tenant, KeyPurpose, cancellationToken)).CurrentId != keyId && (await _keys.RefreshAsync(tenant, KeyPurpose, cancellationToken)).CurrentId != keyId)
        {
            return false;
        }

        await _store!.CheckAsync(cancellationToken);
        if (_store.HasReadOld)
        {
            await _journal!.PurgeAsync();
        }

        return !_store.HasReadOld;
    }

    /// <inheritdoc/>
    public void Dispose() => _journal?.Dispose();

    private async Task NoteKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await GrainFactory.GetGrain<IMemoryKeepingGrain>(GrainKeys.MemoryKeeping(GrainKeys.TenantOf(Key))).NoteKey(cancellationToken);
        }
        catch (Exception exception) when (exception is StewardException or TimeoutException)
        {
            // The key is made: an error would have another one made. The pass at night sees it, too.
            MemoryLog.KeyNotNoted(_logger, exception, Key);
        }
    }

    private IReadOnlyList<TenantPattern> Shown() => State.Patterns(Math.Max(FewestPeople, _options.LeastPeople));

    // Who was taken out must not stay in older entries.
    private async Task PurgeAsync()
    {
        if (State.PurgeDue > State.PurgedThrough)
        {
            await _journal!.PurgeAsync();
        }
    }

    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_journal is not null)
        {
            await CheckKeyAsync(cancellationToken);
            return;
        }

        try
        {
            var tenant = GrainKeys.TenantOf(Key);
            var sealedStore = new SealedJournalStore(_journals, await _keys.GetAsync(tenant, KeyPurpose, cancellationToken), token => _keys.GetAsync(tenant, KeyPurpose, token));
            var journal = await LoadAsync(sealedStore, cancellationToken);
            if (journal is null)
            {
                // It may be sealed with a key that is newer than what is known here.
                sealedStore = new SealedJournalStore(_journals, await _keys.RefreshAsync(tenant, KeyPurpose, cancellationToken), token => _keys.GetAsync(tenant, KeyPurpose, token));
                journal = await LoadAsync(sealedStore, cancellationToken) ?? await BeginAnewAsync(sealedStore, cancellationToken);
            }

            (_journal, _store) = (journal, sealedStore);
            if (sealedStore.HasReadOld || State.PurgeDue > State.PurgedThrough)
            {
                // What cannot be done now is done with the next report, or by the pass at night.
                await _journal.ShortenAsync();
            }
        }
        catch (VaultException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The vault, which has the memory's key, cannot be asked now.", exception) { IsRetryable = exception.IsRetryable };
        }
        catch (StorageException exception)
        {
            throw new StewardException(ErrorCodes.Unavailable, "The patterns cannot be read now.", exception) { IsRetryable = true };
        }
    }

    private async Task CheckKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _store!.CheckAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is MemorySealedException or VaultException)
        {
            // The next activation begins anew, or asks again.
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The patterns cannot be read now.", exception) { IsRetryable = true };
        }
    }

    private async Task<FoldedJournal<MemoryPatternsState>?> LoadAsync(SealedJournalStore store, CancellationToken cancellationToken)
    {
        var journal = new FoldedJournal<MemoryPatternsState>(store, Key, MemoryPatternsJson.Default.MemoryPatternsState, _time, DeactivateOnIdle);
        try
        {
            await journal.LoadAsync(cancellationToken);
            return journal;
        }
        catch (MemorySealedException)
        {
            journal.Dispose();
            return null;
        }
    }

    private async Task<FoldedJournal<MemoryPatternsState>> BeginAnewAsync(SealedJournalStore store, CancellationToken cancellationToken)
    {
        var head = await _journals.GetHeadAsync(Key, cancellationToken);
        var empty = JsonSerializer.SerializeToUtf8Bytes(new MemoryPatternsState { PurgedThrough = head!.Sequence }, MemoryPatternsJson.Default.MemoryPatternsState);
        var receipt = new JournalRecord { Type = FoldedJournal<MemoryPatternsState>.SnapshotType, Payload = empty, At = _time.GetUtcNow().ToMilliseconds() };
        await store.PurgeAsync(new JournalPurge { Journal = Key, ThroughSequence = head.Sequence, Receipt = receipt }, cancellationToken);
        return await LoadAsync(store, cancellationToken) ?? throw new StewardException(ErrorCodes.MemoryUnreadable, "The patterns cannot be opened.");
    }
}
