using Microsoft.Extensions.Options;
using Steward.Gateway.Access;

namespace Steward.Gateway.Hooks;

/// <summary>
/// Bounds what strangers take of the cluster through webhooks: so many requests for each instance, and so many for instances from which nothing genuine came lately, whatever their names. Nobody needs
/// credentials to come here.
/// </summary>
internal sealed class HookAdmission(IOptions<StewardGatewayOptions> options, TimeProvider time)
{
    private const int MaxInstances = 10_000;
    private static readonly TimeSpan KnownFor = TimeSpan.FromHours(1);

    private readonly ExpiringCache<(string Tenant, string Instance), TokenBucket> _known = new(MaxInstances, time);
    private readonly TokenBucket _unknown = new(options.Value.UnknownHooksPerSecond, options.Value.UnknownHooksPerSecond * 2, time);

    /// <summary>Counts a request.</summary>
    /// <param name="tenant">The tenant, as the path says it.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="wait">How long until the next is let through, when the result is false.</param>
    public bool TryAdmit(string tenant, string instance, out TimeSpan wait) =>
        (_known.TryGet((tenant, instance), out var bucket) ? bucket : _unknown).TryTake(out wait);

    /// <summary>Notes that a genuine request came: the instance has a share of its own from now on.</summary>
    public void Proven(string tenant, string instance)
    {
        var bucket = _known.TryGet((tenant, instance), out var present) ? present : new TokenBucket(options.Value.HooksPerSecond, options.Value.HooksPerSecond * 2, time);
        _known.Set((tenant, instance), bucket, time.GetUtcNow() + KnownFor);
    }
}
