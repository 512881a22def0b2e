namespace Steward.Engines.Sandboxing;

/// <summary>Where a job has to run. Pure.</summary>
internal static class TierRules
{
    /// <summary>The tier that a job may not go below; null when any will do. What the job itself says counts alone.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">What is configured.</param>
    /// <param name="isReviewed">Whether there is a second opinion on its code; null before anybody was asked.</param>
    public static SandboxTier? For(SandboxJob job, SandboxOptions options, bool? isReviewed)
    {
        if (job.Tier is { } own)
        {
            return own;
        }

        SandboxTier? ofTenant = options.TenantTiers.TryGetValue(job.Tenant, out var chosen) ? chosen : null;
        var ofRisk = (options.Risks & RisksOf(job, isReviewed)) != SandboxRisks.None ? options.RiskTier : null;

        // Tiers are in the order of their strength.
        return ofTenant is null || ofRisk > ofTenant ? ofRisk ?? ofTenant : ofTenant;
    }

    private static SandboxRisks RisksOf(SandboxJob job, bool? isReviewed) =>
        (job.Profile == SandboxProfile.Shell ? SandboxRisks.Shell : SandboxRisks.None)
        | (job.Validate ? SandboxRisks.None : SandboxRisks.Unvalidated)
        | (isReviewed == false || !job.Validate ? SandboxRisks.Unreviewed : SandboxRisks.None);
}
