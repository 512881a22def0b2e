namespace Steward.Connectors;

/// <summary>
/// A call of an external system that takes longer than a grain call may. Key: <c>t-acme/x-…</c>. Lives in the silo that makes the call, so that it is known at once when that one is lost.
/// </summary>
[Alias("steward.connector-call-under-way")]
public interface IConnectorCallUnderWayGrain : IGrainWithStringKey
{
    /// <summary>Takes the call over from the grain that began it, in the same silo. The platform only.</summary>
    /// <param name="cancellationToken">Not used: it takes no time.</param>
    /// <returns>Whether the call was there.</returns>
    [Alias("attach")]
    Task<bool> Attach(CancellationToken cancellationToken = default);

    /// <summary>
    /// Waits for the call's end, a few seconds at most: <see cref="ConnectorCallResult.UnderWay"/> is set when it goes on. The outcome is <c>unknown</c> when the silo that made the call was lost.
    /// Only whoever made the call.
    /// </summary>
    /// <param name="cancellationToken">Stops the call.</param>
    [Alias("wait")]
    Task<ConnectorCallResult> Wait(CancellationToken cancellationToken = default);
}
