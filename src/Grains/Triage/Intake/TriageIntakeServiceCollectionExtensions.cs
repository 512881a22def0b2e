using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Steward.Triage;

/// <summary>Adds what brings tickets of other systems to triage.</summary>
internal static class TriageIntakeServiceCollectionExtensions
{
    /// <summary>Registers it. The silo must also have connectors and notifications.</summary>
    public static IServiceCollection AddStewardTriageIntake(this IServiceCollection services)
    {
        services.TryAddSingleton<ITenantTriage, TenantTriage>();
        services.TryAddSingleton<MajorIncidentNotices>();
        services.TryAddSingleton<TicketDesk>();
        return services;
    }
}
