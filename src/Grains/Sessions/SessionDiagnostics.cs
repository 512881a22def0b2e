using System.Diagnostics.Metrics;

namespace Steward.Sessions;

/// <summary>The metrics of sessions.</summary>
internal static class SessionDiagnostics
{
    public static readonly Counter<long> Opened = Diagnostics.Meter.CreateCounter<long>("steward.sessions.opened", "{session}", "Sessions opened.");

    public static readonly UpDownCounter<long> Active = Diagnostics.Meter.CreateUpDownCounter<long>("steward.sessions.active", "{session}", "Sessions that are in memory.");
}
