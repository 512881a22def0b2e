using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Actions;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration;

/// <summary>One execution of one run: its input, its journal, its clocks.</summary>
internal sealed class RunContext : IAsyncDisposable
{
    private readonly IRunRecorder _recorder;
    private readonly CancellationTokenSource _deadlineClock = new();
    private readonly RunClock _clock;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _graceClock;
    private readonly CancellationTokenSource _patient;
    private readonly CancellationTokenRegistration _startGrace;
    private readonly CancellationToken _userCancel;
    private readonly CancellationTokenSource _abort = new();
    private readonly SemaphoreSlim _answer = new(1, 1);
    private readonly ConcurrentQueue<RunContent> _attached = new();
    private readonly int _decided;
    private volatile RecordingFailedException? _recordingFailed;

    public RunContext(
        RunInput input,
        IRunRecorder recorder,
        ITenantConnectors connectors,
        ActionPolicy policy,
        OrchestrationOptions options,
        TimeProvider time,
        IRandomSource random,
        CancellationToken userCancel,
        CancellationToken stop)
    {
        (Input, _recorder, Connectors, Policy, Options, Time, Random, _userCancel, Stop) = (input, recorder, connectors, policy, options, time, random, userCancel, stop);
        _decided = recorder.Snapshot.DecidedCount;
        _clock = new RunClock(input, recorder.Snapshot, options, time);
        _work = CancellationTokenSource.CreateLinkedTokenSource(stop, userCancel, _deadlineClock.Token, _abort.Token);
        _graceClock = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _patient = CancellationTokenSource.CreateLinkedTokenSource(stop, _graceClock.Token, _abort.Token);
        _startGrace = _work.Token.Register(() => _graceClock.CancelAfter(options.ActionGrace));
    }

    /// <summary>Lets the clock run. A deadline that passed while nobody worked on the run counts now.</summary>
    public void Begin() => _clock.Start(GoOnAsync, _deadlineClock.Cancel);

    /// <summary>Stops the clock: no deadline passes any more, and what was recorded about one is durable.</summary>
    public Task StopClockAsync() => _clock.StopAsync();

    public RunInput Input { get; }

    public ITenantConnectors Connectors { get; }

    public ActionPolicy Policy { get; }

    public OrchestrationOptions Options { get; }

    public TimeProvider Time { get; }

    public IRandomSource Random { get; }

    /// <summary>Until when work may go on; later once the run goes on in the background.</summary>
    public DateTimeOffset Deadline => _clock.Limit;

    /// <summary>Until when a call that begins now may take: one that is under way when the run goes on in the background goes on with it.</summary>
    public DateTimeOffset CallDeadline => _clock.LatestLimit;

    /// <summary>Fires on shutdown.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Fires when no new work is to begin: shutdown, cancellation by the user, the deadline.</summary>
    public CancellationToken Work => _work.Token;

    /// <summary>For actions that are under way: fires a while after <see cref="Work"/>, on shutdown at once.</summary>
    public CancellationToken Patient => _patient.Token;

    public RunSnapshot Snapshot => _recorder.Snapshot;

    /// <summary>Whether this execution has brought the run on.</summary>
    public bool HasRecorded { get; private set; }

    /// <summary>Whether people have decided something since this execution began.</summary>
    public bool WasDecidedMeanwhile => Snapshot.DecidedCount > _decided;

    /// <summary>Whether nobody waits for the answer any more: from the start, since the deadline, or since a replay.</summary>
    public bool IsInBackground => Input.Background || Snapshot.BackgroundUntil is not null || Snapshot.Attempt > 1;

    /// <summary>Whether the journal refused a fact, so that this execution is over.</summary>
    public bool HasFailedToRecord => _recordingFailed is not null;

    /// <summary>The journal's own exception.</summary>
    public ExceptionDispatchInfo? RecordingFailure => _recordingFailed?.Cause;

    public bool IsCancelled => _userCancel.IsCancellationRequested || Snapshot.CancelRequested;

    /// <summary>Appends facts. Once an outcome is known it is recorded even when the process is about to stop.</summary>
    public Task RecordAsync(params IReadOnlyList<RunFact> facts) => RecordAsync(facts, []);

    /// <summary>Makes contents durable with the next append, for facts whose append is made elsewhere.</summary>
    public void Attach(IEnumerable<RunContent> contents)
    {
        foreach (var content in contents)
        {
            _attached.Enqueue(content);
        }
    }

    /// <summary>Appends facts together with the contents that they refer to.</summary>
    public async Task RecordAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents)
    {
        if (facts.Count == 0)
        {
            return;
        }

        // Where a text goes in the answer depends on what stands there: one after the other.
        var writesAnswer = facts.Any(fact => fact is AnswerDelta);
        if (writesAnswer)
        {
            await _answer.WaitAsync();
        }

        try
        {
            await AppendAsync(facts, contents);
        }
        finally
        {
            if (writesAnswer)
            {
                _answer.Release();
            }
        }
    }

    /// <summary>The whole result of a step, also when it is stored apart, and whether that is not kept any more.</summary>
    public ValueTask<(JsonElement? Whole, bool IsMissing)> LoadResultAsync(StepState step) => ReadResult.LoadAsync(step.Result, step.ResultHash, LoadContentAsync);

    /// <summary>Loads a content of the journal. A store that does not answer is waited for no longer than the run may work.</summary>
    public ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash)
    {
        var content = _recorder.LoadContentAsync(hash, Work);
        return content.IsCompleted ? content : new(content.AsTask().WaitAsync(Work));
    }

    public ConnectorOperation? FindOperation(string operationId) =>
        Connectors.FindOperation(operationId);

    /// <param name="attempt">Which attempt has failed, from 1.</param>
    /// <param name="retryAfter">How long the system asks to wait.</param>
    /// <param name="cancellation">Fires when there is nothing to wait for any more; null is <see cref="Work"/>.</param>
    public async Task WaitAsync(int attempt, TimeSpan? retryAfter, CancellationToken? cancellation = null) =>
        await Task.Delay(Backoff.Delay(attempt, Options.RetryBaseDelay, Options.RetryMaxDelay, retryAfter, Random), Time, cancellation ?? Work);

    private async Task AppendAsync(IReadOnlyList<RunFact> facts, IReadOnlyList<RunContent> contents)
    {
        if (_recordingFailed is { } earlier)
        {
            throw earlier;
        }

        if (!_attached.IsEmpty)
        {
            var all = new List<RunContent>(contents);
            while (_attached.TryDequeue(out var content))
            {
                all.Add(content);
            }

            contents = all;
        }

        try
        {
            await _recorder.RecordAsync(facts, contents, CancellationToken.None);
            HasRecorded = true;
        }
        catch (Exception e)
        {
            // Nothing is sent that is not in the journal: the other steps of this execution stop too.
            var failed = new RecordingFailedException(ExceptionDispatchInfo.Capture(e));
            _recordingFailed = failed;
            await _abort.CancelAsync();
            throw failed;
        }
    }

    /// <summary>The deadline has passed and the work goes on: the person learns what is known and what still runs.</summary>
    private async Task GoOnAsync(DateTimeOffset until)
    {
        await _answer.WaitAsync();
        try
        {
            var from = Snapshot.AnswerLength;
            var (text, open) = Progress.Underway(Snapshot);
            await AppendAsync(
                [
                    new AnswerDelta { Offset = from, Text = from > 0 ? "\n\n" + text : text },
                    new DeadlineReached { Open = open, Until = until, AnswerFrom = from },
                ],
                []);
        }
        catch (RecordingFailedException)
        {
            // Whoever works on the run learns of it: the work has been told to stop.
        }
        finally
        {
            _answer.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _clock.StopAsync();
        _answer.Dispose();
        _startGrace.Dispose();
        _patient.Dispose();
        _graceClock.Dispose();
        _work.Dispose();
        _deadlineClock.Dispose();
        _abort.Dispose();
    }
}

/// <summary>The journal did not take a fact: this execution of the run is over.</summary>
internal sealed class RecordingFailedException(ExceptionDispatchInfo cause) : Exception("The run's journal did not take a fact.", cause.SourceException)
{
    public ExceptionDispatchInfo Cause { get; } = cause;
}
