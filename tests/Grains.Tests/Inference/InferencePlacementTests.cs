#if !ORLEANS_STANDIN
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Inference;

namespace Steward.Grains.Tests.Inference;

/// <summary>Which silo answers, with two of them: for real Orleans only, since the stand-in has one.</summary>
public class InferencePlacementTests
{
    private static readonly ClassifyText Command = new() { TenantId = "t-acme", Text = "mail" };

    [Fact]
    public async Task Grains_WithAGpuInTheCluster_AllAnswerThereAndElsewhereOnceItIsLost()
    {
        await using var cluster = new InferenceCluster();
        await cluster.InitializeAsync();
        cluster.SignIn("t-acme", WellKnownRoles.System);
        var known = cluster.Model("known-before");
        Assert.Equal("processor", (await known.Classify(Command)).Version);

        var engine = new CountingEngine(usesGpu: true);
        cluster.Queue(engine);
        var gpu = await cluster.Host.StartAdditionalSiloAsync();

        // One that was found before the GPU came, too.
        await Conversing.UntilAsync(async () => (await known.Classify(Command)).Version == "gpu");
        await Conversing.UntilAsync(async () => (await cluster.Model("other").Classify(Command)).Version == "gpu");
        var before = cluster.Engine.Asked;
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal("gpu", (await known.Classify(Command)).Version);
            Assert.Equal("gpu", (await cluster.Model($"new-{i}").Classify(Command)).Version);
        }

        Assert.Equal(before, cluster.Engine.Asked);
        await cluster.Host.KillSiloAsync(gpu);
        var asked = engine.Asked;
        await Conversing.UntilAsync(() => AnswersHereAsync(cluster, "known-before"));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("processor", (await cluster.Model($"later-{i}").Classify(Command)).Version);
        }

        Assert.Equal(asked, engine.Asked);
    }

    [Fact]
    public async Task Grains_WithASiloThatRunsNoModels_AnswerOnTheOther()
    {
        await using var cluster = new InferenceCluster();
        await cluster.InitializeAsync();
        cluster.SignIn("t-acme", WellKnownRoles.System);
        var without = new CountingEngine(usesGpu: false, isAvailable: false);
        cluster.Queue(without);
        await cluster.Host.StartAdditionalSiloAsync();

        for (var i = 0; i < 100; i++)
        {
            await cluster.Model($"model-{i}").Classify(Command);
        }

        Assert.Equal((100, 0), (cluster.Engine.Asked, without.Asked));
    }

    private static async Task<bool> AnswersHereAsync(InferenceCluster cluster, string model)
    {
        try
        {
            return (await cluster.Model(model).Classify(Command)).Version == "processor";
        }
        catch (Exception e) when (e is Orleans.Runtime.OrleansException or TimeoutException)
        {
            // Whoever asked just when the silo was lost asks again.
            return false;
        }
    }
}
#endif
