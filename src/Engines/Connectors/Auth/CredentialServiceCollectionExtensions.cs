using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Security.Vault;
using Steward.Engines.Security.Webhooks;

namespace Steward.Engines.Connectors.Auth;

/// <summary>Registers what signs in to external systems.</summary>
public static class CredentialServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="OAuthClient"/>, <see cref="InstanceCredentialsFactory"/> and the appliers of signatures and certificates. Needs an <see cref="ISecretVault"/>. Options come from
    /// <c>Steward:Connectors:Credentials</c> when the host has a configuration, then from <paramref name="configure"/>; they are validated on start.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options in code.</param>
    public static IServiceCollection AddStewardCredentials(this IServiceCollection services, Action<CredentialOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<CredentialOptions>()
            .Configure<IServiceProvider>((credentials, provider) => provider.GetService<IConfiguration>()?.GetSection(CredentialOptions.Section).Bind(credentials))
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<CredentialOptions>, CredentialOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<INameResolver, SystemNameResolver>();
        services.AddStewardEgress();
        services.AddLogging();
        foreach (var (name, allowPrivate) in new[] { (TokenEndpoint.PublicClient, false), (TokenEndpoint.PrivateClient, true) })
        {
            services.AddHttpClient(name, static client => client.Timeout = Timeout.InfiniteTimeSpan)
                .ConfigurePrimaryHttpMessageHandler(provider => InstanceConnections.CreateHandler(provider.GetRequiredService<INameResolver>(), allowPrivate, provider.GetRequiredService<EgressProxy>()))
                // The factory's own loggers write headers, and some of them hold client secrets.
                .RemoveAllLoggers();
        }

        services.TryAddSingleton<OAuthClient>();
        services.TryAddSingleton<InstanceCredentialsFactory>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICredentialApplier, SigV4Applier>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICredentialApplier, CertificateApplier>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ICredentialApplier, HmacApplier>());
        return services;
    }
}
