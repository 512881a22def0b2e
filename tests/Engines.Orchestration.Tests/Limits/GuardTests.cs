using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Limits;

public sealed class GuardTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    [Fact]
    public async Task Execute_RepeatedCall_IsRecordedOnceForEach()
    {
        var recorder = await RunAsync(new FakeModel((call, request) => Tools(request, ("a_things_read", "{}"), call)));

        Assert.Equal(["m2_1", "m3_1"], recorder.Snapshot.Trips.Where(trip => trip.Guard == "repeated_call").Select(trip => trip.StepId));
    }

    [Fact]
    public async Task Execute_RepeatedRefusal_IsNotDecidedAgain()
    {
        var things = Things();
        var recorder = await RunAsync(new FakeModel((call, request) => Tools(request, ("a_things_forbidden", "{}"), call)), things);

        Assert.Equal(["forbidden", "forbidden", "forbidden"], recorder.Snapshot.Steps.Select(step => step.Code));
        Assert.Equal(2, recorder.Snapshot.Trips.Count(trip => trip.Guard == "repeated_call"));
    }

    [Fact]
    public async Task Execute_SameCallTwiceInOneAnswer_IsMadeOnce()
    {
        var things = Things();
        var model = new FakeModel((call, _) => call == 1
            ? [FakeModel.Call("a_things_read", "{}", "c1"), FakeModel.Call("a_things_read", "{}", "c2"), FakeModel.End("tool_calls")]
            : [FakeModel.Say("ok"), FakeModel.End()]);
        var recorder = await RunAsync(model, things);

        Assert.Single(things.Calls);
        Assert.Equal("m1_1", recorder.Snapshot.FindStep("m1_2")!.SameAs);
    }

    [Fact]
    public async Task Execute_TwoStepsWithoutNews_ForcesAnAnswer()
    {
        var model = new FakeModel((call, request) => Tools(request, ("a_things_none", $$"""{"q":"{{call}}"}"""), call));
        var recorder = await RunAsync(model);

        Assert.Equal([true, true, true, false], model.Requests.Select(request => request.AllowToolCalls));
        Assert.Equal((RunPhase.Completed, "That is all."), (recorder.Snapshot.Phase, recorder.Snapshot.Answer));
        Assert.Single(recorder.Snapshot.Trips, trip => trip.Guard == "no_new_information");
    }

    [Fact]
    public async Task Execute_SameAnswerToDifferentQuestions_IsNews()
    {
        var model = new FakeModel((call, request) => call <= 5 ? Tools(request, ("a_things_read", $$"""{"q":"{{call}}"}"""), call) : [FakeModel.Say("ok"), FakeModel.End()]);
        var recorder = await RunAsync(model);

        Assert.Empty(recorder.Snapshot.Trips);
        Assert.Equal(6, model.Requests.Count);
    }

    [Fact]
    public async Task Execute_ForcedModelStaysSilent_EndsPartialAndSaysWhy()
    {
        var model = new FakeModel((call, _) => [FakeModel.Call("a_things_none", "{}"), FakeModel.End("tool_calls")]);
        var recorder = await RunAsync(model);

        Assert.Equal((RunPhase.Partial, "no_new_information"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal(4, model.Requests.Count);
    }

    [Fact]
    public void Execute_AnyModelThatLearnsNothing_Terminates()
    {
        // Six different calls bring five different observations: whatever the model does, it is stopped soon after it has seen them.
        string[] calls = ["a_things_none", "a_things_broken", "a_things_forbidden", "no_such_tool", "a_things_read", "a_things_read2"];
        var choices = Gen.Elements(calls).NonEmptyListOf();
        Prop.ForAll(choices.ToArbitrary(), list => CheckAsync([.. list]).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

        static async Task<bool> CheckAsync(List<string> choices)
        {
            var model = new FakeModel((call, request) => Tools(request, (choices[(call - 1) % choices.Count], "{}"), call));
            var recorder = await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model, options => options.MaxModelSteps = 100).RunAsync(Engines.Input("go"));

            Assert.True(recorder.Snapshot.HasEnded);
            var distinct = choices.Distinct().Count();
            Assert.True(model.Requests.Count <= (distinct * Novelty.Patience) + Novelty.Patience + 1, $"{model.Requests.Count} calls for {distinct} observations");
            return true;
        }
    }

    [Fact]
    public async Task IsStalled_ResumedRun_TripsOnce()
    {
        var input = Engines.Input("go");
        FakeModel Model() => new((call, request) => Tools(request, ("a_things_none", "{}"), call));
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.OfType<AnswerDelta>().Any() ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), Model()).ExecuteAsync(input, first, default, default));

        var model = Model();
        var second = new FakeRecorder(before: first);
        await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model).ExecuteAsync(input, second, default, default);

        Assert.False(Assert.Single(model.Requests).AllowToolCalls);
        Assert.Single(second.Snapshot.Trips, trip => trip.Guard == "no_new_information");
    }

    [Theory]
    [InlineData("""{"url":"http://127.0.0.1:7080/v1/sessions"}""", "url")]
    [InlineData("""{"q":"https://steward.example.com/v1"}""", "q")]
    [InlineData("""{"q":"ws://LOCALHOST:7080/"}""", "q")]
    [InlineData("""{"q":"http://[::1]:7080/"}""", "q")]
    public async Task Execute_ArgumentThatLeadsBack_IsRefused(string arguments, string field)
    {
        var things = Things();
        var recorder = await RunAsync(new FakeModel((call, _) => call == 1 ? [FakeModel.Call("a_things_read", arguments), FakeModel.End("tool_calls")] : [FakeModel.Say("ok"), FakeModel.End()]), things);

        Assert.Equal("callback_loop", recorder.Snapshot.FindStep("m1_1")!.Code);
        Assert.Contains($"'{field}'", recorder.Snapshot.FindStep("m1_1")!.Message!, StringComparison.Ordinal);
        Assert.Equal("callback_loop", Assert.Single(recorder.Snapshot.Trips).Guard);
        Assert.Empty(things.Calls);
    }

    [Theory]
    [InlineData("""{"q":"http://127.0.0.1:7081/"}""")]
    [InlineData("""{"q":"see http://127.0.0.1:7080/ for more"}""")]
    [InlineData("""{"q":"https://example.com/"}""")]
    public async Task Execute_ArgumentThatLeadsElsewhere_IsCalled(string arguments)
    {
        var things = Things();
        await RunAsync(new FakeModel((call, _) => call == 1 ? [FakeModel.Call("a_things_read", arguments), FakeModel.End("tool_calls")] : [FakeModel.Say("ok"), FakeModel.End()]), things);

        Assert.Single(things.Calls);
    }

    [Fact]
    public async Task Execute_ConnectorThatLeadsBack_IsRefused()
    {
        var things = Things();
        things.BaseUrl = new Uri("http://localhost:7080/api");
        var recorder = await RunAsync(new FakeModel((call, _) => call == 1 ? [FakeModel.Call("a_things_write", "{}"), FakeModel.End("tool_calls")] : [FakeModel.Say("ok"), FakeModel.End()]), things);

        Assert.Equal("callback_loop", recorder.Snapshot.FindStep("m1_1")!.Code);
        Assert.Empty(recorder.Snapshot.Actions);
    }

    [Fact]
    public void IsOwn_HostWithoutAFormInAscii_IsNobodys() => Assert.False(CallbackGuard.IsOwn(["steward.example.com"], new Uri("https://xn--\u00fc.example/x")));

    [Theory]
    [InlineData("steward.example.com", true)]
    [InlineData("127.0.0.1:7080", true)]
    [InlineData("http://[::]:80", true)]
    [InlineData("", false)]
    [InlineData("host/path", false)]
    [InlineData("a b", false)]
    public void IsValid_Entry_IsAHostWithOrWithoutAPort(string entry, bool expected) => Assert.Equal(expected, CallbackGuard.IsValid(entry));

    [Fact]
    public void IsStalled_OneCallWithManyTools_CountsAsOneStep()
    {
        ModelCalled Call(int n) => new()
        {
            Call = n, Model = "m", FinishReason = "tool_calls", AnswerFrom = 0, AnswerLength = 0,
            ToolCalls = [new ModelToolCall { Id = "a", StepId = $"m{n}_1", Name = "t", Arguments = "{}" }, new ModelToolCall { Id = "b", StepId = $"m{n}_2", Name = "t", Arguments = "{}" }],
        };
        StepState Empty(string id) => new() { StepId = id, Title = id, Ordinal = 0, Status = StepStatus.Done, Result = JsonSerializer.SerializeToElement(new { items = Array.Empty<int>() }) };

        Assert.False(new Novelty().IsStalled([Call(1), Call(2)], Empty));
        Assert.True(new Novelty().IsStalled([Call(1), Call(2), Call(3)], Empty));
    }

    private static IEnumerable<ChatDelta> Tools(ChatRequest request, (string Name, string Arguments) tool, int call) => request.AllowToolCalls
        ? [FakeModel.Call(tool.Name, tool.Arguments, $"c{call}"), FakeModel.End("tool_calls")]
        : [FakeModel.Say("That is all."), FakeModel.End()];

    private static Task<FakeRecorder> RunAsync(FakeModel model, FakeConnectors? things = null) => Engines.Create(
        things ?? Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model, options => options.OwnAddresses = ["127.0.0.1:7080", "steward.example.com"]).RunAsync(Engines.Input("go"));

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" })
        .Add("a.things.read2", OperationEffect.Read, _ => new JsonObject { ["value"] = "w" })
        .Add("a.things.none", OperationEffect.Read, _ => new JsonObject { ["items"] = new JsonArray() })
        .AddOutcome("a.things.broken", OperationEffect.Read, (_, _) => Task.FromResult<ActionOutcome>(new ActionFailed("unavailable", "Down.", true)))
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" })
        .Add("a.things.forbidden", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" });
}
