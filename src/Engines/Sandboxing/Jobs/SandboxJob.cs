namespace Steward.Engines.Sandboxing;

/// <summary>Code to run once, for one tenant.</summary>
public sealed record SandboxJob
{
    /// <summary>Names the execution in logs and for the data broker; unique among those running.</summary>
    public required string ExecutionId { get; init; }

    /// <summary>The tenant's key (<c>t-…</c>). Tenants share the pool fairly. Never shown to the code.</summary>
    public required string Tenant { get; init; }

    /// <summary>What runs the code.</summary>
    public required SandboxProfile Profile { get; init; }

    /// <summary>The source, at most 256 KiB of UTF-8.</summary>
    public required string Code { get; init; }

    /// <summary>Files that lie in the work directory when the code starts, at most 32 and 20 MiB together.</summary>
    public IReadOnlyList<SandboxFile> Files { get; init; } = [];

    /// <summary>What it may use; <see cref="SandboxLimits.Interactive"/> by default.</summary>
    public SandboxLimits Limits { get; init; } = SandboxLimits.Interactive;

    /// <summary>Where it may run; null lets the pool take the first provider that is available.</summary>
    public SandboxTier? Tier { get; init; }

    /// <summary>Among jobs that wait, a higher one of these goes first. 0 by default.</summary>
    public int Priority { get; init; }

    /// <summary>The tenant's share of the pool while several wait, in proportion to the others': more than 0, 1 by default.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>Whether the validator must agree before the code runs. True by default; isolation does not depend on it.</summary>
    public bool Validate { get; init; } = true;
}

/// <summary>A file that goes in or comes out.</summary>
/// <param name="Name">One path segment of letters, digits, <c>. _ -</c> and space, at most 128, not starting with a dot.</param>
/// <param name="Content">Its bytes.</param>
public sealed record SandboxFile(string Name, ReadOnlyMemory<byte> Content);
