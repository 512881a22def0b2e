using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Security.Tests.Webhooks;

/// <summary>Over real connections, to a receiver on loopback.</summary>
public sealed class WebhookSenderTests : IAsyncLifetime
{
    private readonly SecretText _secret = WebhookSecret.Create();
    private readonly List<string> _seen = [];
    private readonly TaskCompletionSource _never = new();
    private WebApplication? _receiver;
    private int _port;

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        _receiver = builder.Build();
        _receiver.MapPost("/ok", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = context.Request.Headers;
            var verdict = new WebhookVerifier([_secret], TimeProvider.System).Verify(headers[WebhookSignature.IdHeader], headers[WebhookSignature.TimestampHeader], headers[WebhookSignature.SignatureHeader], body.ToArray());
            _seen.Add($"{verdict} {headers[WebhookSignature.IdHeader]} {Encoding.UTF8.GetString(body.ToArray())} {context.Request.ContentType}");
        });
        _receiver.MapPost("/redirect", context =>
        {
            context.Response.Redirect("/ok");
            return Task.CompletedTask;
        });
        _receiver.MapPost("/gone", () => Results.StatusCode(410));
        _receiver.MapPost("/later", context =>
        {
            context.Response.StatusCode = 503;
            context.Response.Headers.RetryAfter = "120";
            return Task.CompletedTask;
        });
        _receiver.MapPost("/endless", async context =>
        {
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(new byte[64 * 1024], context.RequestAborted);
            }
        });
        _receiver.MapPost("/silent", context => _never.Task.WaitAsync(context.RequestAborted));
        await _receiver.StartAsync();
        _port = new Uri(_receiver.Urls.First()).Port;
    }

    public async Task DisposeAsync()
    {
        await _receiver!.StopAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Send_Receiver_GetsASignedMessage()
    {
        var result = await SendAsync("127.0.0.1", "ok");

        Assert.Equal(new WebhookResult(WebhookOutcome.Delivered, 200, null), result);
        Assert.Equal(["Valid d-1 {\"type\":\"test\"} application/json"], _seen);
    }

    [Fact]
    public async Task Send_Redirect_IsNotFollowed()
    {
        var result = await SendAsync("127.0.0.1", "redirect");

        Assert.Equal(WebhookOutcome.Failed, result.Outcome);
        Assert.Equal("status 302, redirects are not followed", result.Error);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Send_Gone_SaysSo() => Assert.Equal(WebhookOutcome.Gone, (await SendAsync("127.0.0.1", "gone")).Outcome);

    [Fact]
    public async Task Send_Busy_SaysWhenToComeBack() => Assert.Equal(TimeSpan.FromMinutes(2), (await SendAsync("127.0.0.1", "later")).RetryAfter);

    [Fact]
    public async Task Send_EndlessAnswer_IsNotRead() => Assert.Equal(WebhookOutcome.Delivered, (await SendAsync("127.0.0.1", "endless")).Outcome);

    [Fact]
    public async Task Send_NoAnswer_FailsAfterItsTime() =>
        Assert.Equal("no answer within 0.2 s", (await SendAsync("127.0.0.1", "silent", timeout: TimeSpan.FromMilliseconds(200))).Error);

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("2130706433")]
    [InlineData("localhost")]
    [InlineData("rebound.example")]
    public async Task Send_NetworkNotAllowed_IsRefusedAtTheConnection(string host)
    {
        var result = await SendAsync(host, "ok", network: "10.0.0.0/8");

        Assert.Equal(new WebhookResult(WebhookOutcome.Failed, null, WebhookSender.ForbiddenError), result);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Send_NameThatChangesBetweenLookUps_IsRefusedAtTheConnection()
    {
        var names = new Rebinding();
        await using var services = Services("10.0.0.0/8", null, names);

        Assert.Null(await services.GetRequiredService<AddressGuard>().CheckAsync($"http://rebound.example:{_port}/ok", default));
        var result = await services.GetRequiredService<WebhookSender>().SendAsync(new Uri($"http://rebound.example:{_port}/ok"), [_secret], "d-1", "{}"u8.ToArray(), default);

        Assert.Equal(WebhookSender.ForbiddenError, result.Error);
        Assert.Equal(2, names.LookUps);
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Send_NobodyListens_FailsWithoutNamingAddresses()
    {
        await using var services = Services("127.0.0.0/8", null, new Rebinding());
        var result = await services.GetRequiredService<WebhookSender>().SendAsync(new Uri("http://127.0.0.1:9/"), [_secret], "d-1", "{}"u8.ToArray(), default);

        Assert.Equal("the connection was refused or broke", result.Error);
    }

    [Fact]
    public void Options_WrongNetwork_SayTheFix()
    {
        using var services = new ServiceCollection().AddStewardWebhooks(options => options.AllowedNetworks.Add("10.0.0.1/33")).BuildServiceProvider();

        var failure = Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(() => services.GetRequiredService<AddressGuard>());

        Assert.Contains("10.20.0.0/16", failure.Message, StringComparison.Ordinal);
    }

    private async Task<WebhookResult> SendAsync(string host, string path, string network = "127.0.0.0/8", TimeSpan? timeout = null)
    {
        await using var services = Services(network, timeout, new Rebinding { Always = IPAddress.Loopback });
        return await services.GetRequiredService<WebhookSender>().SendAsync(new Uri($"http://{host}:{_port}/{path}"), [_secret], "d-1", """{"type":"test"}"""u8.ToArray(), default);
    }

    private static ServiceProvider Services(string network, TimeSpan? timeout, INameResolver names) => new ServiceCollection()
        .AddLogging()
        .AddSingleton(names)
        .AddStewardWebhooks(options =>
        {
            options.AllowHttp = true;
            options.AllowedNetworks.Add(network);
            options.Timeout = timeout ?? TimeSpan.FromSeconds(15);
        })
        .BuildServiceProvider();

    /// <summary>A name that is public when it is checked and local when it is used.</summary>
    private sealed class Rebinding : INameResolver
    {
        public IPAddress? Always { get; init; }

        public int LookUps { get; private set; }

        public Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
            Task.FromResult<IPAddress[]>([Always ?? (++LookUps == 1 ? IPAddress.Parse("8.8.8.8") : IPAddress.Loopback)]);
    }
}
