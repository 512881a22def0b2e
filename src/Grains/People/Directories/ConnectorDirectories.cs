using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Approvals.People;
using Steward.Engines.Connectors;
using Steward.Identity;

namespace Steward.People;

/// <summary>This silo's directories, one for each tenant that lately asked.</summary>
internal sealed class ConnectorDirectories(
    IConnectorRegistry registry,
    InstanceDirectory instances,
    IGrainFactory grains,
    PlatformIdentity platform,
    IOptionsMonitor<DirectoryOptions> options,
    TimeProvider time) : ITenantDirectories
{
    private const int Most = 1_000;

    private readonly ConcurrentDictionary<string, ConnectorDirectory> _tenants = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public IDirectory ForTenant(string tenantId)
    {
        if (_tenants.Count >= Most && !_tenants.ContainsKey(tenantId))
        {
            // All of it can be asked again.
            _tenants.Clear();
        }

        return _tenants.GetOrAdd(tenantId, id => new(id, registry, instances, grains, platform, options, time));
    }
}

/// <summary>Registers the directories.</summary>
internal static class DirectoryServices
{
    /// <summary>Adds the directories that tenants' connectors give.</summary>
    public static IServiceCollection AddStewardDirectories(this IServiceCollection services)
    {
        services.AddOptions<DirectoryOptions>().BindConfiguration(DirectoryOptions.Section).ValidateDataAnnotations();
        services.TryAddSingleton<ITenantDirectories, ConnectorDirectories>();
        return services;
    }
}
