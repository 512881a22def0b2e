using Steward.Engines.Sandboxing.GVisor;

namespace Steward.Engines.Sandboxing;

/// <summary>How sandboxes are made and how many run.</summary>
public sealed class SandboxOptions
{
    /// <summary>Whether code may run at all. True by default; what the machine lacks switches it off as well.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The interpreter that supervises and runs code. It comes with the system, as do its packages.</summary>
    public string PythonPath { get; set; } = "/usr/bin/python3";

    /// <summary>The program that makes the outer sandbox.</summary>
    public string BubblewrapPath { get; set; } = "/usr/bin/bwrap";

    /// <summary>The uid and gid that sandboxes run as when the silo is started as root. No account needs to exist; nothing else may use it. 20001 by default.</summary>
    public int UserId { get; set; } = 20001;

    /// <summary>Whether control groups are used where they are writable. True by default.</summary>
    public bool UseCgroups { get; set; } = true;

    /// <summary>Executions that one process with loaded modules serves before it is replaced: its forks share an address layout and a hash seed. 1,000 by default.</summary>
    public int RotateAfter { get; set; } = 1000;

    /// <summary>How long it serves. 10 min by default.</summary>
    public TimeSpan RotateEvery { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>By tenant (<c>t-…</c>), where its code has to run; a job is refused where that is missing. Tenants that are not named take the first provider that works.</summary>
    public IDictionary<string, SandboxTier> TenantTiers { get; } = new Dictionary<string, SandboxTier>(StringComparer.Ordinal);

    /// <summary>Where code has to run that one of <see cref="Risks"/> holds for, of whichever tenant; where its tenant's tier is the stronger one, that. Null, the default, makes no difference.</summary>
    public SandboxTier? RiskTier { get; set; }

    /// <summary>What makes code risky, where <see cref="RiskTier"/> is set. Shell, and code that no validator read, by default.</summary>
    public SandboxRisks Risks { get; set; } = SandboxRisks.Shell | SandboxRisks.Unvalidated;

    /// <summary>How gVisor is started, where it is installed.</summary>
    public GVisorOptions GVisor { get; } = new();

    /// <summary>Executions at once on this silo. Each may use a processor and its memory limit. Four per processor by default, 8 at least.</summary>
    public int Capacity { get; set; } = Math.Max(8, 4 * Environment.ProcessorCount);

    /// <summary>Executions of one tenant at once; null for half of <see cref="Capacity"/>.</summary>
    public int? CapacityPerTenant { get; set; }

    /// <summary>Jobs that may wait; more are refused as busy. 1,000 by default.</summary>
    public int QueueLength { get; set; } = 1000;

    /// <summary>Jobs of one tenant that may wait. 200 by default.</summary>
    public int QueueLengthPerTenant { get; set; } = 200;

    /// <summary>The fewest sandboxes of a profile that are kept ready. 2 by default; about 4 MB each.</summary>
    public int MinimumWarm { get; set; } = 2;

    /// <summary>A program and its arguments that start the supervisor; empty to start it directly. Tests run it as another user with this.</summary>
    internal string[] Launcher { get; set; } = [];

    /// <summary>The most that are kept ready, however many jobs come. 32 by default.</summary>
    public int MaximumWarm { get; set; } = 32;
}
