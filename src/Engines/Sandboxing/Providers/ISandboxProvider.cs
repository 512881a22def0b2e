namespace Steward.Engines.Sandboxing;

/// <summary>A way to run code apart from the host. One execution has a sandbox of its own, which is destroyed before its outcome is given.</summary>
public interface ISandboxProvider : IAsyncDisposable
{
    /// <summary>A stable word, such as <c>namespaces</c>.</summary>
    string Name { get; }

    /// <summary>How strongly it separates.</summary>
    SandboxTier Tier { get; }

    /// <summary>What of it works here; before <see cref="StartAsync"/> has ended, nothing does.</summary>
    SandboxAvailability Availability { get; }

    /// <summary>Finds out what works and starts what the provider needs. Never throws for something that is missing: <see cref="Availability"/> says it. Idempotent.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>Asks for this many sandboxes of a profile to be kept ready. Returns at once; a provider without warm sandboxes ignores it.</summary>
    void KeepWarm(SandboxProfile profile, int count);

    /// <summary>How many sandboxes of a profile are ready now.</summary>
    int Warm(SandboxProfile profile);

    /// <summary>Runs one job. Cancelling kills the execution and gives <see cref="SandboxStatus.Cancelled"/>; every failure is an outcome, not an exception.</summary>
    Task<SandboxOutcome> RunAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken);
}

/// <summary>Whether a provider works on this machine, and with which layers.</summary>
public sealed record SandboxAvailability
{
    /// <summary>Whether code can run.</summary>
    public required bool IsAvailable { get; init; }

    /// <summary>Whether code of several tenants may run side by side; false when the separation is too weak for it.</summary>
    public bool MultiTenant { get; init; }

    /// <summary>What is missing and how to get it, when it is not available; else null.</summary>
    public string? Remedy { get; init; }

    /// <summary>Each layer and whether it is in force.</summary>
    public IReadOnlyList<SandboxLayer> Layers { get; init; } = [];

    /// <summary>The layers that this machine lacks.</summary>
    public IEnumerable<SandboxLayer> Missing => Layers.Where(layer => !layer.Present);
}

/// <summary>One layer of isolation.</summary>
/// <param name="Name">A stable word, such as <c>seccomp</c>.</param>
/// <param name="Present">Whether it is in force.</param>
/// <param name="Detail">What it gives, or why it is missing.</param>
public sealed record SandboxLayer(string Name, bool Present, string Detail);
