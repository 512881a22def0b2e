using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mapping;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Sdk;

namespace Steward.Engines.Connectors.Tests.Pipeline;

/// <summary>In whose name calls are made, and what must not be made at all.</summary>
public sealed class RightsTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;
    private Piped _sut = null!;

    public async Task InitializeAsync()
    {
        _vendor = await FakeVendor.StartAsync();
        _sut = Piped.Of(Templates.Things, _vendor.Url);
    }

    public async Task DisposeAsync()
    {
        _sut.Dispose();
        await _vendor.DisposeAsync();
    }

    [Fact]
    public async Task ExecuteAsync_OnBehalfOfPeopleButOfNobody_IsNotMadeWithTheInstancesOwnSignIn()
    {
        _sut.Instance = _sut.Instance with { OnBehalfOfUser = true };
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"things":[]}""");

        Assert.Equal("unauthenticated", (await _sut.FailureAsync("things.create", new { name = "n" })).Code);
        Assert.IsType<ReconcileUnknown>(await _sut.ReconcileAsync("things.create", new { name = "n" }));
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ExecuteAsync_DryRunOfCode_IsNotCarriedOut()
    {
        var typed = new Recording();
        var template = _sut.Template with { Implementation = typed.Name };
        var operation = template.Operations.First(candidate => candidate.Id == "things.create") with { Code = true };
        var request = _sut.Call("things.create", new { name = "n" }, dryRun: true) with { Target = new ResolvedInstance(_sut.Instance, template), Operation = operation };

        var outcome = await new OperationStep((_, _) => throw new InvalidOperationException("Nothing is sent."), [typed]).RunAsync(new ConnectorCall(request, default));

        Assert.Equal("rejected", Assert.IsType<ActionFailed>(outcome).Code);
        Assert.Equal(0, typed.Executed);
    }

    [Fact]
    public async Task ReconcileAsync_CodeWithMappings_GivesTheResultThatTheCallWouldHaveHad()
    {
        using var services = new ServiceCollection().AddStewardConnectors().BuildServiceProvider();
        var instance = _sut.Instance with
        {
            Mappings = new Dictionary<string, IReadOnlyList<FieldMapping>> { ["things.create"] = [new FieldMapping { Direction = MappingDirection.In, From = "id", To = "number" }] },
        };
        var operation = _sut.Template.Operations.First(candidate => candidate.Id == "things.create") with { Code = true };
        var request = _sut.Call("things.create", new { name = "n" }) with { Target = new ResolvedInstance(instance, _sut.Template), Operation = operation };
        var sut = new Reconciliation(
            call =>
            {
                call.Found = new ReconciledDone(JsonElement.Parse("""{"id":7}"""));
                return Task.FromResult<ActionOutcome>(new ActionSucceeded(default));
            },
            new FieldMapper(), services.GetRequiredService<IOptionsMonitor<ConnectorsOptions>>(), TimeProvider.System);

        var done = Assert.IsType<ReconciledDone>(await sut.RunAsync(request, TimeProvider.System.GetUtcNow(), default));

        Assert.Equal("""{"number":7}""", done.Result.GetRawText());
    }

    private sealed class Recording : TypedConnector
    {
        public int Executed { get; private set; }

        public override string Name => "recording";

        public override Task<JsonElement> ExecuteAsync(TypedCall call)
        {
            Executed++;
            return Task.FromResult(JsonElement.Parse("{}"));
        }
    }
}
