using System.Net;
using System.Net.Http;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Webhooks;

/// <summary>
/// Keeps requests to addresses that strangers chose away from the inside of the network. Checks the addresses that a connection is really made to, so a name that
/// resolves to something else the second time gains nothing.
/// </summary>
public sealed class AddressGuard
{
    // RFC 6761, 6762, 8375, and what ICANN has set aside for private use.
    private static readonly string[] InsideOnly = [".localhost", ".local", ".internal", ".home.arpa", ".lan", ".intranet", ".corp"];

    private readonly List<IPNetwork> _allowed;
    private readonly bool _allowHttp;
    private readonly INameResolver _names;
    private readonly EgressProxy? _proxy;

    /// <summary>Creates a guard.</summary>
    /// <param name="options">Which addresses are allowed beside the public ones.</param>
    /// <param name="names">Finds addresses.</param>
    /// <param name="proxy">What HTTP connections to public addresses are made through; directly when null or not used.</param>
    public AddressGuard(IOptions<WebhookOptions> options, INameResolver names, EgressProxy? proxy = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];
        _allowHttp = options.Value.AllowHttp;
        (_names, _proxy) = (names, proxy is { IsUsed: true } ? proxy : null);
    }

    /// <summary>
    /// Whether an address may be one of the public network as far as it says by itself, for whoever hands it on to others and connects to nothing: an IP address has to be public, a name has to be in ASCII, with a dot and none of the endings that are only
    /// used inside. What a name resolves to is not looked up.
    /// </summary>
    public static bool MayBePublic(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        // How letters beyond ASCII are folded differs from server to server, and may end in an inside name there: such names come as xn--….
        if (address.UserInfo.Length > 0 || !System.Text.Ascii.IsValid(address.Host) || HostOf(address) is not { } named)
        {
            return false;
        }

        var host = named.TrimEnd('.');
        if (IPAddress.TryParse(host, out var ip))
        {
            return SpecialNetworks.IsPublic(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : new IPAddress(ip.GetAddressBytes()));
        }

        return host.Contains('.', StringComparison.Ordinal) && !Array.Exists(InsideOnly, ending => host.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether requests may go to an address. IPv4 addresses inside of IPv6 ones count as what they are.</summary>
    public bool IsAllowed(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : new IPAddress(address.GetAddressBytes());
        return SpecialNetworks.IsPublic(plain) || _allowed.Any(network => network.Contains(plain));
    }

    /// <summary>Checks an address that somebody wants to have called: its form, its scheme and what its host resolves to now.</summary>
    /// <returns>The reason to refuse it, or null.</returns>
    public async Task<AddressRefusal?> CheckAsync(string? url, CancellationToken cancellationToken)
    {
        if (url is null or { Length: 0 or > 2000 } || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.HostNameType is UriHostNameType.Unknown or UriHostNameType.Basic)
        {
            return new AddressRefusal(false, "must be an absolute https address of at most 2,000 characters.");
        }

        if (uri.Scheme != Uri.UriSchemeHttps && !(uri.Scheme == Uri.UriSchemeHttp && _allowHttp))
        {
            return new AddressRefusal(false, _allowHttp ? "must begin with https:// or http://." : "must begin with https://.");
        }

        if (uri.UserInfo.Length > 0 || uri.Fragment.Length > 0 || uri.Port == 0)
        {
            return new AddressRefusal(false, "must not have a user name, a password, a fragment or port 0.");
        }

        if (HostOf(uri) is not { } host)
        {
            return new AddressRefusal(false, "has a host name that is not valid.");
        }

        try
        {
            await ResolveAsync(host, cancellationToken);
            return null;
        }
        catch (AddressForbiddenException exception)
        {
            return new AddressRefusal(true, exception.Message);
        }
        catch (SocketException)
        {
            return new AddressRefusal(false, "has a host name that cannot be resolved.");
        }
    }

    /// <summary>A handler for requests to such addresses: no proxy but the operator's, no redirects, no cookies, and no connection to what the guard does not allow.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 4 * 1024,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        ActivityHeadersPropagator = null,
        ConnectCallback = ConnectAsync,
    };

    /// <summary>Connects to a host, for protocols other than HTTP.</summary>
    /// <exception cref="AddressForbiddenException">It leads where connections must not go.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    public async ValueTask<NetworkStream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(host, cancellationToken);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // The very addresses that were checked: no second look-up.
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        if (_proxy is not { } proxy)
        {
            return await ConnectAsync(host, port, cancellationToken);
        }

        IPAddress[] addresses;
        try
        {
            addresses = await ResolveAsync(host, cancellationToken);
        }
        catch (SocketException) when (proxy.IsByName)
        {
            // Only the proxy knows such names.
            return await proxy.ConnectAsync(host, port, cancellationToken);
        }

        var open = Array.FindAll(addresses, SpecialNetworks.IsPublic);
        if (open.Length == 0)
        {
            // What the operator has opened inside of the network is not behind the proxy.
            return await ConnectAsync(host, port, cancellationToken);
        }

        // A proxy may reach some of a name's addresses only, those of one family for example.
        for (var i = 0; !proxy.IsByName && i < open.Length - 1; i++)
        {
            try
            {
                return await proxy.ConnectAsync(open[i].ToString(), port, cancellationToken);
            }
            catch (IOException)
            {
                // The next one; what the last one says is told.
            }
        }

        return await proxy.ConnectAsync(proxy.IsByName ? host : open[^1].ToString(), port, cancellationToken);
    }

    // An address may be well formed though its host has no form in ASCII.
    private static string? HostOf(Uri address)
    {
        try
        {
            return address.IdnHost.Trim('[', ']');
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    private async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _names.ResolveAsync(host, cancellationToken);
        if (addresses.Length == 0)
        {
            throw new SocketException((int)SocketError.HostNotFound);
        }

        // One bad address is enough: which of them is used is not for the name's owner to choose.
        return addresses.All(IsAllowed) ? addresses : throw new AddressForbiddenException();
    }
}

/// <summary>Why an address is refused.</summary>
/// <param name="IsForbidden">Whether it leads where requests must not go, as opposed to being malformed.</param>
/// <param name="Reason">As a sentence without its subject, safe to show; it does not tell what a name resolves to.</param>
public sealed record AddressRefusal(bool IsForbidden, string Reason);

/// <summary>A connection was about to be made to an address that is not allowed.</summary>
public sealed class AddressForbiddenException() : IOException(Text)
{
    private const string Text =
        "leads to a private, local or otherwise special address. Only public addresses are allowed, and the networks that the operator lists under Steward:Webhooks:AllowedNetworks.";
}

/// <summary>Finds the addresses of host names.</summary>
public interface INameResolver
{
    /// <summary>All addresses of a name.</summary>
    /// <exception cref="SocketException">There are none, or they could not be found out.</exception>
    Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken);
}

/// <summary>Asks the system.</summary>
public sealed class SystemNameResolver : INameResolver
{
    /// <inheritdoc />
    public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => Dns.GetHostAddressesAsync(host, cancellationToken);
}
