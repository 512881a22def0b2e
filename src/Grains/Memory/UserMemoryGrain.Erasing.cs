using System.Text.Json;
using Orleans.Runtime;
using Steward.Identity;
using Steward.Operations;
using Steward.Runs;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// How everything is erased: first the memory itself, in the call that asks for it; then, beside the grain's calls, one conversation after the other. Each step is in the journal before it is done, so that an erasure that was interrupted goes on where it was.
/// </summary>
internal sealed partial class UserMemoryGrain
{
    private const int Page = 200;

    private static readonly string[] AlwaysRemains =
    [
        "Prompts and long results are stored once by their hash and may be shared: the tenant's retention removes those that nobody refers to.",
        "Answers in the caches of servers go when their time is over.",
        "The record of who read or changed the memory, without what it held.",
        "Tickets that were sent to triage stay until the tenant's retention removes them; they are not found by what they mean any more.",
        "Approvals, schedules and the audit of actions in external systems are not part of the memory.",
    ];

    /// <inheritdoc/>
    public async Task<MemoryErasure> Erase(EraseMemory command, CancellationToken cancellationToken = default)
    {
        MemoryRules.CheckOperation(command.OperationId);
        await OpenToEraseAsync(command, cancellationToken);
        if (State.Erasure is { } earlier && (earlier.OperationId == command.OperationId || State.IsErasing))
        {
            return earlier;
        }

        await TrailAsync("erase", null, command.OperationId);
        var begun = new MemoryEraseBegun { OperationId = command.OperationId, IncludeConversations = command.IncludeConversations };
        await _journal!.AppendAsync(MemoryRecordTypes.EraseBegun, begun, MemoryJson.Default.MemoryEraseBegun, () => new JournalWake(Now), "erase:" + command.OperationId);
        await _journal.PurgeAsync(keepsWake: true);
        if (command.IncludeConversations)
        {
            GoOnErasing(TimeSpan.Zero);
        }
        else
        {
            await EraseOnAsync();
        }

        return State.Erasure!;
    }

    /// <inheritdoc/>
    public async Task<MemoryErasure?> GetErasure(CancellationToken cancellationToken = default)
    {
        await OpenAsync(cancellationToken);
        return State.Erasure;
    }

    /// <summary>Opens the memory, also when its key is gone: then what cannot be read any more is removed.</summary>
    private async Task OpenToEraseAsync(EraseMemory command, CancellationToken cancellationToken)
    {
        try
        {
            await OpenAsync(cancellationToken);
        }
        catch (Errors.StewardException exception) when (exception.Code == Errors.ErrorCodes.MemoryUnreadable)
        {
            var head = await _journals.GetHeadAsync(Key, cancellationToken);
            var state = new UserMemoryState
            {
                PurgedThrough = head!.Sequence,
                Erasure = new MemoryErasure { OperationId = command.OperationId, RequestedAt = Now, Removed = [new ErasedPart { Place = "entries that could not be read", Count = (int)Math.Min(head.Sequence, int.MaxValue) }] },
                ErasesConversations = command.IncludeConversations,

                // Whether it was is not known any more; taking out who is not in does no harm.
                Asked = new AskedRequests { IsShared = true },
            };
            var receipt = new JournalRecord { Type = FoldedJournal<UserMemoryState>.SnapshotType, Payload = JsonSerializer.SerializeToUtf8Bytes(state, MemoryJson.Default.UserMemoryState), At = Now };
            await Guarded(async () => await (await SealedAsync(asksVault: false, cancellationToken)).PurgeAsync(new JournalPurge { Journal = Key, ThroughSequence = head.Sequence, Receipt = receipt, KeepsWake = true }, cancellationToken));
            await OpenAsync(cancellationToken);
        }
    }

    private void GoOnErasing(TimeSpan after)
    {
        _erasing?.Dispose();

        // Interleaves: conversations that are at work may wait for this memory.
        _erasing = this.RegisterGrainTimer(_ => EraseOnAsync(), new GrainTimerCreationOptions(after, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
    }

    private bool _isErasing;

    private async Task EraseOnAsync()
    {
        if (_isErasing || _stops || !State.IsErasing)
        {
            return;
        }

        _isErasing = true;
        try
        {
            if (State.MustPurge)
            {
                await _journal!.PurgeAsync(keepsWake: true);
            }

            await ShareAsync();
            if (State.MustPurge || MustUnshare || (State.ErasesConversations && !await EraseConversationsAsync()))
            {
                GoOnErasing(_options.EraseAgainAfter);
                return;
            }

            var vectors = _vectors.HasStore ? await _vectors.EraseOwnerAsync(TenantId, GrainKeys.LastPart(Key), State.Erasure!.RequestedAt) : 0;
            var remains = State.ErasesConversations ? AlwaysRemains : [.. AlwaysRemains, "Conversations and runs: they were not asked for."];
            await _journal!.AppendAsync(MemoryRecordTypes.Erased, new MemoryErased { Remains = remains, Vectors = vectors }, MemoryJson.Default.MemoryErased, static () => JournalWake.Never);
            MemoryLog.Erased(_logger, Key);
        }
#pragma warning disable CA1031 // What is left to do stands in the journal; the watchdog brings it on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.EraseInterrupted(_logger, exception, Key);
            if (!_stops)
            {
                GoOnErasing(_options.EraseAgainAfter);
            }
        }
        finally
        {
            _isErasing = false;
        }
    }

    /// <summary>Removes the texts of all conversations of the person that are at rest.</summary>
    /// <returns>Whether none is left.</returns>
    private async Task<bool> EraseConversationsAsync()
    {
        var now = Now;
        var prefix = Key + "/s-";
        var isDone = (await _journals.ListOpenAsync(prefix, now, 1)).Count == 0;
        string? after = null;
        while (!_stops)
        {
            var heads = await _journals.ListClosedAsync(prefix, now, Page, after);
            foreach (var head in heads)
            {
                isDone &= await EraseConversationAsync(head.Journal, now);
            }

            if (heads.Count < Page)
            {
                return isDone;
            }

            after = heads[^1].Journal;
        }

        return false;
    }

    private async Task<bool> EraseConversationAsync(string sessionKey, DateTimeOffset now)
    {
        var runs = await RunsOfAsync(sessionKey);
        var step = new MemoryEraseStep { SessionId = GrainKeys.LastPart(sessionKey), Runs = runs.Count };
        if (!State.ErasedSessions.Contains(step.SessionId))
        {
            await _journal!.AppendAsync(MemoryRecordTypes.EraseStep, step, MemoryJson.Default.MemoryEraseStep, () => new JournalWake(Now));
        }

        var isDone = true;
        foreach (var runId in runs)
        {
            var run = GrainKeys.Run(TenantId, runId);
            if (await _journals.GetHeadAsync(run) is not null)
            {
                _platform.Assume(TenantId);
                isDone &= await GrainFactory.GetGrain<IRunGrain>(run).Retire(now);
            }
        }

        // Its runs are found by it: it goes last.
        _platform.Assume(TenantId);
        return isDone && await GrainFactory.GetGrain<ISessionGrain>(sessionKey).Retire(now);
    }

    private async Task<HashSet<string>> RunsOfAsync(string sessionKey)
    {
        var runs = new HashSet<string>(StringComparer.Ordinal);
        for (long? after = 0; after is { } place;)
        {
            var page = await Transcript.ReadAsync(_journals, sessionKey, place, Page, CancellationToken.None);
            runs.UnionWith(page.Messages.Select(message => message.RunId));
            after = page.NextAfterSequence;
        }

        return runs;
    }
}
