using System.Net;
using System.Net.Sockets;

namespace Steward.Engines.Security.Webhooks;

/// <summary>Addresses that are not public unicast: the IANA special-purpose registries (RFC 6890 and its updates) and metadata services of clouds outside of them.</summary>
internal static class SpecialNetworks
{
    private static readonly IPNetwork[] V4 = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "168.63.129.16/32");

    /// <summary>What is public of IPv6 at all; among the rest are loopback, mapped, unique local, link-local and multicast addresses.</summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] V6 = Parse("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>Addresses of NAT64 carry an IPv4 address in their last four bytes.</summary>
    private static readonly IPNetwork Translated = IPNetwork.Parse("64:ff9b::/96");

    public static bool IsPublic(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return !V4.Any(network => network.Contains(address));
        }

        if (Translated.Contains(address))
        {
            return IsPublic(new IPAddress(address.GetAddressBytes().AsSpan(12)));
        }

        return GlobalUnicast.Contains(address) && !V6.Any(network => network.Contains(address));
    }

    private static IPNetwork[] Parse(params ReadOnlySpan<string> networks)
    {
        var parsed = new IPNetwork[networks.Length];
        for (var i = 0; i < networks.Length; i++)
        {
            parsed[i] = IPNetwork.Parse(networks[i]);
        }

        return parsed;
    }
}
