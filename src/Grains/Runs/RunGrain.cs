using System.Runtime.CompilerServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Orchestration;
using Steward.Errors;
using Steward.Identity;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Runs;

/// <summary>
/// Owns the work on one message. Persists: its journal, nothing else. Woken by: its session, watchers, and the tenant's watchdog while
/// the journal is open. The engine runs on the thread pool, beside the grain's turns; the journal between them is thread-safe.
/// </summary>
/// <remarks>A run that has ended is seldom asked about again, and there is one for each message: it leaves memory long before its session does.</remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class RunGrain : Grain, IRunGrain, IDisposable
{
    private readonly RunEngine _engine;
    private readonly RunTurns _turns;
    private readonly PlatformIdentity _platform;
    private readonly RunOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RunGrain> _logger;
    private readonly RunJournal _journal;
    private readonly CancellationTokenSource _userCancel = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _processStops;
    private Task? _driver;
    private bool _counted;

    public RunGrain(
        IJournalStore journals,
        IContentStore contents,
        RunEngine engine,
        RunTurns turns,
        PlatformIdentity platform,
        IOptions<RunOptions> options,
        TimeProvider time,
        IHostApplicationLifetime lifetime,
        ILogger<RunGrain> logger)
    {
        _engine = engine;
        _turns = turns;
        _platform = platform;
        _options = options.Value;
        _time = time;
        _logger = logger;
        _processStops = lifetime.ApplicationStopping;
        _journal = new RunJournal(journals, contents, this.GetPrimaryKeyString(), _options.BufferedEvents, time);
    }

    private string Key => this.GetPrimaryKeyString();

    private string RunId => GrainKeys.LastPart(Key);

    private string TenantId => GrainKeys.TenantOf(Key);

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await _journal.LoadAsync(cancellationToken);

        // An end that is in the journal already was counted when it came.
        _counted = _journal.Snapshot.HasEnded;
        if (_journal.IsRequested && !_journal.Snapshot.HasEnded)
        {
            LogResumed(_logger, Key, _journal.Sequence);
            RunDiagnostics.Resumed.Add(1);
            Drive();
        }
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        if (_driver is { } driver)
        {
            await driver.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <inheritdoc/>
    public async Task Start(StartRun command, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_journal.IsRequested || _journal.Snapshot.HasEnded || (command.Queued && _journal.Origin is not null))
        {
            // Told again: its end may have been missed by the session.
            if (_journal.Snapshot.HasEnded && _driver is null or { IsCompleted: true })
            {
                _driver = ReportEnd();
            }

            return;
        }

        var origin = new RunOrigin { SessionKey = command.SessionKey, UserId = command.Requester.UserId };
        await Journaling(() => _journal.NoteOriginAsync(origin, command.Queued ? null : new RunRequested { Input = ToInput(command) }, CancellationToken.None));
        if (!command.Queued)
        {
            RunDiagnostics.Started.Add(1);
            Drive();
        }
    }

    /// <inheritdoc/>
    public Task<RunStatus?> GetStatus(CancellationToken cancellationToken = default) => Task.FromResult(MayBeSeen() ? _turns.WithPosition(TenantId, _journal.Status(RunId)) : null);

    /// <inheritdoc/>
    public async IAsyncEnumerable<RunEvent> Watch(long afterSequence, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (afterSequence < 0)
        {
            throw StewardException.Invalid("afterSequence", "must be 0 or a sequence number.");
        }

        if (_journal.Origin is null || !MayBeSeen())
        {
            throw StewardException.NotFound("The run");
        }

        // A watcher that waits would hold up the end of a process that stops; it resumes elsewhere.
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stop.Token, _processStops);
        while (true)
        {
            // Asked before reading, so that an end recorded in between is seen by the next round and not lost.
            var hasEnded = _journal.Snapshot.HasEnded;
            var events = await _journal.ReadAsync(afterSequence, either.Token);
            foreach (var runEvent in events)
            {
                yield return runEvent;
                afterSequence = runEvent.Sequence;
            }

            if (events.Count == 0)
            {
                if (hasEnded)
                {
                    yield break;
                }

                await _journal.WhenChangedAsync(afterSequence, either.Token);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<RunStatus?> Cancel(CancelRun command, CancellationToken cancellationToken = default)
    {
        if (_journal.Origin is null || !MayBeSeen())
        {
            return null;
        }

        if (!_journal.Snapshot.HasEnded && !_journal.Snapshot.CancelRequested)
        {
            await Journaling(() => _journal.RecordAsync([new CancelRequested { Reason = command.Reason }], CancellationToken.None).AsTask());
            if (_journal.IsRequested)
            {
                await _userCancel.CancelAsync();
            }
            else
            {
                await Journaling(() => _journal.RecordAsync(
                    [new AnswerDelta { Offset = 0, Text = "Cancelled before it began." }, new RunEnded { Phase = RunPhase.Cancelled }],
                    CancellationToken.None).AsTask());
                _driver = ReportEnd();
            }
        }

        return _journal.Status(RunId);
    }

    /// <inheritdoc/>
    public Task Resume(CancellationToken cancellationToken = default)
    {
        // Being activated is enough: OnActivateAsync takes the run up.
        Caller.RequireSystem();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _userCancel.Dispose();
        _stop.Dispose();
        _journal.Dispose();
    }

    private RunInput ToInput(StartRun command) => new()
    {
        RunId = RunId,
        TenantId = command.Requester.TenantId,
        Requester = new Requester
        {
            UserId = command.Requester.UserId,
            Email = command.Requester.Email,
            Name = command.Requester.Name,
            Roles = [.. command.Requester.Roles],
        },
        Text = command.Text,
        Deadline = command.Deadline,
        History = [.. command.Context.ShortTermMemory.Select(message => new ConversationMessage { Role = message.Role, Text = message.Text })],
        WorkingMemory = command.Context.WorkingMemory.ToDictionary(slot => slot.Key, slot => slot.Value, StringComparer.Ordinal),
    };

    private bool MayBeSeen() =>
        Caller.IsSystem || string.Equals(_journal.Origin?.UserId, Caller.Required.UserId, StringComparison.Ordinal);

    private void Drive()
    {
        DelayDeactivation(TimeSpan.FromHours(24));
        if (_journal.Snapshot.CancelRequested)
        {
            _userCancel.Cancel();
        }

        _driver = DriveAsync();
    }

    /// <summary>
    /// Drives the engine until the run has ended, again and again if the journal cannot be reached for a while. Starts on the grain's
    /// scheduler and returns to it; only the engine leaves it.
    /// </summary>
    private async Task DriveAsync()
    {
        // The identity of whoever happened to activate the grain must not leak into the run's own calls.
        RequestContext.Clear();
        Caller.Current = null;
        var withoutProgress = 0;
        for (var attempt = 0; !_stop.IsCancellationRequested && !_journal.Snapshot.HasEnded; attempt++)
        {
            var before = _journal.Sequence;
            try
            {
                await ExecuteOnceAsync(_journal.Snapshot.Input!);
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
#pragma warning disable CA1031 // A run must never be lost to an exception: it is tried again, and without any progress ends with an error that the user sees.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogInterrupted(_logger, exception, Key);
                withoutProgress = _journal.Sequence > before || exception is StorageException ? 0 : withoutProgress + 1;
                if (!await Recover(attempt, withoutProgress))
                {
                    return;
                }
            }
        }

        if (_journal.Snapshot.HasEnded)
        {
            await ReportEnd();
        }
    }

    /// <summary>Waits for the run's turn and works it off as far as it comes: to its end, or until it waits for people.</summary>
    private async Task ExecuteOnceAsync(RunInput input)
    {
        using var slot = await _turns.EnterAsync(input, _journal.Snapshot, _userCancel.Token, _stop.Token);
        await Task.Run(() => _engine.ExecuteAsync(input, _journal, _userCancel.Token, _stop.Token));
    }

    private async Task<bool> Recover(int attempt, int withoutProgress)
    {
        try
        {
            await Task.Delay(_options.RetryAfter * (1 << Math.Min(attempt, 4)), _time, _stop.Token);
            await _journal.LoadAsync(_stop.Token);
            if (withoutProgress >= _options.MaxAttemptsWithoutProgress && !_journal.Snapshot.HasEnded)
            {
                await _journal.RecordAsync(
                    [
                        new AnswerDelta { Offset = _journal.Snapshot.AnswerLength, Text = "This could not be worked off because of an internal error. What was done so far is listed in the steps." },
                        new RunEnded { Phase = RunPhase.Failed, ErrorCode = ErrorCodes.Internal },
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

    /// <summary>Tells the session. If it cannot be told now, it asks by starting the run again: the session's journal stays open until it knows.</summary>
    private async Task ReportEnd()
    {
        var snapshot = _journal.Snapshot;
        var status = _journal.Status(RunId)!;
        Count(status);

        try
        {
            _platform.Assume(TenantId);
            await GrainFactory.GetGrain<ISessionGrain>(status.SessionKey).RunEnded(new RunReport
            {
                RunId = RunId,
                State = status.State,
                Answer = snapshot.Answer,
                WorkingMemory = new Dictionary<string, string>(snapshot.WorkingMemory, StringComparer.Ordinal),
            });
        }
#pragma warning disable CA1031 // The session finds out by itself; see the summary.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotReported(_logger, exception, Key);
        }
        finally
        {
            DelayDeactivation(TimeSpan.FromSeconds(-1));
        }
    }

    /// <summary>Counts the end once, however often the session is told of it by this activation.</summary>
    private void Count(RunStatus status)
    {
        if (_counted)
        {
            return;
        }

        _counted = true;
        RunDiagnostics.Ended.Add(1, new KeyValuePair<string, object?>("state", status.State.ToString()));
        if (status.EndedAt is { } endedAt)
        {
            RunDiagnostics.Duration.Record((endedAt - status.RequestedAt).TotalSeconds);
        }
    }

    private async Task Journaling(Func<Task> append)
    {
        try
        {
            await append();
        }
        catch (StorageException exception)
        {
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The run's journal cannot be written now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
        catch (RunMovedException exception)
        {
            DeactivateOnIdle();
            throw new StewardException(ErrorCodes.Unavailable, "The run moved to another server.", exception) { IsRetryable = true };
        }
    }

    [LoggerMessage(EventId = 1401, Level = LogLevel.Information, Message = "Run {Run} is taken up again after event {Sequence}")]
    private static partial void LogResumed(ILogger logger, string run, long sequence);

    [LoggerMessage(EventId = 1402, Level = LogLevel.Warning, Message = "Run {Run} was interrupted and will go on")]
    private static partial void LogInterrupted(ILogger logger, Exception exception, string run);

    [LoggerMessage(EventId = 1403, Level = LogLevel.Information, Message = "Run {Run} is driven by another activation; this one gives way")]
    private static partial void LogMoved(ILogger logger, string run);

    [LoggerMessage(EventId = 1404, Level = LogLevel.Warning, Message = "Run {Run} has ended but its session could not be told; it will ask")]
    private static partial void LogNotReported(ILogger logger, Exception exception, string run);
}
