using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Webhooks;

/// <summary>Makes connections through the operator's proxy. Which addresses may be reached is not its matter: <see cref="AddressGuard"/> asks it only for those that may.</summary>
public sealed class EgressProxy
{
    private const int MaxAnswer = 8 * 1024;

    private readonly Uri? _proxy;
    private readonly string _authorization;

    /// <summary>Reads the options.</summary>
    public EgressProxy(IOptions<EgressOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _proxy = string.IsNullOrEmpty(options.Value.Proxy) ? null : new Uri(options.Value.Proxy);
        IsByName = options.Value.ByName;
        _authorization = _proxy is { UserInfo: { Length: > 0 } user }
            ? $"Proxy-Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(user)))}\r\n"
            : "";
    }

    /// <summary>Whether there is one.</summary>
    public bool IsUsed => _proxy is not null;

    /// <summary>Whether it is given names instead of addresses.</summary>
    public bool IsByName { get; }

    /// <summary>A connection to a host, through the proxy.</summary>
    /// <param name="host">The host's name or address.</param>
    /// <param name="port">Its port.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">The proxy refuses it, or speaks another protocol.</exception>
    /// <exception cref="SocketException">The proxy cannot be reached.</exception>
    public async Task<NetworkStream> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        var proxy = _proxy ?? throw new InvalidOperationException("There is no proxy.");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(proxy.IdnHost.Trim('[', ']'), proxy.Port, cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            var authority = string.Create(CultureInfo.InvariantCulture, $"{(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}");
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n{_authorization}\r\n"), cancellationToken);
            var status = StatusOf(await ReadHeadAsync(stream, cancellationToken));
            return status is >= 200 and < 300 ? stream : throw new IOException(status == 407
                ? $"The proxy wants other credentials than those in {EgressOptions.Section}:Proxy."
                : $"The proxy answered {status}.");
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // To the empty line and not a byte further: what follows is the host's.
    private static async Task<string> ReadHeadAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var head = new byte[MaxAnswer];
        for (var length = 0; length < head.Length;)
        {
            if (await stream.ReadAsync(head.AsMemory(length, 1), cancellationToken) == 0)
            {
                throw new IOException("The proxy closed the connection.");
            }

            length++;
            if (head.AsSpan(0, length).EndsWith("\r\n\r\n"u8))
            {
                return Encoding.ASCII.GetString(head, 0, length);
            }
        }

        throw new IOException("The proxy's answer is too long.");
    }

    private static int StatusOf(string head) =>
        head.StartsWith("HTTP/1.", StringComparison.Ordinal) && head.Length > 12 && int.TryParse(head.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status)
            ? status
            : throw new IOException("The proxy speaks another protocol than HTTP.");
}
