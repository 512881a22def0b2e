using Orleans.Concurrency;

namespace Steward.Connectors;

/// <summary>
/// What an external system tells one connector instance of a tenant. Key: <c>t-acme/c-okta</c>. Events are journaled before the sender is answered, taken once by the
/// sender's own id of them, and published on a stream of <see cref="HookStreams"/> until every subscriber has settled them.
/// </summary>
[Alias("steward.connector-hooks")]
public interface IConnectorHooksGrain : IGrainWithStringKey
{
    /// <summary>Judges a request and takes its events. The platform only, for a sender that proves who it is by the request itself.</summary>
    /// <returns>What to answer: the same for an unknown instance as for a wrong signature.</returns>
    [AlwaysInterleave] // Safe: what is judged is not changed by others; what is accepted, is accepted one after the other. Vaults and key servers take their time.
    [Alias("receive")]
    Task<HookAnswer> Receive(HookDelivery delivery, CancellationToken cancellationToken = default);

    /// <summary>
    /// Makes a subscriber one that events wait for: each is published again until it has settled it, and becomes a dead letter when it does not. Idempotent; the platform only.
    /// Events that came before are not published for it.
    /// </summary>
    /// <param name="subscriber">Its name, 1 to 64 characters of a-z, 0-9, hyphen and dot.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("subscribe")]
    Task Subscribe(string subscriber, CancellationToken cancellationToken = default);

    /// <summary>
    /// The same for events of some routes only: others do not wait for it. Replaces what the subscriber wanted before; <see cref="Subscribe"/> makes it want all. Idempotent; the platform only.
    /// </summary>
    /// <param name="subscriber">Its name.</param>
    /// <param name="routes">1 to 20 routes as templates name them; the empty one is that of events without a route.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("subscribe-to")]
    Task SubscribeTo(string subscriber, IReadOnlyList<string> routes, CancellationToken cancellationToken = default);

    /// <summary>Lets events wait for a subscriber no longer. Idempotent; the platform only.</summary>
    [Alias("unsubscribe")]
    Task Unsubscribe(string subscriber, CancellationToken cancellationToken = default);

    /// <summary>Says how a subscriber fared with an event. Idempotent; the platform only.</summary>
    [Alias("settle")]
    Task Settle(SettleHook command, CancellationToken cancellationToken = default);

    /// <summary>A page of the events that some subscriber did not settle in spite of all attempts, oldest first. Admins only.</summary>
    /// <param name="afterNumber">Only events after this <see cref="ConnectorEvent.Number"/>; 0 from the start.</param>
    /// <param name="limit">1 to 200.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    [Alias("list-dead-letters")]
    Task<HookDeadLetterPage> ListDeadLetters(long afterNumber, int limit, CancellationToken cancellationToken = default);

    /// <summary>Publishes a dead letter again, for the subscribers that have not settled it. Admins only.</summary>
    [Alias("replay")]
    Task Replay(long number, CancellationToken cancellationToken = default);

    /// <summary>Takes a dead letter off the list for good. Admins only.</summary>
    [Alias("close")]
    Task Close(long number, CancellationToken cancellationToken = default);

    /// <summary>Goes on with what waits. Harmless when nothing does; the platform only.</summary>
    [Alias("resume")]
    Task Resume(CancellationToken cancellationToken = default);

    /// <summary>Removes all events, dead letters and subscribers, since the instance is deleted. Idempotent; the platform only.</summary>
    [Alias("remove")]
    Task Remove(CancellationToken cancellationToken = default);
}

/// <summary>The streams on which events of external systems are published.</summary>
public static class HookStreams
{
    /// <summary>The stream provider.</summary>
    public const string Provider = "hooks";

    /// <summary>The streams' name space, for <c>ImplicitStreamSubscription</c>; a stream's key is that of its <see cref="IConnectorHooksGrain"/>.</summary>
    public const string Namespace = "steward.hooks";
}
