using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Runtime.Placement;

namespace Orleans.Placement;

/// <summary>Asks the filters of a grain class whether the one silo may hold a new activation.</summary>
internal sealed class SiloFilters(IServiceProvider services, SiloAddress silo)
{
    private readonly ConcurrentDictionary<GrainType, PlacementFilterStrategy[]> _strategies = new();

    /// <summary>Why the silo may not hold it, or null.</summary>
    public Exception? FindRefusal(GrainClass grainClass, Call call)
    {
        try
        {
            var strategies = _strategies.GetOrAdd(grainClass.GrainType, static (_, known) => known.Self.Resolve(known.Class), (Self: this, Class: grainClass));
            if (strategies.Length == 0)
            {
                return null;
            }

            var target = new PlacementTarget(call.TargetId, call.Context!, call.Reference!.InterfaceType, 0);
            IEnumerable<SiloAddress> silos = [silo];
            foreach (var strategy in strategies)
            {
                silos = services.GetRequiredKeyedService<IPlacementFilterDirector>(strategy.GetType()).Filter(strategy, target, silos);
            }

            return silos.Contains(silo) ? null : new OrleansException($"No active nodes are compatible with grain {grainClass.GrainType} and interface {target.InterfaceType} version 0.");
        }
        catch (Exception exception)
        {
            // A filter's own error is the caller's, as every error of placement.
            return exception;
        }
    }

    private PlacementFilterStrategy[] Resolve(GrainClass grainClass)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var provider in grainClass.Type.GetCustomAttributes(inherit: true).OfType<IGrainPropertiesProviderAttribute>())
        {
            provider.Populate(services, grainClass.Type, grainClass.GrainType, values);
        }

        if (!values.TryGetValue(WellKnownGrainTypeProperties.PlacementFilter, out var names) || string.IsNullOrWhiteSpace(names))
        {
            return [];
        }

        var properties = new GrainProperties(values.ToImmutableDictionary(StringComparer.Ordinal));
        PlacementFilterStrategy[] strategies =
        [
            .. names.Split(',').Select(name =>
            {
                var strategy = services.GetKeyedService<PlacementFilterStrategy>(name)
                    ?? throw new KeyNotFoundException($"Could not resolve placement filter strategy {name} for grain type {grainClass.GrainType}. Ensure that dependencies for that filter have been configured in the Container.");
                strategy.Initialize(properties);
                return strategy;
            }).OrderBy(strategy => strategy.Order),
        ];
        return strategies.Select(strategy => strategy.Order).Distinct().Count() == strategies.Length
            ? strategies
            : throw new InvalidOperationException(
                $"Placement filters for grain type {grainClass.GrainType} have duplicate order values. Order values must be specified if more than one filter is applied and must be unique.");
    }
}
