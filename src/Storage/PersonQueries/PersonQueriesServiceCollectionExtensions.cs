using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Storage.PersonQueries;

/// <summary>Adds the databases that code of people may ask.</summary>
public static class PersonQueriesServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IPersonQueries"/>. The host binds <see cref="PersonQueryOptions"/> to their section; they are validated when it starts. Calling it again only adds configuration.</summary>
    public static IServiceCollection AddPersonQueries(this IServiceCollection services, Action<PersonQueryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<PersonQueryOptions>()
            .Validate(
                one => one.Tenants.Values.All(source => source is { Reader: not null, Context: not null, SqliteFile: null } or { Reader: null, Context: null, SqliteFile: not null }),
                $"Each tenant under {PersonQueryOptions.SectionName}:Tenants needs Reader and Context (PostgreSQL), or SqliteFile.")
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IPersonQueries, PersonQueries>();
        return services;
    }
}
