using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Core;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Hosting
{
    /// <summary>Builds a silo.</summary>
    public interface ISiloBuilder
    {
        /// <summary>The host's services.</summary>
        IServiceCollection Services { get; }

        /// <summary>The host's configuration.</summary>
        IConfiguration Configuration { get; }
    }

    /// <summary>What can be set on a silo.</summary>
    public static class SiloBuilderExtensions
    {
        /// <summary>Adds services.</summary>
        public static ISiloBuilder ConfigureServices(this ISiloBuilder builder, Action<IServiceCollection> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(builder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(builder.Services);
            return builder;
        }

        /// <summary>Sets options.</summary>
        public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, Action<TOptions> configureOptions)
            where TOptions : class => builder.ConfigureServices(services => services.Configure(configureOptions));

        /// <summary>Sets options from configuration.</summary>
        public static ISiloBuilder Configure<TOptions>(this ISiloBuilder builder, IConfiguration configuration)
            where TOptions : class => builder.ConfigureServices(services => services.AddOptions<TOptions>().Bind(configuration));

        /// <summary>Sets up logging.</summary>
        public static ISiloBuilder ConfigureLogging(this ISiloBuilder builder, Action<ILoggingBuilder> configureLogging) =>
            builder.ConfigureServices(services => services.AddLogging(configureLogging));
    }

    /// <summary>Which cluster a silo belongs to.</summary>
    public static class CoreHostingExtensions
    {
        /// <summary>A cluster of one silo on this machine.</summary>
        public static ISiloBuilder UseLocalhostClustering(
            this ISiloBuilder builder,
            int siloPort = EndpointOptions.DEFAULT_SILO_PORT,
            int gatewayPort = EndpointOptions.DEFAULT_GATEWAY_PORT,
            IPEndPoint? primarySiloEndpoint = null,
            string serviceId = "dev",
            string clusterId = "dev")
        {
            if (primarySiloEndpoint is not null && primarySiloEndpoint.Port != siloPort)
            {
                throw StandIn.ClusteringRefused($"{nameof(UseLocalhostClustering)} with another silo as the primary");
            }

            builder.Configure<EndpointOptions>(options =>
            {
                options.AdvertisedIPAddress = IPAddress.Loopback;
                options.SiloPort = siloPort;
                options.GatewayPort = gatewayPort;
            });
            builder.Services.AddSingleton<StandIn.ClusteringChosen>();
            builder.Services.AddOptions<ClusterOptions>().Configure(options =>
            {
                options.ServiceId = string.IsNullOrWhiteSpace(serviceId) ? "dev" : serviceId;
                options.ClusterId = string.IsNullOrWhiteSpace(clusterId) ? "dev" : clusterId;
            });
            return builder;
        }
    }

    /// <summary>Where a silo listens.</summary>
    public static class EndpointOptionsExtensions
    {
        /// <summary>Sets the address and the ports.</summary>
        public static ISiloBuilder ConfigureEndpoints(this ISiloBuilder builder, IPAddress advertisedIP, int siloPort, int gatewayPort, bool listenOnAnyHostAddress = false) =>
            builder.Configure<EndpointOptions>(options =>
            {
                options.AdvertisedIPAddress = advertisedIP;
                options.SiloPort = siloPort;
                options.GatewayPort = gatewayPort;
                if (listenOnAnyHostAddress)
                {
                    options.SiloListeningEndpoint = new IPEndPoint(IPAddress.Any, siloPort);
                    options.GatewayListeningEndpoint = new IPEndPoint(IPAddress.Any, gatewayPort);
                }
            });
    }

    /// <summary>Filters of a silo.</summary>
    public static class GrainCallFilterSiloBuilderExtensions
    {
        /// <summary>Adds a filter for calls that arrive.</summary>
        public static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IIncomingGrainCallFilter filter) =>
            builder.ConfigureServices(services => services.AddSingleton(filter));

        /// <summary>Adds a filter for calls that arrive.</summary>
        public static ISiloBuilder AddIncomingGrainCallFilter(this ISiloBuilder builder, IncomingGrainCallFilterDelegate filter) =>
            builder.ConfigureServices(services => services.AddSingleton<IIncomingGrainCallFilter>(new IncomingDelegateFilter(filter)));

        /// <summary>Adds a filter for calls that arrive.</summary>
        public static ISiloBuilder AddIncomingGrainCallFilter<TImplementation>(this ISiloBuilder builder)
            where TImplementation : class, IIncomingGrainCallFilter => builder.ConfigureServices(services => services.AddSingleton<IIncomingGrainCallFilter, TImplementation>());

        /// <summary>Adds a filter for calls that leave.</summary>
        public static ISiloBuilder AddOutgoingGrainCallFilter(this ISiloBuilder builder, IOutgoingGrainCallFilter filter) =>
            builder.ConfigureServices(services => services.AddSingleton(filter));

        /// <summary>Adds a filter for calls that leave.</summary>
        public static ISiloBuilder AddOutgoingGrainCallFilter(this ISiloBuilder builder, OutgoingGrainCallFilterDelegate filter) =>
            builder.ConfigureServices(services => services.AddSingleton<IOutgoingGrainCallFilter>(new OutgoingDelegateFilter(filter)));

        /// <summary>Adds a filter for calls that leave.</summary>
        public static ISiloBuilder AddOutgoingGrainCallFilter<TImplementation>(this ISiloBuilder builder)
            where TImplementation : class, IOutgoingGrainCallFilter => builder.ConfigureServices(services => services.AddSingleton<IOutgoingGrainCallFilter, TImplementation>());
    }

    /// <summary>What runs when a silo starts.</summary>
    public static class SiloBuilderStartupExtensions
    {
        /// <summary>Adds a task.</summary>
        public static ISiloBuilder AddStartupTask<TStartup>(this ISiloBuilder builder, int stage = ServiceLifecycleStage.Active)
            where TStartup : class, IStartupTask => builder.AddStartupTask((services, token) => ActivatorUtilities.GetServiceOrCreateInstance<TStartup>(services).Execute(token), stage);

        /// <summary>Adds a task.</summary>
        public static ISiloBuilder AddStartupTask(this ISiloBuilder builder, IStartupTask startupTask, int stage = ServiceLifecycleStage.Active)
        {
            ArgumentNullException.ThrowIfNull(startupTask);
            return builder.AddStartupTask((_, token) => startupTask.Execute(token), stage);
        }

        /// <summary>Adds a task.</summary>
        public static ISiloBuilder AddStartupTask(this ISiloBuilder builder, Func<IServiceProvider, CancellationToken, Task> startupTask, int stage = ServiceLifecycleStage.Active) =>
            builder.ConfigureServices(services => services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(sp => new StartupTask(sp, startupTask, stage)));

        private sealed class StartupTask(IServiceProvider services, Func<IServiceProvider, CancellationToken, Task> task, int stage) : ILifecycleParticipant<ISiloLifecycle>
        {
            public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe("StartupTask", stage, token => task(services, token));
        }
    }

    internal sealed class IncomingDelegateFilter(IncomingGrainCallFilterDelegate filter) : IIncomingGrainCallFilter
    {
        public Task Invoke(IIncomingGrainCallContext context) => filter(context);
    }

    internal sealed class OutgoingDelegateFilter(OutgoingGrainCallFilterDelegate filter) : IOutgoingGrainCallFilter
    {
        public Task Invoke(IOutgoingGrainCallContext context) => filter(context);
    }

    internal sealed class SiloBuilder : ISiloBuilder
    {
        public SiloBuilder(IServiceCollection services, IConfiguration configuration)
        {
            Services = services;
            Configuration = configuration;
            services.AddOptions();
            services.AddLogging();
            services.TryAddSingleton(TimeProvider.System);
            services.TryAddSingleton<SiloLifecycle>();
            services.TryAddSingleton<ISiloLifecycle>(sp => sp.GetRequiredService<SiloLifecycle>());
            services.TryAddSingleton<Silo>();
            services.TryAddSingleton<IGrainRuntime>(sp => sp.GetRequiredService<Silo>());
            services.TryAddSingleton<ILocalSiloDetails>(sp => sp.GetRequiredService<Silo>());
            services.TryAddSingleton<IClusterMembershipService, SingleSiloMembership>();
            services.TryAddSingleton(sp => sp.GetRequiredService<Silo>().Runtime);
            services.TryAddSingleton<IClusterClient>(sp => sp.GetRequiredService<Silo>().Runtime);
            services.TryAddSingleton<IGrainFactory>(sp => sp.GetRequiredService<Silo>().Runtime);
            services.TryAddSingleton<IGrainContextAccessor, GrainContextAccessor>();
            services.TryAddScoped(_ => RuntimeContext.Current ?? throw new InvalidOperationException("There is no activation here."));
            services.TryAddSingleton<IPersistentStateFactory, PersistentStateFactory>();
            services.TryAddSingleton<IAttributeToFactoryMapper<PersistentStateAttribute>, PersistentStateAttributeMapper>();
            services.TryAddSingleton<IGrainStorageSerializer, JsonGrainStorageSerializer>();
            services.AddSingleton<IConfigurationValidator, SiloOptionsValidator>();
            services.AddHostedService(sp => sp.GetRequiredService<Silo>());
        }

        public IServiceCollection Services { get; }

        public IConfiguration Configuration { get; }
    }

    /// <summary>Remembers in the services which of silo and client a host has.</summary>
    internal sealed class BuilderMarker(object builder)
    {
        public object Builder { get; } = builder;

        public static OrleansConfigurationException Both() => new(
            "Do not call both UseOrleansClient/AddOrleansClient with UseOrleans/AddOrleans. If you want a client and server in the same process, only UseOrleans/AddOrleans is necessary and the UseOrleansClient/AddOrleansClient call can be removed.");

        public static TBuilder GetOrAdd<TBuilder>(IServiceCollection services, Func<TBuilder> create)
            where TBuilder : class
        {
            foreach (var descriptor in services)
            {
                if (descriptor.ServiceType == typeof(BuilderMarker))
                {
                    return ((BuilderMarker)descriptor.ImplementationInstance!).Builder as TBuilder ?? throw Both();
                }
            }

            var builder = create();
            services.AddSingleton(new BuilderMarker(builder));
            return builder;
        }
    }

    internal sealed class GrainContextAccessor : IGrainContextAccessor
    {
        public IGrainContext GrainContext => RuntimeContext.Current!;
    }

    internal sealed class SiloOptionsValidator(IOptions<ClusterOptions> cluster, IOptions<GrainCollectionOptions> collection, IServiceProvider services) : IConfigurationValidator
    {
        public void ValidateConfiguration()
        {
            if (services.GetService<StandIn.ClusteringChosen>() is null)
            {
                throw new OrleansConfigurationException($"Clustering has not been configured. Call {nameof(CoreHostingExtensions.UseLocalhostClustering)}.");
            }

            StandIn.Validate(cluster.Value);
            var options = collection.Value;
            if (options.CollectionQuantum <= TimeSpan.Zero)
            {
                throw new OrleansConfigurationException($"{nameof(options.CollectionQuantum)} is set to {options.CollectionQuantum}. It must be greater than 0.");
            }

            foreach (var (name, age) in options.ClassSpecificCollectionAge.Append(new KeyValuePair<string, TimeSpan>(nameof(options.CollectionAge), options.CollectionAge)))
            {
                if (age <= options.CollectionQuantum)
                {
                    throw new OrleansConfigurationException(
                        $"{name} is set to {age}. It must be greater than {nameof(options.CollectionQuantum)}, which is set to {options.CollectionQuantum}.");
                }
            }
        }
    }
}

namespace Orleans.Runtime
{
    /// <summary>Runs when a silo starts.</summary>
    public interface IStartupTask
    {
        /// <summary>Runs the task.</summary>
        Task Execute(CancellationToken cancellationToken);
    }

    /// <summary>What the stand-in says of itself.</summary>
    internal static class StandIn
    {
        public static OrleansConfigurationException ClusteringRefused(string what) => new(
            $"{what} is not possible: this build runs on the single-process stand-in for Orleans. Clustering needs the full package feed; see docs/feeds.md.");

        public static void Validate(ClusterOptions options)
        {
            if (string.IsNullOrWhiteSpace(options.ClusterId) || string.IsNullOrWhiteSpace(options.ServiceId))
            {
                throw new OrleansConfigurationException($"{nameof(ClusterOptions)}.{nameof(options.ClusterId)} and .{nameof(options.ServiceId)} must not be empty.");
            }
        }

        internal sealed class ClusteringChosen;
    }
}

namespace Microsoft.Extensions.Hosting
{
    /// <summary>Adds a silo to a host.</summary>
    public static class OrleansSiloGenericHostExtensions
    {
        /// <summary>Adds a silo.</summary>
        public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleans(static _ => { });

        /// <summary>Adds a silo.</summary>
        public static IHostApplicationBuilder UseOrleans(this IHostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostAppBuilder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(Add(hostAppBuilder.Services, hostAppBuilder.Configuration));
            return hostAppBuilder;
        }

        /// <summary>Adds a silo.</summary>
        public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder) => hostAppBuilder.UseOrleans(static _ => { });

        /// <summary>Adds a silo.</summary>
        public static HostApplicationBuilder UseOrleans(this HostApplicationBuilder hostAppBuilder, Action<ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostAppBuilder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(Add(hostAppBuilder.Services, hostAppBuilder.Configuration));
            return hostAppBuilder;
        }

        /// <summary>Adds a silo.</summary>
        public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            return hostBuilder.UseOrleans((_, silo) => configureDelegate(silo));
        }

        /// <summary>Adds a silo.</summary>
        public static IHostBuilder UseOrleans(this IHostBuilder hostBuilder, Action<HostBuilderContext, ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(hostBuilder);
            ArgumentNullException.ThrowIfNull(configureDelegate);
            return hostBuilder.ConfigureServices((context, services) => configureDelegate(context, Add(services, context.Configuration)));
        }

        /// <summary>Adds a silo.</summary>
        public static IServiceCollection AddOrleans(this IServiceCollection services, Action<ISiloBuilder> configureDelegate)
        {
            ArgumentNullException.ThrowIfNull(configureDelegate);
            configureDelegate(Add(services, new ConfigurationBuilder().Build()));
            return services;
        }

        private static SiloBuilder Add(IServiceCollection services, IConfiguration configuration) => BuilderMarker.GetOrAdd(services, () => new SiloBuilder(services, configuration));
    }
}
