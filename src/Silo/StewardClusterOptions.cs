namespace Steward.Silo;

/// <summary>How this silo joins a cluster. Bound to <c>Steward:Cluster</c>.</summary>
public sealed class StewardClusterOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Cluster";

    /// <summary>Silos and clients with the same id form a cluster; <c>steward</c> by default.</summary>
    public string ClusterId { get; set; } = "steward";

    /// <summary>The name under which state is stored; it outlives clusters. <c>steward</c> by default.</summary>
    public string ServiceId { get; set; } = "steward";

    /// <summary><see cref="ClusteringKind.Localhost"/> by default.</summary>
    public ClusteringKind Clustering { get; set; }

    /// <summary>The PostgreSQL database of the membership table; needed for <see cref="ClusteringKind.PostgreSql"/>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>The port for other silos; 11111 by default.</summary>
    public int SiloPort { get; set; } = 11111;

    /// <summary>The port for Orleans clients; 30000 by default.</summary>
    public int GatewayPort { get; set; } = 30000;

    /// <summary>The address that others reach this silo at; loopback by default.</summary>
    public string AdvertisedAddress { get; set; } = "127.0.0.1";
}

/// <summary>Where a silo looks for the others.</summary>
public enum ClusteringKind
{
    /// <summary>One silo, on this machine.</summary>
    Localhost,

    /// <summary>Any number, through a membership table in PostgreSQL.</summary>
    PostgreSql,
}
