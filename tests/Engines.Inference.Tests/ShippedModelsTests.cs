using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Inference.Models;

namespace Steward.Engines.Inference.Tests;

/// <summary>The models of this repository answer as the trainer says (training/golden).</summary>
public sealed class ShippedModelsTests
{
    private static readonly string? Root = FindRoot();

    [ShippedFact]
    public async Task Models_GoldenTexts_AnswerAsTheTrainerSays()
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.Provider) = (Path.Combine(Root!, "models"), InferenceProvider.Cpu))
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();
        using var golden = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Root!, "training", "golden", "models.json")));

        Assert.NotEmpty(golden.RootElement.EnumerateArray());
        foreach (var model in golden.RootElement.EnumerateArray())
        {
            var name = model.GetProperty("model").GetString()!;
            var task = Assert.Single(engine.Models.List(), known => known.Name == name).Task;
            foreach (var expected in model.GetProperty("cases").EnumerateArray())
            {
                await CompareAsync(engine, name, task, expected);
            }
        }
    }

    [ShippedFact]
    public async Task Classify_ReasonsAskedFor_AreWordsOfTheTextThatSpeakForTheAnswer()
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.Provider) = (Path.Combine(Root!, "models"), InferenceProvider.Cpu))
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();

        var answer = await engine.ClassifyAsync(new ClassifyRequest { Model = "it-topic", Text = "hello team, my password has expired and the account is locked since this morning, regards", Reasons = 3 });

        Assert.Equal("Access", answer.Value!.Label);
        Assert.Equal(3, answer.Value.Reasons.Count);
        Assert.Contains("password", answer.Value.Reasons);
        Assert.DoesNotContain("hello", answer.Value.Reasons);
        Assert.Equal(0.95, answer.Value.Thresholds.AutoRoute);
        Assert.Equal(InferenceOutcome.InvalidInput, (await engine.ClassifyAsync(new ClassifyRequest { Model = "it-topic", Text = "x", Reasons = 21 })).Outcome);
    }

    [ShippedFact]
    public async Task Glance_Models_LinearPartsAnswerAtOnceOnceTheyAreInMemory()
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddStewardInference(options => (options.ModelDirectory, options.Provider, options.MaxTextLength) = (Path.Combine(Root!, "models"), InferenceProvider.Cpu, 1_000))
            .BuildServiceProvider();
        var engine = services.GetRequiredService<IInferenceEngine>();
        const string Text = "please reset my password. while you are at it, order a new laptop, and after that book a meeting room for friday";
        Assert.All(engine.Glance("t-acme", Text, "request-complexity", "it-topic"), Assert.Null);
        await engine.ClassifyAsync(new ClassifyRequest { Model = "request-complexity", Text = Text });
        await engine.ClassifyAsync(new ClassifyRequest { Model = "it-topic", Text = Text });

        var seen = engine.Glance("t-acme", Text, "request-complexity", "it-topic", "embedder", "clinc150", "nothing");
        Assert.Equal([true, true, false, false, false], seen.Select(answer => answer is not null));
        Assert.Equal(("complex", true), (seen[0]!.Label, seen[0]!.Of("complex") >= 0.95));
        Assert.All(seen.Take(2), answer => Assert.Equal(1, answer!.Probabilities.Sum(), 9));
        Assert.Equal((seen[1]!.Confidence, 0), (seen[1]!.Of(seen[1]!.Label), seen[1]!.Of("nothing")));
        Assert.Equal("Access", engine.Glance("t-acme", "password expired, please unlock my account and reset the password", "it-topic")[0]!.Label);
        Assert.Null(engine.Glance("t-acme", new string('a', 1_001), "it-topic")[0]);

        // A shadow has to see every text, so nothing is decided before it.
        await ((ModelCatalog)engine.Models).PublishAsync(Path.Combine(Root!, "models", "it-topic"), ModelExposure.Shadow());
        Assert.Equal([true, false], engine.Glance("t-acme", Text, "request-complexity", "it-topic").Select(answer => answer is not null));
    }

    // Weights and activations have eight bits: another order of sums moves the last digits.
    private static async Task CompareAsync(IInferenceEngine engine, string model, ModelTask task, JsonElement expected)
    {
        var text = expected.GetProperty("text").GetString()!;
        switch (task)
        {
            case ModelTask.Classification:
                var classified = await engine.ClassifyAsync(new ClassifyRequest { Model = model, Text = text });
                Assert.All(expected.GetProperty("top").EnumerateArray(), top =>
                    Assert.Equal(top.GetProperty("probability").GetDouble(), Probability(classified, top.GetProperty("label").GetString()!), 0.02));
                break;
            case ModelTask.Embedding:
                var embedded = await engine.EmbedAsync(new EmbedRequest { Model = model, Texts = [text] });
                Assert.All(expected.GetProperty("embedding").EnumerateArray().Zip(embedded.Value!.Vectors[0]), pair => Assert.Equal(pair.First.GetSingle(), pair.Second, 0.01f));
                break;
            default:
                var ranked = await engine.RerankAsync(new RerankRequest { Model = model, Query = text, Passages = [expected.GetProperty("pair").GetString()!] });
                var temperature = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Root!, "models", model, "calibration.json"))).RootElement.GetProperty("temperature").GetDouble();
                Assert.Equal(1 / (1 + Math.Exp(-expected.GetProperty("score").GetDouble() / temperature)), Assert.Single(ranked.Value!.Passages).Score, 0.02);
                break;
        }
    }

    private static double Probability(InferenceAnswer<Classification> answer, string label)
    {
        Assert.True(answer.Outcome == InferenceOutcome.Done, answer.Problem);
        return answer.Value!.Top.Concat([new ScoredLabel(label, 0)]).First(scored => scored.Label == label).Probability;
    }

    private static string? FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName;
    }

    /// <summary>Shown as skipped where the models or the library are missing.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class ShippedFactAttribute : FactAttribute
    {
        public ShippedFactAttribute() => Skip = new NativeFactAttribute().Skip
            ?? (Root is not null && File.Exists(Path.Combine(Root, "training", "golden", "models.json")) ? null : "training/golden/models.json is not here");
    }
}
