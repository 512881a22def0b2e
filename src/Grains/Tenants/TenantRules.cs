using Steward.Errors;

namespace Steward.Tenants;

/// <summary>What a tenant's profile may say.</summary>
internal static class TenantRules
{
    private static readonly string[] Tiers = ["free", "pro", "enterprise"];

    /// <summary>Refuses a profile that makes no sense, and names the field.</summary>
    public static void Check(TenantProfile profile)
    {
        if (profile.Name is not { Length: >= 1 and <= 200 })
        {
            throw StewardException.Invalid("name", "must have 1 to 200 characters.");
        }

        if (!Tiers.Contains(profile.Tier))
        {
            throw StewardException.Invalid("tier", "must be free, pro or enterprise.");
        }

        if (profile.MaxWaitingMessages is < 0 or > 100)
        {
            throw StewardException.Invalid("maxWaitingMessages", "must be 0 to 100.");
        }

        if (!Enum.IsDefined(profile.DoubleTexting))
        {
            throw StewardException.Invalid("doubleTexting", "must be enqueue, reject, interrupt or rollback.");
        }

        if (profile.RetentionDays is < 1 or > 36_500)
        {
            throw StewardException.Invalid("retentionDays", "must be 1 to 36,500, or null to keep everything.");
        }

        if (profile.Weight is { } weight && weight is not (>= 0.01 and <= 1000))
        {
            throw StewardException.Invalid("weight", "must be 0.01 to 1000, or null for the default of the tier.");
        }

        if (profile.MaxConcurrentRuns is < 1 or > 100_000)
        {
            throw StewardException.Invalid("maxConcurrentRuns", "must be 1 to 100,000, or null for the default of the cluster.");
        }

        if (profile.MaxBackgroundRuns is < 0 or > 1000)
        {
            throw StewardException.Invalid("maxBackgroundRuns", "must be 0 to 1000.");
        }
    }
}
