using Steward.Engines.Memory.Keeping;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>What the tenant's keeping does to one memory, whether its person comes back or not.</summary>
internal sealed partial class UserMemoryGrain
{
    /// <inheritdoc/>
    public async Task<MemoryKept> Keep(KeepMemory command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        var wasOpen = _journal is not null;
        try
        {
            var hasBegunAnew = await OpenOrBeginAnewAsync(command, cancellationToken);
            if (hasBegunAnew is null)
            {
                return new MemoryKept { IsUnreadable = true };
            }

            // A pass through all of them writes to those only in which something is to be done.
            var hasNewRules = await TakeRulesAsync(command.RetentionDays);
            var isDue = hasNewRules || State.HasOver || Consolidation.Plan(State.Facts, Rules, Now).IsNeeded || State.Asked.Expired(Rules, Now).IsNeeded;
            var removed = isDue && !State.IsErasing ? (await ConsolidateAsync()).Removed : [];
            var isSealedAnew = await SealAnewAsync(command.KeyId, cancellationToken);
            var kinds = State.Facts.Select(fact => (Kind: (MemoryKind)fact.Kind, At: Consolidation.UsedAt(fact))).Concat(State.Asked.Held()).GroupBy(held => held.Kind).ToList();
            return new MemoryKept
            {
                Left = kinds.ToDictionary(facts => facts.Key, facts => facts.Count()),
                Removed = removed,
                Oldest = kinds.ToDictionary(facts => facts.Key, facts => facts.Min(held => held.At)),
                IsSealedAnew = isSealedAnew || _hasSealedAnew,
                HasEarlierKey = _store!.HasReadOld,
                HasBegunAnew = hasBegunAnew.Value,
            };
        }
        finally
        {
            _hasSealedAnew = false;
            if (!wasOpen && !(_journal is not null && State.IsErasing))
            {
                // Nobody else has asked for it: a pass through all of them must not fill the silo.
                DeactivateOnIdle();
            }
        }
    }

    /// <summary>Opens the memory.</summary>
    /// <returns>Whether it had to begin anew; null when it cannot be read and may not.</returns>
    private async Task<bool?> OpenOrBeginAnewAsync(KeepMemory command, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken);
            return false;
        }
        catch (StewardException exception) when (exception.Code == ErrorCodes.MemoryUnreadable)
        {
            // Only what the destroyed key can have sealed: something else that cannot be read has another cause.
            if (command.KeyDestroyedAt is not { } at || (await _journals.GetHeadAsync(Key, cancellationToken))!.TouchedAt > at + DataKeys.TrustedFor)
            {
                return null;
            }

            // What the person had switched off is not known any more: nothing is kept until they say so.
            // Conversations that were being erased go on being erased: they need no key.
            var mark = await _mark.FindAsync(cancellationToken);
            var erasure = mark is not null
                ? new MemoryErasure { OperationId = mark.OperationId, RequestedAt = mark.RequestedAt, Removed = [] }
                : new MemoryErasure { OperationId = "key-destroyed", RequestedAt = at, CompletedAt = Now, Removed = [], Remains = ["Conversations and runs, with their prompts and results, and what runs were told from the memory."] };
            await BeginAnewAsync(erasure, UserMemoryState.NothingKept, mark?.Sessions, cancellationToken);
            return true;
        }
    }

    private async Task<bool> TakeRulesAsync(IReadOnlyDictionary<MemoryKind, int> rules)
    {
        var areNew = rules.Count != State.TenantRetention.Count || rules.Any(rule => State.TenantRetention.GetValueOrDefault(rule.Key) != rule.Value);
        if (areNew)
        {
            await _journal!.AppendAsync(MemoryRecordTypes.TenantRules, new MemoryTenantRules { RetentionDays = rules }, MemoryJson.Default.MemoryTenantRules, () => Wake(State.ConsolidatesAt));
        }

        return areNew;
    }

    /// <summary>Puts a snapshot under the current key in the place of everything that an earlier one sealed.</summary>
    private async Task<bool> SealAnewAsync(string? keyId, CancellationToken cancellationToken)
    {
        if (keyId is not null && (await _keys.GetAsync(TenantId, KeyPurpose, cancellationToken)).CurrentId != keyId)
        {
            await _keys.RefreshAsync(TenantId, KeyPurpose, cancellationToken);
        }

        await CheckKeyAsync(cancellationToken);
        if (!_store!.HasReadOld)
        {
            return false;
        }

        await _journal!.PurgeAsync(keepsWake: true);
        return !_store.HasReadOld;
    }
}
