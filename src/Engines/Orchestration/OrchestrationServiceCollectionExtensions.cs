using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Engines.Orchestration;

/// <summary>Registers the run engine.</summary>
public static class OrchestrationServiceCollectionExtensions
{
    /// <summary>Adds <see cref="RunEngine"/> and what it needs. Connectors and models are registered by their own engines.</summary>
    public static IServiceCollection AddStewardOrchestration(this IServiceCollection services, Action<OrchestrationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<OrchestrationOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RunEngine>();
        return services;
    }
}
