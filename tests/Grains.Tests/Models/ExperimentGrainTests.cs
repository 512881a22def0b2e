using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Errors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Experiments;
using Steward.Models.Prompts;

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
    public async Task Start_BadSpecification_NamesTheField(int kind, string field)
    {
        var spec = kind switch
        {
            1 => Canary with { Variants = [] },
            2 => Canary with { Stages = [0.5, 0.25] },
            3 => Canary with { Metrics = [new ExperimentMetric { Name = "happiness", Margin = 1 }] },
            4 => Canary with { Alpha = 0.5 },
            _ => Canary with { Prompt = "greeting" },
        };

        Assert.Equal(field, (await Assert.ThrowsAsync<StewardException>(() => Experiment("a").Start(spec))).Field);
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

    private ModelCall Call(string conversation) => new(
        new ModelCallOrigin { TenantId = _tenant, ConversationId = conversation }, new ChatRequest { Messages = [] }, ModelCall.Auto, _cluster.Time.GetUtcNow());

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
}
