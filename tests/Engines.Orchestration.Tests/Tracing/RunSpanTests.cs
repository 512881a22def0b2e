using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Tracing;

public sealed class RunSpanTests
{
    [Fact]
    public async Task Execute_TakenUpAgainElsewhere_StaysInTheTraceOfItsRequest()
    {
        var traceId = ActivityTraceId.CreateRandom();
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Diagnostics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == traceId)
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var input = Engines.Input("do something new") with { TraceParent = $"00-{traceId}-00f067aa0ba902b7-01" };
        var things = new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" });
        var model = new FakeModel((call, _) => call == 1 ? [FakeModel.Call("a_things_read", "{}"), FakeModel.End("tool_calls")] : [FakeModel.Say("Done."), FakeModel.End()]);
        var engine = Engines.Create(things, Engines.Definitions("version: 1\noperations: {}\n"), model, options => options.Strategy = "react");
        var first = FakeRecorder.For(input);
        first.DieAtAppend = 3;

        // Whoever wakes the run's owner has a trace of their own, to which the run does not belong.
        using var stranger = new Activity("stranger").SetIdFormat(ActivityIdFormat.W3C).Start();
        await Assert.ThrowsAsync<JournalDiedException>(() => engine.ExecuteAsync(input, first, default, default));
        var second = new FakeRecorder(before: first);
        await engine.ExecuteAsync(input, second, default, default);

        Assert.Equal(2, spans.Count);
        Assert.All(spans, span => Assert.StartsWith("invoke_agent ", span.OperationName, StringComparison.Ordinal));
        Assert.Equal([false, true], spans.Select(span => span.GetTagItem("steward.run.resumed")));
        Assert.All(spans, span => Assert.Equal("00f067aa0ba902b7", span.ParentSpanId.ToHexString()));
        Assert.Equal("Completed", spans.Last().GetTagItem("steward.run.phase"));
    }

    [Fact]
    public async Task HandOff_Span_LiesInThatOfTheRunAndAroundTheCallsOfTheOtherAgent()
    {
        const string boss = "id: assistant\nversion: 1\ntitle: Boss\ndescription: D\ninstructions: Lead.\ntools: { read: ['*'] }\nhandoffs: [helper]\n";
        const string helper = "id: helper\nversion: 1\ntitle: Helper\ndescription: D\ninstructions: Serve.\ntools: { read: ['*'] }\n";
        var traceId = ActivityTraceId.CreateRandom();
        var spans = new ConcurrentQueue<Activity>();
        var callers = new ConcurrentQueue<(string Call, string? Span)>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Diagnostics.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == traceId)
                {
                    spans.Enqueue(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var things = new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" });
        things.OnCall = (_, _) =>
        {
            callers.Enqueue(("tool", Activity.Current?.OperationName));
            return Task.CompletedTask;
        };
        var model = new FakeModel((call, request) =>
        {
            var isBoss = request.Messages[0].Text.Contains("Your part: Boss", StringComparison.Ordinal);
            callers.Enqueue((isBoss ? "boss" : "helper", Activity.Current?.OperationName));
            return call > 1 ? [FakeModel.Say("Done."), FakeModel.End()]
                : [isBoss ? FakeModel.Call("hand_off_to_helper", """{"task":"look"}""") : FakeModel.Call("a_things_read", "{}"), FakeModel.End("tool_calls")];
        });
        var input = Engines.Input("do it") with { TraceParent = $"00-{traceId}-00f067aa0ba902b7-01" };
        await Engines.Create(things, Engines.WithAgents("version: 1\noperations: {}\n", null, boss, helper), model).RunAsync(input);

        Assert.Equal(["invoke_agent helper", "invoke_agent default"], spans.Select(span => span.OperationName));
        var handoff = spans.First();
        Assert.Equal(spans.Last().SpanId, handoff.ParentSpanId);
        Assert.Equal(("helper", "m1_1", "succeeded"), (handoff.GetTagItem("gen_ai.agent.name"), handoff.GetTagItem("steward.step.id"), handoff.GetTagItem("steward.outcome")));
        Assert.Equal(
            [("boss", "invoke_agent default"), ("helper", "invoke_agent helper"), ("tool", "invoke_agent helper"), ("helper", "invoke_agent helper"), ("boss", "invoke_agent default")],
            callers.Select(caller => (caller.Call, caller.Span!)));
    }
}
