using Steward.Engines.Memory.Keeping;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>How the memory is opened, consolidated and left without what was removed. What is to go is in the journal first, then a snapshot takes the place of everything before: an activation that finds the one without the other finishes it.</summary>
internal sealed partial class UserMemoryGrain
{
    private async Task<(MemoryConsolidated Done, Dictionary<MemoryKind, int> Removed)> ConsolidateAsync()
    {
        var (plan, expired) = (Consolidation.Plan(State.Facts, Rules, Now), State.Asked.Expired(Rules, Now));
        var kinds = plan.Removed.Select(fact => (MemoryKind)State.Find(fact.Id)!.Kind).ToList();
        var reasons = plan.Removed.Select(fact => fact.Reason).ToList();
        var proposed = State.Asked.Propose(Now, _options.FollowUpAfter, State.Keeps(MemoryKind.Pattern), expired);
        if (plan.IsNeeded || proposed.Count > 0 || expired.IsNeeded)
        {
            kinds.AddRange(State.Asked.Held(expired));
            reasons.AddRange(State.Asked.Held(expired).Select(static _ => "retention"));
            await Append(plan, () => new JournalWake(Now), proposed, expired.IsNeeded ? expired : null);
        }

        await ShareAsync();
        await SettleAsync(isPass: true);
        return (new MemoryConsolidated { At = Now, Merged = plan.Merged.Count, Removed = reasons.CountBy(static reason => reason).ToDictionary(StringComparer.Ordinal) }, kinds.CountBy(static kind => kind).ToDictionary());
    }

    private bool _hasSealedAnew;

    private KeepingRules Rules => MemoryItems.Rules(State.Settings, State.TenantRetention, _options);

    /// <summary>Leaves nothing of what was removed in the journal, and sets the time of the next consolidation.</summary>
    private async Task SettleAsync(bool isPass = false)
    {
        await PurgeAsync(isPass);
        if (!State.MustPurge && !State.IsErasing)
        {
            var next = Sooner(Sooner(Consolidation.Plan(State.Facts, Rules, Now).NextAt, State.Asked.EndsAt(Rules)), State.Asked.NextAt(Now, _options.FollowUpAfter, MustUnshare));
            await Append(new Consolidation([], [], next), () => new JournalWake(next));
        }
    }

    /// <summary>Leaves nothing of what was removed in the journal. Whoever asked for that is not told that it is done before it is.</summary>
    /// <exception cref="StewardException"><c>unavailable</c>: it was not done, or that is unknown.</exception>
    private async Task PurgeAsync(bool isPass = false)
    {
        if ((State.MustPurge || (isPass && State.HasOver)) && !await _journal!.PurgeAsync(keepsWake: true))
        {
            throw new StewardException(ErrorCodes.Unavailable, "The memory moved to another server.") { IsRetryable = true, OutcomeUnknown = true };
        }
    }

    // Who asks again for what was removed is not told so before nothing of it is left.
    private Task SettleDueAsync() => State.MustPurge ? SettleAsync() : Task.CompletedTask;

    private static DateTimeOffset? Sooner(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other : one;

    private Task<bool> Append(Consolidation plan, Func<JournalWake?> wake, IReadOnlyList<MemoryProposal>? proposed = null, ExpiredRequests? expired = null) => _journal!.AppendAsync(
        MemoryRecordTypes.Consolidated,
        new MemoriesConsolidated { Removed = plan.Removed, Merged = plan.Merged, NextAt = plan.NextAt, Proposed = proposed ?? [], Expired = expired },
        MemoryJson.Default.MemoriesConsolidated,
        wake);

    // What is to be removed at once goes before everything else.
    private JournalWake Wake(DateTimeOffset? at) => State.MustPurge || State.IsErasing ? new JournalWake(Now) : new JournalWake(at);

    /// <summary>Reads the memory, once; and finishes what a loss left half done.</summary>
    private async Task OpenAsync(CancellationToken cancellationToken)
    {
        if (_journal is not null)
        {
            await CheckKeyAsync(cancellationToken);
            return;
        }

        var store = await SealedAsync(asksVault: false, cancellationToken);
        var journal = NewJournal(store);
        try
        {
            try
            {
                await journal.LoadAsync(cancellationToken);
            }
            catch (MemorySealedException)
            {
                // It may be sealed with a key that is newer than what is known here.
                journal.Dispose();
                journal = NewJournal(store = await SealedAsync(asksVault: true, cancellationToken));
                await journal.LoadAsync(cancellationToken);
            }
        }
        catch (MemorySealedException exception)
        {
            journal.Dispose();
            throw Unreadable(exception);
        }
        catch (StorageException exception)
        {
            journal.Dispose();
            throw new StewardException(ErrorCodes.Unavailable, "The memory cannot be read now.", exception) { IsRetryable = true };
        }

        (_journal, _store) = (journal, store);
        if (store.HasReadOld)
        {
            // The snapshot that takes the place of all is sealed with the key of now.
            await _journal.ShortenAsync(keepsWake: true);
            _hasSealedAnew = !store.HasReadOld;
        }

        if (State.IsErasing)
        {
            GoOnErasing(TimeSpan.Zero);
        }
        else if (State.MustPurge)
        {
            await TrySettleAsync();
        }
    }

    // What holds can be told while that cannot be done; the journal's wake time has it tried again.
    private async Task TrySettleAsync()
    {
        try
        {
            await SettleAsync();
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.Unavailable)
        {
            MemoryLog.NotPurged(_logger, exception, Key);
        }
    }

    /// <summary>What is in memory may be known no longer than the key is there: whoever removes it from the vault ends it here, too, as soon as that is asked again.</summary>
    private async Task CheckKeyAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _store!.CheckAsync(cancellationToken);
        }
        catch (MemorySealedException exception)
        {
            DeactivateOnIdle();
            throw Unreadable(exception);
        }
        catch (VaultException exception)
        {
            throw Unavailable(exception);
        }
    }

    private static StewardException Unreadable(MemorySealedException exception) =>
        new(ErrorCodes.MemoryUnreadable, "The memory cannot be opened: the key that it was sealed with is not in the vault any more. It can be erased, and begins anew then.", exception);

    private static StewardException Unavailable(VaultException exception) =>
        new(ErrorCodes.Unavailable, "The vault, which has the memory's key, cannot be asked now.", exception) { IsRetryable = exception.IsRetryable };

    private FoldedJournal<UserMemoryState> NewJournal(SealedJournalStore store) => new(store, Key, MemoryJson.Default.UserMemoryState, _time, DeactivateOnIdle);

    private async Task<SealedJournalStore> SealedAsync(bool asksVault, CancellationToken cancellationToken)
    {
        try
        {
            return new SealedJournalStore(
                _journals,
                asksVault ? await _keys.RefreshAsync(TenantId, KeyPurpose, cancellationToken) : await _keys.GetAsync(TenantId, KeyPurpose, cancellationToken),
                token => _keys.GetAsync(TenantId, KeyPurpose, token));
        }
        catch (VaultException exception)
        {
            throw Unavailable(exception);
        }
    }
}
