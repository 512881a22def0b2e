using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Storage.PersonQueries;

/// <summary>Adds the databases that code of people may ask.</summary>
public static class PersonQueriesServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IPersonQueries"/>. The host binds <see cref="PersonQueryOptions"/> to their section. Calling it again only adds configuration.</summary>
    public static IServiceCollection AddPersonQueries(this IServiceCollection services, Action<PersonQueryOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<PersonQueryOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IPersonQueries, PersonQueries>();
        return services;
    }
}
