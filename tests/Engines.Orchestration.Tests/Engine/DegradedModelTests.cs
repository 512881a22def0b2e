using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Engine;

/// <summary>Runs below the top of the degradation ladder: what they wait for, what playbooks answer instead, and what they say of it.</summary>
public sealed class DegradedModelTests
{
    private const string Policy = "version: 1\noperations: {}\n";

    // "go" fits it less surely than a playbook has to fit to begin.
    private const string Weak = """
        id: weak
        version: 1
        title: Read the thing
        description: Reads.
        examples: [go]
        match:
          - { all: [[go]], score: 0.4 }
        steps:
          - { id: read, title: Read it, call: a.things.read }
        answer: "read ${steps.read.result.value}"
        """;

    private readonly FakeConnectors _connectors = new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" });

    [Theory]
    [InlineData("cached")]
    [InlineData("queue")]
    public async Task Execute_ModelsAreNotAsked_APlaybookThatMayFitIsOffered(string step)
    {
        var model = new FakeModel((_, _) => throw new ModelException("model_degraded", "Not now.")) { Step = step };
        var recorder = await Engine(model).RunAsync(Engines.Input("go"));

        Assert.Empty(model.Requests);
        Assert.Equal((RunPhase.Completed, "none", step), (recorder.Snapshot.Phase, recorder.Snapshot.Strategy, recorder.Snapshot.Degradation));
        Assert.Contains("Shall I do this?", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Contains("models are not asked", recorder.Snapshot.Choice!.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("full", "go")]
    [InlineData("reduced", "go")]
    [InlineData("cached", "something else")]
    public async Task Execute_ModelsAreAskedOrNothingFits_TheModelIsAsked(string step, string text)
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("said"), FakeModel.End() with { Degradation = step }]) { Step = step };
        var recorder = await Engine(model).RunAsync(Engines.Input(text));

        Assert.Equal(("said", "react", step == "full" ? null : step), (recorder.Snapshot.Answer, recorder.Snapshot.Strategy, recorder.Snapshot.Degradation));
    }

    [Fact]
    public async Task Execute_ModelIsQueued_WaitsAndAsksAgain()
    {
        var asked = 0;
        var model = new FakeModel((_, _) => ++asked <= 3 ? throw Queued(TimeSpan.FromMilliseconds(1)) : [FakeModel.Say("at last"), FakeModel.End()]);
        var recorder = await Engine(model).RunAsync(Engines.Input("something else"));

        Assert.Equal((RunPhase.Completed, "at last", 4), (recorder.Snapshot.Phase, recorder.Snapshot.Answer, asked));
        Assert.Single(recorder.Snapshot.ModelCalls);
    }

    [Fact]
    public async Task Execute_ModelIsQueuedForLongerThanThereIsTime_SaysSoAtOnce()
    {
        var model = new FakeModel((_, _) => throw Queued(TimeSpan.FromDays(30)));
        var recorder = await Engine(model).RunAsync(Engines.Input("something else"));

        Assert.Equal((RunPhase.Failed, "model_queued", 1), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, model.Requests.Count));
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(0.5, 9)]
    public async Task Stream_Queued_WaitsForAsLongAsItIsToldAndALittleLonger(double chance, int seconds)
    {
        var (time, asked) = (new ManualTimeProvider(), 0);
        var model = new PatientModel(new Immediate(() => ++asked == 1 ? throw Queued(TimeSpan.FromSeconds(8)) : FakeModel.End()), time, new Always(chance));
        var answer = model.StreamAsync(new ChatRequest { Messages = [] }, CancellationToken.None).ToListAsync().AsTask();
        time.Advance(TimeSpan.FromSeconds(seconds) - TimeSpan.FromMilliseconds(1));
        Assert.Equal((1, false), (asked, answer.IsCompleted));
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.IsType<ChatFinished>(Assert.Single(await answer));
    }

    [Theory]
    [InlineData(8, 0, 3)]
    [InlineData(20, 0.9, 2)]
    [InlineData(21, 0, 1)]
    public async Task Stream_QueuedForLongerThanItMayWaitInAll_SaysSo(int seconds, double chance, int expected)
    {
        var (time, asked) = (new ManualTimeProvider(), 0);
        var began = time.GetUtcNow();
        var model = new PatientModel(new Immediate(() => throw Queued(TimeSpan.FromSeconds(++asked > 0 ? seconds : 0))), time, new Always(chance));
        var answer = model.StreamAsync(new ChatRequest { Messages = [] }, CancellationToken.None).ToListAsync().AsTask();
        while (!answer.IsCompleted && time.GetUtcNow() - began < TimeSpan.FromSeconds(20))
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("model_queued", (await Assert.ThrowsAsync<ModelException>(() => answer)).Code);
        Assert.Equal(expected, asked);
    }

    [Fact]
    public async Task Execute_AgentLeavesTheModelOpen_AsksForIt()
    {
        var models = new Engines.OneModel(new FakeModel((_, _) => [FakeModel.Say("said"), FakeModel.End()]));
        var definitions = Engines.WithAgents(Policy, null, Engines.Assistant + "model: auto\nstrategies: [react]\n");
        var recorder = await Engines.Create(_connectors, definitions, models: models).RunAsync(Engines.Input("something else"));

        Assert.Equal("said", recorder.Snapshot.Answer);
        Assert.All(models.Tiers, tier => Assert.Equal("auto", tier));
        Assert.NotEmpty(models.Tiers);
    }

    [Fact]
    public async Task Execute_OfATeam_ItsCallsAreTheTeams()
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("said"), FakeModel.End()]);
        await Engine(model).RunAsync(Engines.Input("something else") with { Feature = "schedule", Team = "ops", Tags = new Dictionary<string, string> { ["project"] = "atlas" }, IsExternal = true });
        await Engine(model).RunAsync(Engines.Input("something else", runId: "r-2"));
        var (of, plain) = (model.Requests[0].Origin!, model.Requests[1].Origin!);

        Assert.Equal(("schedule", "ops", "atlas", true), (of.Feature, of.Team, of.Tags["project"], of.IsExternal));
        Assert.Equal(("chat", null, 0, false), (plain.Feature, plain.Team, plain.Tags.Count, plain.IsExternal));
    }

    private static ModelException Queued(TimeSpan wait) => new("model_queued", "Not now.") { IsRetryable = true, RetryAfter = wait };

    private RunEngine Engine(IChatModel model) => Engines.Create(_connectors, Engines.Definitions(Policy, Weak), model, options => options.Strategy = "auto");

    private sealed class Always(double value) : IRandomSource
    {
        public double NextDouble() => value;
    }

    /// <summary>Answers, or fails, on the thread that asks.</summary>
    private sealed class Immediate(Func<ChatDelta> answer) : IChatModel
    {
        public string Name => "fake-1";

#pragma warning disable CS1998 // Nothing is waited for.
        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
#pragma warning restore CS1998
        {
            yield return answer();
        }
    }
}
