using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Hosting;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;
using Steward.People;

namespace Steward.Grains.Tests.People;

/// <summary>A silo whose tenant t-acme has Okta of a simulated company.</summary>
public sealed class DirectoryCluster : GrainCluster, IAsyncLifetime
{
    private readonly RSA _key = RSA.Create(2048);

    internal EnterpriseSimulation Company { get; private set; } = null!;

    internal IUserDirectory Acme => Of("t-acme");

    internal IUserDirectory WithoutSystems => Of("t-bare");

    internal IUserDirectory Of(string tenant) => (IUserDirectory)Silo.GetRequiredService<ITenantDirectories>().ForTenant(tenant);

    async Task IAsyncLifetime.InitializeAsync()
    {
        Company = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Time = Time, Credentials = new EnterpriseSimCredentials { WorkdayJwtPublicKey = _key.ExportSubjectPublicKeyInfoPem() } });
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Company.DisposeAsync();
        _key.Dispose();
    }

    /// <summary>A tenant whose people stand in Workday, as its settings say.</summary>
    internal async Task<string> WorkdayTenantAsync()
    {
        var tenant = "t-hr-" + Guid.NewGuid().ToString("n");
        Silo.GetRequiredService<IOptionsMonitor<DirectoryOptions>>().CurrentValue.Tenants[tenant] = new() { Connector = "hr" };
        await ConnectWorkdayAsync(
            tenant,
            ["workers.get", "people.find", "people.find_left", "organizations.list", "organizations.get", "organizations.workers", "time_off.entries", "time_off.request", "time_off.types", "inbox.list", "inbox.approve"]);
        return tenant;
    }

    /// <summary>Connects Workday as <c>hr</c>, with these operations or those that are on by themselves.</summary>
    internal async Task ConnectWorkdayAsync(string tenant, IReadOnlyList<string>? operations)
    {
        SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(tenant, "hr")).Create(new CreateConnector
        {
            TemplateId = "workday",
            BaseUrl = Company.Workday.ToString(),
            AuthId = "jwt",
            Fields = new Dictionary<string, string> { ["host"] = "wd2-impl-services1.workday.com", ["tenant"] = "acme", ["clientId"] = Company.Credentials.WorkdayClientId, ["subject"] = "ISU_Steward" },
            SealedSecrets = new Dictionary<string, string> { ["privateKey"] = Silo.GetRequiredService<SecretSealer>().Seal(new SecretText(_key.ExportPkcs8PrivateKeyPem()), GrainKeys.Connector(tenant, "hr")) },
            Operations = operations,
        });
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
