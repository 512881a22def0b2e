using System.Diagnostics.Metrics;

namespace Steward.Engines.Models.Budgets;

/// <summary>What budgets tell about themselves, in the meter of the models.</summary>
public static class BudgetDiagnostics
{
    private static readonly Meter Meter = new(Diagnostics.Name);

    internal static Counter<long> Refused { get; } = Meter.CreateCounter<long>("steward.budget.refused", "{call}", "Calls that budgets refused, by code.");

    internal static Counter<long> Failures { get; } = Meter.CreateCounter<long>("steward.budget.exchange.failures", "{exchange}", "Exchanges with the owner of a tenant's budgets that failed and are repeated.");

    internal static Histogram<double> Waits { get; } = Meter.CreateHistogram(
        "steward.budget.wait",
        "s",
        "How long calls waited for a budget that this silo held too little of.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5] });

    /// <summary>Budgets of which admins were told, by level: <c>alert</c> or <c>limit</c>.</summary>
    public static Counter<long> Alerts { get; } = Meter.CreateCounter<long>("steward.budget.alerts", "{alert}", "Budgets of which admins were told, by level.");
}
