using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models.Gateway;
using Steward.ModelSim;

namespace Steward.Engines.Models.Tests.Gateway;

/// <summary>Two regions of one provider are two providers of the configuration, in order of preference; a tenant may be held to one of them.</summary>
public sealed class RegionTests : IAsyncLifetime, IModelTenantPolicies
{
    private static readonly ChatRequest Question = new() { Messages = [new ChatMessage { Role = ChatRole.User, Text = "Hi" }] };

    private ModelSimulation? _europe;
    private ModelSimulation? _america;
    private IReadOnlyList<string> _providers = [];

    public async Task InitializeAsync() => (_europe, _america) = (await StartAsync("Hello from Europe."), await StartAsync("Hello from America."));

    public async Task DisposeAsync()
    {
        await _europe!.DisposeAsync();
        await _america!.DisposeAsync();
    }

    [Fact]
    public async Task Tier_RegionIsDown_TheNextOneAnswersAndEachHasABreakerOfItsOwn()
    {
        await using var services = Gateway();
        _europe!.Prepend(Down(times: 3));
        for (var call = 0; call < 5; call++)
        {
            Assert.Equal("Hello from America.", await AskAsync(services, ModelTiers.Standard));
        }

        // After three failures the first region is left alone; the second one's breaker is closed.
        Assert.Equal((3, 5), (_europe.Requests.Count, _america!.Requests.Count));
        var health = services.GetRequiredService<IChatModelSource>().Health.ToDictionary(target => target.Name, target => target.OpenFor is not null);
        Assert.Equal(new Dictionary<string, bool> { ["openai-eu/sim-large"] = true, ["openai-us/sim-large"] = false }, health);
    }

    [Fact]
    public async Task Tier_TenantMayUseOneRegion_TheOtherIsNeverAsked()
    {
        await using var services = Gateway();
        _providers = ["openai-eu"];
        Assert.Equal("Hello from Europe.", await AskAsync(services, ModelTiers.Standard));
        _europe!.Prepend(Down());

        Assert.Equal("model_unavailable", (await Assert.ThrowsAsync<ModelException>(() => AskAsync(services, ModelTiers.Standard))).Code);
        Assert.Equal("model_not_allowed", (await Assert.ThrowsAsync<ModelException>(() => AskAsync(services, "openai-us/sim-large"))).Code);
        Assert.Empty(_america!.Requests);
    }

    [Fact]
    public async Task Tier_NoRegionOfTheTierIsAllowed_IsRefused()
    {
        await using var services = Gateway();
        _providers = ["claude-eu"];

        Assert.Equal("model_not_allowed", (await Assert.ThrowsAsync<ModelException>(() => AskAsync(services, ModelTiers.Standard))).Code);
        Assert.Empty(_europe!.Requests.Concat(_america!.Requests));
    }

    [Fact]
    public async Task Tier_OtherRegionAlone_IsAskedFirst()
    {
        await using var services = Gateway();
        _providers = ["openai-us"];

        Assert.Equal("Hello from America.", await AskAsync(services, ModelTiers.Standard));
        Assert.Empty(_europe!.Requests);
    }

    ValueTask<ModelTenantPolicy> IModelTenantPolicies.GetAsync(string tenantId, CancellationToken cancellationToken) => new(new ModelTenantPolicy { Models = ["*"], Providers = _providers });

    private static Task<ModelSimulation> StartAsync(string text) => ModelSimulation.StartAsync(new ModelSimOptions { Script = new ModelScript { Default = new ModelReply { Text = text } } });

    private static ModelRule Down(int? times = null) => new() { When = new ModelMatch(), Times = times, Reply = new ModelReply { Fault = new ModelFault { Kind = ModelFaultKind.ServerError, Status = 503 } } };

    private static async Task<string> AskAsync(ServiceProvider services, string model)
    {
        var text = "";
        await foreach (var delta in services.GetRequiredService<IModelGateway>().StreamAsync(new ModelCall(new ModelCallOrigin { TenantId = "t-acme" }, Question, model, TimeProvider.System.GetUtcNow()), default))
        {
            text += (delta as ChatText)?.Text;
        }

        return text;
    }

    // As docs/operations/models.md has it.
    private ServiceProvider Gateway() => new ServiceCollection().AddLogging().AddSingleton<IModelTenantPolicies>(this).AddStewardModels(options =>
    {
        options.Providers["openai-eu"] = new ModelProviderOptions { BaseUrl = _europe!.Url.ToString(), ApiKeys = { _europe.ApiKey } };
        options.Providers["openai-us"] = new ModelProviderOptions { BaseUrl = _america!.Url.ToString(), ApiKeys = { _america.ApiKey } };
        options.Chains[ModelTiers.Standard] = ["openai-eu/sim-large", "openai-us/sim-large"];
        options.RetryBaseDelay = TimeSpan.FromMilliseconds(1);
        options.BreakerOpen = TimeSpan.FromMinutes(5);
    }).BuildServiceProvider();
}
