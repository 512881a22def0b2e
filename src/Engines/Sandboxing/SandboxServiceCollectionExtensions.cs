using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Sandboxing.GVisor;
using Steward.Engines.Sandboxing.Namespaces;
using Steward.Engines.Sandboxing.Remote;

namespace Steward.Engines.Sandboxing;

/// <summary>Registers the engine.</summary>
public static class SandboxServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ISandboxPool"/> over the namespaces provider and gVisor, and <see cref="ICodeValidator"/>. Nothing starts before the first job or
    /// <see cref="ISandboxProvider.StartAsync"/>; without bubblewrap jobs are refused with what is missing.
    /// </summary>
    public static IServiceCollection AddStewardSandbox(this IServiceCollection services, Action<SandboxOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<SandboxOptions>()
            .Validate(one => one.Capacity > 0 && one.QueueLength >= 0 && one.MinimumWarm >= 0 && one.MaximumWarm >= one.MinimumWarm, "Sandbox: Capacity is at least 1, QueueLength and MinimumWarm at least 0, MaximumWarm at least MinimumWarm.")
            .Validate(one => one.GVisor.Warm is null or (>= 0 and <= 32), "Sandbox: GVisor:Warm is between 0 and 32, or nothing.")
            .Validate(one => one.UserId > 0 && one.RotateAfter > 0, "Sandbox: UserId and RotateAfter are at least 1; sandboxes never run as root.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<NamespaceSandbox>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISandboxProvider, NamespaceSandbox>(static provider => provider.GetRequiredService<NamespaceSandbox>()));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISandboxProvider, GVisorSandbox>());
        services.TryAddSingleton<ICodeValidator>(static provider => provider.GetRequiredService<NamespaceSandbox>());
        services.TryAddSingleton<ISandboxPool, SandboxPool>();
        return services;
    }

    /// <summary>
    /// Adds a sandbox service that is asked over HTTP, after the other providers: for tenants whose tier is <see cref="SandboxTier.Remote"/> (<see cref="SandboxOptions.TenantTiers"/>), and for all where
    /// no other provider works. Calling it again changes nothing.
    /// </summary>
    public static IServiceCollection AddStewardRemoteSandbox(this IServiceCollection services, Action<RemoteSandboxOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<RemoteSandboxOptions>()
            .Validate(one => one.IsValid, "RemoteSandbox: Address is HTTPS, or HTTP on loopback; Key has at least 32 characters.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        // The wall time of a job is the limit; redirects would carry the key elsewhere.
        services.AddHttpClient(RemoteSandbox.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISandboxProvider, RemoteSandbox>());
        return services;
    }
}
