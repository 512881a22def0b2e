namespace Steward.Connectors;

/// <summary>How soon calls of external systems are in the audit log. Bound from <c>Steward:Connectors:Audit</c>.</summary>
public sealed class ConnectorAuditOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Connectors:Audit";

    /// <summary>Whether calls that only read wait, like those that change something, until their entry is durable. Costs each of them an append to the journal. Default false.</summary>
    public bool ReadsWait { get; set; }

    /// <summary>
    /// How old the oldest entry of a tenant may be that is not yet durable before calls that only read wait, too: what a killed silo can lose of them. They wait at most this long, so that
    /// an audit log that is away does not stop reading. Default 100 ms.
    /// </summary>
    public TimeSpan LongestUnwritten { get; set; } = TimeSpan.FromMilliseconds(100);
}
