using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;
using Steward.Connectors;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>
/// Hears what external systems tell of tickets, and hands it on. Persists nothing; woken by: the stream of one connector instance. It needs nothing that a silo could lack: a subscriber that cannot be made would hold the stream
/// up for all.
/// </summary>
[ImplicitStreamSubscription(HookStreams.Namespace)]
internal sealed partial class TriageHooksGrain(PlatformIdentity platform, ILogger<TriageHooksGrain> logger) : StewardGrain, ITriageHooksGrain, IStreamSubscriptionObserver, IAsyncObserver<ConnectorEvent>
{
    /// <inheritdoc/>
    public Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory) => handleFactory.Create<ConnectorEvent>().ResumeAsync(this);

    /// <inheritdoc/>
    public async Task OnNextAsync(ConnectorEvent item, StreamSequenceToken? token = null)
    {
        // Whoever is not told of yet is asked about with the first ticket; other events cost nothing.
        if (!item.OpenFor.Contains(TriageSubscriptions.Subscriber) && HookedTicket.Of(item.Payload) is null)
        {
            return;
        }

        var key = this.GetPrimaryKeyString();
        try
        {
            platform.Assume(GrainKeys.TenantOf(key));
            await GrainFactory.GetGrain<ITriageIntakeGrain>(key).Take(item);
        }
#pragma warning disable CA1031 // It is not settled, and so it comes again.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogNotTaken(logger, exception, key);
        }
    }

    /// <inheritdoc/>
    public Task OnCompletedAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex) => Task.CompletedTask;

    [LoggerMessage(EventId = 1961, Level = LogLevel.Warning, Message = "An event of {Instance} could not be taken by triage now; it will come again")]
    private static partial void LogNotTaken(ILogger logger, Exception exception, string instance);
}
