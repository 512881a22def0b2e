namespace Steward.Engines.Sandboxing;

/// <summary>What one execution may use. Whatever is reached ends the execution or cuts its output, and is named in <see cref="SandboxOutcome.LimitsHit"/>.</summary>
public sealed record SandboxLimits
{
    /// <summary>For a person who waits: 30 s.</summary>
    public static SandboxLimits Interactive { get; } = new();

    /// <summary>For work in the background: 5 min of wall and processor time.</summary>
    public static SandboxLimits Background { get; } = new() { WallTime = TimeSpan.FromMinutes(5), CpuTime = TimeSpan.FromMinutes(5) };

    /// <summary>From the moment the code is handed over until everything it started is killed. At most 10 min; 30 s by default.</summary>
    public TimeSpan WallTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Processor time of one process, rounded up to whole seconds. 30 s by default.</summary>
    public TimeSpan CpuTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Memory in bytes, files in the work directory included. 512 MiB by default; without cgroups the limit is approximate.</summary>
    public long MemoryBytes { get; init; } = 512L << 20;

    /// <summary>Text written to standard output and error, in bytes; more is dropped, and at four times as much the execution is killed. 1 MiB by default.</summary>
    public int TextBytes { get; init; } = 1 << 20;

    /// <summary>All files that come back, in bytes. 20 MiB by default.</summary>
    public int FileBytes { get; init; } = 20 << 20;

    /// <summary>How many files come back. 32 by default.</summary>
    public int Files { get; init; } = 32;

    /// <summary>Tables and charts together, as sent, in bytes. 16 MiB by default.</summary>
    public int ResultBytes { get; init; } = 16 << 20;

    /// <summary>How often the code may ask for data (<see cref="ISandboxDataBroker"/>). 200 by default; 0 refuses every question.</summary>
    public int DataCalls { get; init; } = 200;
}

/// <summary>A limit that an execution reached.</summary>
public enum SandboxLimit
{
    /// <summary><see cref="SandboxLimits.WallTime"/>: killed.</summary>
    WallTime,

    /// <summary><see cref="SandboxLimits.CpuTime"/>: killed.</summary>
    CpuTime,

    /// <summary><see cref="SandboxLimits.MemoryBytes"/>: an allocation failed or the process was killed.</summary>
    Memory,

    /// <summary>More processes or threads than allowed: creating one failed.</summary>
    Processes,

    /// <summary>Room, or the number of files, of the work directory: writing failed.</summary>
    Disk,

    /// <summary><see cref="SandboxLimits.TextBytes"/>: the text is cut.</summary>
    Text,

    /// <summary><see cref="SandboxLimits.ResultBytes"/>, or a malformed result: tables or charts were dropped, or the execution was killed.</summary>
    Results,

    /// <summary><see cref="SandboxLimits.FileBytes"/> or <see cref="SandboxLimits.Files"/>: some files did not come back.</summary>
    Files,

    /// <summary><see cref="SandboxLimits.DataCalls"/>: questions were refused.</summary>
    DataCalls,

    /// <summary>A system call that no execution may make: the process was killed.</summary>
    SystemCall,
}
