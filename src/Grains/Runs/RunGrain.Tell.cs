using Microsoft.Extensions.Logging;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Runs;

/// <summary>Who is told where a run has come to. Everything may be said twice; those who are told take it once.</summary>
internal sealed partial class RunGrain
{
    // What was handed over while the engine worked, and need not be again when the run waits.
    private readonly HashSet<string> _handedOver = new(StringComparer.Ordinal);
    private bool _counted;

    /// <summary>Tells everyone concerned where the run has come to.</summary>
    private async Task TellAsync()
    {
        if (!_journal.HasEnded)
        {
            await TellSessionAsync();
            return;
        }

        Count();
        if (!_journal.Life.MustSettle || _journal.Life.IsSettled)
        {
            // The session finds out by itself otherwise: its journal stays open until it knows, and it asks.
            await TellSessionAsync();
            return;
        }

        for (var attempt = 0; attempt < _options.MaxSettleAttempts && !_stop.IsCancellationRequested; attempt++)
        {
            try
            {
                await SettleAsync();
                return;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (RunMovedException)
            {
                LogMoved(_logger, Key);
                DeactivateOnIdle();
                return;
            }
#pragma warning disable CA1031 // The journal stays open: it is tried again here, and later by the watchdog.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogNotTold(_logger, exception, Key);
                await Task.Delay(_options.RetryAfter * (1 << Math.Min(attempt, 6)), _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task SettleAsync()
    {
        var life = _journal.Life;
        var status = _journal.Status(RunId)!;
        await _outbox.TellSessionAsync(Key, life, _journal.Snapshot, interimId: null);
        if (life.Attempt > 1)
        {
            await _outbox.SettleLetterAsync(Key, life.Attempt - 1, "replayed", PlatformIdentity.UserId);
        }

        await _outbox.TellOthersAsync(Key, life, _journal.Snapshot, status, _stop.Token);
        if (life.IsTechnical)
        {
            await _journal.RecordAsync([new RunDeadLettered { Code = status.ErrorCode ?? ErrorCodes.Internal, StepId = RunOutbox.FailedStep(_journal.Snapshot)?.StepId }], CancellationToken.None);
        }
        else
        {
            await _journal.SettleAsync(life.Attempt);
        }
    }

    /// <summary>
    /// Tells the session of the end, or that it goes on without this run, and all others that the run waits. Nobody has to wait for a session that cannot be told now, nor it for them: it
    /// asks by starting the run again, and a journal that is not everybody's knowledge stays open, so that the watchdog comes.
    /// </summary>
    private async Task TellSessionAsync()
    {
        var snapshot = _journal.Snapshot;
        var interimId = RunLife.InterimId(snapshot);
        if (interimId is null && !_journal.HasEnded)
        {
            return;
        }

        var isTold = await TriedAsync(() => _outbox.TellSessionAsync(Key, _journal.Life, snapshot, interimId));
        isTold &= await TriedAsync(() => HandOverApprovalsAsync(early: false));
        isTold &= await TriedAsync(() => _outbox.CountEscalationAsync(Key, _journal.Life, snapshot));
        if (_journal.Life.Untold(snapshot) is { } occasion && await TriedAsync(() => _outbox.TellOthersOfWaitingAsync(Key, _journal.Life, _journal.Status(RunId)!, occasion, _stop.Token)) && isTold)
        {
            await TriedAsync(() => _journal.NoteToldAsync(occasion));
        }
    }

    /// <summary>Hands over what people are asked to approve, and withdraws what nobody needs any more.</summary>
    private async Task HandOverApprovalsAsync(bool early)
    {
        var snapshot = _journal.Snapshot;
        var asked = snapshot.Decisions.Where(decision => decision is { IsOpen: true, Request.ApprovalId: not null } && !_handedOver.Contains(decision.Request.RequestId)).ToList();
        var refused = await _approvals.SubmitAsync(Key, snapshot, asked, _stop.Token);
        var closed = snapshot.Decisions.Where(decision => RunApprovals.IsClosedByRun(decision) && !_handedOver.Contains(decision.Request.RequestId + ".closed")).ToList();
        await _approvals.WithdrawAsync(Key, closed, _stop.Token);
        if (early)
        {
            _handedOver.UnionWith(asked.Select(decision => decision.Request.RequestId));
        }
        else
        {
            _handedOver.ExceptWith(snapshot.Decisions.Select(decision => decision.Request.RequestId));
        }

        _handedOver.UnionWith(closed.Select(decision => decision.Request.RequestId + ".closed"));
        if (refused.Count > 0)
        {
            await _journal.DecideAsync(current => [.. refused.Where(made => current.FindDecision(made.RequestId) is { IsOpen: true })]);
        }
    }

    private async Task<bool> TriedAsync(Func<Task> tell)
    {
        try
        {
            await tell();
            return true;
        }
        catch (RunMovedException)
        {
            LogMoved(_logger, Key);
            DeactivateOnIdle();
            return false;
        }
#pragma warning disable CA1031 // It is tried again; see the summary of the caller.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTold(_logger, exception, Key);
            return false;
        }
    }

    /// <summary>Counts an end once, however often others are told of it by this activation.</summary>
    private void Count()
    {
        if (_counted)
        {
            return;
        }

        _counted = true;
        var status = _journal.Status(RunId)!;
        RunDiagnostics.Ended.Add(1, new KeyValuePair<string, object?>("state", status.State.ToString()));
        if (status.EndedAt is { } endedAt)
        {
            RunDiagnostics.Duration.Record((endedAt - status.RequestedAt).TotalSeconds);
        }
    }

    [LoggerMessage(EventId = 1404, Level = LogLevel.Warning, Message = "Not everyone could be told what became of run {Run}; it will be tried again")]
    private static partial void LogNotTold(ILogger logger, Exception exception, string run);
}
