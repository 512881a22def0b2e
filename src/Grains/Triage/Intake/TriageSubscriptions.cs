using Steward.Connectors;
using Steward.Identity;

namespace Steward.Triage;

/// <summary>Lets the events of the instances that a tenant's settings name wait for triage, so that none is lost however servers come and go.</summary>
internal static class TriageSubscriptions
{
    /// <summary>The name under which events of other systems wait for triage.</summary>
    public const string Subscriber = "triage";

    /// <summary>Brings the subscriptions in line with settings that have changed. Idempotent; what is not done here is done with the first ticket that is told of.</summary>
    /// <param name="grains">The grains.</param>
    /// <param name="platform">Signs for the platform.</param>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="before">The settings before; null when there were none.</param>
    /// <param name="after">The settings now.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async Task ApplyAsync(
        IGrainFactory grains, PlatformIdentity platform, string tenantId, TriageSettings? before, TriageSettings after, CancellationToken cancellationToken)
    {
        var wanted = InstancesOf(after);
        foreach (var instance in wanted)
        {
            platform.Assume(tenantId);
            await grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(tenantId, instance)).Subscribe(Subscriber, cancellationToken);
        }

        foreach (var instance in InstancesOf(before).Except(wanted, StringComparer.Ordinal))
        {
            platform.Assume(tenantId);
            await grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(tenantId, instance)).Unsubscribe(Subscriber, cancellationToken);
        }
    }

    private static List<string> InstancesOf(TriageSettings? settings) =>
        [.. (settings?.Connectors ?? []).Select(connector => connector.Instance).Where(instance => GrainKeys.IsValidPart("c-" + instance, 'c')).Distinct(StringComparer.Ordinal)];
}
