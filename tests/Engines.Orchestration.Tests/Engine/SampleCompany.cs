using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors;
using Steward.Engines.Security;
using Steward.EnterpriseSim;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>The simulated systems over HTTP, with the connectors that talk to them.</summary>
public sealed class SampleCompany : IAsyncLifetime
{
    private ServiceProvider? _services;

    internal EnterpriseSimulation Systems { get; private set; } = null!;

    internal IConnectorRegistry Connectors => _services!.GetRequiredService<IConnectorRegistry>();

    public async Task InitializeAsync()
    {
        Systems = await EnterpriseSimulation.StartAsync();
        var credentials = Systems.Credentials;
        _services = new ServiceCollection().AddStewardConnectors(options => options.Tenants["t-acme"] = new TenantConnectorsOptions
        {
            Okta = new OktaOptions { BaseUrl = Systems.Okta, Token = new SecretText(credentials.OktaApiToken) },
            ServiceNow = new ServiceNowOptions { BaseUrl = Systems.ServiceNow, User = credentials.ServiceNowUser, Password = new SecretText(credentials.ServiceNowPassword) },
            Jira = new JiraOptions { BaseUrl = Systems.Jira, User = credentials.JiraEmail, Token = new SecretText(credentials.JiraApiToken) },
            Salesforce = new SalesforceOptions { BaseUrl = Systems.Salesforce, ClientId = credentials.SalesforceClientId, ClientSecret = new SecretText(credentials.SalesforceClientSecret) },
        }).BuildServiceProvider();
    }

    public async Task DisposeAsync()
    {
        await Systems.DisposeAsync();
        await _services!.DisposeAsync();
    }
}
