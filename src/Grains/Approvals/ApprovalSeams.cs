using Steward.Engines.Approvals;
using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.Machine;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules;

namespace Steward.Approvals;

/// <summary>Finds the chains of requests. Safe for concurrent use; acts in the platform's name.</summary>
internal interface IApprovalRoutes
{
    /// <summary>The chain by the tenant's rules that hold now, and why. There always is one.</summary>
    /// <exception cref="DirectoryUnavailableException">The directory was needed and could not be asked: try again.</exception>
    ValueTask<RuleVerdict> RouteAsync(ApprovalRequest request, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The tenant's delegations that are not over.</summary>
    ValueTask<IReadOnlyList<Delegation>> DelegationsAsync(string tenantId, CancellationToken cancellationToken);
}

/// <summary>What a tenant's history says of open requests. Safe for concurrent use; never decides anything.</summary>
internal interface IApprovalForecasts
{
    /// <summary>What is to be expected of a request; null when there is no history to tell from.</summary>
    ValueTask<ApprovalForecast?> ForecastAsync(ApprovalState state, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>The same of a request of which only the open level is known.</summary>
    ValueTask<ApprovalForecast?> ForecastAsync(string tenantId, LevelObservation open, DateTimeOffset now, CancellationToken cancellationToken);
}
