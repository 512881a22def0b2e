using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Mcp;

/// <summary>Instances of MCP servers, called through the chain.</summary>
internal sealed class McpFixture : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    public McpFixture(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Key, (string?)setting.Value)).Append(KeyValuePair.Create("Steward:Connectors:AllowPrivateAddresses", (string?)"true"))).Build();
        _services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddStewardConnectors().BuildServiceProvider();
    }

    public OpenGate Gate { get; } = new();

    public IConnectorPipeline Pipeline => _services.GetRequiredService<IConnectorPipeline>();

    public McpSessions Sessions => _services.GetRequiredService<McpSessions>();

    public static ConnectorTemplate Template(McpSpec mcp, AuthSpec? auth = null) => new()
    {
        Id = "everything",
        Version = "1.0.0",
        Name = "Everything",
        Vendor = "Steward",
        Categories = ["mcp"],
        Docs = new Uri("https://modelcontextprotocol.io"),
        Description = "A server.",
        Kind = TemplateKind.Mcp,
        Mcp = mcp,
        Connection = new ConnectionSpec { BaseUrl = "https://server.example/mcp" },
        Auth = [auth ?? new AuthSpec { Id = "none", Kind = AuthKind.None }],
        Verify = new VerificationSpec { Operation = McpOperations.ListTools },
        Operations = [],
    };

    public static ResolvedInstance Instance(ConnectorTemplate template, Uri? address, params McpTool[] tools) => McpOperations.Complete(new ResolvedInstance(
        new ConnectorInstance
        {
            TenantId = "t-acme",
            Name = "everything",
            Title = "Everything",
            TemplateId = template.Id,
            TemplateVersion = template.Version,
            TemplateHash = "0",
            BaseUrl = address?.AbsoluteUri,
            AuthId = template.Auth[0].Id,
            Tools = tools,
            Operations = [.. tools.Select(tool => tool.Id)],
            Revision = 1,
        },
        template));

    public Task<ActionOutcome> CallAsync(ResolvedInstance target, string operation, string arguments = "{}", ConnectorCaller? caller = null, TimeSpan? limit = null, CancellationToken cancellationToken = default) =>
        Pipeline.ExecuteAsync(
            new ConnectorCallRequest
            {
                Target = target,
                Gate = Gate,
                Operation = target.Template.Operations.First(known => known.Id == operation),
                Arguments = JsonElement.Parse(arguments),
                ActionId = Guid.NewGuid().ToString("n"),
                Caller = caller,
                Deadline = limit is { } time ? TimeProvider.System.GetUtcNow() + time : null,
            },
            cancellationToken);

    /// <summary>What the server offers, as the list operation says it.</summary>
    public async Task<IReadOnlyList<McpOffer>> OffersAsync(ResolvedInstance target)
    {
        var outcome = await CallAsync(target, McpOperations.ListTools);
        Assert.True(outcome is ActionSucceeded, (outcome as ActionFailed)?.Message ?? outcome.ToString());
        var listed = (ActionSucceeded)outcome;
        return listed.Result.GetProperty("items").Deserialize<List<McpOffer>>(TemplateJson.Options)!;
    }

    /// <summary>The instance with these tools of the server accepted.</summary>
    public async Task<ResolvedInstance> AcceptAsync(ConnectorTemplate template, Uri? address, params string[] names)
    {
        var offers = await OffersAsync(Instance(template, address));
        return Instance(template, address, [.. names.Select(name => offers.First(offer => offer.Name == name).Tool!)]);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    /// <summary>Lets everything through and remembers the reports.</summary>
    internal sealed class OpenGate : IInstanceGate
    {
        public Credential? Credential { get; set; }

        public Credential? Renewed { get; set; }

        public List<CallIntent> Intents { get; } = [];

        public List<CallReport> Reports { get; } = [];

        public string? Refusal { get; set; }

        public bool WantsShape { get; set; }

        public ValueTask<CallPermit> EnterAsync(CallIntent intent, CancellationToken cancellationToken)
        {
            Intents.Add(intent);
            return ValueTask.FromResult(new CallPermit { Id = Intents.Count, Credential = Credential, Refusal = Refusal, WantsShape = WantsShape });
        }

        public ValueTask LeaveAsync(CallReport report)
        {
            Reports.Add(report);
            return ValueTask.CompletedTask;
        }

        public ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken)
        {
            Credential = Renewed;
            return ValueTask.FromResult(Renewed);
        }
    }
}
