using Steward.Identity;

namespace Steward.Triage;

/// <summary>Where the labels of imported tickets go.</summary>
internal interface IImportedLabels
{
    /// <summary>Hands them in for a tenant. One result per label, in their order.</summary>
    Task<IReadOnlyList<TriageLabelResult>> LabelAsync(string tenantId, IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken);
}

/// <summary>They go to the tenant's triage, in the platform's name.</summary>
internal sealed class ImportedLabels(IGrainFactory grains, PlatformIdentity platform) : IImportedLabels
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<TriageLabelResult>> LabelAsync(string tenantId, IReadOnlyList<TriageLabel> labels, CancellationToken cancellationToken)
    {
        platform.Assume(tenantId);
        return grains.GetGrain<ITriageGrain>(GrainKeys.Triage(tenantId)).Label(labels, cancellationToken);
    }
}
