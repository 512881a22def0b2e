using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>How a run is brought on: by one driver at a time, beside the grain's calls but on its scheduler; only the engine leaves it.</summary>
internal sealed partial class RunGrain
{
    private Task _driver = Task.CompletedTask;
    private Task _interim = Task.CompletedTask;
    private IReadOnlyList<ConversationMessage>? _history;
    private bool _tell;
    private bool _isAtWork;

    /// <summary>Whether the engine has something to do.</summary>
    private bool NeedsWork() => _journal.Life.IsRequested && !_journal.HasEnded && !RunLife.StandsStill(_journal.Snapshot, _time.GetUtcNow());

    /// <summary>Does whatever is to be done, unless somebody is at it: the driver looks for more before it ends.</summary>
    private void Continue()
    {
        if (_driver.IsCompleted && (NeedsWork() || _tell))
        {
            DelayDeactivation(TimeSpan.FromHours(24));
            _driver = DriveAsync();
        }
    }

    /// <summary>The session asks again: what it was told, or was to be told, may not have reached it.</summary>
    private void TellAgain()
    {
        if (!_driver.IsCompleted && RunLife.InterimId(_journal.Snapshot) is not null && _interim.IsCompleted)
        {
            _interim = TellSessionAsync();
        }

        _tell |= _journal.HasEnded || RunLife.InterimId(_journal.Snapshot) is not null;
        Continue();
    }

    private async Task DriveAsync()
    {
        // The identity of whoever happened to activate the grain must not leak into the run's own calls.
        RequestContext.Clear();
        Caller.Current = null;
        while (!_stop.IsCancellationRequested)
        {
            if (NeedsWork())
            {
                if (!await WorkAsync())
                {
                    return;
                }

                _tell = true;
            }
            else if (_tell)
            {
                _tell = false;
                await TellAsync();
            }
            else
            {
                // A run that waits, or is over, uses nothing.
                DelayDeactivation(TimeSpan.FromSeconds(-1));
                LeaveWhenOver();
                return;
            }
        }
    }

    /// <summary>Drives the engine until the run has ended or waits, again and again if the journal cannot be reached for a while.</summary>
    /// <returns>Whether this activation is still the one that works on the run.</returns>
    private async Task<bool> WorkAsync()
    {
        if (_journal.Snapshot.CancelRequested)
        {
            await _userCancel.CancelAsync();
        }

        var withoutProgress = 0;
        for (var attempt = 0; !_stop.IsCancellationRequested && NeedsWork(); attempt++)
        {
            var before = _journal.Sequence;
            try
            {
                if (_journal.Snapshot.Decisions.Any(decision => decision.IsOpen))
                {
                    await _journal.DecideAsync(snapshot => DecisionRules.ExpireDecisions(snapshot, _time.GetUtcNow()));
                }

                var work = ExecuteOnceAsync(await InputAsync());
                await AttendAsync(work);
                await work;
                if (!NeedsWork())
                {
                    return true;
                }

                withoutProgress = _journal.Sequence > before ? 0 : withoutProgress + 1;
                if (withoutProgress > 0 && !await Recover(attempt, withoutProgress))
                {
                    return false;
                }
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return false;
            }
            catch (EngineTooOldException exception)
            {
                // During a rolling upgrade: it stays open, and the watchdog looks for it until a server that knows its rules has it.
                LogLeft(_logger, exception, Key);
                DeactivateOnIdle();
                return false;
            }
            catch (RunMovedException)
            {
                LogMoved(_logger, Key);
                DeactivateOnIdle();
                return false;
            }
#pragma warning disable CA1031 // A run must never be lost to an exception: it is tried again, and without any progress ends with an error that the user sees.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogInterrupted(_logger, exception, Key);
                withoutProgress = _journal.Sequence > before || exception is StorageException ? 0 : withoutProgress + 1;
                if (!await Recover(attempt, withoutProgress))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>While the engine works: asks people as soon as a step needs them, though others go on, and tells the session when the run goes on without it.</summary>
    private async Task AttendAsync(Task work)
    {
        var deadline = _journal.DeadlinePassed;
        while (!work.IsCompleted)
        {
            await Task.WhenAny(work, _journal.ApprovalsChanged, deadline);
            if (work.IsCompleted)
            {
                return;
            }

            if (_journal.ApprovalsChanged.IsCompleted)
            {
                // What cannot be handed over now is once the run waits or ends.
                _journal.TakeApprovals();
                await TriedAsync(() => HandOverApprovalsAsync(early: true));
            }
            else
            {
                deadline = work;
                if (_interim.IsCompleted)
                {
                    _interim = TellSessionAsync();
                }
            }
        }
    }

    /// <summary>One execution by the engine, when it is the run's turn: until the run has ended or waits for people, or cannot go on here.</summary>
    private async Task ExecuteOnceAsync(RunInput input)
    {
        using var slot = await _turns.EnterAsync(input, _journal.Snapshot, _userCancel.Token, _stop.Token);
        _isAtWork = true;
        var work = Task.Run(() => _engine.ExecuteAsync(input, _journal, _userCancel.Token, _stop.Token));
        if (await Task.WhenAny(work, _journal.DeadlinePassed) != work)
        {
            slot?.BecomeBackground();
        }

        await work;
    }

    /// <summary>The input, with the conversation while it is in memory, or as long as it is not in the journal.</summary>
    private async Task<RunInput> InputAsync()
    {
        var input = _journal.Snapshot.Input!;
        if (_history is null && _journal.Snapshot is { Context: not null } or { Choice: not null })
        {
            return input;
        }

        if (_history is null)
        {
            // A journal of a version that left the conversation to the engine, which was lost before it could keep it.
            _platform.Assume(TenantId);
            var context = await GrainFactory.GetGrain<ISessionGrain>(_journal.Origin!.SessionKey).Recall(RunId, _stop.Token);
            _history = context is null ? [] : RunRequests.ToHistory(context);
        }

        return input.History.Count > 0 ? input : input with { History = _history };
    }

    private async Task<bool> Recover(int attempt, int withoutProgress)
    {
        try
        {
            await Task.Delay(_options.RetryAfter * (1 << Math.Min(attempt, 4)), _time, _stop.Token);
            await _journal.LoadAsync(_stop.Token);
            if (withoutProgress >= _options.MaxAttemptsWithoutProgress && !_journal.HasEnded)
            {
                await _journal.RecordAsync(
                    [
                        new AnswerDelta { Offset = _journal.Snapshot.AnswerLength, Text = "This could not be worked off because of an internal error. What was done so far is listed in the steps." },
                        new RunEnded { Phase = RunPhase.Failed, ErrorCode = ErrorCodes.Internal, IsTechnical = true, AnswerFrom = _journal.Snapshot.AnswerLength },
                    ],
                    CancellationToken.None);
            }

            return true;
        }
        catch (RunMovedException)
        {
            LogMoved(_logger, Key);
            DeactivateOnIdle();
            return false;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return false;
        }
#pragma warning disable CA1031 // Whatever keeps the journal from being read or written: the run stays open and is tried again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogInterrupted(_logger, exception, Key);
            return true;
        }
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Information, Message = "Run {Run} is taken up again after event {Sequence}")]
    private static partial void LogResumed(ILogger logger, string run, long sequence);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "Run {Run} was interrupted and will go on")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string run);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Information, Message = "Run {Run} is driven by another activation; this one gives way")]
    private static partial void LogMoved(ILogger logger, string run);

    [LoggerMessage(EventId = 1406, Level = LogLevel.Warning, Message = "Run {Run} is left to a newer server")]
    private static partial void LogLeft(ILogger logger, Exception exception, string run);
}
