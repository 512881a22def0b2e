using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Sdk;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace AcmeLedger.Tests;

/// <summary>The connector as a host runs it: through the whole middleware chain, against a ledger on loopback.</summary>
public sealed class AcmeLedgerTests : IAsyncLifetime
{
    private readonly ServiceProvider _services;
    private Ledger _ledger = null!;
    private ResolvedInstance _target = null!;
    private InProcessGate _gate = null!;

    public AcmeLedgerTests()
    {
        var services = new ServiceCollection();
        services.AddStewardConnectors(options => (options.AllowPrivateAddresses, options.SettleDelay) = (true, TimeSpan.Zero));
        services.AddSingleton<TypedConnector, AcmeLedgerConnector>();
        _services = services.BuildServiceProvider();
    }

    public async Task InitializeAsync()
    {
        _ledger = await Ledger.StartAsync();
        using var reader = new StreamReader(typeof(AcmeLedgerConnector).Assembly.GetManifestResourceStream("acme-ledger.yaml")!);
        var template = TemplateReader.Read(await reader.ReadToEndAsync(), "acme-ledger.yaml");
        _target = new ResolvedInstance(
            new ConnectorInstance
            {
                TenantId = "t-acme",
                Name = "ledger",
                Title = "Ledger",
                TemplateId = template.Id,
                TemplateVersion = template.Version,
                TemplateHash = "",
                BaseUrl = _ledger.Url,
                AuthId = "token",
                Operations = [.. template.Operations.Select(operation => operation.Id)],
            },
            template);
        _gate = new InProcessGate(template, new FixedCredential(new Credential(1, new Dictionary<string, SecretText> { ["token"] = new("t0ken") })), TimeProvider.System, new Random(1));
    }

    public async Task DisposeAsync()
    {
        await _ledger.DisposeAsync();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task AccountsList_ByDataAlone_GivesItsFields()
    {
        var result = Assert.IsType<ActionSucceeded>(await RunAsync("accounts.list", new { })).Result;

        Assert.Equal("""[{"id":"a1","name":"Travel"}]""", result.GetProperty("items").GetRawText());
    }

    [Fact]
    public async Task AccountsBalance_SeveralPages_AddsThemUpSignedIn()
    {
        var result = Assert.IsType<ActionSucceeded>(await RunAsync("accounts.balance", new { accountId = "a/1" })).Result;

        Assert.Equal((107.5m, 3), (result.GetProperty("balance").GetDecimal(), result.GetProperty("entries").GetInt32()));
        Assert.All(_ledger.Authorizations, header => Assert.Equal("Bearer t0ken", header));
    }

    [Fact]
    public async Task EntriesPost_ConnectionBreaks_IsFoundByItsMarker()
    {
        _ledger.BreaksWhenBooking = true;
        Assert.IsType<ActionUnknown>(await RunAsync("entries.post", new { accountId = "a1", amount = 5 }));
        var found = await Chain.ReconcileAsync(Call("entries.post", new { accountId = "a1", amount = 5 }), TimeProvider.System.GetUtcNow(), default);

        Assert.Equal(Assert.Single(_ledger.Batches).Key, Assert.IsType<ReconciledDone>(found).Result.GetProperty("marker").GetString());
    }

    [Fact]
    public async Task EntriesPost_WrongArgument_ReachesNobody()
    {
        var failed = Assert.IsType<ActionFailed>(await RunAsync("entries.post", new { accountId = "a1", amount = "much" }));

        Assert.Equal(("invalid_argument", "amount"), (failed.Code, failed.Field));
        Assert.Empty(_ledger.Authorizations);
    }

    private IConnectorPipeline Chain => _services.GetRequiredService<IConnectorPipeline>();

    private Task<ActionOutcome> RunAsync(string operation, object arguments) => Chain.ExecuteAsync(Call(operation, arguments), default);

    private ConnectorCallRequest Call(string operation, object arguments) => new()
    {
        Target = _target,
        Gate = _gate,
        Operation = _target.Template.Operations.Single(known => known.Id == operation),
        Arguments = JsonSerializer.SerializeToElement(arguments),
        ActionId = "booking-1",
    };
}
