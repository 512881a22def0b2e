using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Sandboxing.Namespaces;

/// <summary>
/// Code in Linux namespaces: bubblewrap outside, a process per profile inside it with the modules loaded, and one clone of that into fresh namespaces for each
/// execution, behind seccomp, Landlock, limits and control groups. A supervisor outside this process owns them all and ends them when this process ends.
/// </summary>
public sealed partial class NamespaceSandbox : ISandboxProvider, ICodeValidator
{
    private const string Validator = "validator";
    private static readonly string[] Profiles = ["python", "shell", Validator];
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly SandboxLimits ValidatorLimits = new() { WallTime = TimeSpan.FromSeconds(4), CpuTime = TimeSpan.FromSeconds(2), MemoryBytes = 256 << 20, TextBytes = 4096, DataCalls = 0, Files = 0 };

    private readonly SandboxOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger<NamespaceSandbox> _logger;
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

    /// <summary>A provider that has not started.</summary>
    public NamespaceSandbox(IOptions<SandboxOptions> options, TimeProvider clock, ILogger<NamespaceSandbox> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _clock, _logger) = (options.Value, clock, logger);
        foreach (var profile in Profiles)
        {
            _wanted[profile] = _options.MinimumWarm;
        }
    }

    /// <inheritdoc />
    public string Name => "namespaces";

    /// <inheritdoc />
    public SandboxTier Tier => SandboxTier.Namespaces;

    /// <inheritdoc />
    public SandboxAvailability Availability { get; private set; } = Off("It has not started yet.");

    /// <summary>The supervisor's process id, for tests that end it.</summary>
    internal int? SupervisorId => _supervisor?.Id;

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

            if (Missing() is { } missing)
            {
                Availability = Off(missing);
                LogOff(missing);
                return;
            }

            var ready = _ready = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            var supervisor = _supervisor = SupervisorProcess.Start(_options, _wanted.ToDictionary());
            _reading = ReadAsync(supervisor, ready);
            try
            {
                // The first profile that is ready, or the first reason why none will be.
                if (await ready.Task.WaitAsync(Patience, _clock, cancellationToken) is { } problem)
                {
                    Availability = Off($"{problem} Code execution needs user namespaces for ordinary users and the Debian packages bubblewrap, python3-pandas, python3-numpy and python3-matplotlib.", Availability.Layers);
                    LogOff(problem);
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
    public void KeepWarm(SandboxProfile profile, int count)
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
    public async Task<CodeVerdict> ValidateAsync(SandboxProfile profile, string code, CancellationToken cancellationToken)
    {
        var job = new SandboxJob { ExecutionId = "validate", Tenant = "", Profile = profile, Code = code, Limits = ValidatorLimits };
        if (SandboxJobRules.Problem(job) is { } problem)
        {
            return new CodeVerdict(false, [new CodeFinding(0, "job", problem)]);
        }

        var (outcome, findings) = await HandOverAsync(Validator, job, profile, NoOutputSink.Instance, NoData.Instance, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        // Whatever is not a clean word from a clean end is a refusal: the parser may have been the target.
        return outcome.Status != SandboxStatus.Finished || findings is null
            ? new CodeVerdict(false, [new CodeFinding(0, "parser", $"The code could not be read: {outcome.Reason}")])
            : new CodeVerdict(findings.Count == 0, findings);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
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

    private async Task<(SandboxOutcome Outcome, IReadOnlyList<CodeFinding>? Findings)> HandOverAsync(
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

    private async Task ReadAsync(SupervisorProcess supervisor, TaskCompletionSource<string?> ready)
    {
        var failures = new Dictionary<string, string>();
        while (await supervisor.ReceiveAsync() is var (head, payload))
        {
            var kind = head.GetProperty("t").GetString();
            switch (kind)
            {
                case "layers":
                    Availability = Availability with { Layers = head.GetProperty("layers").EnumerateArray().Select(WireLayer).ToList() };
                    break;
                case "profile":
                    OnProfile(head, ready);
                    break;
                case "unavailable":
                    ready.TrySetResult(head.GetProperty("error").GetString());
                    break;
                case "failed":
                    failures[head.GetProperty("profile").GetString()!] = head.GetProperty("error").GetString()!;
                    LogProfileFailed(head.GetProperty("profile").GetString()!, head.GetProperty("error").GetString()!);
                    ready.TrySetResult(failures.Values.First());
                    break;
                case "warm":
                    _warm[head.GetProperty("profile").GetString()!] = head.GetProperty("count").GetInt32();
                    break;
                default:
                    OnExecution(supervisor, kind, head, payload);
                    break;
            }
        }

        _supervisor = null;
        _warm.Clear();
        ready.TrySetResult("The supervisor ended: " + supervisor.Errors);
        foreach (var execution in _running.Values)
        {
            execution.OnLost("The sandbox was lost while the code ran; it may have run in part.");
        }

        if (!_disposed)
        {
            LogSupervisorEnded(supervisor.Errors);
            await supervisor.DisposeAsync();
        }
    }

    private void OnProfile(JsonElement head, TaskCompletionSource<string?> ready)
    {
        var profile = head.GetProperty("profile").GetString()!;
        LogProfileReady(profile, head.GetProperty("versions").ToString());
        // Python takes longest to load; the others are there when it is.
        if (profile == "python")
        {
            Availability = Availability with { IsAvailable = true, MultiTenant = true, Remedy = null };
            var missing = string.Join("; ", Availability.Missing.Select(layer => $"{layer.Name}: {layer.Detail}"));
            LogReady(missing.Length == 0 ? "none" : missing);
            ready.TrySetResult(null);
        }
    }

    private void OnExecution(SupervisorProcess supervisor, string? kind, JsonElement head, ReadOnlyMemory<byte> payload)
    {
        var name = head.GetProperty("id").GetString()!;
        if (!_running.TryGetValue(name, out var execution))
        {
            return;
        }

        switch (kind)
        {
            case "started":
                execution.OnStarted();
                break;
            case "text":
                execution.OnText(payload.Span);
                break;
            case "frame":
                execution.OnFrame(head.GetProperty("kind").GetString()!, payload);
                break;
            case "ask" when _brokers.TryGetValue(name, out var known):
                _ = AnswerAsync(supervisor, name, execution, known.Data, payload);
                break;
            case "end":
                execution.OnEnd(head, payload);
                break;
        }
    }

    private async Task AnswerAsync(SupervisorProcess supervisor, string name, Execution execution, ISandboxDataBroker data, ReadOnlyMemory<byte> question)
    {
        // Off the reader's loop, whatever the broker does first.
        await Task.Yield();
        var (kind, payload) = WireShapes.Answer(await DataQuestions.AskAsync(execution.Job, data, question, LogBrokerFailed, execution.Cancelled));
        supervisor.Send(new { t = "answer", id = name, kind }, payload);
    }

    private string? Missing() => this switch
    {
        _ when !_options.Enabled => "Code execution is switched off.",
        _ when !OperatingSystem.IsLinux() => "Code execution needs Linux.",
        _ when RuntimeInformation.ProcessArchitecture != Architecture.X64 => "Code execution needs x86-64: the filter of system calls knows no other machine.",
        _ when !File.Exists(_options.BubblewrapPath) => $"Code execution is off: {_options.BubblewrapPath} is missing. Install it with: apt-get install bubblewrap python3-pandas python3-numpy python3-matplotlib",
        _ when !File.Exists(_options.PythonPath) => $"Code execution is off: {_options.PythonPath} is missing. Install it with: apt-get install python3 python3-pandas python3-numpy python3-matplotlib",
        _ => null,
    };

    private static SandboxAvailability Off(string remedy, IReadOnlyList<SandboxLayer>? layers = null) =>
        new() { IsAvailable = false, Remedy = remedy, Layers = layers ?? [] };

    private static SandboxLayer WireLayer(JsonElement layer) =>
        new(layer.GetProperty("name").GetString()!, layer.GetProperty("present").GetBoolean(), layer.GetProperty("detail").GetString()!);

    private static string Word(SandboxProfile profile) => profile == SandboxProfile.Python ? "python" : "shell";
}
