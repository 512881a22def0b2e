using System.Net;
using Microsoft.Extensions.Options;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>The connections of tenants' instances: no redirects, no cookies, and no address inside of the network unless the operator allows it.</summary>
internal static class InstanceConnections
{
    /// <summary>The name of the client that reaches public addresses.</summary>
    public const string PublicClient = "steward-instances";

    /// <summary>The name of the client that reaches private addresses too.</summary>
    public const string PrivateClient = "steward-instances-private";

    // Link-local addresses are not among them: there clouds tell machines their credentials.
    private static readonly string[] PrivateNetworks = ["127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "::1/128", "fc00::/7"];

    /// <summary>What keeps to these rules.</summary>
    public static AddressGuard CreateGuard(INameResolver names, bool allowPrivate, EgressProxy? proxy = null)
    {
        var rules = new WebhookOptions();
        foreach (var network in allowPrivate ? PrivateNetworks : [])
        {
            rules.AllowedNetworks.Add(network);
        }

        return new AddressGuard(Options.Create(rules), names, proxy);
    }

    /// <summary>A handler with these rules.</summary>
    public static SocketsHttpHandler CreateHandler(INameResolver names, bool allowPrivate, EgressProxy? proxy)
    {
        var handler = CreateGuard(names, allowPrivate, proxy).CreateHandler();
        handler.AutomaticDecompression = DecompressionMethods.All;
        handler.PooledConnectionLifetime = TimeSpan.FromMinutes(5);
        handler.MaxResponseHeadersLength = 64;
        return handler;
    }
}
