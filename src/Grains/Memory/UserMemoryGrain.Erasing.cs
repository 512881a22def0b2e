using System.Globalization;
using System.Text.Json;
using Orleans.Runtime;
using Steward.Engines.Memory.Keeping;
using Steward.Identity;
using Steward.Models;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Memory;

/// <summary>
/// How everything is erased: first the memory itself, in the call that asks for it; then, beside the grain's calls, one conversation after the other. Each step is in the journal before it is done, so that an erasure that was interrupted goes on where it was.
/// </summary>
internal sealed partial class UserMemoryGrain
{
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
        if (State.Erasure is { } earlier && earlier.OperationId == command.OperationId)
        {
            await SettleDueAsync();
            return earlier;
        }

        await TrailAsync("erase", null, command.OperationId);
        List<string> sessions = [];
        if (command.IncludeConversations || State is { IsErasing: true, ErasesConversations: true })
        {
            await Guarded(async () => sessions = await RecentConversationsAsync());
        }

        var begun = new MemoryEraseBegun { OperationId = command.OperationId, IncludeConversations = command.IncludeConversations, CountsDismissed = true, Sessions = sessions };
        await _journal!.AppendAsync(MemoryRecordTypes.EraseBegun, begun, MemoryJson.Default.MemoryEraseBegun, () => new JournalWake(Now), "erase:" + command.OperationId);
        await PurgeAsync();
        if (State.ErasesConversations)
        {
            await Guarded(MarkAsync);
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
            var sessions = default(IEnumerable<string>);
            await Guarded(async () =>
            {
                var mark = await _mark.FindAsync(cancellationToken);
                sessions = command.IncludeConversations || mark is not null ? (await RecentConversationsAsync()).Union(mark?.Sessions ?? []) : null;
            });
            var erasure = new MemoryErasure { OperationId = command.OperationId, RequestedAt = Now, Removed = [] };
            await BeginAnewAsync(erasure, UserMemoryState.Default, sessions, cancellationToken);
        }
    }

    /// <summary>Leaves nothing of what cannot be read any more but a receipt, and opens the memory that begins with it.</summary>
    /// <param name="erasure">The receipt.</param>
    /// <param name="settings">What may be kept from here on.</param>
    /// <param name="sessions">The conversations that go with it whatever their times say; null when none goes with it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    private async Task BeginAnewAsync(MemoryErasure erasure, MemorySettings settings, IEnumerable<string>? sessions, CancellationToken cancellationToken)
    {
        var head = (await _journals.GetHeadAsync(Key, cancellationToken))!;
        var state = new UserMemoryState
        {
            PurgedThrough = head.Sequence,
            Erasure = erasure with { Removed = [new ErasedPart { Place = "entries that could not be read", Count = (int)Math.Min(head.Sequence, int.MaxValue) }] },
            ErasesConversations = sessions is not null,
            ErasedWithIt = new HashSet<string>(sessions ?? [], StringComparer.Ordinal),
            Settings = settings,

            // No entry gave more ids than that: none is given a second time.
            Next = (head.Sequence * MemoryRules.MaxStatements) + 1,

            // Whether it was is not known any more; taking out who is not in does no harm.
            Asked = new AskedRequests { IsShared = true, Next = (head.Sequence * AskedRequests.MostAtOnce) + 1 },
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
        var operationId = State.Erasure!.OperationId;
        try
        {
            await PurgeAsync();
            if (State.ErasesConversations)
            {
                await MarkAsync();
            }

            await ShareAsync();
            await ForgetAnswersAsync();
            if (!await EraseVectorsAsync())
            {
                return;
            }

            if ((State.ErasesConversations && !await EraseConversationsAsync()) || State.MustPurge || MustUnshare)
            {
                GoOnErasing(State.Erasure.OperationId == operationId ? _options.EraseAgainAfter : TimeSpan.Zero);
                return;
            }

            if (State.Erasure.OperationId == operationId)
            {
                await _mark.ClearAsync();
            }

            IReadOnlyList<string> remains = [.. AlwaysRemains, .. Also()];
            var erased = new MemoryErased { Remains = remains, OperationId = operationId };
            await _journal!.AppendAsync(MemoryRecordTypes.Erased, erased, MemoryJson.Default.MemoryErased, () => new JournalWake(State.Erasure!.OperationId == operationId && !State.MustPurge ? State.ConsolidatesAt : Now));
            if (State.IsErasing)
            {
                // It was asked for again meanwhile.
                GoOnErasing(TimeSpan.Zero);
                return;
            }

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

    private Task MarkAsync() => _mark.SetAsync(new ErasingConversations { OperationId = State.Erasure!.OperationId, RequestedAt = State.Erasure.RequestedAt, Sessions = [.. State.ErasedWithIt] });

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
            var answers = new MemoryEraseAnswers { OperationId = State.Erasure.OperationId };
            _platform.Assume(TenantId);
            await GrainFactory.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings(TenantId)).ForgetAnswers(GrainKeys.LastPart(Key));
            await _journal!.AppendAsync(MemoryRecordTypes.EraseAnswers, answers, MemoryJson.Default.MemoryEraseAnswers, () => new JournalWake(Now));
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
            var step = new MemoryEraseVectors { Count = (int)Math.Min(erased.Removed, int.MaxValue), IsTotal = true, HasMore = erased.HasMore, OperationId = operationId };
            await _journal!.AppendAsync(type, step, MemoryJson.Default.MemoryEraseVectors, () => new JournalWake(Now));
        }

        return true;
    }
}
