using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Sandboxing.Namespaces;

namespace Steward.Engines.Sandboxing;

/// <summary>Registers the engine.</summary>
public static class SandboxServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ISandboxPool"/> over the namespaces provider, and <see cref="ICodeValidator"/>. Nothing starts before the first job or
    /// <see cref="ISandboxProvider.StartAsync"/>; without bubblewrap jobs are refused with what is missing.
    /// </summary>
    public static IServiceCollection AddStewardSandbox(this IServiceCollection services, Action<SandboxOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<SandboxOptions>()
            .Validate(one => one.Capacity > 0 && one.QueueLength >= 0 && one.MinimumWarm >= 0 && one.MaximumWarm >= one.MinimumWarm, "Sandbox: Capacity is at least 1, QueueLength and MinimumWarm at least 0, MaximumWarm at least MinimumWarm.")
            .Validate(one => one.UserId > 0 && one.RotateAfter > 0, "Sandbox: UserId and RotateAfter are at least 1; sandboxes never run as root.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<NamespaceSandbox>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISandboxProvider, NamespaceSandbox>(static provider => provider.GetRequiredService<NamespaceSandbox>()));
        services.TryAddSingleton<ICodeValidator>(static provider => provider.GetRequiredService<NamespaceSandbox>());
        services.TryAddSingleton<ISandboxPool, SandboxPool>();
        return services;
    }
}
