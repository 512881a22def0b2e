using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Security.Jwt;

namespace Steward.Engines.Security;

/// <summary>Registers what this library offers.</summary>
public static class SecurityServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ClusterKeyRing"/>, <see cref="IdentityEnvelopeSigner"/>, <see cref="JwtValidator"/> and, to be asked for only when its key
    /// file is configured, <see cref="DevelopmentTokenIssuer"/>. Options come from <c>Steward:Security</c> when the host has a configuration, then from
    /// <paramref name="configure"/>; they are validated on start.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Changes the options in code.</param>
    public static IServiceCollection AddStewardSecurity(this IServiceCollection services, Action<SecurityOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<SecurityOptions>()
            .Configure<IServiceProvider>((security, provider) => provider.GetService<IConfiguration>()?.GetSection("Steward:Security").Bind(security))
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SecurityOptions>, SecurityOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(provider => CreateKeyRing(provider.GetRequiredService<IOptions<SecurityOptions>>().Value));
        services.TryAddSingleton<IdentityEnvelopeSigner>();
        services.TryAddSingleton<SecretSealer>();
        services.AddHttpClient(JwksSource.ClientName).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            MaxResponseHeadersLength = 32,
            ConnectTimeout = TimeSpan.FromSeconds(5),
        });
        services.TryAddSingleton<IJwksSource, JwksSource>();
        services.TryAddSingleton(provider => CreateDevelopmentIssuer(provider) ??
            throw new InvalidOperationException("There is no issuer of development tokens: set Steward:Security:DevelopmentTokenKeyFile, for example to data/development-token.key."));
        services.TryAddSingleton(provider =>
        {
            var issuers = provider.GetRequiredService<IOptions<SecurityOptions>>().Value;
            IEnumerable<JwtIssuerOptions> all = string.IsNullOrWhiteSpace(issuers.DevelopmentTokenKeyFile)
                ? issuers.Issuers
                : [.. issuers.Issuers, provider.GetRequiredService<DevelopmentTokenIssuer>().ToIssuerOptions()];
            return new JwtValidator(all, provider.GetRequiredService<IJwksSource>(), provider.GetRequiredService<TimeProvider>());
        });
        return services;
    }

    private static ClusterKeyRing CreateKeyRing(SecurityOptions options)
    {
        if (options.ClusterKey is { IsBlank: false } key)
        {
            return ClusterKeyRing.Parse([key.Reveal(), .. options.PreviousClusterKeys.Select(previous => previous.Reveal())], "Steward:Security:ClusterKey");
        }

        return Environment.GetEnvironmentVariable(ClusterKeyRing.EnvironmentVariable) is { } text && !string.IsNullOrWhiteSpace(text)
            ? ClusterKeyRing.Parse(text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), $"The environment variable {ClusterKeyRing.EnvironmentVariable}")
            : ClusterKeyRing.FromFile(options.ClusterKeyFile);
    }

    private static DevelopmentTokenIssuer? CreateDevelopmentIssuer(IServiceProvider provider) =>
        provider.GetRequiredService<IOptions<SecurityOptions>>().Value.DevelopmentTokenKeyFile is { } file && !string.IsNullOrWhiteSpace(file)
            ? new DevelopmentTokenIssuer(file, provider.GetRequiredService<TimeProvider>())
            : null;
}
