namespace Steward.Engines.Orchestration.Admission;

/// <summary>Who waits for a run.</summary>
public enum RunPriority
{
    /// <summary>A person waits for the answer.</summary>
    Interactive,

    /// <summary>Nobody waits: scheduled work, work that goes on after its deadline.</summary>
    Background,
}

/// <summary>A run that wants to work.</summary>
/// <param name="TenantId">The tenant that it counts for.</param>
/// <param name="RunId">The run, unique in the tenant.</param>
public readonly record struct AdmissionRequest(string TenantId, string RunId)
{
    /// <summary>Interactive runs go before background runs. Interactive by default.</summary>
    public RunPriority Priority { get; init; } = RunPriority.Interactive;

    /// <summary>The tenant's weight: under contention a tenant of weight 3 gets three times the slots of one of weight 1. 1 by default; at least 0.01.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>The most runs of the tenant that work at the same time in this process; null is the option's.</summary>
    public int? MaxConcurrent { get; init; }

    /// <summary>The most background runs among them; null is the option's share.</summary>
    public int? MaxBackground { get; init; }
}
