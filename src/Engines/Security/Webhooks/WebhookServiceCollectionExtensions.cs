using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Security.Webhooks;

/// <summary>Registers what sends webhooks.</summary>
public static class WebhookServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="WebhookSender"/>, <see cref="AddressGuard"/> and <see cref="SecretSealer"/>. Options come from <c>Steward:Webhooks</c> when the host has a
    /// configuration, then from <paramref name="configure"/>; they are validated on start.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options in code.</param>
    public static IServiceCollection AddStewardWebhooks(this IServiceCollection services, Action<WebhookOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<WebhookOptions>()
            .Configure<IServiceProvider>((webhooks, provider) => provider.GetService<IConfiguration>()?.GetSection(WebhookOptions.Section).Bind(webhooks))
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<WebhookOptions>, WebhookOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.AddStewardEgress();
        services.TryAddSingleton<AddressGuard>();
        services.TryAddSingleton<SecretSealer>();
        services.TryAddSingleton<WebhookSender>();
        services.AddHttpClient(WebhookSender.ClientName, static http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static provider => provider.GetRequiredService<AddressGuard>().CreateHandler())
            // The factory's own log lines would name the addresses of all receivers.
            .RemoveAllLoggers();
        return services;
    }

    /// <summary>Adds <see cref="EgressProxy"/>. Options come from <c>Steward:Egress</c> when the host has a configuration; they are validated on start.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddStewardEgress(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(EgressProxy)))
        {
            return services;
        }

        services.AddOptions<EgressOptions>()
            .Configure<IServiceProvider>((egress, provider) => provider.GetService<IConfiguration>()?.GetSection(EgressOptions.Section).Bind(egress))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<EgressOptions>, EgressOptionsValidator>());
        services.TryAddSingleton<EgressProxy>();
        return services;
    }
}
