namespace Steward.Engines.Resilience;

/// <summary>When calls stop for a while.</summary>
public sealed record BreakerSpec
{
    /// <summary>Failures in a row that open it.</summary>
    public int ConsecutiveFailures { get; init; } = 3;

    /// <summary>The share of failures in <see cref="Sampling"/> that opens it.</summary>
    public double FailureRatio { get; init; } = 0.1;

    /// <summary>The fewest calls in <see cref="Sampling"/> for the share to count.</summary>
    public int MinimumThroughput { get; init; } = 20;

    /// <summary>The window of the share.</summary>
    public TimeSpan Sampling { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long it stays open first; longer when it opens again soon.</summary>
    public TimeSpan Open { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Calls that must succeed before it closes.</summary>
    public int Probes { get; init; } = 3;
}
