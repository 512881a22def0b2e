using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Runtime.Messaging;

namespace Orleans.Hosting
{
    /// <summary>Builds a client.</summary>
    public interface IClientBuilder
    {
        /// <summary>The host's services.</summary>
        IServiceCollection Services { get; }

        /// <summary>The host's configuration.</summary>
        IConfiguration Configuration { get; }
    }

    /// <summary>What can be set on a client.</summary>
    public static class ClientBuilderExtensions
    {
        /// <summary>Adds services.</summary>
        public static IClientBuilder ConfigureServices(this IClientBuilder builder, Action<IServiceCollection> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(builder.Services);
            return builder;
        }

        /// <summary>Sets options.</summary>
        public static IClientBuilder Configure<TOptions>(this IClientBuilder builder, Action<TOptions> configureOptions)
            where TOptions : class => builder.ConfigureServices(services => services.Configure(configureOptions));

        /// <summary>Sets options from configuration.</summary>
        public static IClientBuilder Configure<TOptions>(this IClientBuilder builder, IConfiguration configuration)
            where TOptions : class => builder.ConfigureServices(services => services.AddOptions<TOptions>().Bind(configuration));

        /// <summary>A cluster on this machine.</summary>
        public static IClientBuilder UseLocalhostClustering(this IClientBuilder builder, int gatewayPort = 30000, string serviceId = "dev", string clusterId = "dev") =>
            builder.UseLocalhostClustering([gatewayPort], serviceId, clusterId);

        /// <summary>A cluster on this machine.</summary>
        public static IClientBuilder UseLocalhostClustering(this IClientBuilder builder, int[] gatewayPorts, string serviceId = "dev", string clusterId = "dev")
        {
            ArgumentNullException.ThrowIfNull(gatewayPorts);
            return builder.ConfigureServices(services =>
            {
                services.AddSingleton<StandIn.ClusteringChosen>();
                services.AddOptions<ClusterOptions>().Configure(options =>
                {
                    options.ServiceId = string.IsNullOrWhiteSpace(serviceId) ? "dev" : serviceId;
                    options.ClusterId = string.IsNullOrWhiteSpace(clusterId) ? "dev" : clusterId;
                });
            });
        }

        /// <summary>Decides whether to go on trying to connect.</summary>
        public static IClientBuilder UseConnectionRetryFilter(this IClientBuilder builder, Func<Exception, CancellationToken, Task<bool>> connectionRetryFilter) =>
            builder.UseConnectionRetryFilter(new RetryDelegate(connectionRetryFilter));

        /// <summary>Decides whether to go on trying to connect.</summary>
        public static IClientBuilder UseConnectionRetryFilter(this IClientBuilder builder, IClientConnectionRetryFilter connectionRetryFilter) =>
            builder.ConfigureServices(services => services.AddSingleton(connectionRetryFilter));

        /// <summary>Decides whether to go on trying to connect.</summary>
        public static IClientBuilder UseConnectionRetryFilter<TConnectionRetryFilter>(this IClientBuilder builder)
            where TConnectionRetryFilter : class, IClientConnectionRetryFilter => builder.ConfigureServices(services => services.AddSingleton<IClientConnectionRetryFilter, TConnectionRetryFilter>());

        private sealed class RetryDelegate(Func<Exception, CancellationToken, Task<bool>> filter) : IClientConnectionRetryFilter
        {
            public Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken) => filter(exception, cancellationToken);
        }
    }

    /// <summary>Filters of a client.</summary>
    public static class ClientBuilderGrainCallFilterExtensions
    {
        /// <summary>Adds a filter for calls that leave.</summary>
        public static IClientBuilder AddOutgoingGrainCallFilter(this IClientBuilder builder, IOutgoingGrainCallFilter filter) =>
            builder.ConfigureServices(services => services.AddSingleton(filter));

        /// <summary>Adds a filter for calls that leave.</summary>
        public static IClientBuilder AddOutgoingGrainCallFilter(this IClientBuilder builder, OutgoingGrainCallFilterDelegate filter) =>
            builder.ConfigureServices(services => services.AddSingleton<IOutgoingGrainCallFilter>(new OutgoingDelegateFilter(filter)));

        /// <summary>Adds a filter for calls that leave.</summary>
        public static IClientBuilder AddOutgoingGrainCallFilter<TImplementation>(this IClientBuilder builder)
            where TImplementation : class, IOutgoingGrainCallFilter => builder.ConfigureServices(services => services.AddSingleton<IOutgoingGrainCallFilter, TImplementation>());
    }

    internal sealed class ClientBuilder : IClientBuilder
    {
        public ClientBuilder(IServiceCollection services, IConfiguration configuration)
        {
            Services = services;
            Configuration = configuration;
            services.AddOptions();
            services.AddLogging();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton(sp => new CallRuntime(
                sp, sp.GetServices<IOutgoingGrainCallFilter>(), sp.GetRequiredService<IOptions<ClientMessagingOptions>>().Value, isRemote: true));
            services.TryAddSingleton<IClusterClient>(sp => sp.GetRequiredService<CallRuntime>());
            services.TryAddSingleton<IGrainFactory>(sp => sp.GetRequiredService<CallRuntime>());
            services.AddHostedService<ClientConnection>();
        }

        public IServiceCollection Services { get; }

        public IConfiguration Configuration { get; }
    }

    /// <summary>Finds the silo of the client's cluster in this process.</summary>
    internal sealed class ClientConnection(IServiceProvider services, CallRuntime runtime, IOptions<ClusterOptions> options) : IHostedService
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            foreach (var validator in services.GetServices<IConfigurationValidator>())
            {
                validator.ValidateConfiguration();
            }

            if (services.GetService<StandIn.ClusteringChosen>() is null)
            {
                throw new OrleansConfigurationException($"Clustering has not been configured. Call {nameof(ClientBuilderExtensions.UseLocalhostClustering)}.");
            }

            var cluster = options.Value;
            StandIn.Validate(cluster);
            var retry = services.GetService<IClientConnectionRetryFilter>();
            while (true)
            {
                if (Silo.Find(cluster.ClusterId, cluster.ServiceId) is { } silo)
                {
                    runtime.Silo = silo;
                    silo.Connect(runtime);
                    return;
                }

                var exception = new ConnectionFailedException(
                    $"No silo of the cluster \"{cluster.ClusterId}\" and the service \"{cluster.ServiceId}\" runs in this process. "
                    + "This build runs on the single-process stand-in for Orleans, where silo and client share a process; several processes need the full package feed. See docs/feeds.md.");
                if (retry is null || !await retry.ShouldRetryConnectionAttempt(exception, cancellationToken))
                {
                    throw exception;
                }
            }
        }

        public Task StopAsync(CancellationToken cancellationToken)
        {
            runtime.Silo?.Disconnect(runtime);
            runtime.Silo = null;
            runtime.Pending.FailAll(static call => new SiloUnavailableException($"The local Orleans host is shutting down and can no longer process the request: {call}."));
            return Task.CompletedTask;
        }
    }
}

namespace Microsoft.Extensions.Hosting
{
    /// <summary>Adds a client to a host.</summary>
    public static class OrleansClientGenericHostExtensions
    {
        /// <summary>Adds a client.</summary>
        public static IHostApplicationBuilder UseOrleansClient(this IHostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleansClient(static _ => { });

        /// <summary>Adds a client.</summary>
        public static IHostApplicationBuilder UseOrleansClient(this IHostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostAppBuilder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(Add(hostAppBuilder.Services, hostAppBuilder.Configuration));
            return hostAppBuilder;
        }

        /// <summary>Adds a client.</summary>
        public static HostApplicationBuilder UseOrleansClient(this HostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleansClient(static _ => { });

        /// <summary>Adds a client.</summary>
        public static HostApplicationBuilder UseOrleansClient(this HostApplicationBuilder hostAppBuilder, Action<IClientBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostAppBuilder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(Add(hostAppBuilder.Services, hostAppBuilder.Configuration));
            return hostAppBuilder;
        }

        /// <summary>Adds a client.</summary>
        public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder) => hostBuilder.UseOrleansClient((_, _) => { });

        /// <summary>Adds a client.</summary>
        public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder, Action<IClientBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            return hostBuilder.UseOrleansClient((_, client) => configureDelegate(client));
        }

        /// <summary>Adds a client.</summary>
        public static IHostBuilder UseOrleansClient(this IHostBuilder hostBuilder, Action<HostBuilderContext, IClientBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostBuilder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            return hostBuilder.ConfigureServices((context, services) => configureDelegate(context, Add(services, context.Configuration)));
        }

        /// <summary>Adds a client.</summary>
        public static IServiceCollection AddOrleansClient(this IServiceCollection services, Action<IClientBuilder> configureDelegate) =>
            services.AddOrleansClient(null, configureDelegate);

        /// <summary>Adds a client.</summary>
        public static IServiceCollection AddOrleansClient(this IServiceCollection services, IConfiguration? configuration, Action<IClientBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(Add(services, configuration ?? new ConfigurationBuilder().Build()));
            return services;
        }

        private static ClientBuilder Add(IServiceCollection services, IConfiguration configuration) => BuilderMarker.GetOrAdd(services, () => new ClientBuilder(services, configuration));
    }
}
