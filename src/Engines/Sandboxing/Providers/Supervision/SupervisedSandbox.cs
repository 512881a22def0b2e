using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>
/// Sandboxes that a supervisor outside this process makes, owns and ends: when this process ends, they end. Derived classes say what kind of sandbox it makes.
/// </summary>
public abstract partial class SupervisedSandbox : ISandboxProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly ConcurrentDictionary<string, Execution> _running = new();
    private readonly ConcurrentDictionary<string, (Execution Execution, ISandboxDataBroker Data)> _brokers = new();
    private readonly ConcurrentDictionary<string, int> _warm = new();
    private readonly ConcurrentDictionary<string, int> _wanted = new();
    private readonly SemaphoreSlim _starting = new(1);
    private SupervisorProcess? _supervisor;
    private Task _reading = Task.CompletedTask;
    private TaskCompletionSource<string?> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _names;
    private volatile bool _disposed;

    private protected SupervisedSandbox(SandboxOptions options, IEnumerable<string> profiles, int warm, TimeProvider clock, ILogger logger)
    {
        (Options, _clock, _logger) = (options, clock, logger);
        foreach (var profile in profiles)
        {
            _wanted[profile] = warm;
        }
    }

    /// <inheritdoc />
    public abstract string Name { get; }

    /// <inheritdoc />
    public abstract SandboxTier Tier { get; }

    /// <inheritdoc />
    public SandboxAvailability Availability { get; private set; } = Off("It has not started yet.");

    /// <summary>The supervisor's process id, for tests that end it.</summary>
    internal int? SupervisorId => _supervisor?.Id;

    private protected SandboxOptions Options { get; }

    /// <summary>What this machine lacks, seen without starting anything; null when nothing.</summary>
    private protected abstract string? Missing { get; }

    /// <summary>What such sandboxes need, for whoever reads that they cannot be made.</summary>
    private protected abstract string Needs { get; }

    /// <summary>Whether somebody counts on it: then a machine without it is worth a warning.</summary>
    private protected virtual bool IsChosen => true;

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _starting.WaitAsync(cancellationToken);
        try
        {
            if (_supervisor is not null || _disposed)
            {
                return;
            }

            if (Missing is { } missing)
            {
                TurnOff(missing);
                return;
            }

            var ready = _ready = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var supervisor = _supervisor = SupervisorProcess.Start(Options, SupervisorSettings(_wanted.ToDictionary()));
            _reading = ReadAsync(supervisor, ready);
            try
            {
                // The first profile that is ready, or the first reason why none will be.
                if (await ready.Task.WaitAsync(Patience, _clock, cancellationToken) is { } problem)
                {
                    TurnOff($"{problem} {Needs}");
                }
            }
            catch (TimeoutException)
            {
                supervisor.Kill();
            }
        }
        finally
        {
            _starting.Release();
        }
    }

    /// <inheritdoc />
    public virtual void KeepWarm(SandboxProfile profile, int count)
    {
        var name = Word(profile);
        if (!_wanted.TryGetValue(name, out var before) || before != count)
        {
            _wanted[name] = count;
            _supervisor?.Send(new { t = "warm", profile = name, count });
        }
    }

    /// <inheritdoc />
    public int Warm(SandboxProfile profile) => _warm.GetValueOrDefault(Word(profile));

    /// <inheritdoc />
    public async Task<SandboxOutcome> RunAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        if (SandboxJobRules.Problem(job) is { } problem)
        {
            return new SandboxOutcome { Status = SandboxStatus.Refused, Code = SandboxCodes.InvalidJob, Reason = problem };
        }

        return (await HandOverAsync(Word(job.Profile), job, job.Profile, output, data, cancellationToken)).Outcome;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_supervisor is { } supervisor)
        {
            await supervisor.DisposeAsync();
        }

        await _reading;
        _starting.Dispose();
    }

    /// <summary>Hands a job to the supervisor and waits for what comes of it. Findings are those of a validator; null when none said anything.</summary>
    private protected async Task<(SandboxOutcome Outcome, IReadOnlyList<CodeFinding>? Findings)> HandOverAsync(
        string profile, SandboxJob job, SandboxProfile language, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken)
    {
        await StartAsync(cancellationToken);
        if (_supervisor is not { } supervisor || !Availability.IsAvailable)
        {
            return (new SandboxOutcome { Status = SandboxStatus.Refused, Code = SandboxCodes.NotAvailable, Reason = Availability.Remedy ?? "The sandbox is starting anew; try again." }, null);
        }

        var name = Interlocked.Increment(ref _names).ToString(CultureInfo.InvariantCulture);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var execution = new Execution(job, output, Name, _clock, ended.Token);
        _brokers[name] = (execution, data);
        _running[name] = execution;
        var limits = job.Limits;
        supervisor.Send(
            new
            {
                t = "run",
                id = name,
                profile,
                wall = limits.WallTime.TotalSeconds,
                cpu = limits.CpuTime.TotalSeconds,
                memory = limits.MemoryBytes,
                text = limits.TextBytes,
                results = limits.ResultBytes,
                calls = limits.DataCalls,
                fileCount = limits.Files,
                fileBytes = limits.FileBytes,
                files = job.Files.Select(file => new { name = file.Name, size = file.Content.Length }),
                inside = new { code = job.Code, validate = job.Validate, resultBytes = limits.ResultBytes, language = Word(language) },
            },
            job.Files.Select(file => file.Content).ToArray());
        if (_supervisor != supervisor)
        {
            execution.OnLost("The sandbox was lost before the code ran.");
        }

        await using var cancelling = cancellationToken.Register(() => supervisor.Send(new { t = "cancel", id = name }));
        try
        {
            var outcome = await execution.Outcome.WaitAsync(limits.WallTime + Patience, _clock, CancellationToken.None);
            return (outcome, execution.Findings);
        }
        catch (TimeoutException)
        {
            // The supervisor keeps the wall time; one that does not answer long after it is ended with all it owns.
            supervisor.Kill();
            return (await execution.Outcome, null);
        }
        finally
        {
            _running.TryRemove(name, out _);
            _brokers.TryRemove(name, out _);
            await ended.CancelAsync();
        }
    }

    /// <summary>What the supervisor is told at its start.</summary>
    private protected virtual Dictionary<string, object?> SupervisorSettings(IReadOnlyDictionary<string, int> profiles) => new()
    {
        ["uid"] = Options.UserId,
        ["cgroups"] = Options.UseCgroups,
        ["python"] = Options.PythonPath,
        ["rotateAfter"] = Options.RotateAfter,
        ["rotateSeconds"] = Options.RotateEvery.TotalSeconds,
        ["profiles"] = profiles,
    };

    private void TurnOff(string reason)
    {
        Availability = Off(reason, Availability.Layers);
        if (IsChosen)
        {
            LogOff(_logger, Name, reason);
        }
        else
        {
            LogNotChosen(_logger, Name, reason);
        }
    }

    private static SandboxAvailability Off(string remedy, IReadOnlyList<SandboxLayer>? layers = null) =>
        new() { IsAvailable = false, Remedy = remedy, Layers = layers ?? [] };

    private protected static string Word(SandboxProfile profile) => profile == SandboxProfile.Python ? "python" : "shell";
}
