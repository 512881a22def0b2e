using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Steward.Gateway.Access;

namespace Steward.Gateway.Hooks;

/// <summary>
/// Bounds what strangers take of the cluster through webhooks: so many requests for each instance, and so many for instances from which nothing genuine came lately, whatever their names. Nobody needs
/// credentials to come here. While strangers take all of the latter, senders at other addresses keep a little of their own: after a start nothing has proven itself, and one genuine request is enough for that.
/// </summary>
internal sealed class HookAdmission(IOptions<StewardGatewayOptions> options, TimeProvider time)
{
    private const int MaxInstances = 10_000;

    // How much senders of one of so many shares keep. All of them together are about as much as what is left to whoever comes first.
    private const int Shares = 256;
    private const double SharePerSecond = 0.25;
    private const double ShareBurst = 4;
    private static readonly TimeSpan KnownFor = TimeSpan.FromHours(1);

    private readonly ExpiringCache<(string Tenant, string Instance), TokenBucket> _known = new(MaxInstances, time);
    private readonly TokenBucket _unknown = new(options.Value.UnknownHooksPerSecond, options.Value.UnknownHooksPerSecond * 2, time);
    private readonly TokenBucket[] _shares = [.. Enumerable.Range(0, Shares).Select(_ => new TokenBucket(SharePerSecond, ShareBurst, time))];

    /// <summary>Counts a request.</summary>
    /// <param name="tenant">The tenant, as the path says it.</param>
    /// <param name="instance">The instance.</param>
    /// <param name="sender">Where it comes from; null when that is not known.</param>
    /// <param name="wait">How long until the next is let through, when the result is false.</param>
    public bool TryAdmit(string tenant, string instance, IPAddress? sender, out TimeSpan wait)
    {
        if (_known.TryGet((tenant, instance), out var bucket))
        {
            return bucket.TryTake(out wait);
        }

        return _unknown.TryTake(out wait) || _shares[ShareOf(sender)].TryTake(out _);
    }

    /// <summary>Notes that a genuine request came: the instance has a share of its own from now on.</summary>
    public void Proven(string tenant, string instance)
    {
        var bucket = _known.TryGet((tenant, instance), out var present) ? present : new TokenBucket(options.Value.HooksPerSecond, options.Value.HooksPerSecond * 2, time);
        _known.Set((tenant, instance), bucket, time.GetUtcNow() + KnownFor);
    }

    // Nobody outside knows which addresses share: the hash is another one in each process. Of IPv6 a network counts, of which whoever has one address has all.
    private static int ShareOf(IPAddress? sender)
    {
        if (sender is null)
        {
            return 0;
        }

        Span<byte> bytes = stackalloc byte[16];
        var address = sender.IsIPv4MappedToIPv6 ? sender.MapToIPv4() : sender;
        address.TryWriteBytes(bytes, out var length);
        var hash = default(HashCode);
        hash.AddBytes(bytes[..(address.AddressFamily == AddressFamily.InterNetworkV6 ? 8 : length)]);
        return (int)((uint)hash.ToHashCode() % Shares);
    }
}
