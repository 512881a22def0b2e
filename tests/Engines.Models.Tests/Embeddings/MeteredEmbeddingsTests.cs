using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tests.Budgets;
using Steward.ModelSim;

namespace Steward.Engines.Models.Tests.Embeddings;

/// <summary>Calls of providers' embedders under policy, inspection, admission, budgets and cost records, against two simulated providers of one model.</summary>
public sealed class MeteredEmbeddingsTests : IAsyncLifetime, IModelCostSink, IModelTenantPolicies
{
    private readonly List<ModelCostRecord> _costs = [];
    private ModelSimulation? _europe;
    private ModelSimulation? _america;
    private ModelTenantPolicy _policy = new() { Models = ["*"] };

    public async Task InitializeAsync() => (_europe, _america) = (await ModelSimulation.StartAsync(), await ModelSimulation.StartAsync());

    public async Task DisposeAsync()
    {
        await _europe!.DisposeAsync();
        await _america!.DisposeAsync();
    }

    [Fact]
    public async Task Embed_ProviderIsDown_TheOtherOneOfTheSameModelAnswersAndIsWrittenDown()
    {
        await using var services = Models();
        _europe!.FailEmbeddings(new ModelFault { Kind = ModelFaultKind.ServerError, Status = 503 });
        var answer = await EmbedAsync(services, "europe/sim-embedding");

        Assert.Equal(("america", 2), (answer.Provider, answer.Attempts));
        Assert.Equal((1, 1), (_europe.Requests.Count, _america!.Requests.Count));
        var record = Assert.Single(_costs);
        Assert.Equal(("completed", "america", "europe/sim-embedding"), (record.Outcome, record.Provider, record.Tier));
    }

    // A tenant whose data may not leave a region is not allowed the other one's, and it is not asked as a stand-in.
    [Fact]
    public async Task Embed_TenantMayUseOneProvider_TheOtherIsNeverAsked()
    {
        await using var services = Models();
        _policy = _policy with { Models = ["europe/sim-embedding"] };
        _europe!.FailEmbeddings(new ModelFault { Kind = ModelFaultKind.CutBeforeAnswer });
        Assert.Equal("europe", (await EmbedAsync(services, "europe/sim-embedding")).Provider);
        _europe.FailEmbeddings(Enumerable.Repeat(new ModelFault { Kind = ModelFaultKind.ServerError }, 3));
        var failure = await Assert.ThrowsAsync<ModelException>(() => EmbedAsync(services, "europe/sim-embedding"));

        Assert.Equal("model_unavailable", failure.Code);
        Assert.Empty(_america!.Requests);
        Assert.Equal("model_not_allowed", (await Assert.ThrowsAsync<ModelException>(() => EmbedAsync(services, "america/sim-embedding"))).Code);
    }

    [Fact]
    public async Task Embed_OtherModelAtTheOtherProvider_IsNoStandIn()
    {
        await using var services = Models("america/sim-large");
        _europe!.FailEmbeddings(Enumerable.Repeat(new ModelFault { Kind = ModelFaultKind.ServerError }, 3));

        await Assert.ThrowsAsync<ModelException>(() => EmbedAsync(services, "europe/sim-embedding"));
        Assert.Empty(_america!.Requests);
    }

    [Fact]
    public async Task Embed_Inspected_LeavesMaskedOrNotAtAll()
    {
        await using var services = Models();
        var stage = new MaskAndRefuse();
        await EmbedAsync(services, "europe/sim-embedding", texts: ["badge 4711", "a desk"], stages: stage);
        var refused = await Assert.ThrowsAsync<ModelException>(() => EmbedAsync(services, "europe/sim-embedding", texts: ["secret"], stages: stage));

        Assert.Equal("model_refused", refused.Code);
        Assert.Equal("""["badge [number]","a desk"]""", Assert.Single(_europe!.Requests).Body["input"]!.ToJsonString());
        Assert.True(Assert.Single(stage.Left).WasAsked);
    }

    [Fact]
    public async Task Embed_NoPlace_IsRefusedBeforeAnythingIsSent()
    {
        await using var services = Models();
        var admission = new ModelAdmission(Options.Create(new ModelAdmissionOptions { MaxConcurrent = 1, MaxWaiting = 0 }), TimeProvider.System);
        await admission.EnterAsync("t-other", "pro", true, null, default);
        var failure = await Assert.ThrowsAsync<ModelException>(() => EmbedAsync(services, "europe/sim-embedding", admission));
        admission.Leave(true, null);

        Assert.Equal("model_overloaded", failure.Code);
        Assert.Empty(_europe!.Requests);
        await EmbedAsync(services, "europe/sim-embedding", admission);
        Assert.Equal(0, admission.InFlight);
    }

    void IModelCostSink.Record(string tenantId, ModelCostRecord record) => _costs.Add(record);

    ValueTask<ModelTenantPolicy> IModelTenantPolicies.GetAsync(string tenantId, CancellationToken cancellationToken) => new(_policy);

    private ServiceProvider Models(string second = "america/sim-embedding") => new ServiceCollection().AddLogging().AddStewardModels(options =>
    {
        options.Providers["europe"] = new ModelProviderOptions { BaseUrl = _europe!.Url.ToString(), ApiKeys = { _europe.ApiKey } };
        options.Providers["america"] = new ModelProviderOptions { BaseUrl = _america!.Url.ToString(), ApiKeys = { _america.ApiKey } };
        options.Chains[ModelTiers.Standard] = ["europe/sim-large"];
        options.Embedders.Add("europe/sim-embedding");
        options.Embedders.Add(second);
        options.RetryBaseDelay = TimeSpan.FromMilliseconds(1);
    }).BuildServiceProvider();

    private async Task<EmbeddingAnswer> EmbedAsync(ServiceProvider services, string model, ModelAdmission? admission = null, string[]? texts = null, params IModelStage[] stages)
    {
        var keeper = new BudgetKeeper(new BookOwner(TimeProvider.System), Options.Create(new ModelBudgetOptions()), TimeProvider.System, NullLogger<BudgetKeeper>.Instance);
        var embeddings = new MeteredEmbeddings(services.GetRequiredService<IEmbeddingModelSource>(), this, keeper, this, stages, admission, TimeProvider.System);
        return await embeddings.EmbedAsync(new ModelCallOrigin { TenantId = "t-acme" }, model, new EmbeddingRequest { Texts = texts ?? ["four words of text"] }, default);
    }

    private sealed class MaskAndRefuse : IModelStage
    {
        public List<ModelCallOutcome> Left { get; } = [];

        public string Name => "inspection";

        public int Order => ModelStageOrder.Inspection;

        public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
        {
            if (call.Request.Messages.Any(message => message.Text.Contains("secret", StringComparison.Ordinal)))
            {
                throw new ModelException("model_refused", "It may not leave.");
            }

            call.Request = call.Request with { Messages = [.. call.Request.Messages.Select(message => message with { Text = message.Text.Replace("4711", "[number]", StringComparison.Ordinal) })] };
            return default;
        }

        public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
        {
            Left.Add(outcome);
            return default;
        }
    }
}
