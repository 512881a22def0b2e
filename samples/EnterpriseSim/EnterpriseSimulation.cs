using System.Text.Json.Nodes;
using Steward.EnterpriseSim.Graph;
using Steward.EnterpriseSim.Hosting;
using Steward.EnterpriseSim.Jira;
using Steward.EnterpriseSim.Okta;
using Steward.EnterpriseSim.Salesforce;
using Steward.EnterpriseSim.ServiceNow;
using Steward.EnterpriseSim.Slack;
using Steward.EnterpriseSim.Smtp;
using Steward.EnterpriseSim.Workday;

namespace Steward.EnterpriseSim;

/// <summary>
/// The enterprise systems of a small company as HTTP servers on loopback: same paths, authentication, pages, errors and
/// limits as the products for the operations that Steward uses. State lives in memory and ends with this object.
/// </summary>
public sealed class EnterpriseSimulation : IAsyncDisposable
{
    private readonly SimWorld world;
    private readonly List<SimServer> servers = [];

    private readonly IReadOnlyList<SimulatedSystem> systems;
    private SmtpServer? smtp;

    private EnterpriseSimulation(SimWorld world)
    {
        this.world = world;
        var (okta, serviceNow, jira, salesforce) = (new OktaSystem(world), new ServiceNowSystem(world), new JiraSystem(world), new SalesforceSystem(world));
        var (slack, graph, workday, mail) = (new SlackSystem(world), new GraphSystem(world), new WorkdaySystem(world), new SmtpSystem(world));
        systems = [okta, serviceNow, jira, salesforce, slack, graph, workday, mail];
        State = new SimulationState(okta, serviceNow, jira, salesforce, slack, graph, workday, mail);
    }

    /// <summary>Base URL of the simulated Okta.</summary>
    public Uri Okta => servers[0].Url;

    /// <summary>Base URL of the simulated ServiceNow.</summary>
    public Uri ServiceNow => servers[1].Url;

    /// <summary>Base URL of the simulated Jira Cloud.</summary>
    public Uri Jira => servers[2].Url;

    /// <summary>Base URL of the simulated Salesforce, both login host and instance.</summary>
    public Uri Salesforce => servers[3].Url;

    /// <summary>Base URL of the simulated Slack; the Web API is under <c>/api</c>.</summary>
    public Uri Slack => servers[4].Url;

    /// <summary>Base URL of the simulated Microsoft Graph and its login; the API is under <c>/v1.0</c>.</summary>
    public Uri Graph => servers[5].Url;

    /// <summary>Base URL of the simulated Workday.</summary>
    public Uri Workday => servers[6].Url;

    /// <summary>Base URL of the mail server's control API.</summary>
    public Uri SmtpControl => servers[7].Url;

    /// <summary>The port on loopback where the simulated mail server takes mail.</summary>
    public int SmtpPort => smtp!.Port;

    /// <summary>What a client signs in with.</summary>
    public EnterpriseSimCredentials Credentials => world.Options.Credentials;

    /// <summary>The company whose people all systems know.</summary>
    public Company Company => world.Company;

    /// <summary>Every call so far (the newest if there were very many), in the order of the answers.</summary>
    public IReadOnlyList<RecordedCall> Calls => world.Calls.Snapshot();

    /// <summary>How long the systems were busy with calls so far, from a request's head to the last byte of the answer, set delays included.</summary>
    public TimeSpan HandlingTime => world.Handling.Total;

    /// <summary>
    /// Is told of each call of a system when it is over: its path and query, and how long the system took of it, as in <see cref="HandlingTime"/>. Called by whatever thread ends the call, which waits for
    /// it; null when nobody wants to know.
    /// </summary>
    public Action<string, TimeSpan>? OnHandled
    {
        get => world.Handling.Observer;
        set => world.Handling.Observer = value;
    }

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
        var simulation = new EnterpriseSimulation(world);
        var ports = options.Ports;
        int[] wanted = [ports.Okta, ports.ServiceNow, ports.Jira, ports.Salesforce, ports.Slack, ports.Graph, ports.Workday, ports.SmtpControl];
        try
        {
            for (var i = 0; i < wanted.Length; i++)
            {
                simulation.servers.Add(await SimServer.StartAsync(simulation.systems[i], world, wanted[i], cancellationToken));
            }

            foreach (var (system, server) in simulation.systems.Zip(simulation.servers))
            {
                // Both name their own address in what they send.
                switch (system)
                {
                    case SlackSystem slack:
                        slack.OwnUrl = server.Url;
                        break;
                    case GraphSystem graph:
                        graph.OwnUrl = server.Url;
                        break;
                    default:
                        break;
                }
            }

            simulation.smtp = SmtpServer.Start((SmtpSystem)simulation.systems[^1], world, ports.Smtp);
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

    /// <summary>Every attempt so far to tell receivers about events, oldest first.</summary>
    public IReadOnlyList<SentEvent> Events => world.Hooks.Snapshot();

    /// <summary>Makes a receiver of a system's events known, with the product's handshake.</summary>
    /// <param name="system">Slack, Graph, Okta, Jira, ServiceNow, Salesforce or Workday.</param>
    /// <param name="url">The receiver, on this machine.</param>
    /// <param name="secret">What the product shows or signs with, <c>user:password</c> for Workday; Slack has its own.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if the receiver is fine, otherwise what the product finds wrong with it.</returns>
    /// <exception cref="ArgumentException">The system has no events, or the receiver is on another machine.</exception>
    public Task<string?> SubscribeAsync(SimSystem system, Uri url, string? secret = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsLoopback ? HooksOf(system).SubscribeAsync(url, secret, cancellationToken) : throw new ArgumentException("Simulated events go nowhere but to this machine.", nameof(url));
    }

    /// <summary>Lets an event happen in a system, as when a person does something there.</summary>
    /// <param name="system">The system.</param>
    /// <param name="type">The product's name of the event.</param>
    /// <param name="content">What the event says.</param>
    public void Emit(SimSystem system, string type, JsonObject content)
    {
        var hooks = HooksOf(system);
        lock (systems.First(s => s.System == system).Gate)
        {
            hooks.Emit(type, content, world.Time.GetUtcNow());
        }
    }

    /// <summary>Lets a person decide something in a system's own pages: an approval in ServiceNow, an issue's status in Jira. Receivers of events are told.</summary>
    /// <param name="system">ServiceNow or Jira.</param>
    /// <param name="decision">Who decides what.</param>
    /// <exception cref="ArgumentException">The system has nothing to decide, or there is no such record, person or state.</exception>
    public void Decide(SimSystem system, SimDecision decision)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var known = systems.First(s => s.System == system);
        lock (known.Gate)
        {
            if (known is not IHasDecisions deciding || deciding.Decide(decision) is not null)
            {
                throw new ArgumentException($"Nobody can decide that in {system}.", nameof(decision));
            }
        }
    }

    /// <summary>Lets a person open or change a ticket in a system's own pages: an incident in ServiceNow, an issue in Jira. Receivers of events are told.</summary>
    /// <param name="system">ServiceNow or Jira.</param>
    /// <param name="edit">Who does what.</param>
    /// <returns>The sys_id, or the key.</returns>
    /// <exception cref="ArgumentException">The system has no tickets, or there is no such record, person or value.</exception>
    public string Edit(SimSystem system, SimEdit edit)
    {
        ArgumentNullException.ThrowIfNull(edit);
        var known = systems.First(s => s.System == system);
        lock (known.Gate)
        {
            var (record, problem) = known is IHasTickets tickets ? tickets.Edit(edit) : (null, $"{system} has no tickets.");
            return record ?? throw new ArgumentException(problem, nameof(edit));
        }
    }

    /// <summary>Says where the clicks in a chat go: Slack's request URL of interactivity, or the messaging endpoint of the Teams bot.</summary>
    /// <param name="system">Slack or Graph.</param>
    /// <param name="url">The receiver, on this machine.</param>
    /// <exception cref="ArgumentException">The system has no buttons, or the receiver is on another machine.</exception>
    public void SendClicksTo(SimSystem system, Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        ClicksOf(system).ClicksUrl = url.IsLoopback ? url : throw new ArgumentException("Simulated clicks go nowhere but to this machine.", nameof(url));
    }

    /// <summary>Presses a button in a chat, and waits for what the receiver answers.</summary>
    /// <param name="system">Slack or Graph.</param>
    /// <param name="click">Who presses what.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="ArgumentException">The system has no buttons.</exception>
    public Task<SimClickAnswer> ClickAsync(SimSystem system, SimClick click, CancellationToken cancellationToken = default) => ClicksOf(system).ClickAsync(click, cancellationToken);

    /// <summary>What a person sees in the direct messages with the app, oldest first: Slack's messages with <c>channel</c>, or the Teams bot's with <c>conversation</c> and <c>card</c>.</summary>
    /// <param name="system">Slack or Graph.</param>
    /// <param name="user">Login, mail address or the product's own id.</param>
    /// <exception cref="ArgumentException">The system is no chat.</exception>
    public IReadOnlyList<JsonObject> MessagesTo(SimSystem system, string user) => ClicksOf(system).MessagesTo(user);

    /// <summary>Writes addresses and credentials as JSON into a file that only its owner can read.</summary>
    /// <param name="file">The file; a reader never sees half of it.</param>
    public void WriteEndpoints(string file) => SimArguments.WriteUrls(this, file);

    /// <summary>Ends the time of all access tokens that a system has given out.</summary>
    /// <param name="system">The system.</param>
    public void ExpireTokens(SimSystem system)
    {
        var known = systems.First(s => s.System == system);
        lock (known.Gate)
        {
            known.ExpireTokens();
        }
    }

    /// <summary>Says how a system gives out refresh tokens from now on; what it does without this is the product's way.</summary>
    /// <param name="system">Okta, Jira, Salesforce, Slack, Graph or Workday.</param>
    /// <param name="singleUse">Whether each is good for one use. One that comes again ends its whole family.</param>
    /// <param name="grace">How long a used one gives the same tokens again, for clients that lost the answer; none by default.</param>
    /// <exception cref="ArgumentException">The system has no refresh tokens.</exception>
    public void RotateTokens(SimSystem system, bool singleUse, TimeSpan grace = default)
    {
        var known = systems.First(s => s.System == system);
        var tokens = (known as IHasTokens ?? throw new ArgumentException($"{system} has no refresh tokens.", nameof(system))).Tokens;
        lock (known.Gate)
        {
            (tokens.SingleUse, tokens.Grace) = (singleUse, grace);
        }
    }

    /// <summary>How often a system's refresh tokens were turned into new ones, came again within the grace, and came again too late.</summary>
    /// <param name="system">Okta, Jira, Salesforce, Slack, Graph or Workday.</param>
    /// <exception cref="ArgumentException">The system has no refresh tokens.</exception>
    public SimTokenCounts TokenCounts(SimSystem system)
    {
        var known = systems.First(s => s.System == system);
        var tokens = (known as IHasTokens ?? throw new ArgumentException($"{system} has no refresh tokens.", nameof(system))).Tokens;
        lock (known.Gate)
        {
            return new SimTokenCounts(tokens.Refreshed, tokens.Repeated, tokens.Reused);
        }
    }

    /// <summary>Every code, access token and refresh token that any system has given out so far, in no order.</summary>
    public IReadOnlyList<string> IssuedTokens => [.. world.Issued];

    /// <summary>Stops the servers.</summary>
    public async ValueTask DisposeAsync()
    {
        if (smtp is not null)
        {
            await smtp.DisposeAsync();
        }

        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }

        await world.DisposeAsync();
    }

    private IHasClicks ClicksOf(SimSystem system) => systems.First(s => s.System == system) as IHasClicks ?? throw new ArgumentException($"{system} has no buttons.", nameof(system));

    private IHasHooks HooksOf(SimSystem system) => systems.First(s => s.System == system) as IHasHooks
        ?? throw new ArgumentException($"{system} sends no events.", nameof(system));
}
