using Orleans.Runtime;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>The passes.</summary>
internal sealed partial class MemoryKeepingGrain
{
    private async Task BeginOrGoOnAsync(bool now = false)
    {
        if (State.Pass is null && (now || State.NextAt <= Now))
        {
            await NoteKeyAsync(CancellationToken.None);
            await AppendAsync(KeepingRecordTypes.Begun, new KeepingBegun(), MemoryKeepingJson.Default.KeepingBegun);
        }

        if (State.Pass is not null && !_isStepping)
        {
            GoOn(TimeSpan.Zero);
        }
    }

    /// <summary>Notes which key is the current one, when that has changed.</summary>
    private async Task NoteKeyAsync(CancellationToken cancellationToken)
    {
        var ring = await AskAsync(() => _keys.FindAsync(TenantId, KeyPurpose, cancellationToken));
        if (ring?.CurrentId != State.KeyId)
        {
            await AppendAsync(KeepingRecordTypes.Key, new KeepingKey { KeyId = ring?.CurrentId }, MemoryKeepingJson.Default.KeepingKey);
        }
    }

    private void GoOn(TimeSpan after)
    {
        _timer?.Dispose();

        // Interleaves: admins look at it meanwhile.
        _timer = this.RegisterGrainTimer(_ => StepAsync(), new GrainTimerCreationOptions(after, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
    }

    private async Task StepAsync()
    {
        if (_isStepping || _stops || State.Pass is null)
        {
            return;
        }

        _isStepping = true;
        var hasMore = false;
        try
        {
            hasMore = await PageAsync();
            if (!hasMore)
            {
                await EndAsync();
            }
        }
#pragma warning disable CA1031 // Where it was stands in the journal; the watchdog brings it on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogInterrupted(exception, Key);
        }
        finally
        {
            _isStepping = false;
        }

        if (hasMore && !_stops)
        {
            GoOn(_options.KeepingPause);
        }
    }

    /// <summary>Looks at the memories of one page of journals.</summary>
    /// <returns>Whether there may be more.</returns>
    private async Task<bool> PageAsync()
    {
        var heads = await _journals.ListAsync(TenantId + "/u-", Page, State.After);
        if (heads.Count == 0)
        {
            return false;
        }

        var pass = State.Pass!;
        foreach (var batch in heads.Select(head => head.Journal).Where(IsMemory).Chunk(AtOnce))
        {
            foreach (var kept in await Task.WhenAll(batch.Select(KeepAsync)))
            {
                pass = kept is null ? pass with { People = pass.People + 1, Failed = pass.Failed + 1 } : MemoryKeepingState.Add(pass, kept);
            }
        }

        await AppendAsync(KeepingRecordTypes.Page, new KeepingPage { Pass = pass, After = Behind(heads[^1].Journal) }, MemoryKeepingJson.Default.KeepingPage);
        return heads.Count == Page;
    }

    // A person's journals stand behind each other; those of a person with many conversations are passed over at once.
    private string Behind(string journal)
    {
        var slash = journal.IndexOf('/', TenantId.Length + 1);
        return slash < 0 ? journal : journal[..(slash + 1)] + "~";
    }

    private bool IsMemory(string journal) => journal.IndexOf('/', TenantId.Length + 1) < 0;

    private async Task<MemoryKept?> KeepAsync(string memory)
    {
        try
        {
            _platform.Assume(TenantId);
            return await GrainFactory.GetGrain<IUserMemoryGrain>(memory).Keep(new KeepMemory { RetentionDays = State.RetentionDays.ToDictionary(), KeyId = State.KeyId, KeyDestroyedAt = State.KeyDestroyed?.At });
        }
#pragma warning disable CA1031 // One that cannot be looked at now must not keep the others waiting.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotKept(exception, memory);
            return null;
        }
    }

    private async Task EndAsync()
    {
        var next = NextNight(Now);
        if (State.KeyId is { } keyId)
        {
            try
            {
                next = await EndKeysAsync(keyId, next);
            }
#pragma warning disable CA1031 // A vault that refuses must not keep the next pass from beginning: what is over its time goes all the same.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogKeysRemain(exception, Key);
                next = Sooner(next, Now + AgainAfter);
                await AppendAsync(KeepingRecordTypes.KeysRemoved, new KeepingKeysRemoved { Count = 0, Remain = true }, MemoryKeepingJson.Default.KeepingKeysRemoved);
            }
        }

        next = State.Pass!.Failed > 0 ? Sooner(next, Now + AgainAfter) : next;
        next = State.NextAt > State.Pass.BeganAt ? Sooner(next, State.NextAt.Value) : next;
        next = State.KeyDestroyed is { } destroyed && destroyed.At + KeySettles is var settled && settled > Now ? Sooner(next, settled) : next;
        await AppendAsync(KeepingRecordTypes.Ended, new KeepingScheduled { NextAt = next }, MemoryKeepingJson.Default.KeepingScheduled);
        var ended = State.Passes[0];
        LogEnded(TenantId, ended.People, ended.Removed.Values.Sum());
        await _journal.ShortenAsync(keepsWake: true);
    }

    /// <summary>Seals the patterns with the current key, and removes the earlier ones when nothing is left under them.</summary>
    /// <returns>When the next pass begins at the latest.</returns>
    private async Task<DateTimeOffset> EndKeysAsync(string keyId, DateTimeOffset next)
    {
        if (await AskAsync(() => _keys.FindAsync(TenantId, KeyPurpose)) is not { } ring)
        {
            return next;
        }

        _platform.Assume(TenantId);
        var patternsAre = await GrainFactory.GetGrain<IMemoryPatternsGrain>(GrainKeys.MemoryPatterns(TenantId)).SealAnew(keyId);
        if (ring.CurrentId != keyId || State.Pass!.BeganAt < State.KeySince + KeySettles)
        {
            // What a silo sealed with the key before while this went on was not looked at.
            return ring.Count > 1 ? Sooner(next, Now + KeySettles) : next;
        }

        if (State.Pass.Failed == 0 && patternsAre)
        {
            // Before it is done: whoever is lost in between does it again and says the same.
            if (ring.Count > 1)
            {
                await AppendAsync(KeepingRecordTypes.KeysRemoved, new KeepingKeysRemoved { Count = ring.Count - 1 }, MemoryKeepingJson.Default.KeepingKeysRemoved);
            }

            await AskAsync(async () => await _keys.RemoveEarlierAsync(TenantId, KeyPurpose, keyId));
        }

        return next;
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Engines.Security.Vault.VaultException exception)
        {
            throw new Errors.StewardException(Errors.ErrorCodes.Unavailable, "The vault, which has the memory's key, cannot be asked now.", exception) { IsRetryable = exception.IsRetryable };
        }
    }
}
