using System.Diagnostics.Metrics;

namespace Steward.Connectors;

/// <summary>The metrics of connectors.</summary>
internal static class ConnectorDiagnostics
{
    public static readonly Counter<long> AuditLost = Diagnostics.Meter.CreateCounter<long>("steward.connector.audit.lost", "{entry}", "Audit entries that could not be written.");

    public static readonly Counter<long> AuditLate = Diagnostics.Meter.CreateCounter<long>("steward.connector.audit.late", "{entry}", "Changes that were answered before their audit entry was durable, since the audit log did not answer.");

    public static readonly Counter<long> Broken = Diagnostics.Meter.CreateCounter<long>("steward.connector.broken", "{connector}", "Connectors whose credentials stopped to work.");

    public static readonly Counter<long> Drifted = Diagnostics.Meter.CreateCounter<long>("steward.connector.drifted", "{operation}", "Operations whose answers were found to differ from what was promised or learnt.");

    public static readonly Counter<long> Refused = Diagnostics.Meter.CreateCounter<long>("steward.connector.refused", "{call}", "Calls that were not let through, by reason.");
}
