using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Steward.Approvals;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Grains.Tests.People;

/// <summary>A silo whose tenant t-acme has Okta of a simulated company.</summary>
public sealed class DirectoryCluster : GrainCluster, IAsyncLifetime
{
    internal EnterpriseSimulation Company { get; private set; } = null!;

    internal IUserDirectory Acme => Of("t-acme");

    internal IUserDirectory WithoutSystems => Of("t-bare");

    internal IUserDirectory Of(string tenant) => (IUserDirectory)Silo.GetRequiredService<ITenantDirectories>().ForTenant(tenant);

    async Task IAsyncLifetime.InitializeAsync()
    {
        Company = await EnterpriseSimulation.StartAsync();
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Company.DisposeAsync();
    }

    internal void AssumePlatform(string tenant) => Silo.GetRequiredService<PlatformIdentity>().Assume(tenant);

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<INotificationRouter>(ToldNotices);
        silo.Services.AddSingleton<ISecretVault>(new TestVault());
        silo.Services.RemoveAll<IConnectorRegistry>();
        silo.Services.AddStewardConnectors(options =>
        {
            options.AllowPrivateAddresses = true;
            options.Tenants["t-acme"] = new() { Okta = new() { BaseUrl = Company.Okta, Token = new SecretText(Company.Credentials.OktaApiToken) } };
        });
    }
}
