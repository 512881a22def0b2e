using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Connectors.Sdk;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Pipeline;

public sealed class TypedConnectorTests : IAsyncLifetime
{
    private FakeVendor _vendor = null!;

    public async Task InitializeAsync() => _vendor = await FakeVendor.StartAsync();

    public async Task DisposeAsync() => await _vendor.DisposeAsync();

    [Fact]
    public async Task ExecuteAsync_CodeOperation_IsSignedInAndCarriedOutByTheConnector()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"items":[1,2,3]}""");
        await using var provider = Build(new Counting());
        var outcome = await provider.GetRequiredService<IConnectorPipeline>().ExecuteAsync(Call("things.count"), default);

        Assert.Equal("""{"count":3}""", Assert.IsType<ActionSucceeded>(outcome).Result.GetRawText());
        var request = Assert.Single(_vendor.Requests);
        Assert.Equal(("GET", "/things", "Bearer " + Piped.Secret), (request.Method, request.Path, request.Authorization));
    }

    [Fact]
    public async Task ExecuteAsync_OwnerWantsTheShape_IsToldWhatTheResultLooksLike()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"items":[1,2,3]}""");
        await using var provider = Build(new Counting());
        var gate = new Mcp.McpFixture.OpenGate { Credential = new Credential(1, new Dictionary<string, SecretText> { ["token"] = new(Piped.Secret) }), WantsShape = true };
        await provider.GetRequiredService<IConnectorPipeline>().ExecuteAsync(Call("things.count") with { Gate = gate }, default);

        var told = Assert.Single(gate.Reports, report => report.Shape is not null);
        Assert.Equal(("things.count", 0L), (told.OperationId, told.PermitId));
        Assert.Contains(told.Shape!.Fields, field => field.Path == "count");
    }

    [Theory]
    [InlineData(404, "not_found")]
    [InlineData(429, "rate_limited")]
    [InlineData(500, "unavailable")]
    public async Task ExecuteAsync_RequestFails_IsTheCallsOutcome(int status, string code)
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, "{}", status);
        await using var provider = Build(new Counting());

        Assert.Equal(code, Assert.IsType<ActionFailed>(await provider.GetRequiredService<IConnectorPipeline>().ExecuteAsync(Call("things.count"), default)).Code);
    }

    [Fact]
    public async Task ExecuteAsync_ConnectorNotThere_SaysSo()
    {
        await using var provider = Build(null);
        var failed = Assert.IsType<ActionFailed>(await provider.GetRequiredService<IConnectorPipeline>().ExecuteAsync(Call("things.count"), default));

        Assert.Equal("not_configured", failed.Code);
        Assert.Contains("counting", failed.Message, StringComparison.Ordinal);
        Assert.Empty(_vendor.Requests);
    }

    [Fact]
    public async Task ReconcileAsync_CodeOperation_AsksTheConnector()
    {
        _vendor.Answer = (_, http) => FakeVendor.Json(http, """{"items":[1]}""");
        await using var provider = Build(new Counting());

        Assert.IsType<ReconciledDone>(await provider.GetRequiredService<IConnectorPipeline>().ReconcileAsync(Call("things.add"), DateTimeOffset.UnixEpoch, default));
    }

    [Fact]
    public async Task ExecuteAsync_WriteThatBreaksOff_IsUnknown()
    {
        _vendor.Answer = (request, http) => request.Method == "GET" ? FakeVendor.Json(http, """{"items":[]}""") : Abort(http);
        await using var provider = Build(new Counting());

        Assert.IsType<ActionUnknown>(await provider.GetRequiredService<IConnectorPipeline>().ExecuteAsync(Call("things.add"), default));

        static Task Abort(Microsoft.AspNetCore.Http.HttpContext http)
        {
            http.Abort();
            return Task.CompletedTask;
        }
    }

    private static ServiceProvider Build(TypedConnector? connector)
    {
        var services = new ServiceCollection();
        services.AddStewardConnectors(options =>
        {
            options.AllowPrivateAddresses = true;
            options.SettleDelay = TimeSpan.Zero;
        });
        if (connector is not null)
        {
            services.AddSingleton(connector);
        }

        return services.BuildServiceProvider();
    }

    private ConnectorCallRequest Call(string operation)
    {
        var template = Piped.Read(Templates.Things) with
        {
            Implementation = "counting",
            Limits = [],
            Retry = new() { MaxAttempts = 1 },
            Operations =
            [
                new() { Id = "things.count", Summary = "Counts.", Effect = OperationEffect.Read, Code = true },
                new() { Id = "things.add", Summary = "Adds.", Method = "POST", Effect = OperationEffect.Write, Code = true },
            ],
        };
        var instance = new ConnectorInstance
        {
            TenantId = "t-acme", Name = "sut", Title = "System under test", TemplateId = template.Id, TemplateVersion = template.Version, TemplateHash = "", BaseUrl = _vendor.Url.ToString(),
            AuthId = template.Auth[0].Id, Operations = ["things.count", "things.add"],
        };
        var credential = new Credential(1, new Dictionary<string, SecretText> { ["token"] = new(Piped.Secret), ["access_token"] = new(Piped.Secret) });
        return new ConnectorCallRequest
        {
            Target = new ResolvedInstance(instance, template),
            Gate = new InProcessGate(template, new FixedCredential(credential), TimeProvider.System, new Random(1)),
            Operation = template.Operations.First(known => known.Id == operation),
            Arguments = JsonElement.Parse("{}"),
            ActionId = "action-1",
        };
    }

    private sealed class Counting : TypedConnector
    {
        public override string Name => "counting";

        public override async Task<JsonElement> ExecuteAsync(TypedCall call)
        {
            var count = await CountAsync(call);
            if (call.OperationId == "things.add")
            {
                await call.SendAsync(new TypedRequest { Method = HttpMethod.Post, Path = "/things", Body = JsonSerializer.SerializeToElement(new { id = call.Marker }) });
            }

            return JsonSerializer.SerializeToElement(new { count });
        }

        public override async Task<ReconcileOutcome> ReconcileAsync(TypedCall call, DateTimeOffset sentAt) =>
            await CountAsync(call) > 0 ? new ReconciledDone(JsonElement.Parse("{}")) : new ReconciledNotDone();

        private static async Task<int> CountAsync(TypedCall call) =>
            (await call.SendAsync(new TypedRequest { Method = HttpMethod.Get, Path = "/things" })).Json.GetProperty("items").GetArrayLength();
    }
}
