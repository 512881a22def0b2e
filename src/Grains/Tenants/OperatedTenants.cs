using Microsoft.Extensions.Options;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Tenants;

/// <summary>
/// What the operator decides for single tenants in the silos' configuration, in place of what their profiles say: section <c>Steward:Tenants</c>, by tenant id. Read when a silo starts.
/// </summary>
internal sealed class OperatedTenants
{
    public const string Section = "Steward:Tenants";

    /// <summary>By tenant id, <c>t-…</c>.</summary>
    public Dictionary<string, OperatedTenant> Tenants { get; } = new(StringComparer.Ordinal);

    /// <summary>The profile as it is in force.</summary>
    public TenantProfile? Apply(string tenantId, TenantProfile? profile) => profile is null || !Tenants.TryGetValue(tenantId, out var operated)
        ? profile
        : profile with
        {
            Tier = operated.Tier ?? profile.Tier,
            Weight = operated.Weight ?? profile.Weight,
            MaxConcurrentRuns = operated.MaxConcurrentRuns ?? profile.MaxConcurrentRuns,
            MaxBackgroundRuns = operated.MaxBackgroundRuns ?? profile.MaxBackgroundRuns,
            MaxWaitingMessages = operated.MaxWaitingMessages ?? profile.MaxWaitingMessages,
        };
}

/// <summary>What the operator decides for one tenant; null leaves it to the profile.</summary>
internal sealed class OperatedTenant
{
    /// <summary>free, pro or enterprise.</summary>
    public string? Tier { get; set; }

    /// <summary>The share of the cluster, 0.01 to 1000.</summary>
    public double? Weight { get; set; }

    /// <summary>The most runs at the same time in one silo, 1 to 100,000.</summary>
    public int? MaxConcurrentRuns { get; set; }

    /// <summary>The most background runs of one session, 0 to 1000.</summary>
    public int? MaxBackgroundRuns { get; set; }

    /// <summary>The most messages that wait in one session, 0 to 100.</summary>
    public int? MaxWaitingMessages { get; set; }
}

internal sealed class OperatedTenantsValidator : IValidateOptions<OperatedTenants>
{
    public ValidateOptionsResult Validate(string? name, OperatedTenants options)
    {
        var failures = new List<string>();
        foreach (var id in options.Tenants.Keys)
        {
            try
            {
                // The rules are those of profiles.
                TenantRules.Check(options.Apply(GrainKeys.Tenant(id), new TenantProfile { Name = id })!);
            }
            catch (StewardException wrong)
            {
                failures.Add($"{OperatedTenants.Section}:{id}: {wrong.Message}");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
