using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Options;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Security.Tests.Webhooks;

/// <summary>Requests through the operator's proxy go nowhere where they would not go without it.</summary>
public sealed class EgressProxyTests : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly List<string> _heads = [];
    private readonly CancellationTokenSource _end = new();
    private readonly Task _serving;
    private string _answer = "200 Connection established";
    private string? _unreachable;

    public EgressProxyTests()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _serving;
        _end.Dispose();
    }

    [Fact]
    public async Task Get_PublicName_GoesThroughTheProxyToTheAddressThatWasChecked()
    {
        Assert.Equal("ok", await GetAsync("http://public.example/", Through($"http://ada:s%3Acret@127.0.0.1:{Port}")));

        Assert.StartsWith("CONNECT 8.8.8.8:80 HTTP/1.1\r\nHost: 8.8.8.8:80\r\n", _heads[0], StringComparison.Ordinal);
        Assert.Contains($"Proxy-Authorization: Basic {Convert.ToBase64String("ada:s:cret"u8)}\r\n", _heads[0], StringComparison.Ordinal);
        Assert.Contains("Host: public.example\r\n", _heads[1], StringComparison.Ordinal);
        Assert.DoesNotContain("Proxy-Authorization", _heads[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://public.example:8080/", "CONNECT public.example:8080 ")]
    [InlineData("http://unknown.example/", "CONNECT unknown.example:80 ")]
    public async Task Get_ByName_TheProxyGetsTheName(string url, string expected)
    {
        Assert.Equal("ok", await GetAsync(url, Through($"http://127.0.0.1:{Port}", byName: true)));

        Assert.StartsWith(expected, _heads[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://rebound.example/", false)]
    [InlineData("http://rebound.example/", true)]
    [InlineData("http://mixed.example/", true)]
    [InlineData("http://169.254.169.254/latest/meta-data/", true)]
    [InlineData("http://[::1]/", true)]
    public async Task Get_LeadsInside_IsForbiddenAndTheProxyNotAsked(string url, bool byName)
    {
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync(url, Through($"http://127.0.0.1:{Port}", byName)));

        Assert.IsType<AddressForbiddenException>(exception.InnerException);
        Assert.Empty(_heads);
    }

    [Fact]
    public async Task Get_NameThatNobodyKnows_IsNotAskedOfTheProxyByAddress()
    {
        await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync("http://unknown.example/", Through($"http://127.0.0.1:{Port}")));

        Assert.Empty(_heads);
    }

    [Fact]
    public async Task Get_NetworkThatTheOperatorOpened_IsReachedWithoutTheProxy()
    {
        Assert.Equal("ok", await GetAsync($"http://rebound.example:{Port}/", Through("http://127.0.0.1:1"), "127.0.0.0/8"));

        Assert.StartsWith("GET / HTTP/1.1\r\n", Assert.Single(_heads), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Get_ProxyReachesOneOfTheAddressesOnly_UsesThatOne()
    {
        _unreachable = "CONNECT [2001:4860:4860::8888]:80 ";

        Assert.Equal("ok", await GetAsync("http://both.example/", Through($"http://127.0.0.1:{Port}")));

        Assert.Equal([true, false], _heads.Take(2).Select(head => head.StartsWith(_unreachable, StringComparison.Ordinal)));
        Assert.StartsWith("CONNECT 8.8.8.8:80 ", _heads[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("407 Proxy Authentication Required", "wants other credentials")]
    [InlineData("403 Forbidden", "answered 403")]
    public async Task Get_ProxyRefuses_SaysSo(string answer, string expected)
    {
        _answer = answer;
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => GetAsync("http://public.example/", Through($"http://ada:s3cret@127.0.0.1:{Port}")));

        Assert.Contains(expected, exception.InnerException!.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", exception.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("http://proxy.acme.example:3128", true)]
    [InlineData("proxy:3128", false)]
    [InlineData("socks5://proxy:1080", false)]
    [InlineData("http://proxy:3128/path", false)]
    public void Validate_Proxy(string? proxy, bool isValid) => Assert.Equal(isValid, new EgressOptionsValidator().Validate(null, new EgressOptions { Proxy = proxy }).Succeeded);

    private static EgressProxy Through(string proxy, bool byName = false) => new(Options.Create(new EgressOptions { Proxy = proxy, ByName = byName }));

    private static async Task<string> GetAsync(string url, EgressProxy proxy, params string[] networks)
    {
        using var client = new HttpClient(AddressGuardTests.Guard(proxy, networks).CreateHandler());
        return await client.GetStringAsync(new Uri(url));
    }

    // Answers what is asked of the proxy, and on the same connection what is asked of the host behind it.
    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_end.Token);
                await using var stream = client.GetStream();
                while (await HeadAsync(stream) is { } head)
                {
                    _heads.Add(head);
                    var isConnect = head.StartsWith("CONNECT ", StringComparison.Ordinal);
                    if (_unreachable is { } unreachable && head.StartsWith(unreachable, StringComparison.Ordinal))
                    {
                        await stream.WriteAsync("HTTP/1.1 502 Bad Gateway\r\n\r\n"u8.ToArray(), _end.Token);
                        break;
                    }

                    await stream.WriteAsync(Encoding.ASCII.GetBytes(isConnect ? $"HTTP/1.1 {_answer}\r\n\r\n" : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"), _end.Token);
                    if (!isConnect || !_answer.StartsWith('2'))
                    {
                        break;
                    }
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException or IOException)
        {
        }
    }

    private async Task<string?> HeadAsync(NetworkStream stream)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _end.Token) == 0)
            {
                return null;
            }

            head.Append((char)one[0]);
        }

        return head.ToString();
    }
}
