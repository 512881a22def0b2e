using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Client;
using Steward.Errors;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Gateway.Tests;

/// <summary>The client over HTTP against the gateway, also over a line that breaks.</summary>
public class HttpClientTests(GatewayFixture gateway) : IClassFixture<GatewayFixture>
{
    [Fact]
    public async Task Conversation_OverHttp_IsTheSameAsOverGrains()
    {
        await using var services = Connect(gateway.Address, "u-http");
        var client = services.GetRequiredService<IStewardUserClient>();

        var session = await client.CreateSessionAsync(title: "Terminal");
        var events = await Collect(client.AskAsync(session.SessionId, "hello", "op-http"));
        var run = await client.GetRunAsync("r-op-http");

        Assert.Equal("Terminal", (await client.GetSessionAsync(session.SessionId)).Title);
        Assert.Equal(["run.accepted", "answer.delta", "run.ended"], events.Select(happened => happened.Type));
        Assert.Equal("""{"offset":0,"text":"Done."}""", events[1].Data);
        Assert.Equal(RunState.Completed, run.State);
        Assert.Equal(0.5m, run.Usage.CostUsd);
        Assert.Equal(RunState.Completed, (await client.CancelRunAsync("r-op-http", "late")).State);
    }

    [Fact]
    public async Task ReadTranscript_OverHttp_YieldsAllMessages()
    {
        var stored = new FakeSession("s-http", null);
        gateway.Cluster.Sessions["t-acme/u-http2/s-http"] = stored;
        for (var i = 0; i < 450; i++)
        {
            stored.Add("user", $"text {i}");
        }

        await using var services = Connect(gateway.Address, "u-http2");
        var texts = new List<string>();
        await foreach (var message in services.GetRequiredService<IStewardUserClient>().ReadTranscriptAsync("s-http"))
        {
            texts.Add(message.Text);
        }

        Assert.Equal(Enumerable.Range(0, 450).Select(i => $"text {i}"), texts);
    }

    [Fact]
    public async Task Submit_BusySession_IsAResult()
    {
        gateway.Cluster.Sessions["t-acme/u-http3/s-busy"] = new FakeSession("s-busy", null);
        await using var services = Connect(gateway.Address, "u-http3");

        var result = await services.GetRequiredService<IStewardUserClient>().SubmitAsync("s-busy", "busy");

        Assert.Equal(SubmitOutcome.Busy, result.Outcome);
        Assert.Equal("The previous message is still being worked on.", result.Reason);
    }

    [Fact]
    public async Task Problem_OverHttp_ComesBackAsTheSameError()
    {
        await using var services = Connect(gateway.Address, "u-http4");
        var client = services.GetRequiredService<IStewardUserClient>();

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => client.GetSessionAsync("s-unknown"))).Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<StewardException>(() => Collect(client.WatchRunAsync("r-unknown")))).Code);
        Assert.Equal("text", (await Assert.ThrowsAsync<StewardException>(() => client.SubmitAsync("s-1", ""))).Field);
    }

    [Fact]
    public async Task Request_WrongToken_IsUnauthenticatedAtOnce()
    {
        await using var services = Connect(gateway.Address, token: "nonsense");

        var error = await Assert.ThrowsAsync<StewardException>(() => services.GetRequiredService<IStewardUserClient>().GetSessionAsync("s-1"));

        Assert.Equal(ErrorCodes.Unauthenticated, error.Code);
    }

    [Fact]
    public async Task Request_ClusterAwayForAMoment_IsRepeated()
    {
        gateway.Cluster.Sessions["t-acme/u-http5/s-again"] = new FakeSession("s-again", "There");
        await using var services = Connect(gateway.Address, "u-http5");
        gateway.Cluster.FailNext = new StewardException(ErrorCodes.Unavailable, "away") { IsRetryable = true };

        Assert.Equal("There", (await services.GetRequiredService<IStewardUserClient>().GetSessionAsync("s-again")).Title);
    }

    [Fact]
    public async Task Request_NobodyListens_IsUnavailable()
    {
        await using var services = Connect(new Uri("http://127.0.0.1:9"), token: "x", budget: TimeSpan.FromMilliseconds(200));

        var error = await Assert.ThrowsAsync<StewardException>(() => services.GetRequiredService<IStewardUserClient>().SubmitAsync("s-1", "hello"));

        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.True(error.IsRetryable);
    }

    [Fact]
    public async Task WatchRun_LineThatBreaksAgainAndAgain_SeesEachEventOnce()
    {
        var run = gateway.Cluster.AddRun("r-broken", user: "u-broken");
        for (var i = 0; i < 300; i++)
        {
            run.Append("answer.delta", $$"""{"text":"{{new string('x', 100)}}"}""");
        }

        run.End();
        await using var line = new BreakingLine(gateway.Address.Port, bytesPerConnection: 9_000);
        await using var services = Connect(line.Address, token: gateway.Token("u-broken"));

        var events = await Collect(services.GetRequiredService<IStewardUserClient>().WatchRunAsync("r-broken"));

        Assert.Equal(Enumerable.Range(1, 301).Select(number => (long)number), events.Select(happened => happened.Sequence));
        Assert.True(line.Connections > 5, $"{line.Connections} connections");
    }

    [Theory]
    [InlineData("http://steward.example/", "https")]
    [InlineData("ftp://127.0.0.1/", "http or https")]
    public void Options_UnsafeAddress_SayTheFix(string address, string fix)
    {
        using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardHttpClient(options =>
            {
                options.BaseAddress = new Uri(address);
                options.Token = _ => ValueTask.FromResult("x");
            })
            .BuildServiceProvider();

        var failure = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStewardUserClient>());

        Assert.Contains(fix, failure.Message, StringComparison.Ordinal);
    }

    private static async Task<List<RunEvent>> Collect(IAsyncEnumerable<RunEvent> events)
    {
        var collected = new List<RunEvent>();
        await foreach (var happened in events)
        {
            collected.Add(happened);
        }

        return collected;
    }

    private ServiceProvider Connect(Uri address, string user) => Connect(address, token: gateway.Token(user));

    internal static ServiceProvider Connect(Uri address, string token, TimeSpan? budget = null) => new ServiceCollection()
        .AddLogging()
        .AddStewardHttpClient(
            options =>
            {
                options.BaseAddress = address;
                options.Token = _ => ValueTask.FromResult(token);
            },
            retries =>
            {
                retries.RetryBaseDelay = TimeSpan.FromMilliseconds(1);
                retries.RetryMaxDelay = TimeSpan.FromMilliseconds(10);
                retries.RetryBudget = budget ?? TimeSpan.FromSeconds(10);
            })
        .BuildServiceProvider();

    /// <summary>Forwards to the gateway and cuts each connection after so many bytes of its answer.</summary>
    private sealed class BreakingLine : IAsyncDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _accepting;
        private int _connections;

        public BreakingLine(int port, int bytesPerConnection)
        {
            _listener.Start();
            _accepting = AcceptAsync(port, bytesPerConnection);
        }

        public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

        public int Connections => _connections;

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            _listener.Stop();
            await _accepting;
            _stop.Dispose();
        }

        private async Task AcceptAsync(int port, int bytes)
        {
            var lines = new List<Task>();
            try
            {
                while (true)
                {
                    var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                    Interlocked.Increment(ref _connections);
                    lines.Add(ForwardAsync(client, port, bytes));
                }
            }
            catch (OperationCanceledException)
            {
                await Task.WhenAll(lines);
            }
        }

        private async Task ForwardAsync(TcpClient client, int port, int bytes)
        {
            using var near = client;
            using var far = new TcpClient();
            try
            {
                await far.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                var requests = near.GetStream().CopyToAsync(far.GetStream(), _stop.Token);
                var buffer = new byte[512];
                while (bytes > 0 && await far.GetStream().ReadAsync(buffer, _stop.Token) is var read and > 0)
                {
                    await near.GetStream().WriteAsync(buffer.AsMemory(0, Math.Min(read, bytes)), _stop.Token);
                    bytes -= read;
                }

                near.Client.Close(0);
                far.Client.Close(0);
                await requests;
            }
            catch (Exception exception) when (exception is IOException or OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // That is what the line is for.
                near.Client?.Close(0);
            }
        }
    }
}
