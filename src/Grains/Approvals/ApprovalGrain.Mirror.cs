using System.Globalization;
using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.Mirroring;
using Steward.Identity;

namespace Steward.Approvals;

/// <summary>
/// The record in another system that goes along. Nobody waits for it: it is brought in step beside everything else, by one at a time, and what it needs to know after a loss stands in the journal.
/// </summary>
internal sealed partial class ApprovalGrain
{
    private static readonly TimeSpan MirrorRetry = TimeSpan.FromSeconds(30);

    private Task _mirroring = Task.CompletedTask;
    private DateTimeOffset _mirrorNotBefore;
    private bool _lookAgain;

    /// <inheritdoc/>
    public async Task LookAtMirror(string instance, CancellationToken cancellationToken = default)
    {
        using var busy = new Busy(this);
        Caller.RequireSystem();
        if (_journal.State?.Route?.Chain.Mirror?.Instance != instance)
        {
            return;
        }

        // Whoever is at work on it may have looked before it changed.
        _lookAgain = !_mirroring.IsCompleted;
        await _journal.DecideAsync(state => ApprovalMachine.LookAtMirror(state!, _time.GetUtcNow()));
        Arm();
    }

    /// <summary>When this activation has something to do.</summary>
    private DateTimeOffset? WakeOf(ApprovalState state)
    {
        var others = ApprovalWake.Of(state, withMirror: false);
        if (!_mirroring.IsCompleted)
        {
            return others;
        }

        var next = ApprovalWake.Of(state);
        return next == others || next >= _mirrorNotBefore ? next : others < _mirrorNotBefore ? others : _mirrorNotBefore;
    }

    /// <summary>Begins to bring the record in step, if that is due and nobody is at it.</summary>
    private void StartMirror()
    {
        var now = _time.GetUtcNow();
        if (_mirroring.IsCompleted && !_stop.IsCancellationRequested && !_gaveWay && now >= _mirrorNotBefore && _journal.State is { } state && ApprovalWake.MirrorIsDue(state, now))
        {
            DelayDeactivation(_parts.Options.MirrorPatience);
            _mirroring = MirrorAsync();
        }
    }

    private async Task MirrorAsync()
    {
        // Whoever starts it may look at the task before anything is done: nothing may end before that.
        await Task.Yield();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            limit.CancelAfter(_parts.Options.MirrorPatience);
            _parts.Platform.Assume(TenantId);
            await _parts.Mirrors.SyncAsync(new Mirrored(this), limit.Token);
            if (_lookAgain)
            {
                _lookAgain = false;
                await _journal.DecideAsync(state => ApprovalMachine.LookAtMirror(state!, _time.GetUtcNow()));
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            await GiveUpForNowAsync();
        }
#pragma warning disable CA1031 // It stands in the journal that it is to be done: it is tried again, here or elsewhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _mirrorNotBefore = _time.GetUtcNow() + MirrorRetry;
            LogInterrupted(_logger, exception, Key);
        }

        _mirroring = Task.CompletedTask;
        if (!_stop.IsCancellationRequested)
        {
            // What was decided there is handed over like everything else, and the time is set for what comes next.
            await WorkAsync();
        }
    }

    /// <summary>The other system took too long, which is a failure like any other.</summary>
    private async Task GiveUpForNowAsync()
    {
        var error = string.Create(CultureInfo.InvariantCulture, $"It could not be brought in step within {_parts.Options.MirrorPatience.TotalMinutes:0.##} minutes.");
        try
        {
            var state = _journal.State!;
            await new Mirrored(this).NoteAsync(MirrorRetries.Failed(state.Mirror ?? new(), state.IsOver, error, null, _time.GetUtcNow()), error);
        }
#pragma warning disable CA1031 // It stands in the journal that it is to be done: it is tried again, here or elsewhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _mirrorNotBefore = _time.GetUtcNow() + MirrorRetry;
            LogInterrupted(_logger, exception, Key);
        }
    }

    /// <summary>This approval, as the keeper of its record may work on it.</summary>
    private sealed class Mirrored(ApprovalGrain grain) : IMirroredApproval
    {
        private DateTimeOffset? _known = grain._journal.State!.Mirror?.NextAt;

        public ApprovalState State => grain._journal.State!;

        public async Task NoteAsync(MirrorState mirror, string? reason)
        {
            await grain.Note(current =>
            {
                // Something happened meanwhile, or was decided by what was found there, that not all of the record says yet: it is looked at once more, whatever is noted until then.
                var hasMoved = current!.Mirror is { } now && now.NextAt != _known;
                var next = hasMoved ? mirror with { NextAt = current.Mirror!.NextAt, IsClosed = false } : mirror;
                _known = hasMoved ? _known : next.NextAt;
                return new ApprovalOutcome { Events = [new ApprovalMirrored { At = grain._time.GetUtcNow(), Mirror = next, Reason = reason }] };
            });
        }

        public async Task<ApprovalOutcome> VoteAsync(VoteCommand command)
        {
            // The same guard as for every other channel: who acts for another by a delegation that may be over does not vote.
            var isCurrent = await grain.CurrentAsync(grain._stop.Token);
            return await DecideAsync(state => isCurrent || ApprovalMachine.RightOf(state, command.Actor).ActsFor is null
                ? ApprovalMachine.Vote(state, command, grain._time.GetUtcNow())
                : throw new MirrorException("Who may act for whom cannot be looked up now."));
        }

        public Task<ApprovalOutcome> CancelAsync(CancelCommand command) => DecideAsync(state => ApprovalMachine.Cancel(state, command, grain._time.GetUtcNow()));

        private async Task<ApprovalOutcome> DecideAsync(Func<ApprovalState, ApprovalOutcome> decide)
        {
            var outcome = await grain.Note(state => decide(state!));
            grain.Arm();
            return outcome;
        }
    }
}
