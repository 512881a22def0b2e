using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Approvals;

/// <summary>Adds what the rules of approvals need.</summary>
internal static class ApprovalRulesServiceCollectionExtensions
{
    /// <summary>Registers the silo's copies of rule sets. The silo must also have an <see cref="Storage.IApprovalStore"/>.</summary>
    public static IServiceCollection AddStewardApprovalRules(this IServiceCollection services)
    {
        services.TryAddSingleton<PastApprovals>();
        services.TryAddSingleton<ApprovalRuleSets>();
        services.TryAddSingleton<ApprovalTypes>();
        services.TryAddSingleton<ApprovalForecasts>();
        services.TryAddSingleton<IApprovalForecasts>(provider => provider.GetRequiredService<ApprovalForecasts>());
        return services;
    }
}
