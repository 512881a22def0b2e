using System.Diagnostics.Metrics;

namespace Steward.Connectors;

/// <summary>The metrics of events from external systems.</summary>
internal static class HookDiagnostics
{
    public static readonly Counter<long> Requests = Diagnostics.Meter.CreateCounter<long>("steward.hooks.requests", "{request}", "Requests of external systems, by what became of them.");

    public static readonly Counter<long> Events = Diagnostics.Meter.CreateCounter<long>("steward.hooks.events", "{event}", "Events of external systems: taken, repeated, published, given up.");
}
