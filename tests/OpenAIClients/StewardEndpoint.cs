using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Runtime;
using Steward.Client;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Security;
using Steward.Engines.Security.Jwt;
using Steward.Gateway;
using Steward.Identity;
using Steward.Memory;
using Steward.Models;
using Steward.ModelSim;
using Steward.Silo;
using Steward.Tenants;

namespace Steward.OpenAIClients.Tests;

/// <summary>A silo and a gateway in one process on loopback, with two simulated providers: the second is asked when the first fails.</summary>
public sealed class StewardEndpoint : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("steward-openai-").FullName;
    private WebApplication? _app;
    private bool _isStarted;

    /// <summary>Settings of the silo that replace those below; read when it starts.</summary>
    internal IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    /// <summary>The provider that is asked first.</summary>
    internal ModelSimulation First { get; private set; } = null!;

    /// <summary>The provider that is asked when the first fails before its first token.</summary>
    internal ModelSimulation Second { get; private set; } = null!;

    /// <summary>The endpoint's base URL.</summary>
    internal string Url { get; private set; } = "";

    public async Task InitializeAsync()
    {
        First = await ModelSimulation.StartAsync(new ModelSimOptions { Script = Script.Of("first") });
        Second = await ModelSimulation.StartAsync(new ModelSimOptions { Script = Script.Of("second") });
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.WebHost.UseSetting("urls", "http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Steward:Storage:SqliteFile"] = Path.Combine(_directory, "steward.db"),
            ["Steward:Security:ClusterKeyFile"] = Path.Combine(_directory, "cluster.key"),
            ["Steward:Security:DevelopmentTokenKeyFile"] = Path.Combine(_directory, "token.key"),
            ["Steward:Development:DemoTokens"] = "true",
            ["Steward:Cluster:SiloPort"] = FreePort(),
            ["Steward:Cluster:GatewayPort"] = FreePort(),
            ["Steward:Orchestration:Strategy"] = "react",
            ["Steward:Inference:ModelDirectory"] = Path.Combine(AppContext.BaseDirectory, "models"),
            ["Steward:Models:Providers:first:BaseUrl"] = First.Url.ToString(),
            ["Steward:Models:Providers:first:ApiKeys:0"] = First.ApiKey,
            ["Steward:Models:Providers:second:BaseUrl"] = Second.Url.ToString(),
            ["Steward:Models:Providers:second:ApiKeys:0"] = Second.ApiKey,
            ["Steward:Models:Chains:standard:0"] = "first/sim-large",
            ["Steward:Models:Chains:standard:1"] = "second/sim-large",
            ["Steward:Models:Chains:large:0"] = "first/sim-faulty",
            ["Steward:Models:Chains:large:1"] = "second/sim-large",
            ["Steward:Models:Chains:small:0"] = "first/sim-small",
            ["Steward:Models:Embedders:0"] = "first/sim-embedding",
            ["Steward:Models:Embedders:1"] = "second/sim-embedding",
            // Tests that let a provider fail must not close it to those that come next.
            // Tests let calls fail, which is no reason to answer those of others with less.
            ["Steward:Models:Degradation:Forced"] = "full",
            ["Steward:Models:BreakerOpen"] = "00:00:00.010",
            ["Steward:Models:RetryBaseDelay"] = "00:00:00.010",
            ["Steward:Models:RetryMaxDelay"] = "00:00:00.500",
            ["Steward:Models:FirstTokenTimeout"] = "00:00:03",
            ["Steward:Models:IdleTimeout"] = "00:00:02",
            ["Steward:Models:Prices:0:Model"] = "sim-large",
            ["Steward:Models:Prices:0:Input"] = "1",
            ["Steward:Models:Prices:0:CachedInput"] = "1",
            ["Steward:Models:Prices:0:Output"] = "2",
            ["Steward:Models:Capabilities:0:Model"] = "sim-small",
            ["Steward:Models:Capabilities:0:ContextTokens"] = "4000",
            ["Steward:Models:Capabilities:0:OutputTokens"] = "1000",
            ["Steward:Models:Capabilities:0:Tools"] = "false",
        });
        builder.Configuration.AddInMemoryCollection(Settings);
        builder.Logging.ClearProviders();
        builder.AddStewardSilo();
        builder.AddStewardGateway();
        _app = builder.Build();
        _app.MapStewardGateway();
        await _app.StartAsync();
        _isStarted = true;
        Url = _app.Urls.First() + "/openai/v1";
        var tenants = _app.Services.GetRequiredService<IStewardClient>().Tenants;
        await tenants.ConfigureAsync("t-acme", new TenantProfile { Name = "Acme" });
        await tenants.ConfigureAsync("t-strict", new TenantProfile { Name = "Strict" });
        await SetAsync("t-acme", settings => settings with { Models = ["first/sim-large", "first/sim-small", "first/sim-embedding"] });
        await SetAsync("t-strict", settings => settings with { RequiredTags = ["project"] });
    }

    public async Task DisposeAsync()
    {
        if (_isStarted)
        {
            // A silo that never ran refuses to be stopped.
            await _app!.StopAsync();
            await _app.DisposeAsync();
        }

        await First.DisposeAsync();
        await Second.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>What the silo was told of models.</summary>
    internal ModelsOptions ModelsOptions => _app!.Services.GetRequiredService<IOptions<ModelsOptions>>().Value;

    /// <summary>The stages of every call, in their order.</summary>
    internal IReadOnlyList<string> Stages => [.. _app!.Services.GetServices<IModelStage>().OrderBy(stage => stage.Order).Select(stage => stage.Name)];

    /// <summary>A tenant that no other test knows.</summary>
    internal async Task<string> TenantAsync()
    {
        var tenant = "t-own" + Guid.NewGuid().ToString("N")[..10];
        await _app!.Services.GetRequiredService<IStewardClient>().Tenants.ConfigureAsync(tenant, new TenantProfile { Name = tenant });
        return tenant;
    }

    /// <summary>A credential of a person.</summary>
    internal string Token(string tenant = "t-acme", string user = "u-ada", params string[] roles) =>
        _app!.Services.GetRequiredService<DevelopmentTokenIssuer>().Issue(new EnvelopeIdentity { TenantId = tenant, UserId = user, Roles = roles, Name = "Ada", Email = "ada@acme.example" });

    /// <summary>A client of HTTP with a credential.</summary>
    internal HttpClient Http(string? token = null, bool usesCaches = false)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }, disposeHandler: true) { BaseAddress = new Uri(Url + "/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token ?? Token());
        client.DefaultRequestHeaders.CacheControl = usesCaches ? null : new CacheControlHeaderValue { NoCache = true };
        return client;
    }

    /// <summary>A person's models, without HTTP.</summary>
    internal IModelClient Models(string tenant, params string[] roles) =>
        _app!.Services.GetRequiredService<IStewardModels>().For(new CallerIdentity { TenantId = tenant, UserId = "u-admin", Roles = roles });

    /// <summary>A call's grain, in the name of a person.</summary>
    internal IModelCallGrain CallOf(string callId, string user = "u-ada")
    {
        SignIn(user);
        return _app!.Services.GetRequiredService<IClusterClient>().GetGrain<IModelCallGrain>(GrainKeys.ModelCall("t-acme", callId));
    }

    /// <summary>Makes the grain calls that follow in this flow those of a person.</summary>
    internal void SignIn(string user) => RequestContext.Set(
        IdentityContext.Key, _app!.Services.GetRequiredService<IdentityEnvelopeSigner>().Sign(new EnvelopeIdentity { TenantId = "t-acme", UserId = user, Roles = [] }));

    /// <summary>Brings statements to a person's memory, as the platform does.</summary>
    internal async Task NoteAsync(string tenant, string user, IReadOnlyList<(string Slot, string Value)> statements)
    {
        RequestContext.Set(IdentityContext.Key, _app!.Services.GetRequiredService<IdentityEnvelopeSigner>().Sign(new EnvelopeIdentity { TenantId = tenant, UserId = PlatformIdentity.UserId, Roles = [WellKnownRoles.System] }));
        var memory = _app!.Services.GetRequiredService<IClusterClient>().GetGrain<IUserMemoryGrain>(GrainKeys.UserMemory(tenant, user));
        foreach (var message in statements.Chunk(32))
        {
            await memory.Note(new NoteStatements
            {
                MessageId = Guid.NewGuid().ToString("N"),
                SaidAt = TimeProvider.System.GetUtcNow(),
                Statements = [.. message.Select(said => new MemoryStatement { Kind = MemoryKind.Fact, Subject = "self", Slot = said.Slot, Value = said.Value, Confidence = 0.9 })],
            });
        }
    }

    /// <summary>Changes a tenant's settings.</summary>
    internal async Task<ModelSettings> SetAsync(string tenant, Func<ModelSettings, ModelSettings> change)
    {
        var models = Models(tenant, WellKnownRoles.Admin);
        return await models.SetSettingsAsync(change(await models.GetSettingsAsync()));
    }

    private static string FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}

/// <summary>The tests of the assembly share one platform; breakers and retry budgets are shared with it, so they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class StewardEndpointGroup : ICollectionFixture<StewardEndpoint>
{
    public const string Name = "endpoint";
}
