using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Client;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.Testing;

namespace Steward.Gateway.Tests;

/// <summary>A gateway on loopback over a cluster in memory, with a clock that stands still.</summary>
public sealed class GatewayFixture : IAsyncLifetime
{
    private static readonly SocketsHttpHandler Handler = new() { AllowAutoRedirect = false, UseCookies = false, MaxConnectionsPerServer = 100 };

    private readonly string _directory = Directory.CreateTempSubdirectory("steward-gateway-").FullName;
    private WebApplication? _app;

    public ManualTimeProvider Time { get; } = new();

    public FakeSteward Cluster { get; } = new();

    public FakeHooks Hooks { get; } = new();

    public FakeChannels Channels { get; } = new();

    public Uri Address { get; private set; } = null!;

    public IServiceProvider Services => _app!.Services;

    /// <summary>Without credentials.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    public async Task InitializeAsync() => _app = await StartAsync(null);

    public async Task DisposeAsync()
    {
        Anonymous.Dispose();
        await _app!.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    public Task StopAsync() => _app!.StopAsync();

    public string Token(string user = "u-ada", string tenant = "t-acme", params string[] roles) =>
        Services.GetRequiredService<DevelopmentTokenIssuer>().Issue(new EnvelopeIdentity { TenantId = tenant, UserId = user, Roles = roles, Name = "Ada", Email = "ada@acme.example" });

    /// <summary>With a token of a person.</summary>
    public HttpClient As(string user = "u-ada", string tenant = "t-acme", params string[] roles)
    {
        var client = new HttpClient(Handler, disposeHandler: false) { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(user, tenant, roles));
        return client;
    }

    internal static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    internal static async Task<JsonElement> BodyOf(HttpResponseMessage response)
    {
        using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync());
        return document.RootElement.Clone();
    }

    /// <summary>Checks that an answer is problem details with these facts.</summary>
    internal static async Task<JsonElement> AssertProblem(HttpResponseMessage response, int status, string code, string? field = null)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} instead of {status}: {text}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var document = JsonDocument.Parse(text);
        var problem = document.RootElement.Clone();
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Equal("urn:steward:problem:" + code, problem.GetProperty("type").GetString());
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("title").GetString()));
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("detail").GetString()));
        Assert.Equal(response.RequestMessage!.RequestUri!.AbsolutePath, problem.GetProperty("instance").GetString());
        Assert.False(string.IsNullOrWhiteSpace(problem.GetProperty("traceId").GetString()));
        Assert.Equal(field, problem.TryGetProperty("field", out var named) ? named.GetString() : null);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        return problem;
    }

    /// <summary>Waits for something that happens in the background.</summary>
    internal static async Task Until(Func<bool> condition, string what)
    {
        var deadline = Environment.TickCount64 + 20_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, what);
            await Task.Delay(5);
        }
    }

    private async Task<WebApplication> StartAsync(Action<StewardGatewayOptions>? configure)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Steward:Security:ClusterKeyFile"] = Path.Combine(_directory, "cluster.key"),
            ["Steward:Security:DevelopmentTokenKeyFile"] = Path.Combine(_directory, "token.key"),
            ["Steward:Development:DemoTokens"] = "true",
        });
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(Time);
        builder.Services.AddSingleton<IStewardClient>(Cluster);
        builder.Services.AddSingleton<IHookReceiver>(Hooks);
        builder.Services.AddSingleton<IChannelReceiver>(Channels);
        builder.Services.AddSingleton<IDemoEmployees, Demo>();
        builder.Services.AddSingleton<ICapabilityReport, ModelsReport>();
        builder.Services.AddSingleton<ICapabilityReport, BrokenReport>();
        builder.AddStewardGateway(configure);
        var app = builder.Build();
        app.MapStewardGateway();
        await app.StartAsync();
        Address = new Uri(app.Urls.First());
        Anonymous = new HttpClient(Handler, disposeHandler: false) { BaseAddress = Address };
        return app;
    }

    private sealed class Demo : IDemoEmployees
    {
        public IReadOnlyList<DemoEmployee> List() => [new DemoEmployee { Name = "Ada Lovelace", Title = "Engineer", Token = "demo-token" }];
    }

    private sealed class ModelsReport : ICapabilityReport
    {
        public string Name => "models";

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(new CapabilityStatus { State = CapabilityState.NotConfigured, Detail = "none", Fix = "Set OPENAI_API_KEY." });
    }

    private sealed class BrokenReport : ICapabilityReport
    {
        public string Name => "broken";

        public ValueTask<CapabilityStatus> ReportAsync(CancellationToken cancellationToken = default) => throw new InvalidOperationException("password=hunter2");
    }
}
