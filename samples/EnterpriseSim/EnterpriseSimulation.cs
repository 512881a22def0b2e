using Steward.EnterpriseSim.Hosting;
using Steward.EnterpriseSim.Jira;
using Steward.EnterpriseSim.Okta;
using Steward.EnterpriseSim.Salesforce;
using Steward.EnterpriseSim.ServiceNow;

namespace Steward.EnterpriseSim;

/// <summary>
/// The enterprise systems of a small company as HTTP servers on loopback: same paths, authentication, pages, errors and
/// limits as the products for the operations that Steward uses. State lives in memory and ends with this object.
/// </summary>
public sealed class EnterpriseSimulation : IAsyncDisposable
{
    private readonly SimWorld world;
    private readonly List<SimServer> servers = [];

    private EnterpriseSimulation(SimWorld world, OktaSystem okta, ServiceNowSystem serviceNow, JiraSystem jira, SalesforceSystem salesforce)
    {
        this.world = world;
        State = new SimulationState(okta, serviceNow, jira, salesforce);
    }

    /// <summary>Base URL of the simulated Okta.</summary>
    public Uri Okta => servers[0].Url;

    /// <summary>Base URL of the simulated ServiceNow.</summary>
    public Uri ServiceNow => servers[1].Url;

    /// <summary>Base URL of the simulated Jira Cloud.</summary>
    public Uri Jira => servers[2].Url;

    /// <summary>Base URL of the simulated Salesforce, both login host and instance.</summary>
    public Uri Salesforce => servers[3].Url;

    /// <summary>What a client signs in with.</summary>
    public EnterpriseSimCredentials Credentials => world.Options.Credentials;

    /// <summary>The company whose people all systems know.</summary>
    public Company Company => world.Company;

    /// <summary>Every call so far (the newest if there were very many), in the order of the answers.</summary>
    public IReadOnlyList<RecordedCall> Calls => world.Calls.Snapshot();

    /// <summary>What the systems hold.</summary>
    public SimulationState State { get; }

    /// <summary>Faults that still wait for their calls.</summary>
    public IReadOnlyList<SimFault> PendingFaults => world.Faults.Snapshot();

    /// <summary>Starts all systems.</summary>
    /// <param name="options">Ports, credentials, clock and limits; the defaults suit tests.</param>
    /// <param name="cancellationToken">Gives up starting.</param>
    /// <exception cref="IOException">A port is taken. Whatever had started is stopped again.</exception>
    public static async Task<EnterpriseSimulation> StartAsync(EnterpriseSimOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new EnterpriseSimOptions();
        var world = new SimWorld(options, Company.Acme());
        var (okta, serviceNow, jira, salesforce) = (new OktaSystem(world), new ServiceNowSystem(world), new JiraSystem(world), new SalesforceSystem(world));
        var simulation = new EnterpriseSimulation(world, okta, serviceNow, jira, salesforce);
        try
        {
            simulation.servers.Add(await SimServer.StartAsync(okta, world, options.Ports.Okta, cancellationToken));
            simulation.servers.Add(await SimServer.StartAsync(serviceNow, world, options.Ports.ServiceNow, cancellationToken));
            simulation.servers.Add(await SimServer.StartAsync(jira, world, options.Ports.Jira, cancellationToken));
            simulation.servers.Add(await SimServer.StartAsync(salesforce, world, options.Ports.Salesforce, cancellationToken));
            return simulation;
        }
        catch
        {
            await simulation.DisposeAsync();
            throw;
        }
    }

    /// <summary>Lets the next matching calls fail.</summary>
    /// <param name="fault">What goes wrong, and with which calls.</param>
    public void Inject(SimFault fault) => world.Faults.Add(fault);

    /// <summary>Forgets all faults that have not hit yet.</summary>
    public void ClearFaults() => world.Faults.Clear();

    /// <summary>Forgets the recorded calls.</summary>
    public void ClearCalls() => world.Calls.Clear();

    /// <summary>Stops the servers.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }
}
