using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Jira;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Connectors.Mail;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Okta;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Salesforce;
using Steward.Engines.Connectors.Sdk;
using Steward.Engines.Connectors.ServiceNow;
using Steward.Engines.Connectors.Slack;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors;

/// <summary>Registers the connectors.</summary>
public static class ConnectorsServiceCollectionExtensions
{
    private static readonly SecretText NoSecret = new("");

    /// <summary>
    /// Adds <see cref="IConnectorRegistry"/> and <see cref="IConnectorPipeline"/>. Options come from <c>Steward:Connectors</c> when the host has a configuration, then from
    /// <paramref name="configure"/>; they are validated on start. Options that change later take effect with the next call of
    /// <see cref="IConnectorRegistry.ForTenant"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options in code.</param>
    public static IServiceCollection AddStewardConnectors(this IServiceCollection services, Action<ConnectorsOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<ConnectorsOptions>()
            .Configure<IServiceProvider>((connectors, provider) =>
            {
                if (provider.GetService<IConfiguration>() is { } configuration)
                {
                    connectors.Bind(configuration.GetSection("Steward:Connectors"));
                }
            })
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton<IOptionsChangeTokenSource<ConnectorsOptions>>(provider => new ConfigurationChangeTokenSource<ConnectorsOptions>(
            Options.DefaultName, provider.GetService<IConfiguration>() ?? new ConfigurationBuilder().Build()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ConnectorsOptions>, ConnectorsOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddLogging();
        services.AddHttpClient(VendorConnector.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                Proxy = new LoopbackBypass(HttpClient.DefaultProxy),
                AutomaticDecompression = DecompressionMethods.All,
                ConnectTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                MaxResponseHeadersLength = 64,
            })
            // The factory's own loggers write addresses, and addresses here hold names and mail addresses of people.
            .RemoveAllLoggers();
        services.TryAddSingleton<TemplateLibrary>();
        services.TryAddSingleton<IInstanceDirectory, NoInstances>();
        services.TryAddSingleton<IConnectorRegistry, ConnectorRegistry>();
        AddPipeline(services);
        return services;
    }

    // The chain signs requests in; the connectors themselves have nothing to sign in with.
    private static void AddTyped(IServiceCollection services, string name, Func<Uri, IHttpClientFactory, TimeProvider, VendorConnector> create) =>
        services.AddSingleton<TypedConnector>(provider => new VendorTypedConnector(
            name, url => create(url, provider.GetRequiredService<IHttpClientFactory>(), provider.GetRequiredService<TimeProvider>())));

    private static void AddPipeline(IServiceCollection services)
    {
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.AddStewardEgress();
        foreach (var (name, allowPrivate) in new[] { (InstanceConnections.PublicClient, false), (InstanceConnections.PrivateClient, true) })
        {
            services.AddHttpClient(name, client => client.Timeout = Timeout.InfiniteTimeSpan)
                .ConfigurePrimaryHttpMessageHandler(provider => InstanceConnections.CreateHandler(provider.GetRequiredService<INameResolver>(), allowPrivate, provider.GetRequiredService<EgressProxy>()))
                .RemoveAllLoggers();
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICredentialApplier, CredentialPlaces>());
        services.AddOptions<McpOptions>().Configure<IServiceProvider>((mcp, provider) => provider.GetService<IConfiguration>()?.GetSection(McpOptions.Section).Bind(mcp));
        services.TryAddSingleton<McpConnector>();
        services.TryAddSingleton<McpSessions>();
        services.TryAddSingleton<IFieldMapper, FieldMapper>();
        AddTyped(services, "okta", static (url, clients, time) => new OktaConnector(new OktaOptions { BaseUrl = url, Token = NoSecret }, clients, time));
        AddTyped(services, "servicenow", static (url, clients, time) => new ServiceNowConnector(new ServiceNowOptions { BaseUrl = url, User = "-", Password = NoSecret }, clients, time));
        AddTyped(services, "jira", static (url, clients, time) => new JiraConnector(new JiraOptions { BaseUrl = url, User = "-", Token = NoSecret }, clients, time));
        AddTyped(services, "salesforce", static (url, clients, time) => new SalesforceConnector(new SalesforceOptions { BaseUrl = url, ClientId = "-", ClientSecret = NoSecret }, clients, time));
        services.TryAddSingleton<IMailTransport, SmtpTransport>();
        services.AddSingleton<TypedConnector, SmtpConnector>();
        services.AddSingleton<TypedConnector, SlackConnector>();
        services.TryAddSingleton<IConnectorPipeline, ConnectorPipeline>();
    }
}
