using System.Diagnostics;
using System.Text.Json.Nodes;
using Steward.Grains.Tests.Hosting;
using Steward.Runs;
using Steward.Sessions;

namespace Steward.Grains.Tests.Runs;

[Collection(GrainClusterGroup.Name)]
public class RunTraceTests
{
    private readonly GrainCluster _cluster;

    public RunTraceTests(GrainCluster cluster)
    {
        _cluster = cluster;
        cluster.SignIn("t-acme", "u-ada");
    }

    [Fact]
    public async Task ReadTrace_RunningAndEnded_HasAllEventsThoughFewAreBuffered()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("hold trace-gate"));
        await Conversing.UntilAsync(async () => (await run.GetStatus())!.Answer == "holding");
        var early = JsonNode.Parse((await run.ReadTrace(false))!)!;
        _cluster.Model.Release("trace-gate");
        await run.WatchToEndAsync();
        var late = JsonNode.Parse((await run.ReadTrace(false))!)!;

        Assert.Equal(("running", "completed"), ((string?)early["state"], (string?)late["state"]));
        Assert.Equal((0, 1), ((int)early["totals"]!["modelCalls"]!, (int)late["totals"]!["modelCalls"]!));
        Assert.Equal("hold trace-gate", (string?)late["root"]!["input"]!["text"]);
        Assert.Equal("holding released", (string?)late["root"]!["children"]!.AsArray().Single(node => (string?)node!["kind"] == "model")!["output"]!["text"]);
        Assert.True((long)late["lastSequence"]! > GrainCluster.BufferedEvents);
    }

    [Fact]
    public async Task ReadTrace_OfSomebodyElse_IsNullForColleaguesAndAdmins()
    {
        var session = await _cluster.OpenAsync();
        var run = _cluster.Run(await session.SayAsync("say private"));
        await run.WatchToEndAsync();

        _cluster.SignIn("t-acme", "u-bob");
        Assert.Null(await run.ReadTrace(false));
        _cluster.SignIn("t-acme", "u-admin", "admin");
        Assert.Null(await run.ReadTrace(true));
    }

    [Fact]
    public async Task ReadTrace_OfNoRun_IsNull() =>
        Assert.Null(await _cluster.Run(new SubmitResult { Outcome = SubmitOutcome.Started, RunId = "r-nowhere" }).ReadTrace(false));

    [Fact]
    public async Task Submit_WithTraceContext_SessionAndRunBelongToIt()
    {
        var traceId = ActivityTraceId.CreateRandom();
        var spans = new System.Collections.Concurrent.ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name.StartsWith("Steward.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.TraceId == traceId)
                {
                    spans.Enqueue(span.OperationName.Split(' ')[0]);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        var session = await _cluster.OpenAsync();
        var submitted = await session.Submit(new SubmitMessage
        {
            Text = "say hello", OperationId = Guid.NewGuid().ToString("n"), Options = new RunRequestOptions { TraceParent = $"00-{traceId}-00f067aa0ba902b7-01", MaxSeconds = 60 },
        });
        var run = _cluster.Run(submitted);
        await run.WatchToEndAsync();
        await Conversing.UntilAsync(() => Task.FromResult(spans.Contains("invoke_agent")));
        var trace = JsonNode.Parse((await run.ReadTrace(false))!)!;

        Assert.Equal(["invoke_agent", "run", "session"], spans.Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(traceId.ToHexString(), (string?)trace["traceId"]);
        Assert.Equal(60, (int)trace["root"]!["attributes"]!["limits"]!["seconds"]!);
    }
}
