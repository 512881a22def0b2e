using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;

namespace Steward.Grains.Tests.Connectors;

/// <summary>A silo with real connectors, and a system that they call.</summary>
public sealed class SystemCluster : GrainCluster, IAsyncLifetime
{
    public ChangingSystem System { get; private set; } = null!;

    /// <summary>A tenant whose settings tests change.</summary>
    internal TenantConnectorsOptions Resident { get; } = new();

    /// <summary>Whether calls that take long cannot be handed over.</summary>
    internal bool AttachFails { get; set; }

    /// <summary>How many of the next questions about mappings are lost while their answer is waited for.</summary>
    internal int QuestionsToLose { get; set; }

    async Task IAsyncLifetime.InitializeAsync()
    {
        System = await ChangingSystem.StartAsync();
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await System.DisposeAsync();
    }

    /// <summary>Creates an instance with its own template, whose verification call is the only operation.</summary>
    internal async Task<IConnectorGrain> CreateAsync(string name, string output)
    {
        SignIn("t-acme", "u-admin", WellKnownRoles.Admin);
        var connector = Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector("t-acme", name));
        await connector.Create(new CreateConnector { TemplateText = Template + output, BaseUrl = System.Url });
        return connector;
    }

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.RemoveAll<IConnectorRegistry>();
        silo.Services.AddStewardConnectors(options =>
        {
            options.AllowPrivateAddresses = true;
            options.Tenants["t-resident"] = Resident;
        });
        silo.AddIncomingGrainCallFilter(call =>
        {
            if (QuestionsToLose == 0 || call.ImplementationMethod.Name != nameof(IConnectorGrain.WaitForMappings))
            {
                return call.Invoke();
            }

            QuestionsToLose--;
            call.Result = null;
            return Task.CompletedTask;
        });
        silo.AddIncomingGrainCallFilter(call => AttachFails && call.ImplementationMethod.Name == nameof(IConnectorCallUnderWayGrain.Attach) ? throw new TimeoutException("Nobody answers.") : call.Invoke());
    }

    private const string Template =
        """
        id: tickets
        version: 1.0.0
        name: Tickets
        vendor: Acme
        categories: [support]
        docs: https://acme.example/docs
        description: Tickets of a company.
        connection: { baseUrl: https://tickets.example }
        auth: [{ id: none, kind: none, title: No sign-in }]
        verify: { operation: tickets.get }
        operations:
          - id: tickets.get
            summary: Reads the ticket.
            path: /ticket
            effect: read

        """;
}
