using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// Frees the memory of answers that nobody gets any more, every minute: those that are over their time, and those of people whose answers are to be forgotten, also where nobody asks anything. A look never gives them, whether they were
/// swept or not.
/// </summary>
internal sealed partial class AnswerSweep(AnswerStore store, IModelTenantPolicies policies, TimeProvider time, ILogger<AnswerSweep> logger) : BackgroundService
{
    /// <summary>How often.</summary>
    internal static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Sweeps once.</summary>
    /// <returns>How many answers were removed.</returns>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var tenantId in store.Tenants)
        {
            try
            {
                removed += store.Sweep(tenantId, await policies.GetAsync(tenantId, cancellationToken));
            }
            catch (ModelException exception)
            {
                LogNotSwept(exception, tenantId);
            }
        }

        return removed;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await SweepAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    [LoggerMessage(EventId = 2402, Level = LogLevel.Warning, Message = "The answers kept for {Tenant} could not be swept now; it is tried again in a minute")]
    private partial void LogNotSwept(Exception exception, string tenant);
}
