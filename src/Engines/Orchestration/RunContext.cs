using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration;

/// <summary>One execution of one run: its input, its journal, its clocks.</summary>
internal sealed class RunContext : IAsyncDisposable
{
    private readonly IRunRecorder _recorder;
    private readonly CancellationTokenSource _deadlineClock;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _graceClock;
    private readonly CancellationTokenSource _patient;
    private readonly CancellationTokenRegistration _startGrace;
    private readonly CancellationToken _userCancel;
    private readonly CancellationTokenSource _abort = new();
    private readonly ConcurrentQueue<RunContent> _attached = new();
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
        var now = time.GetUtcNow();
        Deadline = input.Deadline ?? ((recorder.Snapshot.RequestedAt ?? now) + options.DefaultDeadline);
        var left = Deadline - now;
        _deadlineClock = left > TimeSpan.Zero
            ? new CancellationTokenSource(left < TimeSpan.FromDays(30) ? left : TimeSpan.FromDays(30), time)
            : new CancellationTokenSource();
        if (left <= TimeSpan.Zero)
        {
            _deadlineClock.Cancel();
        }

        _work = CancellationTokenSource.CreateLinkedTokenSource(stop, userCancel, _deadlineClock.Token, _abort.Token);
        _graceClock = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        _patient = CancellationTokenSource.CreateLinkedTokenSource(stop, _graceClock.Token, _abort.Token);
        _startGrace = _work.Token.Register(() => _graceClock.CancelAfter(options.ActionGrace));
    }

    public RunInput Input { get; }

    public ITenantConnectors Connectors { get; }

    public ActionPolicy Policy { get; }

    public OrchestrationOptions Options { get; }

    public TimeProvider Time { get; }

    public IRandomSource Random { get; }

    public DateTimeOffset Deadline { get; }

    /// <summary>Fires on shutdown.</summary>
    public CancellationToken Stop { get; }

    /// <summary>Fires when no new work is to begin: shutdown, cancellation by the user, the deadline.</summary>
    public CancellationToken Work => _work.Token;

    /// <summary>For actions that are under way: fires a while after <see cref="Work"/>, on shutdown at once.</summary>
    public CancellationToken Patient => _patient.Token;

    public RunSnapshot Snapshot => _recorder.Snapshot;

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

    public ValueTask<ReadOnlyMemory<byte>?> LoadContentAsync(string hash) => _recorder.LoadContentAsync(hash, Work);

    public ConnectorOperation? FindOperation(string operationId) =>
        Connectors.Operations.FirstOrDefault(operation => operation.Id == operationId);

    public async Task WaitAsync(int attempt, TimeSpan? retryAfter) =>
        await Task.Delay(Backoff.Delay(attempt, Options.RetryBaseDelay, Options.RetryMaxDelay, retryAfter, Random), Time, Work);

    public ValueTask DisposeAsync()
    {
        _startGrace.Dispose();
        _patient.Dispose();
        _graceClock.Dispose();
        _work.Dispose();
        _deadlineClock.Dispose();
        _abort.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>The journal did not take a fact: this execution of the run is over.</summary>
internal sealed class RecordingFailedException(ExceptionDispatchInfo cause) : Exception("The run's journal did not take a fact.", cause.SourceException)
{
    public ExceptionDispatchInfo Cause { get; } = cause;
}
