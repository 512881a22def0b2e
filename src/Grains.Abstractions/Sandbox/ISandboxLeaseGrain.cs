using Orleans.Concurrency;

namespace Steward.Sandbox;

/// <summary>
/// The right to one sandbox for one execution. Key: <c>t-acme/x-…</c>. Runs the code in the background of the activation, journals every change of state, and keeps what came out. Only the person in whose name the code
/// runs may read or stop it; to everybody else it does not exist.
/// </summary>
[Alias("steward.sandbox-lease")]
public interface ISandboxLeaseGrain : IGrainWithStringKey
{
    /// <summary>Asks for the execution and returns at once; the wish is durable then. Idempotent: a repetition by the same person starts nothing and gives the state.</summary>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c> names the field; <c>not_found</c> when somebody else has asked.</exception>
    [Alias("start")]
    Task<SandboxExecution> Start(StartSandboxExecution command, CancellationToken cancellationToken = default);

    /// <summary>The execution; null when the caller has none with this key.</summary>
    [Alias("get")]
    Task<SandboxExecution?> Get(CancellationToken cancellationToken = default);

    /// <summary>
    /// Its events after a sequence number, then those to come, until the last one (<see cref="SandboxEvent.EndsExecution"/>). To resume after a break call again with the last number seen. Text that was written
    /// before the activation was lost is not told again; the text of an ended execution is in its result.
    /// </summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when the caller has no such execution.</exception>
    [Alias("watch")]
    [AlwaysInterleave] // Safe: only reads the sequenced buffer.
    IAsyncEnumerable<SandboxEvent> Watch(long afterSequence, CancellationToken cancellationToken = default);

    /// <summary>Stops the code; what it had written until then stays. Idempotent.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when the caller has no such execution.</exception>
    [Alias("cancel")]
    Task<SandboxExecution> Cancel(CancellationToken cancellationToken = default);

    /// <summary>The bytes of one of the execution's files; null when there is none, or retention removed it.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when the caller has no such execution.</exception>
    [Alias("read-file")]
    Task<byte[]?> ReadFile(string name, CancellationToken cancellationToken = default);

    /// <summary>The code; null when retention removed it or it cannot be opened any more.</summary>
    /// <exception cref="Errors.StewardException"><c>not_found</c> when the caller has no such execution.</exception>
    [Alias("read-code")]
    Task<string?> ReadCode(CancellationToken cancellationToken = default);

    /// <summary>For the platform: ends a lease whose silo was lost. Harmless for one that is at work.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);

    /// <summary>For the platform's retention: removes everything but a receipt of a lease that ended before <paramref name="quietSince"/>.</summary>
    /// <returns>Whether something was removed.</returns>
    [Alias("retire")]
    Task<bool> Retire(DateTimeOffset quietSince, CancellationToken cancellationToken = default);
}
