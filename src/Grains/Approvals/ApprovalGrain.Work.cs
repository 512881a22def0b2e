using Microsoft.Extensions.Logging;
using Steward.Engines.Approvals.Machine;
using Steward.Errors;
using Steward.Identity;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Approvals;

/// <summary>What an approval does by itself: lets time pass, tells others. Everything may be done twice; those who are told take it once.</summary>
internal sealed partial class ApprovalGrain
{
    private const int MaxComments = 500;
    private const int MaxSteps = 100;
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private Task _work = Task.CompletedTask;
    private bool _tellRunAgain;
    private int _failures;

    /// <summary>Sets the timer to what is due next, unless somebody is at work and will. What is due much later is left to the watchdog, and the memory to others.</summary>
    private void Arm()
    {
        if (!_work.IsCompleted || _stop.IsCancellationRequested)
        {
            return;
        }

        var next = _journal.State is { } state ? WakeOf(state) : null;
        var wait = (next - _time.GetUtcNow()) is { } until && until > TimeSpan.Zero ? until : TimeSpan.Zero;
        if (_tellRunAgain || (next is not null && wait <= _parts.Options.KeptFor))
        {
            var patience = _failures == 0 ? TimeSpan.Zero : _parts.Options.RetryAfter * Math.Pow(2, Math.Min(_failures - 1, 10));
            wait = _tellRunAgain || wait < patience ? Shorter(patience, LongestRetry) : wait;
            DelayDeactivation(wait + _parts.Options.KeptFor);
            _timer!.Change(wait, Timeout.InfiniteTimeSpan);
        }
        else
        {
            _timer!.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }

    private Task OnTimerAsync(CancellationToken cancellationToken) => WorkAsync();

    /// <summary>Does whatever is due, unless somebody is at it.</summary>
    private Task WorkAsync()
    {
        if (_work.IsCompleted)
        {
            _work = WorkOnceAsync();
        }

        return _work;
    }

    private async Task WorkOnceAsync()
    {
        // Whoever starts it may look at the task before anything is done: nothing may end before that.
        await Task.Yield();
        try
        {
            for (var step = 0; step < MaxSteps && !_stop.IsCancellationRequested; step++)
            {
                await AdvanceAsync();
                StartMirror();
                var isDone = await HandOverAsync();
                _failures = isDone is null ? _failures + 1 : 0;
                if (isDone is not true)
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // What is to be done stands in the journal: it is tried again, here or elsewhere.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _failures++;
            LogInterrupted(_logger, exception, Key);
        }

        AfterWork();
    }

    private void AfterWork()
    {
        _work = Task.CompletedTask;
        Arm();
        if (_journal.State is not { } state || _tellRunAgain || WakeOf(state) is not { } next || next - _time.GetUtcNow() > _parts.Options.KeptFor)
        {
            // A request that waits uses nothing. Not while a command is being carried out: its end sets the timer, which an activation that leaves has not.
            if (!_tellRunAgain && _commands == 0 && _mirroring.IsCompleted)
            {
                DeactivateOnIdle();
            }
        }
    }

    /// <summary>Tells the run, the people and the lists what they do not know.</summary>
    /// <returns>Whether something was handed over; null when something could not be.</returns>
    private async Task<bool?> HandOverAsync()
    {
        if (_journal.State is not { } state)
        {
            return false;
        }

        var now = _time.GetUtcNow();
        var tellsRun = ApprovalWake.CanTellRun(state, now) || (_tellRunAgain && state is { IsOver: true, Request.RunId: not null });
        var lists = state.ListedThrough < state.ListVersion;
        if (!tellsRun && !lists && state.Outbox.Count == 0)
        {
            return false;
        }

        // The run first: somebody may wait for it.
        var runTold = tellsRun && await TriedAsync(() => TellRunAsync(state));
        _tellRunAgain &= tellsRun && !runTold;
        var isListed = lists ? TriedAsync(() => ListAsync(state)) : Task.FromResult(false);
        var isTold = state.Outbox.Count > 0 && await TriedAsync(() => TellPeopleAsync(state));
        var handed = new ApprovalHandedOver
        {
            At = _time.GetUtcNow(),
            NoticesThrough = isTold ? state.Outbox[^1].Sequence : null,
            ListedThrough = await isListed ? state.Version : null,
            RunTold = runTold && !state.RunTold,
        };
        if (handed is { NoticesThrough: not null } or { ListedThrough: not null } or { RunTold: true })
        {
            await _journal.DecideAsync(_ => new ApprovalOutcome { Events = [handed] });
            ApprovalDiagnostics.HandOver.Record(Math.Max(0, (handed.At - state.ChangedAt).TotalSeconds));
        }

        var isComplete = (isTold || state.Outbox.Count == 0) && (await isListed || !lists) && (runTold || !tellsRun);
        return isComplete ? true : null;
    }

    private async Task TellRunAsync(ApprovalState state)
    {
        _parts.Platform.Assume(TenantId);
        await GrainFactory.GetGrain<IRunGrain>(GrainKeys.Run(TenantId, state.Request.RunId!)).SettleApproval(
            new ApprovalSettled
            {
                RequestId = state.Request.RunRequestId!,
                ApprovalId = state.Request.ApprovalId,
                Decision = state.Status switch
                {
                    Engines.Approvals.ApprovalStatus.Approved => "approve",
                    Engines.Approvals.ApprovalStatus.Rejected => "reject",
                    Engines.Approvals.ApprovalStatus.Expired => "expired",
                    _ => "cancelled",
                },
                By = state.End!.By,
                Channel = state.End.Channel,
                Comment = state.End.Reason,
                ValidUntil = state.End.ValidUntil,
            },
            _stop.Token);
    }

    // Webhooks go with the lists: both are told after each change, and neither decides anything.
    private async Task ListAsync(ApprovalState state)
    {
        await _parts.Lists.PutAsync(ApprovalRows.Of(state), _stop.Token);
        await _parts.Webhooks.TellAsync(TenantId, state);
    }

    private async Task TellPeopleAsync(ApprovalState state)
    {
        var isAsked = state.Outbox.Any(draft => draft is { IsActionable: true, To: not null });
        var similar = isAsked ? await _parts.Similar.FindAsync(state, _stop.Token) : [];
        if (ApprovalNotices.Of(state, similar) is { Count: > 0 } notices)
        {
            await _parts.Router.TellAsync(TenantId, notices, _stop.Token);
        }
    }

    private async Task<bool> TriedAsync(Func<Task> tell)
    {
        try
        {
            await tell();
            return true;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // It stands in the journal that it is to be done; it is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, Key);
            return false;
        }
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    [LoggerMessage(EventId = 1801, Level = LogLevel.Warning, Message = "The work on approval {Approval} was interrupted and will go on")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string approval);

    [LoggerMessage(EventId = 1803, Level = LogLevel.Warning, Message = "Not everyone could be told of approval {Approval}; it will be tried again")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string approval);
}
