using System.Diagnostics.Metrics;

namespace Steward.Schedules;

/// <summary>The metrics of schedules.</summary>
internal static class ScheduleDiagnostics
{
    public static readonly Counter<long> Fires = Diagnostics.Meter.CreateCounter<long>("steward.schedules.fires", "{fire}", "Times of schedules, by what became of them.");
}
