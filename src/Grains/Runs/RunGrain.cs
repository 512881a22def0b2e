using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// Owns the work on one message. Persists: its journal, nothing else. Woken by: its session, watchers, people who decide, and the tenant's watchdog: while
/// the journal is open, and when a decision has lapsed. The engine runs on the thread pool, beside the grain's turns; the journal between them is thread-safe.
/// </summary>
/// <remarks>
/// A run that has ended, or waits, is seldom asked about, and there is one for each message: it leaves memory long before its session does, and at once when it
/// was watched to its end and has told everyone.
/// </remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class RunGrain : StewardGrain, IRunGrain, IDisposable
{
    // The session may be busy, or its store away; the run's turn is not held for longer.
    private static readonly TimeSpan PositionWait = TimeSpan.FromSeconds(1);

    private readonly RunEngine _engine;
    private readonly RunTurns _turns;
    private readonly RunOutbox _outbox;
    private readonly RunApprovals _approvals;
    private readonly PlatformIdentity _platform;
    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RunGrain> _logger;
    private readonly RunJournal _journal;
    private readonly AwaitedMessage _message;
    private CancellationTokenSource _userCancel = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _processStops;
    private int _watchers;
    private bool _wasWatched;

    public RunGrain(
        IJournalStore journals,
        IContentStore contents,
        KnownContents knownContents,
        RunEngine engine,
        RunTurns turns,
        RunOutbox outbox,
        RunApprovals approvals,
        PlatformIdentity platform,
        IOptions<RunOptions> options,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<RunGrain> logger)
    {
        (_engine, _turns, _outbox, _approvals, _platform, _options, _time, _logger) = (engine, turns, outbox, approvals, platform, options.Value, time, logger);
        _processStops = lifetime.ApplicationStopping;
        _journal = new RunJournal(journals, contents, knownContents, this.GetPrimaryKeyString(), _options.BufferedEvents, outbox.HasHook, time);
        _message = new AwaitedMessage(time);
    }

    private string Key => this.GetPrimaryKeyString();

    private string RunId => GrainKeys.LastPart(Key);

    private string TenantId => GrainKeys.TenantOf(Key);

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _message.GiveUp();
        await _stop.CancelAsync();
        await _driver.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <inheritdoc/>
    public async Task<RunStatus?> GetStatus(CancellationToken cancellationToken = default)
    {
        await LoadedAsync();
        var status = _turns.WithPosition(TenantId, StatusFor(Caller.Required));
        return status is { State: RunState.Queued, QueuePosition: null } && !_journal.Life.IsRequested ? status with { QueuePosition = await PositionInSessionAsync(cancellationToken) } : status;
    }

    /// <summary>How many runs of its session are before it; null where the session cannot say so now: the status is worth more than the position.</summary>
    private async Task<int?> PositionInSessionAsync(CancellationToken cancellationToken)
    {
        try
        {
            _platform.Assume(TenantId);
            return await GrainFactory.GetGrain<Sessions.ISessionGrain>(_journal.Origin!.SessionKey).GetQueuePosition(RunId, cancellationToken).WaitAsync(PositionWait, _time, cancellationToken);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> Watch(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var batch in WatchBatches(afterSequence, cancellationToken))
        {
            foreach (var runEvent in batch.Events)
            {
                yield return runEvent;
            }
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEventBatch> WatchBatches(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("afterSequence", "must be 0 or a sequence number.");
        }

        await LoadedAsync();
        if (_journal.Origin is null || !IsOwner(Caller.Required))
        {
            throw StewardException.NotFound("The run");
        }

        // A watcher that waits would hold up the end of a process that stops; it resumes elsewhere.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token, _processStops);
        _watchers++;
        try
        {
            while (true)
            {
                // Asked before reading, so that an end recorded in between is seen by the next round and not lost.
                var hasEnded = _journal.HasEnded;
                var events = await _journal.ReadAsync(afterSequence, either.Token);
                for (var i = 0; i < events.Count; i += RunEventBatch.MaxEvents)
                {
                    yield return new RunEventBatch { Events = events.Skip(i).Take(RunEventBatch.MaxEvents).ToArray() };
                }

                if (events.Count > 0)
                {
                    afterSequence = events[^1].Sequence;
                }
                else
                {
                    if (hasEnded)
                    {
                        yield break;
                    }

                    await _journal.WhenChangedAsync(afterSequence, either.Token);
                }
            }
        }
        finally
        {
            _watchers--;
            _wasWatched = true;
            if (_driver.IsCompleted)
            {
                LeaveWhenOver();
            }
        }
    }

    /// <inheritdoc/>
    public async Task<RunStatus?> Cancel(CancelRun command, CancellationToken cancellationToken = default)
    {
        await LoadedAsync();
        if (_journal.Origin is null || !IsOwner(Caller.Required))
        {
            return null;
        }

        if (!_journal.HasEnded && !_journal.Snapshot.CancelRequested)
        {
            var cancel = new CancelRequested { Reason = command.Reason };
            if (_journal.Life.IsRequested)
            {
                await Journaling(() => _journal.RecordAsync([cancel], CancellationToken.None).AsTask());
                await _userCancel.CancelAsync();
            }
            else
            {
                await Journaling(() => _journal.RecordAsync(
                    [cancel, new AnswerDelta { Offset = 0, Text = "Cancelled before it began." }, new RunEnded { Phase = RunPhase.Cancelled }],
                    CancellationToken.None).AsTask());
                _tell = true;
            }

            Continue();
        }

        return _journal.Status(RunId);
    }

    /// <inheritdoc/>
    public async Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await LoadedAsync();
        _tell |= IsUntold();
        Continue();
    }

    /// <inheritdoc/>
    public async Task<bool> Retire(DateTimeOffset endedBefore, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        await LoadedAsync();
        if (_journal.Life.Retired is not null)
        {
            return true;
        }

        if (_journal.Status(RunId) is not { HasEnded: true } status || status.EndedAt > endedBefore || !_driver.IsCompleted || _journal.Life is { MustSettle: true, IsSettled: false })
        {
            return false;
        }

        if (_journal.Life.IsTechnical)
        {
            // What is removed cannot be replayed.
            await _outbox.SettleLetterAsync(Key, _journal.Life.Attempt, "retired", PlatformIdentity.UserId);
        }

        var isRetired = await _journal.PurgeAsync(RunStates.Receipt(status, _journal.Origin!, _journal.Snapshot), cancellationToken);

        // What is in memory is gone from the journal.
        DeactivateOnIdle();
        return isRetired;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _userCancel.Dispose();
        _stop.Dispose();
        _journal.Dispose();
    }

    private bool IsUntold() => _journal.HasEnded ? _journal.Life is { IsSettled: false, MustSettle: true } : _journal.Life.Untold(_journal.Snapshot) is not null;

    /// <summary>Leaves memory when the run is over and those who watched it are gone. One that nobody has watched yet may be looked for in the next moment.</summary>
    private void LeaveWhenOver()
    {
        if (_wasWatched && _watchers == 0 && !_tell && _journal.HasEnded)
        {
            DeactivateOnIdle();
        }
    }

    private bool IsOwner(CallerIdentity caller) => Caller.IsSystem || string.Equals(_journal.Origin?.UserId, caller.UserId, StringComparison.Ordinal);

    private async Task Journaling(Func<Task> append)
    {
        try
        {
            await append();
        }
        catch (StorageException exception)
        {
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The run's journal cannot be used now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
        catch (RunMovedException exception)
        {
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The run moved to another server.", exception) { IsRetryable = true };
        }
    }
}
