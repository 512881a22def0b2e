using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Steward.Engines.Security;
using Steward.EnterpriseSim;

namespace Steward.Engines.Connectors.Tests;

/// <summary>The connectors of tenant t-acme, composed as a host does it, and every line that they log.</summary>
internal sealed class Connected : IDisposable, ILoggerProvider
{
    public const string Secret = "s3cr3t+/token=value";

    private readonly ServiceProvider _provider;
    private readonly List<string> _log = [];

    public Connected(Action<TenantConnectorsOptions> configure, TimeProvider? time = null, TimeSpan? timeout = null, TimeSpan settleDelay = default)
    {
        var services = new ServiceCollection();
        services.AddSingleton(time ?? TimeProvider.System);
        services.AddLogging(logging => logging.AddProvider(this).SetMinimumLevel(LogLevel.Trace));
        services.AddStewardConnectors(options =>
        {
            options.Timeout = timeout ?? options.Timeout;
            options.SettleDelay = settleDelay;
            var tenant = new TenantConnectorsOptions();
            configure(tenant);
            options.Tenants["t-acme"] = tenant;
        });
        _provider = services.BuildServiceProvider();
    }

    public ITenantConnectors Tenant => _provider.GetRequiredService<IConnectorRegistry>().ForTenant("t-acme");

    public string Log
    {
        get
        {
            lock (_log)
            {
                return string.Join('\n', _log);
            }
        }
    }

    public static Connected ToOkta(Uri url, TimeSpan? timeout = null) =>
        new(tenant => tenant.Okta = new OktaOptions { BaseUrl = url, Token = new SecretText(Secret) }, timeout: timeout);

    public static Connected ToServiceNow(Uri url, TimeSpan? timeout = null) => new(
        tenant => tenant.ServiceNow = new ServiceNowOptions { BaseUrl = url, User = "steward", Password = new SecretText(Secret) }, timeout: timeout);

    public static Connected ToJira(Uri url, TimeSpan? timeout = null) => new(
        tenant => tenant.Jira = new JiraOptions { BaseUrl = url, User = "bot@acme.example", Token = new SecretText(Secret), SearchDelay = TimeSpan.Zero }, timeout: timeout);

    public static Connected ToSalesforce(Uri url, TimeSpan? timeout = null) => new(
        tenant => tenant.Salesforce = new SalesforceOptions { BaseUrl = url, ClientId = "client", ClientSecret = new SecretText(Secret) }, timeout: timeout);

    public static Connected To(EnterpriseSimulation simulation) => new(tenant =>
    {
        var credentials = simulation.Credentials;
        tenant.Okta = new OktaOptions { BaseUrl = simulation.Okta, Token = new SecretText(credentials.OktaApiToken) };
        tenant.ServiceNow = new ServiceNowOptions
        {
            BaseUrl = simulation.ServiceNow, User = credentials.ServiceNowUser, Password = new SecretText(credentials.ServiceNowPassword),
        };
        tenant.Jira = new JiraOptions { BaseUrl = simulation.Jira, User = credentials.JiraEmail, Token = new SecretText(credentials.JiraApiToken), SearchDelay = TimeSpan.Zero };
        tenant.Salesforce = new SalesforceOptions
        {
            BaseUrl = simulation.Salesforce, ClientId = credentials.SalesforceClientId, ClientSecret = new SecretText(credentials.SalesforceClientSecret),
        };
    });

    public static ActionRequest Request(string operation, object arguments, string actionId = "a-1", DateTimeOffset? deadline = null) => new()
    {
        ActionId = actionId,
        OperationId = operation,
        Arguments = arguments as JsonElement? ?? JsonSerializer.SerializeToElement(arguments),
        Deadline = deadline,
    };

    public Task<ActionOutcome> ExecuteAsync(string operation, object arguments, string actionId = "a-1", CancellationToken cancellationToken = default) =>
        Tenant.ExecuteAsync(Request(operation, arguments, actionId), cancellationToken);

    public async Task<JsonElement> ResultAsync(string operation, object arguments, string actionId = "a-1") =>
        Assert.IsType<ActionSucceeded>(await ExecuteAsync(operation, arguments, actionId)).Result;

    public async Task<ActionFailed> FailureAsync(string operation, object arguments, string actionId = "a-1") =>
        Assert.IsType<ActionFailed>(await ExecuteAsync(operation, arguments, actionId));

    public Task<ReconcileOutcome> ReconcileAsync(string operation, object arguments, DateTimeOffset sentAt, string actionId = "a-1") =>
        Tenant.ReconcileAsync(Request(operation, arguments, actionId), sentAt, default);

    public void Dispose() => _provider?.Dispose();

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    private sealed class Logger(Connected owner) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (owner._log)
            {
                owner._log.Add($"{formatter(state, exception)} {exception}");
            }
        }
    }
}
