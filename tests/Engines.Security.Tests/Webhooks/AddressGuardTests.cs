using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Security.Tests.Webhooks;

public class AddressGuardTests
{
    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("127.0.0.1")]
    [InlineData("127.255.255.254")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.192")]
    [InlineData("192.168.1.1")]
    [InlineData("198.18.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:a9fe:a9fe")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("100::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("3fff::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("fec0::1")]
    [InlineData("ff02::1")]
    public void IsAllowed_SpecialAddress_IsRefused(string address) => Assert.False(Guard().IsAllowed(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("::ffff:8.8.8.8")]
    [InlineData("64:ff9b::808:808")]
    [InlineData("2606:4700::1111")]
    public void IsAllowed_PublicAddress_Is(string address) => Assert.True(Guard().IsAllowed(IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.20.30.40", true)]
    [InlineData("::ffff:10.20.30.40", true)]
    [InlineData("10.21.0.1", false)]
    [InlineData("fd12::5", true)]
    [InlineData("fd13::5", false)]
    public void IsAllowed_NetworkOfTheOperator_Is(string address, bool allowed) =>
        Assert.Equal(allowed, Guard(networks: ["10.20.0.0/16", "fd12::/16"]).IsAllowed(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://127.0.0.1/hook")]
    [InlineData("https://2130706433/hook")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://0177.0.0.1/")]
    [InlineData("https://127.1/")]
    [InlineData("https://0/")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:7f00:1]:8443/")]
    [InlineData("https://[fe80::1%25eth0]/")]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    [InlineData("https://rebound.example/")]
    [InlineData("https://mixed.example/")]
    [InlineData("https://REBOUND.example./")]
    public async Task Check_LeadsInside_IsForbiddenWithoutSayingWhere(string url)
    {
        var refusal = await Guard().CheckAsync(url, default);

        Assert.True(refusal is { IsForbidden: true }, refusal?.Reason ?? "allowed");
        Assert.Contains("Steward:Webhooks:AllowedNetworks", refusal!.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", refusal!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://public.example/", "https://")]
    [InlineData("ftp://public.example/", "https://")]
    [InlineData("file:///etc/passwd", "https")]
    [InlineData("public.example/hook", "absolute")]
    [InlineData("", "absolute")]
    [InlineData(null, "absolute")]
    [InlineData("https://", "absolute")]
    [InlineData("https://ada:secret@public.example/", "user name")]
    [InlineData("https://public.example/#part", "fragment")]
    [InlineData("https://public.example:0/", "port")]
    [InlineData("https://unknown.example/", "cannot be resolved")]
    [InlineData("https://xn--\u00fc.example/x.png", "not valid")]
    public async Task Check_Malformed_SaysWhatIsAllowed(string? url, string reason)
    {
        var refusal = await Guard().CheckAsync(url, default);

        Assert.True(refusal is { IsForbidden: false }, refusal?.Reason ?? "allowed");
        Assert.Contains(reason, refusal!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://public.example/hook?x=1", false)]
    [InlineData("https://8.8.8.8:8443/hook", false)]
    [InlineData("http://public.example/hook", true)]
    public async Task Check_PublicAddress_IsAllowed(string url, bool allowHttp) => Assert.Null(await Guard(allowHttp: allowHttp).CheckAsync(url, default));

    internal static AddressGuard Guard(bool allowHttp = false, params string[] networks) => Guard(null, networks, allowHttp);

    internal static AddressGuard Guard(EgressProxy? proxy, string[] networks, bool allowHttp = false)
    {
        var options = new WebhookOptions { AllowHttp = allowHttp };
        foreach (var network in networks)
        {
            options.AllowedNetworks.Add(network);
        }

        return new AddressGuard(Options.Create(options), new Names(), proxy);
    }

    private sealed class Names : INameResolver
    {
        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) => host.TrimEnd('.').ToLowerInvariant() switch
        {
            "public.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("8.8.8.8")]),
            "both.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("2001:4860:4860::8888"), IPAddress.Parse("8.8.8.8")]),
            "rebound.example" => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            "mixed.example" => Task.FromResult<IPAddress[]>([IPAddress.Parse("8.8.8.8"), IPAddress.Parse("10.0.0.1")]),
            _ => throw new SocketException((int)SocketError.HostNotFound),
        };
    }
}
