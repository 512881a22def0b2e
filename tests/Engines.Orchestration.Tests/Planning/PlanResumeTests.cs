using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using static Steward.Engines.Orchestration.Tests.Planning.PlanHarness;

namespace Steward.Engines.Orchestration.Tests.Planning;

/// <summary>A run with everything in it (a refused plan, a review, an edit, a failed step, a new plan) dies at each append in turn and comes to the same end.</summary>
public sealed class PlanResumeTests
{
    [Fact]
    public async Task Run_DiesAtEachAppend_ComesToTheSameEnd()
    {
        var (calm, appends, questions) = await LiveAsync(0, false);
        Assert.True(appends > 8, $"only {appends} appends");
        for (var death = 1; death <= appends; death++)
        {
            foreach (var afterwards in new[] { false, true })
            {
                var (recorder, _, asked) = await LiveAsync(death, afterwards);
                Assert.Equal(Shape(calm), Shape(recorder));
                Assert.Equal(calm.Snapshot.ModelCalls.Count, recorder.Snapshot.ModelCalls.Count);

                // At most the one call whose answer was lost with the append is made again.
                Assert.InRange(asked, questions, questions + 1);
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_ResultOfAnEarlierPlanWasRemoved_IsNotTakenForNothing(bool isRemoved)
    {
        var connectors = new FakeConnectors()
            .AddOutcome(PlanSamples.Read, OperationEffect.Read, (arguments, _) => Task.FromResult<ActionOutcome>(arguments.GetProperty("step").GetString() == "bad"
                ? new ActionFailed("rejected", "It broke.", false)
                : new ActionSucceeded(JsonSerializer.SerializeToElement(new { items = Enumerable.Range(0, 1000).Select(n => $"item number {n}") }))))
            .Add(PlanSamples.Write, OperationEffect.Write, PlanSamples.Echo);
        var write = With(With(Write("w"), "onFailure", "stop"), "arguments", new JsonObject { ["step"] = "n${count(steps.p1_r.result.items)}" });
        var harness = new PlanHarness { Connectors = connectors, Plans = [Json(Read("r"), Read("bad", "r")), Json(write)] };
        var first = FakeRecorder.For(harness.Input);
        first.OnRecord = facts => facts.Any(fact => fact is ActionPlanned) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => harness.RunAsync(first));
        var second = new FakeRecorder(before: first);
        if (isRemoved)
        {
            second.Forget(second.Snapshot.FindStep("p1_r")!.ResultHash!);
        }

        await harness.RunAsync(second);

        Assert.Equal(isRemoved ? "result_missing" : null, second.Snapshot.FindStep("p2_w")!.Code);
        Assert.Equal(isRemoved ? (RunPhase.Partial, "result_missing") : (RunPhase.Completed, (string?)null), (second.Snapshot.Phase, second.Snapshot.ErrorCode));
        Assert.Equal(isRemoved ? 0 : 1, connectors.Effects.Count);
    }

    private static async Task<(FakeRecorder Recorder, int Appends, int Questions)> LiveAsync(int death, bool afterwards)
    {
        var effects = 0;
        var connectors = new FakeConnectors()
            .AddOutcome(PlanSamples.Read, OperationEffect.Read, (arguments, _) => Task.FromResult<ActionOutcome>(arguments.GetProperty("step").GetString() == "bad"
                ? new ActionFailed("rejected", "It broke.", false)
                : new ActionSucceeded(JsonSerializer.SerializeToElement(PlanSamples.Echo(arguments)))))
            .Add(PlanSamples.Write, OperationEffect.Write, arguments =>
            {
                effects++;
                return PlanSamples.Echo(arguments);
            });
        var edited = Json(Write("w"), With(Read("bad", "w"), "arguments", new JsonObject { ["step"] = "bad", ["seen"] = "${steps.w.result.value}" }));
        var harness = new PlanHarness
        {
            Connectors = connectors,
            Plans = ["no plan", Json(Write("x")), Json(Write("v", "r"), Read("r"))],
            Input = Engines.Input("go") with { ReviewPlan = true },
        };

        var recorder = FakeRecorder.For(harness.Input);
        recorder.DieAtAppend = death;
        recorder.DieAfterwards = afterwards;
        var appends = 0;
        for (var life = 0; life < 20 && !recorder.Snapshot.HasEnded; life++)
        {
            try
            {
                if (recorder.Snapshot.Phase == RunPhase.Waiting)
                {
                    var open = recorder.Snapshot.Decisions.Single(decision => decision.IsOpen);
                    var (decision, content) = recorder.Snapshot.Decisions.Count switch
                    {
                        1 => ("edit", Json(Read("a", "b"))),
                        2 => ("edit", edited),
                        _ => ("approve", null),
                    };
                    await recorder.RecordAsync(
                        [new DecisionMade { RequestId = open.Request.RequestId, Decision = decision, By = "u-ada", Content = content is null ? null : JsonDocument.Parse(content).RootElement }], default);
                }

                await harness.RunAsync(recorder);
            }
            catch (JournalDiedException)
            {
                recorder = new FakeRecorder(before: recorder);
            }

            appends = Math.Max(appends, recorder.Appends);
        }

        Assert.True(recorder.Snapshot.HasEnded);
        Assert.Equal(2, effects);
        Assert.All(connectors.Effects.Values, count => Assert.Equal(1, count));
        return (recorder, appends, harness.Questions.Count);
    }

    private static string Shape(FakeRecorder recorder) => string.Join('\n',
        recorder.Snapshot.Plans.Select(plan => $"{plan.Revision} {plan.PlanHash} {plan.AcceptedBy} {string.Join(',', plan.Faults.Select(fault => fault.Code))} {plan.Reason}")
            .Concat(recorder.Snapshot.Steps.Select(step => $"{step.StepId} {step.Status} {step.Result?.GetRawText()}"))
            .Append($"{recorder.Snapshot.Phase} {recorder.Snapshot.ErrorCode} {recorder.Snapshot.Answer}"));
}
