using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;
using Steward.Grains.Tests.Hosting;
using Steward.Grains.Tests.Inference;
using Steward.Identity;
using Steward.Inference;
using Steward.Models;

namespace Steward.Grains.Tests.Models;

/// <summary>The platform's own embedder is among what may be asked for where it can answer, and only there.</summary>
public sealed class OfferedEmbedderTests
{
    private const string Embedder = "steward/embedder";

    private static readonly ModelStatus Loaded = new() { Name = "embedder", Version = "1", Task = ModelTask.Embedding, Exposure = ExposureKind.Everyone, IsLoaded = false };

    public static TheoryData<string, bool, bool> Engines => new()
    {
        { "has it", true, true },
        { "has no model", true, false },
        { "cannot compute", false, false },
        { "cannot load it", true, false },
        { "only compares it", true, false },
        { "has another task of that name", true, false },
        { "has another embedder", true, false },
    };

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task ListModels_TheSilosEngine_EmbedderIsListedWhereItCanAnswer(string engine, bool isAvailable, bool isListed)
    {
        var cluster = new EngineCluster(new CountingEngine(usesGpu: false, isAvailable)
        {
            Versions = engine switch
            {
                "has no model" => [],
                "cannot load it" => [Loaded with { Problem = "broken" }],
                "only compares it" => [Loaded with { Exposure = ExposureKind.Shadow }],
                "has another task of that name" => [Loaded with { Task = ModelTask.Classification }],
                "has another embedder" => [Loaded with { Name = "other" }],
                _ => [Loaded],
            },
        });
        await cluster.InitializeAsync();
        try
        {
            var listed = await ListAsync(cluster);

            Assert.Contains("steward/agent", listed);
            Assert.Equal(isListed, listed.Contains(Embedder));
            cluster.SignIn("t-acme", PlatformIdentity.UserId, WellKnownRoles.System);
            Assert.Equal(isListed, await cluster.Grains.GetGrain<IInferenceGrain>("embedder").CanEmbed());
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task ListModels_NoSiloHasAnEngine_TheOtherModelsAreListed()
    {
        var cluster = new GrainCluster();
        await cluster.InitializeAsync();
        try
        {
            var listed = await ListAsync(cluster);

            Assert.Contains("steward/agent", listed);
            Assert.DoesNotContain(Embedder, listed);
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }

    private static async Task<List<string>> ListAsync(GrainCluster cluster)
    {
        cluster.SignIn("t-acme", "u-ada");
        return [.. (await cluster.Grains.GetGrain<IModelSettingsGrain>(GrainKeys.ModelSettings("t-acme")).ListModels()).Select(model => model.Id)];
    }

    private sealed class EngineCluster(CountingEngine engine) : GrainCluster
    {
        protected override void Configure(ISiloBuilder silo) => silo.Services.AddSingleton<IInferenceEngine>(engine);
    }
}
