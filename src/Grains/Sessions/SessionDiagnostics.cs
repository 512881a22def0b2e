using System.Diagnostics.Metrics;

namespace Steward.Sessions;

/// <summary>The metrics of sessions.</summary>
internal static class SessionDiagnostics
{
    public static readonly Counter<long> Opened = Diagnostics.Meter.CreateCounter<long>("steward.sessions.opened", "{session}", "Sessions opened.");
}
