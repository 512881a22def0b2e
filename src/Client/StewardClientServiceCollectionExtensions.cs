using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Engines.Security;

namespace Steward.Client;

/// <summary>Adds Steward's client to a front end.</summary>
public static class StewardClientServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IStewardClient"/> over the Orleans client that the container has, from <c>UseOrleansClient</c> or a silo in the same
    /// process. The cluster's key comes from what <see cref="SecurityServiceCollectionExtensions.AddStewardSecurity"/> has set up, which is called
    /// here if it was not before: set the environment variable <c>STEWARD_CLUSTER_KEY</c> or <c>Steward:Security:ClusterKeyFile</c> to the silos' key.
    /// </summary>
    public static IServiceCollection AddStewardClient(this IServiceCollection services, Action<StewardClientOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, configure);
        if (!services.Any(service => service.ServiceType == typeof(IdentityEnvelopeSigner)))
        {
            services.AddStewardSecurity();
        }

        services.TryAddSingleton<SecretSealer>();
        services.TryAddSingleton<IStewardClient, StewardClient>();
        services.TryAddSingleton<IStewardModels, StewardModels>();
        services.TryAddSingleton<IStewardModelSwitch, StewardModelSwitch>();
        services.TryAddSingleton<IHookReceiver, StewardHookReceiver>();
        services.TryAddSingleton<IChannelReceiver, StewardChannelReceiver>();
        return services;
    }

    /// <summary>
    /// Adds <see cref="IStewardUserClient"/> for one person over a gateway's HTTP API: for programs that are not front-end servers, such
    /// as a terminal chat.
    /// </summary>
    public static IServiceCollection AddStewardHttpClient(
        this IServiceCollection services,
        Action<StewardHttpClientOptions> configure,
        Action<StewardClientOptions>? configureRetries = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(services, configureRetries);
        services.AddOptions<StewardHttpClientOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StewardHttpClientOptions>, StewardHttpClientOptionsValidator>());
        services.AddHttpClient(HttpStewardUserClient.ClientName, static (provider, http) =>
        {
            http.BaseAddress = provider.GetRequiredService<IOptions<StewardHttpClientOptions>>().Value.BaseAddress;
            // Event streams are open for as long as a run lasts; calls have their own limit.
            http.Timeout = Timeout.InfiniteTimeSpan;
        }).ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            ConnectTimeout = TimeSpan.FromSeconds(10),
        });
        services.TryAddSingleton<IStewardUserClient, HttpStewardUserClient>();
        return services;
    }

    private static void AddOptions(IServiceCollection services, Action<StewardClientOptions>? configure)
    {
        var options = services.AddOptions<StewardClientOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StewardClientOptions>, StewardClientOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
    }
}
