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
}
