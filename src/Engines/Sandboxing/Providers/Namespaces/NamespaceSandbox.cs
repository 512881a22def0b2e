using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Namespaces;

/// <summary>
/// Code in Linux namespaces: bubblewrap outside, a process per profile inside it with the modules loaded, and one clone of that into fresh namespaces for each
/// execution, behind seccomp, Landlock, limits and control groups. A supervisor outside this process owns them all and ends them when this process ends.
/// </summary>
public sealed class NamespaceSandbox : SupervisedSandbox, ICodeValidator
{
    private const string Validator = "validator";
    private static readonly SandboxLimits ValidatorLimits = new() { WallTime = TimeSpan.FromSeconds(4), CpuTime = TimeSpan.FromSeconds(2), MemoryBytes = 256 << 20, TextBytes = 4096, DataCalls = 0, Files = 0 };

    /// <summary>A provider that has not started.</summary>
    public NamespaceSandbox(IOptions<SandboxOptions> options, TimeProvider clock, ILogger<NamespaceSandbox> logger)
        : base(Value(options), ["python", "shell", Validator], Value(options).MinimumWarm, clock, logger)
    {
    }

    /// <inheritdoc />
    public override string Name => "namespaces";

    /// <inheritdoc />
    public override SandboxTier Tier => SandboxTier.Namespaces;

    private protected override string Needs =>
        "Code execution needs user namespaces for ordinary users and the Debian packages bubblewrap, python3-pandas, python3-numpy and python3-matplotlib.";

    private protected override string? Missing => this switch
    {
        _ when !Options.Enabled => "Code execution is switched off.",
        _ when !OperatingSystem.IsLinux() => "Code execution needs Linux.",
        _ when RuntimeInformation.ProcessArchitecture != Architecture.X64 => "Code execution needs x86-64: the filter of system calls knows no other machine.",
        _ when !File.Exists(Options.BubblewrapPath) => $"Code execution is off: {Options.BubblewrapPath} is missing. Install it with: apt-get install bubblewrap python3-pandas python3-numpy python3-matplotlib",
        _ when !File.Exists(Options.PythonPath) => $"Code execution is off: {Options.PythonPath} is missing. Install it with: apt-get install python3 python3-pandas python3-numpy python3-matplotlib",
        _ => null,
    };

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

    private protected override Dictionary<string, object?> SupervisorSettings(IReadOnlyDictionary<string, int> profiles) =>
        new(base.SupervisorSettings(profiles)) { ["bwrap"] = Options.BubblewrapPath };

    private static SandboxOptions Value(IOptions<SandboxOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Value;
    }
}
