using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Steward.Storage;

/// <summary>Adds Steward's storage to a host.</summary>
public static class StewardStorageServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="IJournalStore"/>, <see cref="IContentStore"/>, <see cref="IVaultStore"/>, <see cref="IApprovalStore"/>, <see cref="INotificationStore"/>, <see cref="IVectorStore"/>, <see cref="StorageMigrator"/> and <see cref="IStorageHealth"/> over the database that
    /// <see cref="StewardStorageOptions"/> name. The options are validated when the host starts. Calling it again only adds configuration.
    /// </summary>
    /// <remarks>Run <see cref="StorageMigrator.MigrateAsync"/> before the host starts: nothing migrates by itself.</remarks>
    public static IServiceCollection AddStewardStorage(this IServiceCollection services, Action<StewardStorageOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<StewardStorageOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<StewardStorageOptions>, StewardStorageOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new StorageBackend(provider.GetRequiredService<IOptions<StewardStorageOptions>>().Value, provider.GetRequiredService<TimeProvider>()));
        services.TryAddSingleton(static provider => new StorageMigrator(
            provider.GetRequiredService<StorageBackend>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<StorageMigrator>>()));
        services.TryAddSingleton<IStorageHealth>(static provider =>
            new StorageHealth(provider.GetRequiredService<StorageBackend>(), provider.GetRequiredService<TimeProvider>()));
        // The backend owns the stores: a factory result is disposed twice at most, which does no harm.
        services.TryAddSingleton(static provider => provider.GetRequiredService<StorageBackend>().Journals);
        services.TryAddSingleton(static provider => provider.GetRequiredService<StorageBackend>().Contents);
        services.TryAddSingleton(static provider => provider.GetRequiredService<StorageBackend>().Vault);
        services.TryAddSingleton(static provider => provider.GetRequiredService<StorageBackend>().Approvals);
        services.TryAddSingleton(static provider => provider.GetRequiredService<StorageBackend>().Notifications);
        services.TryAddSingleton(static provider => provider.GetRequiredService<StorageBackend>().Vectors);
        return services;
    }
}
