namespace Steward.Engines.Sandboxing;

/// <summary>The sandboxes of one silo. Jobs wait in one bounded queue, fairly across tenants.</summary>
public interface ISandboxPool
{
    /// <summary>The providers in order of preference and what works of them.</summary>
    IReadOnlyList<ISandboxProvider> Providers { get; }

    /// <summary>The load now.</summary>
    SandboxPoolLoad Load { get; }

    /// <summary>
    /// Validates the code where the job asks for it, waits for a turn, runs it and gives its outcome. A full queue, a refusal and a missing provider are outcomes with
    /// <see cref="SandboxStatus.Refused"/>; cancelling, also while waiting, gives <see cref="SandboxStatus.Cancelled"/>. Nothing of the execution lives when the task ends.
    /// </summary>
    Task<SandboxOutcome> ExecuteAsync(SandboxJob job, ISandboxOutputSink output, ISandboxDataBroker data, CancellationToken cancellationToken);
}

/// <summary>How busy a pool is; the signals to scale by.</summary>
/// <param name="Running">Executions that hold a sandbox.</param>
/// <param name="Waiting">Jobs in the queue.</param>
/// <param name="Warm">Sandboxes that are ready.</param>
/// <param name="Capacity">How many executions may run at once.</param>
public sealed record SandboxPoolLoad(int Running, int Waiting, int Warm, int Capacity);
