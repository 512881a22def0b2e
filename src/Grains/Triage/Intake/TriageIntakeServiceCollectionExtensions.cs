using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Triage.Incidents;

namespace Steward.Triage;

/// <summary>Adds what brings tickets of other systems to triage, and what tells a tenant's triage which of them are alike.</summary>
internal static class TriageIntakeServiceCollectionExtensions
{
    /// <summary>Registers it. The silo must also have connectors and notifications.</summary>
    public static IServiceCollection AddStewardTriageIntake(this IServiceCollection services)
    {
        services.TryAddSingleton<ITenantTriage, TenantTriage>();
        services.TryAddSingleton<MajorIncidentNotices>();
        services.TryAddSingleton<TicketDesk>();
        services.TryAddSingleton<Func<ITicketWatch>>(static () => new TicketWatch());
        return services;
    }
}
