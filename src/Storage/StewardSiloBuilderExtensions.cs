using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Storage;
using Steward.Storage.GrainState;
using Steward.Storage.Reminders;
#if !ORLEANS_STANDIN
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime;
#endif

namespace Steward.Storage;

/// <summary>Lets a silo keep its grain states and reminders in Steward's database.</summary>
/// <remarks>
/// SQLite always through Steward's own providers; PostgreSQL through the Orleans ADO.NET providers, or through Steward's own ones in builds on the
/// stand-in for Orleans, which has no others. Which database it is follows <see cref="StewardStorageOptions"/> when the silo starts.
/// </remarks>
public static class StewardSiloBuilderExtensions
{
#if !ORLEANS_STANDIN
    private const string NpgsqlInvariant = "Npgsql";

#endif
    /// <summary>Adds grain storage under a name; under <c>Default</c> also for states that name none. States are JSON, see <see cref="JsonGrainStateSerializer"/>.</summary>
    public static ISiloBuilder AddStewardGrainStorage(this ISiloBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(name);
        var services = builder.Services.AddStewardStorage();
#if ORLEANS_STANDIN
        services.AddGrainStorage(name, CreateOwn);
#else
        services.AddOptions<AdoNetGrainStorageOptions>(name).Configure<IOptions<StewardStorageOptions>>(static (adoNet, storage) =>
        {
            adoNet.Invariant = NpgsqlInvariant;
            adoNet.ConnectionString = storage.Value.ConnectionString;
            adoNet.GrainStorageSerializer = new JsonGrainStateSerializer();
        });
        services.AddGrainStorage<IGrainStorage>(name, static (provider, key) =>
            UsesPostgreSql(provider) ? AdoNetGrainStorageFactory.Create(provider, key) : CreateOwn(provider, key));
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(provider => new Participant(provider.GetRequiredKeyedService<IGrainStorage>(name)));
#endif
        return builder;
    }

    /// <summary>Adds reminders.</summary>
    public static ISiloBuilder UseStewardReminders(this ISiloBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddReminders();
        var services = builder.Services.AddStewardStorage();
#if ORLEANS_STANDIN
        services.AddSingleton<IReminderTable>(CreateOwnReminders);
#else
        services.AddOptions<AdoNetReminderTableOptions>().Configure<IOptions<StewardStorageOptions>>(static (adoNet, storage) =>
        {
            adoNet.Invariant = NpgsqlInvariant;
            adoNet.ConnectionString = storage.Value.ConnectionString;
        });
        // The provider's class is not public; what its own registration would create is.
        var registration = new ServiceCollection().UseAdoNetReminderService(static _ => { });
        var adoNetTable = registration.Last(static descriptor => descriptor.ServiceType == typeof(IReminderTable)).ImplementationType!;
        services.AddSingleton(provider =>
            UsesPostgreSql(provider) ? (IReminderTable)ActivatorUtilities.CreateInstance(provider, adoNetTable) : CreateOwnReminders(provider));
#endif
        return builder;
    }

    private static StewardGrainStorage CreateOwn(IServiceProvider provider, string name)
    {
        var backend = provider.GetRequiredService<StorageBackend>();
        return new StewardGrainStorage(
            name,
            backend.PostgreSql is { } postgreSql ? new PostgreSqlGrainStateStore(postgreSql) : new SqliteGrainStateStore(backend.Sqlite!),
            new JsonGrainStateSerializer(),
            provider.GetRequiredService<TimeProvider>());
    }

    private static StewardReminderTable CreateOwnReminders(IServiceProvider provider)
    {
        var backend = provider.GetRequiredService<StorageBackend>();
        return new StewardReminderTable(backend.PostgreSql is { } postgreSql ? new PostgreSqlReminderStore(postgreSql) : new SqliteReminderStore(backend.Sqlite!));
    }

#if !ORLEANS_STANDIN
    private static bool UsesPostgreSql(IServiceProvider provider) => provider.GetRequiredService<StorageBackend>().PostgreSql is not null;

    /// <summary>Hands the silo's lifecycle to the storage if it wants to take part in it.</summary>
    private sealed class Participant(IGrainStorage storage) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => (storage as ILifecycleParticipant<ISiloLifecycle>)?.Participate(lifecycle);
    }
#endif
}
