using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;
using Steward.Engines.Memory.Keeping;
using Steward.Identity;
using Steward.Models;
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
    private const int VectorsAtOnce = 5_000;

    private static readonly string[] AlwaysRemains =
    [
        "Definitions of agents, playbooks and tools that runs referred to: nobody's words are in them.",
        "Code that ran in the sandbox and its results: the tenant's retention removes them.",
        "Snippets of sandbox code that the person proposed: the tenant's admins remove them.",
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
            var erasure = new MemoryErasure { OperationId = command.OperationId, RequestedAt = Now, Removed = [] };
            await BeginAnewAsync(erasure, UserMemoryState.Default, command.IncludeConversations, cancellationToken);
        }
    }

    /// <summary>Leaves nothing of what cannot be read any more but a receipt, and opens the memory that begins with it.</summary>
    private async Task BeginAnewAsync(MemoryErasure erasure, MemorySettings settings, bool erasesConversations, CancellationToken cancellationToken)
    {
        var head = (await _journals.GetHeadAsync(Key, cancellationToken))!;
        var state = new UserMemoryState
        {
            PurgedThrough = head.Sequence,
            Erasure = erasure with { Removed = [new ErasedPart { Place = "entries that could not be read", Count = (int)Math.Min(head.Sequence, int.MaxValue) }] },
            ErasesConversations = erasesConversations,
            Settings = settings,

            // Whether it was is not known any more; taking out who is not in does no harm.
            Asked = new AskedRequests { IsShared = true },
        };
        var receipt = new JournalRecord { Type = FoldedJournal<UserMemoryState>.SnapshotType, Payload = JsonSerializer.SerializeToUtf8Bytes(state, MemoryJson.Default.UserMemoryState), At = Now };
        await Guarded(async () => await (await SealedAsync(asksVault: false, cancellationToken)).PurgeAsync(new JournalPurge { Journal = Key, ThroughSequence = head.Sequence, Receipt = receipt, KeepsWake = true }, cancellationToken));

        // Its activation may have held what its key did not outlive.
        _journal?.Dispose();
        (_journal, _store) = (null, null);
        await OpenAsync(cancellationToken);
        if (State.IsErasing)
        {
            // What is left to do is found again if this silo is lost before it has noted the first of it.
            await Append(new Consolidation([], [], State.ConsolidatesAt), () => State.IsErasing ? new JournalWake(Now) : null);
        }
    }

    private void GoOnErasing(TimeSpan after)
    {
        _erasing?.Dispose();
        if (_stops)
        {
            // Another activation goes on: the journal says so.
            return;
        }

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
            await ForgetAnswersAsync();
            if (!await EraseVectorsAsync())
            {
                return;
            }

            if (State.MustPurge || MustUnshare || (State.ErasesConversations && !await EraseConversationsAsync()))
            {
                GoOnErasing(_options.EraseAgainAfter);
                return;
            }

            IReadOnlyList<string> remains = [.. AlwaysRemains, .. Also()];
            await _journal!.AppendAsync(MemoryRecordTypes.Erased, new MemoryErased { Remains = remains }, MemoryJson.Default.MemoryErased, static () => JournalWake.Never);
            MemoryLog.Erased(_logger, Key);
        }
#pragma warning disable CA1031 // What is left to do stands in the journal; the watchdog brings it on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            MemoryLog.EraseInterrupted(_logger, exception, Key);
            GoOnErasing(_options.EraseAgainAfter);
        }
        finally
        {
            _isErasing = false;
        }
    }

    private IEnumerable<string> Also()
    {
        if (!State.ErasesConversations)
        {
            yield return "Conversations and runs, with their prompts and results: they were not asked for.";
        }

        if (State.SharedContents > 0)
        {
            yield return $"{State.SharedContents} prompts and results of runs of an earlier release, which were shared by their hash: the tenant's retention removes those that nobody refers to.";
        }
    }

    // Once more when it is not known whether it was done: that does no harm.
    private async Task ForgetAnswersAsync()
    {
        if (State.Erasure!.AnswersForgottenAt is null)
        {
            _platform.Assume(TenantId);
            await GrainFactory.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings(TenantId)).ForgetAnswers(GrainKeys.LastPart(Key));
            await _journal!.AppendAsync(MemoryRecordTypes.EraseAnswers, new MemoryEraseAnswers(), MemoryJson.Default.MemoryEraseAnswers, () => new JournalWake(Now));
        }
    }

    /// <summary>Removes the person's vectors: before the conversations, which may take long. What is sent after the request stays.</summary>
    /// <returns>Whether none is left; not when the activation ends before that.</returns>
    private async Task<bool> EraseVectorsAsync()
    {
        while (_vectors.HasStore && !State.HasErasedVectors)
        {
            if (_stops)
            {
                return false;
            }

            // The store counts them, so that a loss behind a step that was made does not make the receipt say less.
            var (requestedAt, operationId) = (State.Erasure!.RequestedAt, State.Erasure.OperationId);
            var mark = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(operationId));
            var erased = await _vectors.EraseOwnerAsync(TenantId, GrainKeys.LastPart(Key), string.Create(CultureInfo.InvariantCulture, $"{requestedAt.ToUnixTimeMilliseconds()}-{mark}"), requestedAt, VectorsAtOnce);

            // A release that knows no steps takes the record that it knows for the end of them.
            var type = erased.HasMore ? MemoryRecordTypes.EraseVectorsStep : MemoryRecordTypes.EraseVectors;
            var step = new MemoryEraseVectors { Count = (int)Math.Min(erased.Removed, int.MaxValue), IsTotal = true, HasMore = erased.HasMore };
            await _journal!.AppendAsync(type, step, MemoryJson.Default.MemoryEraseVectors, () => new JournalWake(Now));
        }

        return true;
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

        var heads = new List<JournalHead>();
        foreach (var runId in runs)
        {
            if (await _journals.GetHeadAsync(GrainKeys.Run(TenantId, runId)) is { } head)
            {
                heads.Add(head);
            }
        }

        // One that is at work, or waits for somebody, goes when it is over, with what only it refers to.
        var resting = new List<string>();
        foreach (var head in heads.Where(head => !head.Open && head.WakeAt is null))
        {
            _platform.Assume(TenantId);
            if (await GrainFactory.GetGrain<IRunGrain>(head.Journal).GetStatus() is { HasEnded: true })
            {
                resting.Add(head.Journal);
            }
        }

        await EraseContentsAsync(step.SessionId, resting, [.. heads.Select(head => head.Journal).Except(resting, StringComparer.Ordinal)]);
        var isDone = resting.Count == heads.Count;
        foreach (var run in resting)
        {
            _platform.Assume(TenantId);
            isDone &= await GrainFactory.GetGrain<IRunGrain>(run).Retire(now);
        }

        // Its runs are found by it: it goes last.
        _platform.Assume(TenantId);
        return isDone && await GrainFactory.GetGrain<ISessionGrain>(sessionKey).Retire(now);
    }

    /// <summary>Removes what runs have stored by hash, before their journals, which say what that is, go.</summary>
    private async Task EraseContentsAsync(string sessionId, List<string> runs, List<string> others)
    {
        var contents = new RunContents(_journals, _contents);
        var found = await contents.FindAsync(runs, others, CancellationToken.None);
        if (found.Names.Count == 0 && found.Shared == 0)
        {
            return;
        }

        var mark = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', runs.Order(StringComparer.Ordinal))));
        var part = new MemoryEraseContents { Part = $"{sessionId}/{mark[..16]}", Contents = found.Names.Count, Shared = found.Shared };
        if (!State.ErasedContents.Contains(part.Part))
        {
            await _journal!.AppendAsync(MemoryRecordTypes.EraseContents, part, MemoryJson.Default.MemoryEraseContents, () => new JournalWake(Now));
        }

        await contents.RemoveAsync(TenantId, found, CancellationToken.None);
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
