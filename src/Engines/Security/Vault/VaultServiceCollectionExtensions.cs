using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Storage;

namespace Steward.Engines.Security.Vault;

/// <summary>Registers the vault.</summary>
public static class VaultServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ISecretVault"/> and <see cref="IVaultHealth"/>: <see cref="EmbeddedVault"/>, which needs an <see cref="IVaultStore"/>, or
    /// <see cref="HashiCorpVault"/>. Options come from <c>Steward:Vault</c> when the host has a configuration, then from
    /// <paramref name="configure"/>; they are validated on start.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options in code.</param>
    public static IServiceCollection AddStewardVault(this IServiceCollection services, Action<VaultOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<VaultOptions>()
            .Configure<IServiceProvider>((vault, provider) => provider.GetService<IConfiguration>()?.GetSection(VaultOptions.Section).Bind(vault))
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<VaultOptions>, VaultOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.AddLogging();
        services.AddHttpClient(VaultServer.ClientName, static client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                UseProxy = false,
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                MaxResponseHeadersLength = 32,
                ActivityHeadersPropagator = null,
            })
            // The factory's own loggers write headers, and the vault's token is one.
            .RemoveAllLoggers();
        services.TryAddSingleton(static provider => new VaultKeyFile(
            provider.GetRequiredService<IOptions<VaultOptions>>().Value.KeyFile, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(static provider => new EmbeddedVault(
            provider.GetService<IVaultStore>() ?? throw new InvalidOperationException("The embedded vault needs a store: call AddStewardStorage, or set Steward:Vault:Kind to HashiCorp."),
            provider.GetRequiredService<VaultKeyFile>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EmbeddedVault>>()));
        services.TryAddSingleton<HashiCorpVault>();
        services.TryAddSingleton<ISecretVault>(static provider => IsEmbedded(provider) ? provider.GetRequiredService<EmbeddedVault>() : provider.GetRequiredService<HashiCorpVault>());
        services.TryAddSingleton<IVaultHealth>(static provider => new RecentVaultHealth(
            IsEmbedded(provider) ? provider.GetRequiredService<EmbeddedVault>() : provider.GetRequiredService<HashiCorpVault>(), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>Adds what brings secrets under the embedded vault's current master key while the host runs. For silos.</summary>
    public static IServiceCollection AddStewardVaultRotation(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHostedService<VaultRewrapService>();
    }

    private static bool IsEmbedded(IServiceProvider provider) => provider.GetRequiredService<IOptions<VaultOptions>>().Value.Kind == VaultKind.Embedded;
}
