using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace Steward.Inference;

/// <summary>Places grains on silos with a GPU first, on others that run models otherwise, and on those that cannot last.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class InferencePlacementAttribute() : PlacementFilterAttribute(new InferencePlacementStrategy());

/// <summary>The filter has nothing to say of a grain class but its place among its filters.</summary>
internal sealed class InferencePlacementStrategy() : PlacementFilterStrategy(order: 0);

/// <summary>
/// Chooses by what silos say of themselves. Orleans' own filters compare with the calling silo, which is the wrong question here: whoever asks, the silo with a GPU is wanted.
/// </summary>
internal sealed class InferencePlacementDirector(ISiloMetadataCache metadata) : IPlacementFilterDirector
{
    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silos) =>
        InferenceSilos.Choose(target.GrainIdentity.Key.ToString()!, silos, metadata);
}
