using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Orleans.Storage;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Engines.Security.Webhooks;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Operations;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A silo with real connectors to a system on loopback, a vault and a storage that the tests break, and webhooks that may go to loopback.</summary>
public sealed class SignInCluster : GrainCluster, IAsyncLifetime
{
    private const string Template = """
        id: desk
        version: 1.0.0
        name: Desk
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: A desk.
        connection: { baseUrl: https://desk.example }
        auth:
          - { id: key, kind: api_key, fields: [ { name: token, title: Token, secret: true } ], apply: [ { header: X-Key, value: "{token}" } ] }
        verify: { operation: things.list }
        limits:
          - { scope: tenant, operations: [things.shared], window: 1m, max: 4 }
        operations:
          - { id: things.shared, summary: Lists., path: /shared, effect: read, output: { fields: { id: id } } }
          - { id: things.list, summary: Lists., path: /things, effect: read, output: { fields: { id: id } } }
        webhooks:
          - { id: events, verification: { kind: hmac, header: X-Signature }, eventIdHeader: X-Delivery }
        """;

    public ChangingSystem System { get; private set; } = null!;

    internal TestVault Vault { get; } = new();

    internal HeldStorage Storage { get; private set; } = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        System = await ChangingSystem.StartAsync();
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await System.DisposeAsync();
    }

    internal async Task<IConnectorGrain> CreateAsync(string tenant, string name, params (string Name, string Value)[] more)
    {
        var connector = Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(tenant, name));
        var secrets = Seal(tenant, name, "token", "t0ken");
        foreach (var (secret, value) in more)
        {
            secrets[secret] = Seal(tenant, name, secret, value)[secret];
        }

        await connector.Create(new CreateConnector { TemplateText = Template, BaseUrl = System.Url, SealedSecrets = secrets });
        return connector;
    }

    internal Dictionary<string, string> Seal(string tenant, string name, string secret, string value) =>
        new() { [secret] = Silo.GetRequiredService<SecretSealer>().Seal(new SecretText(value), GrainKeys.Connector(tenant, name)) };

    protected override void Configure(ISiloBuilder silo)
    {
        var stored = silo.Services.Last(service => service.ServiceType == typeof(IGrainStorage) && StorageNames.GrainState.Equals(service.ServiceKey)).KeyedImplementationFactory!;
        silo.Services.AddKeyedSingleton<IGrainStorage>(StorageNames.GrainState, (provider, key) => Storage = new HeldStorage((IGrainStorage)stored(provider, key)));
        silo.Services.AddSingleton<ISecretVault>(Vault);
        silo.Services.RemoveAll<IConnectorRegistry>();
        silo.Services.AddStewardConnectors(options => options.AllowPrivateAddresses = true);
        silo.Services.Configure<WebhookOptions>(options =>
        {
            options.AllowHttp = true;
            options.AllowedNetworks.Add("127.0.0.0/8");
            options.PublicAddress = new Uri("https://steward.example");
        });
    }
}
