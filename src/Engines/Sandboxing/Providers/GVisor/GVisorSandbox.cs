using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.GVisor;

/// <summary>
/// Code on a kernel of its own: one <c>runsc</c> for each execution, started without privileges in fresh namespaces, without a network, with a read-only root and a work directory in memory. Inside, the same filter
/// and limits as in namespaces hold once more. A supervisor outside this process owns them all and ends them when this process ends.
/// </summary>
public sealed class GVisorSandbox : SupervisedSandbox
{
    private readonly int _most;

    /// <summary>A provider that has not started.</summary>
    public GVisorSandbox(IOptions<SandboxOptions> options, TimeProvider clock, ILogger<GVisorSandbox> logger)
        : base(Value(options), ["python", "shell"], 0, clock, logger)
    {
        _most = Options.GVisor.Warm ?? (IsChosen ? 1 : 0);
        foreach (var profile in Enum.GetValues<SandboxProfile>())
        {
            KeepWarm(profile, _most);
        }
    }

    /// <inheritdoc />
    public override string Name => "gvisor";

    /// <inheritdoc />
    public override SandboxTier Tier => SandboxTier.GVisor;

    private protected override bool IsChosen => Options.RiskTier == SandboxTier.GVisor || Options.TenantTiers.Values.Contains(SandboxTier.GVisor);

    private protected override string Needs => "gVisor needs user namespaces for ordinary users and the Debian packages runsc, python3-pandas, python3-numpy and python3-matplotlib.";

    private protected override string? Missing => this switch
    {
        _ when !Options.Enabled => "Code execution is switched off.",
        _ when !OperatingSystem.IsLinux() => "gVisor needs Linux.",
        _ when RuntimeInformation.ProcessArchitecture != Architecture.X64 => "gVisor needs x86-64 here: the filter of system calls knows no other machine.",
        _ when !File.Exists(Options.GVisor.RunscPath) => $"gVisor is not there: {Options.GVisor.RunscPath} is missing. Install it with: apt-get install runsc",
        _ when !File.Exists(Options.PythonPath) => $"gVisor runs {Options.PythonPath}, which is missing. Install it with: apt-get install python3 python3-pandas python3-numpy python3-matplotlib",
        _ => null,
    };

    /// <inheritdoc />
    /// <remarks>Each takes about as much memory as a Python with its modules: no more are kept than <see cref="GVisorOptions.Warm"/> says.</remarks>
    public override void KeepWarm(SandboxProfile profile, int count) => base.KeepWarm(profile, Math.Min(count, _most));

    private protected override Dictionary<string, object?> SupervisorSettings(IReadOnlyDictionary<string, int> profiles) =>
        new(base.SupervisorSettings(profiles)) { ["runsc"] = Options.GVisor.RunscPath, ["platform"] = Options.GVisor.Platform, ["preload"] = Options.GVisor.Preload };

    private static SandboxOptions Value(IOptions<SandboxOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Value;
    }
}
