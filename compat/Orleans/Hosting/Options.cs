using System.Diagnostics;
using System.Net;

namespace Orleans.Configuration;

/// <summary>Which cluster.</summary>
public class ClusterOptions
{
    /// <summary>The cluster when none is named.</summary>
    public const string DefaultClusterId = "default";

    /// <summary>The service when none is named.</summary>
    public const string DefaultServiceId = "default";

    /// <summary>The cluster: silos with the same id form one.</summary>
    public string ClusterId { get; set; } = DefaultClusterId;

    /// <summary>The service: what stays the same over the life of the application, its stored data above all.</summary>
    public string ServiceId { get; set; } = DefaultServiceId;
}

/// <summary>The silo's name.</summary>
public class SiloOptions
{
    /// <summary>The name.</summary>
    public string SiloName { get; set; } = null!;
}

/// <summary>Where the silo listens. With one process nothing does; the addresses only identify.</summary>
public class EndpointOptions
{
    /// <summary>The port for silos when none is named.</summary>
    public const int DEFAULT_SILO_PORT = 11111;

    /// <summary>The port for clients when none is named.</summary>
    public const int DEFAULT_GATEWAY_PORT = 30000;

    /// <summary>The port for silos.</summary>
    public int SiloPort { get; set; } = DEFAULT_SILO_PORT;

    /// <summary>The port for clients.</summary>
    public int GatewayPort { get; set; } = DEFAULT_GATEWAY_PORT;

    /// <summary>The address for others.</summary>
    public IPAddress AdvertisedIPAddress { get; set; } = null!;

    /// <summary>Where to listen for silos.</summary>
    public IPEndPoint? SiloListeningEndpoint { get; set; }

    /// <summary>Where to listen for clients.</summary>
    public IPEndPoint? GatewayListeningEndpoint { get; set; }
}

/// <summary>How calls are treated.</summary>
public abstract class MessagingOptions
{
    private TimeSpan _responseTimeout = TimeSpan.FromSeconds(30);

    /// <summary>How long a caller waits. A timeout leaves the outcome unknown: the callee is not cancelled.</summary>
    public TimeSpan ResponseTimeout
    {
        get => Debugger.IsAttached ? ResponseTimeoutWithDebugger : _responseTimeout;
        set => _responseTimeout = value;
    }

    /// <summary>How long a caller waits under a debugger.</summary>
    public TimeSpan ResponseTimeoutWithDebugger { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>Whether a caller that cancels waits for the callee to end.</summary>
    public bool WaitForCancellationAcknowledgement { get; set; }
}

/// <summary>How a silo treats calls.</summary>
public class SiloMessagingOptions : MessagingOptions
{
    /// <summary>The most requests that wait at an activation; more are rejected. 0: no limit.</summary>
    public int MaxEnqueuedRequestsHardLimit { get; set; }

    /// <summary>The most requests that wait at an activation of a stateless worker; more are rejected. 0: no limit.</summary>
    public int MaxEnqueuedRequestsHardLimit_StatelessWorker { get; set; }
}

/// <summary>How a client treats calls.</summary>
public class ClientMessagingOptions : MessagingOptions
{
}

/// <summary>When idle activations end.</summary>
public class GrainCollectionOptions
{
    /// <summary>How often it is looked at.</summary>
    public TimeSpan CollectionQuantum { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an activation may be idle.</summary>
    public TimeSpan CollectionAge { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long an activation of a class may be idle, by the class's full name.</summary>
    public Dictionary<string, TimeSpan> ClassSpecificCollectionAge { get; set; } = [];

    /// <summary>How long activating may take.</summary>
    public TimeSpan ActivationTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long deactivating may take.</summary>
    public TimeSpan DeactivationTimeout { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>How silos watch each other. One silo has nobody to watch.</summary>
public class ClusterMembershipOptions
{
    /// <summary>How many probes in a row must fail.</summary>
    public int NumMissedProbesLimit { get; set; } = 3;

    /// <summary>How long a probe may take, and how often there is one.</summary>
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a probe of a slow silo may come to take.</summary>
    public TimeSpan MaxProbeTimeout { get; set; } = TimeSpan.FromSeconds(20);
}
