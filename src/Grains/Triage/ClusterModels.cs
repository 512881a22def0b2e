using Steward.Identity;
using Steward.Inference;

namespace Steward.Triage;

/// <summary>The models of the cluster's silos.</summary>
internal sealed class ClusterModels(IGrainFactory grains, PlatformIdentity platform) : ITriageModels
{
    /// <inheritdoc/>
    public Task<ClassifiedText> ClassifyAsync(string model, ClassifyText command, CancellationToken cancellationToken)
    {
        platform.Assume(command.TenantId);
        return grains.GetGrain<IInferenceGrain>(model).Classify(command, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<EmbeddedTexts> EmbedAsync(string model, EmbedTexts command, CancellationToken cancellationToken)
    {
        platform.Assume(command.TenantId);
        return grains.GetGrain<IInferenceGrain>(model).Embed(command, cancellationToken);
    }
}
