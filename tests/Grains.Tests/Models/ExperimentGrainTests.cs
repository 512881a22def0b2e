using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Experiments;
using Steward.Models.Prompts;
using Steward.Models.Quality;

namespace Steward.Grains.Tests.Models;

/// <summary>Experiments, canaries and prompts, from what a call shows to what is decided.</summary>
[Collection(TimedClusterGroup.Name)]
public sealed class ExperimentGrainTests
{
    private readonly TimedCluster _cluster;
    private readonly string _tenant = "t-trial" + Guid.NewGuid().ToString("n")[..8];

    public ExperimentGrainTests(TimedCluster cluster)
    {
        _cluster = cluster;
        Admin("u-ada");
    }

    private static ExperimentSpec Canary => new()
    {
        Type = ExperimentType.Canary,
        Variants = [new ExperimentVariant { Name = "now" }, new ExperimentVariant { Name = "next", MaxOutputTokens = 100 }],
        Metrics = [new ExperimentMetric { Name = ExperimentMetrics.Errors, Margin = 0.1 }],
        MinimumDuration = TimeSpan.Zero,
        Stages = [0.25],
    };

    private static ExperimentSpec Trial => new() { Variants = [new ExperimentVariant { Name = "now" }, new ExperimentVariant { Name = "next", MaxOutputTokens = 100 }] };

    private static ExperimentSpec With(ExperimentVariant variant) => Canary with { Variants = [new ExperimentVariant { Name = "now" }, variant] };

    [Fact]
    public async Task Start_Canary_RunsAtItsFirstStage()
    {
        var info = await Experiment("a").Start(Canary);

        Assert.Equal((ExperimentStatus.Running, 1, "u-ada"), (info.Status, info.Stage, info.StartedBy));
        Assert.Equal([0.75, 0.25], info.Shares);
        Assert.Equal(["a"], await Index().List());
    }

    [Fact]
    public async Task Start_SameNameAgain_IsAConflict()
    {
        await Experiment("a").Start(Canary);

        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => Experiment("a").Start(Canary))).Code);
    }

    [Theory]
    [InlineData(1, "variants")]
    [InlineData(2, "stages")]
    [InlineData(3, "metrics.name")]
    [InlineData(4, "alpha")]
    [InlineData(5, "variants.promptVersion")]
    [InlineData(6, "variants.temperature")]
    [InlineData(7, "variants.topP")]
    [InlineData(8, "variants.effort")]
    [InlineData(9, "assignBy")]
    [InlineData(10, "variants.model")]
    [InlineData(11, "metrics.attenuation")]
    public async Task Start_BadSpecification_NamesTheField(int kind, string field)
    {
        var spec = kind switch
        {
            1 => Canary with { Variants = [] },
            2 => Canary with { Stages = [0.5, 0.25] },
            3 => Canary with { Metrics = [new ExperimentMetric { Name = "happiness", Margin = 1 }] },
            4 => Canary with { Alpha = 0.5 },
            5 => Canary with { Prompt = "greeting" },
            6 => With(new ExperimentVariant { Name = "next", Temperature = 2.1 }),
            7 => With(new ExperimentVariant { Name = "next", TopP = 0 }),
            8 => With(new ExperimentVariant { Name = "next", Effort = "enormous" }),
            9 => Canary with { AssignBy = ExperimentAssignment.Tenant },
            10 => With(new ExperimentVariant { Name = "next", Model = "automatic" }),
            _ => Canary with { Metrics = [new ExperimentMetric { Name = ExperimentMetrics.Score, Margin = 0.1, OwnAttenuation = 0 }] },
        };

        Assert.Equal(field, (await Assert.ThrowsAsync<StewardException>(() => Experiment("a").Start(spec))).Field);
    }

    [Fact]
    public async Task Start_CanaryWithoutMetrics_GuardsCostAndScoreWithoutAProof()
    {
        var info = await Experiment("a").Start(Canary with { Metrics = [] });

        Assert.Equal([("errors", true), ("slow", true), ("tokens", true), ("cost", false), ("score", false)], info.Spec.Metrics.Select(metric => (metric.Name, metric.Margin is not null)));
    }

    // The judge calls 18 of 20 good ones good, and 16 of 20 bad ones bad.
    [Theory]
    [InlineData(20, null, 0.7)]
    [InlineData(20, 0.5, 0.5)]
    [InlineData(19, null, null)]
    public async Task Start_ScoreOfAJudgeThatErrs_TakesWhatPeoplesWordsShow(int bad, double? given, double? attenuation)
    {
        var quality = _cluster.Grains.GetGrain<IAnswerQualityGrain>(GrainKeys.AnswerQuality(_tenant));
        System();
        await quality.Record(new AnswerQualityBatch
        {
            BatchId = "b-1",
            Judged = [.. Enumerable.Range(0, 20 + bad).Select(i => new JudgedAnswer { CallId = $"mc-{i}", Feature = "chat", Model = "m", PromptVersion = "p@1", At = _cluster.Time.GetUtcNow(), Score = 0.5, IsGood = i < 18 || i is >= 20 and < 24 })],
        });
        foreach (var i in Enumerable.Range(0, 20 + bad))
        {
            await quality.Label(new AnswerLabel { Target = $"mc-{i}", IsGood = i < 20 });
        }

        Admin("u-ada");
        var info = await Experiment("a").Start(Canary with { Metrics = [new ExperimentMetric { Name = ExperimentMetrics.Score, Margin = 0.1, OwnAttenuation = given }] });

        Assert.Equal(attenuation, info.Spec.Metrics[0].OwnAttenuation);
    }

    [Fact]
    public async Task Start_ByAnEmployee_IsForbidden()
    {
        _cluster.SignIn(_tenant, "u-eve");

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Experiment("a").Start(Canary))).Code);
    }

    [Fact]
    public async Task Record_FailuresOfTheCanary_RollItBackAndTheDecisionCanBeReplayed()
    {
        await Experiment("a").Start(Canary);
        var after = await RecordAsync("a", "b-1", Units(40, canaryFails: true));

        Assert.Equal(ExperimentStatus.RolledBack, after!.Status);
        Admin("u-ada");
        var info = (await Experiment("a").GetInfo())!;
        Assert.True(info.Harm >= 20, $"{info.Harm}");
        Assert.NotNull(info.EndedAt);
        var step = Assert.Single(await Experiment("a").ListDecisions());
        Assert.Equal("RollBack", step.Verdict);
        var replay = await Experiment("a").Replay(1);
        Assert.Equal((true, step.Reason), (replay.IsSame, replay.Reason));
    }

    [Fact]
    public async Task Record_SameBatchTwice_CountsOnce()
    {
        await Experiment("a").Start(Canary);
        await RecordAsync("a", "b-1", Units(4, canaryFails: false));
        await RecordAsync("a", "b-1", Units(4, canaryFails: false));

        Admin("u-ada");
        Assert.Equal([12, 4], (await Experiment("a").GetInfo())!.Units);
    }

    [Fact]
    public async Task Record_NoHarm_PromotesAndStopTakesItBack()
    {
        await Experiment("a").Start(Canary);
        RunningExperiment? after = null;
        for (var i = 0; i < 10 && after is not { Status: ExperimentStatus.Promoted }; i++)
        {
            after = await RecordAsync("a", $"b-{i}", Units(100, canaryFails: false));
        }

        Assert.Equal((ExperimentStatus.Promoted, 1), (after!.Status, after.Winner));
        Assert.Contains(await RunningAsync(), experiment => experiment.Name == "a");
        Admin("u-ada");
        Assert.Equal(ExperimentStatus.RolledBack, (await Experiment("a").Stop("no longer wanted")).Status);
        Assert.DoesNotContain(await RunningAsync(), experiment => experiment.Name == "a");
    }

    // The same observations, by a judge that never errs and by one that sees half of each difference.
    [Fact]
    public async Task Record_ScoreOfAJudgeThatErrs_BoundsAreCorrectedForIt()
    {
        foreach (var (name, attenuation) in new[] { ("exact", 1.0), ("dull", 0.5) })
        {
            Admin("u-ada");
            await Experiment(name).Start(Canary with { Metrics = [new ExperimentMetric { Name = ExperimentMetrics.Score, Margin = 0.2, OwnAttenuation = attenuation }], MinimumUnits = 100_000 });
            await RecordAsync(name, "b-1", [.. Enumerable.Range(0, 1_000).Select(i => new ExperimentUnit { Variant = i % 4 == 3 ? 1 : 0, Values = [0.5 + (i % 3 * 0.01)] })]);
        }

        Admin("u-ada");
        var (exact, dull) = ((await Experiment("exact").GetInfo())!.Comparisons.Single(), (await Experiment("dull").GetInfo())!.Comparisons.Single());
        Assert.InRange(exact.High, 0.001, 0.49);
        Assert.Equal((exact.Low * 2, exact.High * 2, exact.Value), (dull.Low, dull.High, dull.Value));
    }

    [Fact]
    public async Task Record_UnitOfAnotherPlan_IsRefused()
    {
        await Experiment("a").Start(Canary);

        Assert.Equal("units", (await Assert.ThrowsAsync<StewardException>(() => RecordAsync("a", "b-1", [new ExperimentUnit { Variant = 2, Values = [0] }]))).Field);
    }

    [Fact]
    public async Task Record_ByAnAdmin_IsForbidden()
    {
        await Experiment("a").Start(Canary);

        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => Experiment("a").Record(new ExperimentBatch { BatchId = "b", Stage = 0 }))).Code);
    }

    [Fact]
    public async Task Stage_CallsOfConversations_GetTheirVariantsAndAreHandedIn()
    {
        await Experiment("a").Start(Canary with { Stages = [0.5] });
        var (stage, reporter) = (ActivatorUtilities.CreateInstance<ExperimentStage>(_cluster.Silo), _cluster.Silo.GetRequiredService<ExperimentReporter>());
        var calls = Enumerable.Range(0, 40).Select(i => Call($"s-{i}")).ToList();
        foreach (var call in calls)
        {
            Assert.Null(await stage.EnterAsync(call, CancellationToken.None));
            await stage.LeaveAsync(call, Failed);
        }

        var canary = calls.FindAll(call => call.Variants.Contains("a=next"));
        Assert.Equal(40, canary.Count + calls.Count(call => call.Variants.Contains("a=now")));
        Assert.InRange(canary.Count, 8, 32);
        Assert.All(canary, call => Assert.Equal(100, call.Request.OutputLimit));
        await reporter.ReportAsync();
        Admin("u-ada");
        var units = (await Experiment("a").GetInfo())!.Units;
        Assert.Equal((40 - canary.Count, canary.Count), ((int)units[0], (int)units[1]));
    }

    [Fact]
    public async Task Stage_VariantOfParametersAndRouting_IsAppliedToCallsThatLeaveThemOpen()
    {
        await Experiment("a").Start(Trial with { Variants = [new ExperimentVariant { Name = "now" }, new ExperimentVariant { Name = "next", Model = ModelCall.Auto, Temperature = 0.2, TopP = 0.9, Effort = "low" }] });
        var stage = ActivatorUtilities.CreateInstance<ExperimentStage>(_cluster.Silo);
        List<ModelCall> calls = [.. Enumerable.Range(0, 40).Select(i => Call($"s-{i}", ModelTiers.Large))];
        List<ModelCall> own = [.. Enumerable.Range(0, 40).Select(i => Call($"s-{i}", ModelTiers.Large, new ChatSampling { Temperature = 1 }))];
        foreach (var call in calls.Concat(own))
        {
            await stage.EnterAsync(call, CancellationToken.None);
        }

        var (next, now) = (calls.FindAll(call => call.Variants.Contains("a=next")), calls.FindAll(call => call.Variants.Contains("a=now")));
        Assert.Equal(40, next.Count + now.Count);
        Assert.NotEmpty(next);
        Assert.All(next, call => Assert.Equal((ModelCall.Auto, 0.2, 0.9, "low"), (call.Model, call.Request.Sampling.Temperature, call.Request.Sampling.TopP, call.Request.Sampling.ReasoningEffort)));
        Assert.All(now, call => Assert.Equal((ModelTiers.Large, ChatSampling.Default), (call.Model, call.Request.Sampling)));
        Assert.All(own, call => Assert.Equal((0, ModelTiers.Large), (call.Variants.Count, call.Model)));
    }

    // The caller would be refused for what the experiment asked; the control leaves such calls out too.
    [Fact]
    public async Task Stage_ParametersThatTheNamedModelCannotHeed_LeaveTheCallOut()
    {
        await Experiment("a").Start(Trial with { Variants = [new ExperimentVariant { Name = "now" }, new ExperimentVariant { Name = "next", Temperature = 0.2 }] });
        var stage = ActivatorUtilities.CreateInstance<ExperimentStage>(_cluster.Silo, new object[] { new IChatModelSource[] { new Thinkers() } });
        List<ModelCall> deaf = [.. Enumerable.Range(0, 40).Select(i => Call($"s-{i}", "large"))];
        List<ModelCall> able = [.. Enumerable.Range(0, 40).Select(i => Call($"s-{i}", "p/gpt-4.1-mini"))];
        List<ModelCall> elsewhere = [.. Enumerable.Range(0, 40).Select(i => Call($"s-{i}", "p/gpt-4.1-mini"))];
        elsewhere.ForEach(call => call.Policy = call.Policy with { Providers = ["deaf"] });
        foreach (var call in deaf.Concat(able).Concat(elsewhere))
        {
            await stage.EnterAsync(call, CancellationToken.None);
        }

        Assert.All(deaf, call => Assert.Equal((0, null), (call.Variants.Count, call.Request.Sampling.Temperature)));
        Assert.All(able, call => Assert.Single(call.Variants));
        Assert.Contains(able, call => call.Request.Sampling.Temperature == 0.2);
    }

    [Fact]
    public async Task Stage_AssignedByTenant_GivesAllItsConversationsOneVariantAndDecidesNothing()
    {
        await Experiment("a").Start(Trial with { AssignBy = ExperimentAssignment.Tenant, MaximumDuration = TimeSpan.FromDays(3) });
        var stage = ActivatorUtilities.CreateInstance<ExperimentStage>(_cluster.Silo);
        List<ModelCall> calls = [.. Enumerable.Range(0, 20).Select(i => Call($"s-{i}", ModelCall.Auto))];
        foreach (var call in calls)
        {
            await stage.EnterAsync(call, CancellationToken.None);
        }

        var variant = Assert.Single(calls.Select(call => call.Variants.Single()).Distinct());
        var units = Enumerable.Range(0, 900).Select(_ => new ExperimentUnit { Variant = variant == "a=next" ? 1 : 0, Values = [1, 100] }).ToList();
        Assert.Equal(ExperimentStatus.Running, (await RecordAsync("a", "b-1", units))!.Status);
        _cluster.Time.Advance(TimeSpan.FromDays(3));
        Assert.Equal(ExperimentStatus.Inconclusive, (await RecordAsync("a", "b-2", []))!.Status);
    }

    // By the name that they have in common, and never by the tenants' own salts.
    [Fact]
    public void VariantOf_ManyTenantsWithTheSameExperiment_AreDividedAndStay()
    {
        var experiment = new RunningExperiment { Name = "a", Salt = "a", Shares = [0.5, 0.5], Spec = Trial with { AssignBy = ExperimentAssignment.Tenant } };
        int? VariantOf(int tenant, string conversation) => ExperimentStage.VariantOf(experiment, ExperimentStage.UnitOf(experiment, $"t-{tenant}", "u-1", conversation));

        Assert.InRange(Enumerable.Range(0, 200).Count(tenant => VariantOf(tenant, "s-1") == 1), 70, 130);
        Assert.All(Enumerable.Range(0, 200), tenant => Assert.Equal(VariantOf(tenant, "s-1"), VariantOf(tenant, "s-2")));
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("auto", true)]
    [InlineData("large", true)]
    [InlineData("small", false)]
    [InlineData("p/unknown", false)]
    public void CheckParameters_NoModelThatHeedsThem_IsRefused(string? model, bool isRefused)
    {
        var spec = Trial with { Variants = [new ExperimentVariant { Name = "now" }, new ExperimentVariant { Name = "next", Model = model, Temperature = 0.2 }] };
        var failure = Record.Exception(() => ExperimentRules.CheckParameters(spec, new Thinkers(), new ModelCapabilityTable()));

        Assert.Equal(isRefused ? "variants" : null, (failure as StewardException)?.Field);
    }

    // The number that earlier releases send stays where it was; what the HTTP API calls attenuation is what was given, or nothing.
    [Theory]
    [InlineData(0.8, null, 0.8, 0.8)]
    [InlineData(1.0, 0.7, 0.7, 0.7)]
    [InlineData(1.0, null, null, 1.0)]
    public void Attenuation_OfEitherRelease_IsTheSame(double sent, double? own, double? expected, double planned)
    {
        var metric = new ExperimentMetric { Name = ExperimentMetrics.Score, Margin = 0.1, Attenuation = sent, OwnAttenuation = own };
        var spec = ExperimentRules.Check(Canary with { Metrics = [metric] });

        Assert.Equal((expected, planned), (spec.Metrics[0].OwnAttenuation, spec.Metrics[0].Attenuation));
        Assert.Equal(planned, ExperimentRules.PlanOf(spec).Metrics[0].Attenuation);
        var json = JsonSerializer.SerializeToElement(spec.Metrics[0], JsonSerializerOptions.Web).GetProperty("attenuation");
        Assert.Equal(expected, json.ValueKind == JsonValueKind.Null ? null : json.GetDouble());
    }

    [Fact]
    public async Task Prompt_Versions_NeedFourEyesAndGoLiveAndBack()
    {
        var prompt = Prompt("greeting");
        await prompt.AddVersion(new PromptDraft { Text = "Greet {name}.", Variables = ["name"] });
        Assert.Equal(ErrorCodes.Forbidden, (await Assert.ThrowsAsync<StewardException>(() => prompt.Approve(1))).Code);
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<StewardException>(() => prompt.Publish(1))).Code);
        Admin("u-ben");
        await prompt.Approve(1);
        await prompt.Publish(1);
        await prompt.AddVersion(new PromptDraft { Text = "Greet {name} warmly.", Variables = ["name"] });
        Admin("u-ada");
        await prompt.Approve(2);
        Assert.Equal(2, (await prompt.Publish(2)).Live);

        var back = await prompt.RollBack();

        Assert.Equal(1, back.Live);
        Assert.Equal([PromptStatus.Live, PromptStatus.RolledBack], back.Versions.Select(version => version.Status));
        Assert.Equal(["removed", "added"], (await prompt.Diff(1, 2)).Select(line => line.Change));
        Assert.Equal("Greet {name}.", await prompt.Preview(1, new Dictionary<string, string> { ["name"] = "{name}" }));
    }

    [Theory]
    [InlineData("Greet {name}.", "")]
    [InlineData("Greet.", "name")]
    [InlineData("", "")]
    public async Task Prompt_VariablesThatDoNotFit_AreRefused(string text, string variables)
    {
        var draft = new PromptDraft { Text = text, Variables = variables.Split(',', StringSplitOptions.RemoveEmptyEntries) };

        Assert.Equal(ErrorCodes.InvalidArgument, (await Assert.ThrowsAsync<StewardException>(() => Prompt("greeting").AddVersion(draft))).Code);
    }

    [Fact]
    public async Task Prompt_PreviewWithoutAValue_NamesTheVariable()
    {
        await Prompt("greeting").AddVersion(new PromptDraft { Text = "Greet {name}.", Variables = ["name"] });

        Assert.Equal("name", (await Assert.ThrowsAsync<StewardException>(() => Prompt("greeting").Preview(1, new Dictionary<string, string>()))).Field);
        Assert.Equal("surname", (await Assert.ThrowsAsync<StewardException>(() => Prompt("greeting").Preview(1, new Dictionary<string, string> { ["surname"] = "x" }))).Field);
    }

    [Fact]
    public async Task Prompt_Canary_IsRenderedForItsConversationsAndTakenBackInOneCall()
    {
        await TwoVersionsAsync();
        var name = (await Prompt("greeting").StartCanary(2)).Canary!;
        var source = _cluster.Silo.GetRequiredService<IPromptSource>();
        var texts = new List<RenderedPrompt>();
        for (var i = 0; i < 200; i++)
        {
            texts.Add((await source.RenderAsync(_tenant, "greeting", $"s-{i}", null, new Dictionary<string, string>(), CancellationToken.None))!);
        }

        Assert.InRange(texts.Count(text => text == new RenderedPrompt("Two.", "greeting@2")), 1, 30);
        Assert.All(texts, text => Assert.Contains(text.Version, new[] { "greeting@1", "greeting@2" }));
        Admin("u-ada");
        Assert.Null((await Prompt("greeting").RollBack()).Canary);
        Assert.Equal(ExperimentStatus.RolledBack, (await Experiment(name).GetInfo())!.Status);
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 1)]
    public async Task Prompt_CanaryThatEnded_GoesLiveOrNot(bool isPromoted, int live)
    {
        await TwoVersionsAsync();
        var name = (await Prompt("greeting").StartCanary(2)).Canary!;
        System();
        await Prompt("greeting").SettleCanary(name, isPromoted);
        await Prompt("greeting").SettleCanary(name, isPromoted);

        Admin("u-ada");
        var info = (await Prompt("greeting").GetInfo())!;
        Assert.Equal((live, null), (info.Live, info.Canary));
    }

    private static ModelCallOutcome Failed => new() { Text = "", Failure = new ModelException("model_unavailable", "x"), Duration = TimeSpan.FromSeconds(1), WasAsked = true };

    private static List<ExperimentUnit> Units(int canaries, bool canaryFails) =>
        [.. Enumerable.Range(0, 4 * canaries).Select(i => new ExperimentUnit { Variant = i % 4 == 3 ? 1 : 0, Values = [i % 4 == 3 && canaryFails ? 1 : 0] })];

    private async Task TwoVersionsAsync()
    {
        await Prompt("greeting").AddVersion(new PromptDraft { Text = "One." });
        Admin("u-ben");
        await Prompt("greeting").Approve(1);
        await Prompt("greeting").Publish(1);
        await Prompt("greeting").AddVersion(new PromptDraft { Text = "Two." });
        Admin("u-ada");
        await Prompt("greeting").Approve(2);
    }

    private ModelCall Call(string conversation, string model = ModelCall.Auto, ChatSampling? sampling = null) => new(
        new ModelCallOrigin { TenantId = _tenant, ConversationId = conversation }, new ChatRequest { Messages = [], Sampling = sampling ?? ChatSampling.Default }, model, _cluster.Time.GetUtcNow());

    private async Task<RunningExperiment?> RecordAsync(string name, string batch, List<ExperimentUnit> units)
    {
        System();
        return await Experiment(name).Record(new ExperimentBatch { BatchId = batch, Stage = 0, Units = units });
    }

    private async Task<IReadOnlyList<RunningExperiment>> RunningAsync()
    {
        System();
        return await Index().ListRunning();
    }

    private void Admin(string user) => _cluster.SignIn(_tenant, user, WellKnownRoles.Admin);

    private void System() => _cluster.SignIn(_tenant, PlatformIdentity.UserId, WellKnownRoles.System);

    private IExperimentGrain Experiment(string name) => _cluster.Grains.GetGrain<IExperimentGrain>(GrainKeys.Experiment(_tenant, name));

    private IExperimentIndexGrain Index() => _cluster.Grains.GetGrain<IExperimentIndexGrain>(GrainKeys.Experiments(_tenant));

    private IPromptGrain Prompt(string name) => _cluster.Grains.GetGrain<IPromptGrain>(GrainKeys.Prompt(_tenant, name));

    /// <summary>The large model thinks by itself and takes no temperature; the others do.</summary>
    private sealed class Thinkers : IChatModelSource
    {
        public bool IsConfigured => true;

        public IReadOnlyList<string> Names => [];

        public IChatModel? Find(string model) => null;

        public IReadOnlyList<ModelTargetName> TargetsOf(string model) => model switch
        {
            "large" => [new("openai", "p/gpt-5", "gpt-5")],
            "p/unknown" => [],
            _ => [new("openai", "p/gpt-5-mini", "gpt-5-mini"), new("openai", "p/gpt-4.1-mini", "gpt-4.1-mini")],
        };
    }
}
