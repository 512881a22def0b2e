namespace Steward.Sandbox;

/// <summary>How long executions may take in all, waiting for a turn included.</summary>
internal sealed class SandboxLeaseOptions
{
    public const string Section = "Steward:Sandbox:Leases";

    /// <summary>For which somebody waits. Default 90 s.</summary>
    public TimeSpan Interactive { get; set; } = TimeSpan.FromSeconds(90);

    /// <summary>For which nobody waits. Default 15 min.</summary>
    public TimeSpan Background { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long the pool may take to end what it was told to end. Default 15 s.</summary>
    public TimeSpan Grace { get; set; } = TimeSpan.FromSeconds(15);
}
