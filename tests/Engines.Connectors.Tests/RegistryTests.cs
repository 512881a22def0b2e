using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Connectors.Tests;

public sealed class RegistryTests
{
    private static ServiceProvider Provider(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create("Steward:Connectors:" + setting.Key, (string?)setting.Value))).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddStewardConnectors().BuildServiceProvider();
    }

    private static readonly (string, string)[] All =
    [
        ("t-acme:okta:BaseUrl", "https://acme.okta.com"), ("t-acme:okta:Token", "token"),
        ("t-acme:servicenow:BaseUrl", "http://127.0.0.1:8080/"), ("t-acme:servicenow:User", "u"), ("t-acme:servicenow:Password", "p"),
        ("t-acme:jira:BaseUrl", "https://acme.atlassian.net"), ("t-acme:jira:User", "u@acme.example"), ("t-acme:jira:Token", "token"),
        ("t-acme:salesforce:BaseUrl", "https://acme.my.salesforce.com"), ("t-acme:salesforce:ClientId", "id"), ("t-acme:salesforce:ClientSecret", "secret"),
        ("t-other:okta:BaseUrl", "https://other.okta.com"), ("t-other:okta:Token", "token"),
    ];

    [Fact]
    public void ForTenant_Configured_OffersItsOperationsWithSchemas()
    {
        using var provider = Provider(All);
        var registry = provider.GetRequiredService<IConnectorRegistry>();

        var operations = registry.ForTenant("t-acme").Operations;

        Assert.Equal(
            [
                "jira.issues.comment", "jira.issues.create", "jira.issues.get", "jira.issues.search",
                "okta.apps.assign", "okta.apps.find", "okta.apps.user", "okta.groups.find", "okta.groups.members", "okta.users.find", "okta.users.get", "okta.users.groups", "okta.users.manager", "okta.users.reset_password", "okta.users.unlock",
                "salesforce.accounts.find", "salesforce.cases.create", "salesforce.cases.find", "salesforce.cases.get", "salesforce.opportunities.find",
                "servicenow.catalog.find", "servicenow.incidents.comment", "servicenow.incidents.create", "servicenow.incidents.find", "servicenow.incidents.get", "servicenow.users.find",
            ],
            operations.Select(operation => operation.Id));
        Assert.All(operations, operation => Assert.Equal("object", operation.InputSchema.GetProperty("type").GetString()));
        Assert.All(operations, operation => Assert.StartsWith(operation.Connector + ".", operation.Id, StringComparison.Ordinal));
        Assert.Equal(OperationEffect.Destructive, operations.Single(operation => operation.Id == "okta.users.reset_password").Effect);
        Assert.Equal(11, registry.ForTenant("t-other").Operations.Count);
        Assert.Same(registry.ForTenant("t-acme"), registry.ForTenant("t-acme"));
    }

    [Theory]
    [InlineData("t-other", "servicenow.incidents.get", "not_configured", "Steward:Connectors:t-other:servicenow")]
    [InlineData("t-unknown", "okta.users.get", "not_configured", "BaseUrl and Token")]
    [InlineData("t-acme", "okta.users.delete", "not_found", "no such operation")]
    [InlineData("t-acme", "sap.orders.get", "not_found", "no such operation")]
    [InlineData("t-acme", "", "not_found", "no such operation")]
    public async Task ExecuteAsync_OperationThatIsNotThere_SaysWhy(string tenant, string operation, string code, string part)
    {
        using var provider = Provider(All);
        var connectors = provider.GetRequiredService<IConnectorRegistry>().ForTenant(tenant);

        var failure = Assert.IsType<ActionFailed>(await connectors.ExecuteAsync(Connected.Request(operation, new { }), default));

        Assert.Equal((code, false), (failure.Code, failure.IsRetryable));
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.IsType<ReconcileUnknown>(await connectors.ReconcileAsync(Connected.Request(operation, new { }), TimeProvider.System.GetUtcNow(), default));
    }

    [Fact]
    public async Task ReconcileAsync_Read_MayAlwaysBeSentAgain()
    {
        using var provider = Provider(All);

        var outcome = await provider.GetRequiredService<IConnectorRegistry>().ForTenant("t-acme").ReconcileAsync(
            Connected.Request("okta.users.get", new { userId = "00u1" }), TimeProvider.System.GetUtcNow(), default);

        Assert.IsType<ReconciledNotDone>(outcome);
    }

    [Theory]
    [InlineData("t-acme:okta:BaseUrl", "http://acme.okta.com", "https")]
    [InlineData("t-acme:okta:BaseUrl", "https://user:pw@acme.okta.com", "user part")]
    [InlineData("t-acme:okta:BaseUrl", "https://acme.okta.com?x=1", "query")]
    [InlineData("t-acme:okta:Token", " ", "okta:Token")]
    [InlineData("t-acme:servicenow:Password", "", "servicenow:Password")]
    [InlineData("t-acme:servicenow:ClientId", "id", "servicenow:ClientSecret")]
    [InlineData("t-acme:jira:User", "", "jira:User")]
    [InlineData("t-acme:salesforce:ClientSecret", "", "salesforce:ClientSecret")]
    [InlineData("t-acme:salesforce:ExternalIdField", "Id FROM Case", "ExternalIdField")]
    [InlineData("Timeout", "00:20:00", "Timeout")]
    public void Options_Wrong_SayTheFix(string key, string value, string part)
    {
        using var provider = Provider([.. All.Where(setting => setting.Item1 != key), (key, value)]);

        var error = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IOptions<ConnectorsOptions>>().Value);

        Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_MistypedSetting_IsRefused()
    {
        using var provider = Provider([.. All, ("t-acme:okta:Tokn", "x")]);

        Assert.Contains("Tokn", Assert.Throws<InvalidOperationException>(() => provider.GetRequiredService<IOptions<ConnectorsOptions>>().Value).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void ForTenant_ConfigurationChanged_UsesTheNewOne()
    {
        var source = new Dictionary<string, string?> { ["Steward:Connectors:t-acme:okta:BaseUrl"] = "https://acme.okta.com", ["Steward:Connectors:t-acme:okta:Token"] = "x" };
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(source).Build();
        using var provider = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddStewardConnectors().BuildServiceProvider();
        var registry = provider.GetRequiredService<IConnectorRegistry>();
        var before = registry.ForTenant("t-acme");

        configuration["Steward:Connectors:t-acme:jira:BaseUrl"] = "https://acme.atlassian.net";
        configuration["Steward:Connectors:t-acme:jira:User"] = "u@acme.example";
        configuration["Steward:Connectors:t-acme:jira:Token"] = "x";
        configuration.Reload();

        Assert.Equal(11, before.Operations.Count);
        Assert.Equal(15, registry.ForTenant("t-acme").Operations.Count);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/", false)]
    [InlineData("http://localhost/", false)]
    [InlineData("https://acme.okta.com/", true)]
    [InlineData("https://inside.example/", false)]
    public void LoopbackBypass_Destination_GoesThroughTheProxyUnlessLocal(string destination, bool isProxied)
    {
        var proxy = new Execution.LoopbackBypass(new System.Net.WebProxy("http://proxy.example:3128", BypassOnLocal: false, ["inside\\.example"]));

        Assert.Equal(isProxied ? new Uri("http://proxy.example:3128") : null, proxy.GetProxy(new Uri(destination)));
        Assert.Equal(!isProxied, proxy.IsBypassed(new Uri(destination)));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public async Task ExecuteAsync_NoActionId_IsRefused(string actionId)
    {
        using var provider = Provider(All);

        var outcome = await provider.GetRequiredService<IConnectorRegistry>().ForTenant("t-acme").ExecuteAsync(Connected.Request("okta.users.get", new { userId = "1" }, actionId), default);

        Assert.Equal("actionId", Assert.IsType<ActionFailed>(outcome).Field);
    }
}
