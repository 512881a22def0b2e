using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Tests.React;

namespace Steward.Engines.Orchestration.Tests.Limits;

public sealed class BudgetTests
{
    private const string Policy = "version: 1\noperations: {}\n";

    [Fact]
    public async Task Execute_ModelCallsUsedUp_AsksOnceMoreWithoutToolsAndEndsPartial()
    {
        var model = Restless();
        var recorder = await RunAsync(model, new RunLimits { ModelCalls = 3 });

        Assert.Equal((RunPhase.Partial, "budget", "All I know."), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, recorder.Snapshot.Answer));
        Assert.Equal([true, true, false], model.Requests.Select(request => request.AllowToolCalls));
        Assert.Equal(("model_calls", 3m, 2m), recorder.Facts.OfType<BudgetExhausted>().Select(spent => (spent.Budget, spent.Limit, spent.Used)).Single());
    }

    [Fact]
    public async Task Execute_StepsUsedUp_RefusesTheRestAndAsksForAnAnswer()
    {
        var things = Things();
        var recorder = await RunAsync(Restless(tools: 3), new RunLimits { Steps = 4 }, things);

        Assert.Equal((RunPhase.Partial, "budget", "All I know."), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode, recorder.Snapshot.Answer));
        Assert.Equal(4, things.Calls.Count);
        Assert.Equal(["budget", "budget"], recorder.Snapshot.Steps.Where(step => step.Status == StepStatus.Failed).Select(step => step.Code));
        Assert.Single(recorder.Facts.OfType<BudgetExhausted>());
    }

    [Fact]
    public async Task Execute_NotEvenALastAnswerFits_EndsWithWhatWasDone()
    {
        var model = Restless();
        var recorder = await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model)
            .RunAsync(Engines.Input(new string('x', 8_000)) with { Limits = new RunLimits { Tokens = 1_000 } });

        Assert.Equal((RunPhase.Partial, "budget"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Empty(model.Requests);
        Assert.StartsWith("I stopped because the tokens", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed.", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Single(recorder.Facts.OfType<BudgetExhausted>());
    }

    [Fact]
    public async Task Execute_TokensRunLow_BoundsTheAnswer()
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        await RunAsync(model, new RunLimits { Tokens = 3_000 });

        Assert.InRange(model.Requests[0].MaxOutputTokens!.Value, 256, 3_000);
    }

    [Fact]
    public async Task Execute_PlentyLeft_LeavesTheLengthOfTheAnswerToTheModel()
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        await RunAsync(model, new RunLimits { Tokens = 300_000 });

        Assert.Null(model.Requests[0].MaxOutputTokens);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Execute_Deadline_ReachesTheModelUnlessTheRunMayGoOn(bool mayGoOn)
    {
        var deadline = TimeProvider.System.GetUtcNow().AddMinutes(1);
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model).RunAsync(Engines.Input("go", deadline: deadline) with { ContinueAfterDeadline = mayGoOn });

        Assert.Equal(mayGoOn ? null : deadline, model.Requests[0].Deadline);
    }

    [Fact]
    public async Task Execute_MoneyLimitedAndPriceUnknown_IsRefused()
    {
        var model = Restless();
        var recorder = await RunAsync(model, new RunLimits { CostUsd = 1 });

        Assert.Equal((RunPhase.Failed, "model_price_unknown"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains("Steward:Models:Prices", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Empty(model.Requests);
        Assert.Contains("model.failed", recorder.Types);
    }

    [Fact]
    public async Task Execute_MoneyUsedUp_EndsPartial()
    {
        // Each call costs a tenth of a cent, as the fake says.
        var model = Restless(price: new ModelPrice { Model = "fake-1", Input = 0.01m, CachedInput = 0.01m, Output = 0.01m, AsOf = new DateOnly(2026, 1, 1) });
        var recorder = await RunAsync(model, new RunLimits { CostUsd = 0.0035m });

        Assert.Equal((RunPhase.Partial, "budget"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal("money", Assert.Single(recorder.Snapshot.Exhausted).Budget);
        Assert.InRange(recorder.Snapshot.Usage.CostUsd!.Value, 0.003m, 0.0045m);
    }

    [Fact]
    public async Task Execute_TimeOverInTheMiddleOfACall_KeepsWhatWasShownAndEndsPartial()
    {
        var time = new ManualTimeProvider();
        var model = new FakeModel((_, _) => Slow());
        var input = Engines.Input("go") with { Limits = new RunLimits { Seconds = 30 } };
        var recorder = FakeRecorder.For(input, time);
        await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model, time: time).ExecuteAsync(input, recorder, default, default);

        Assert.Equal((RunPhase.Partial, "budget"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.StartsWith("The first half\n\nI stopped because the time", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Equal("time", Assert.Single(recorder.Snapshot.Exhausted).Budget);

        IEnumerable<ChatDelta> Slow()
        {
            yield return FakeModel.Say("The first half");
            time.Advance(TimeSpan.FromSeconds(31));
            yield return FakeModel.Say(" and the second");
        }
    }

    [Fact]
    public async Task Execute_ModelFailsInTheMiddleOfItsAnswer_WhatItUsedIsCounted()
    {
        var input = Engines.Input("go") with { Limits = new RunLimits { Tokens = 6_000 } };
        var recorder = FakeRecorder.For(input);
        var price = new ModelPrice { Model = "fake-1", Input = 1m, CachedInput = 1m, Output = 2m, AsOf = new DateOnly(2026, 1, 1) };
        await Engine(new FakeModel((_, _) => Broken()) { Price = price }).ExecuteAsync(input, recorder, default, default);

        var failed = Assert.Single(recorder.Facts.OfType<ModelFailed>());
        Assert.Equal(("model_stream_broken", 3_001L), (failed.Code, failed.OutputTokens));
        Assert.InRange(failed.InputTokens!.Value, 100, 2_500);
        Assert.Equal(((failed.InputTokens * 1m) + (3_001 * 2m)) / 1_000_000m, failed.CostUsd);
        Assert.Equal((0, failed.InputTokens, 3_001L, failed.CostUsd), (recorder.Snapshot.Usage.ModelCalls, recorder.Snapshot.Usage.InputTokens, recorder.Snapshot.Usage.OutputTokens, recorder.Snapshot.Usage.CostUsd));

        // What is left does not suffice for the same once more.
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        recorder.Note(new RunReplayed { By = "u-admin", Attempt = 2 });
        await Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model, options => options.MaxAnswerTokens = 2_000).ExecuteAsync(input, recorder, default, default);
        Assert.InRange(model.Requests[0].MaxOutputTokens ?? 2_000, 256, 2_999 - (int)failed.InputTokens);

        // Nor is it the same call.
        Assert.Equal((1, input.RunId + "/2"), (failed.Call, model.Requests[0].Origin!.CallId));

        static IEnumerable<ChatDelta> Broken()
        {
            yield return FakeModel.Say(new string('x', 12_000));
            throw new ModelException("model_stream_broken", "It broke.");
        }
    }

    [Fact]
    public async Task Execute_CancelledInTheMiddleOfAnAnswer_WhatItUsedIsRecorded()
    {
        using var cancel = new CancellationTokenSource();
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input);
        await Engine(new FakeModel((_, _) => Interrupted())).ExecuteAsync(input, recorder, cancel.Token, default);

        var failed = Assert.Single(recorder.Facts.OfType<ModelFailed>());
        Assert.Equal(("cancelled", 4L), (failed.Code, failed.OutputTokens));
        Assert.Equal(RunPhase.Cancelled, recorder.Snapshot.Phase);

        IEnumerable<ChatDelta> Interrupted()
        {
            yield return FakeModel.Say("The first half");
            cancel.Cancel();
            yield return FakeModel.Say(" and the second");
        }
    }

    [Fact]
    public async Task Execute_ModelFailsBeforeItSaysAnything_NothingIsCounted()
    {
        var recorder = await Engine(new FakeModel((_, _) => throw new ModelException("model_unavailable", "Down."))).RunAsync(Engines.Input("go"));

        Assert.Null(Assert.Single(recorder.Facts.OfType<ModelFailed>()).InputTokens);
        Assert.Equal(0, recorder.Snapshot.Usage.InputTokens);
    }

    [Fact]
    public async Task Execute_ResumedRun_HasOnlyWhatWasLeft()
    {
        var input = Engines.Input("go") with { Limits = new RunLimits { ModelCalls = 4 } };
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.OfType<ModelCalled>().Any(call => call.Call == 3) ? throw new JournalDiedException() : Task.CompletedTask;
        await Assert.ThrowsAsync<JournalDiedException>(() => Engine(Restless()).ExecuteAsync(input, first, default, default));

        var model = Restless();
        var second = new FakeRecorder(before: first);
        await Engine(model).ExecuteAsync(input, second, default, default);

        Assert.Equal(2, model.Requests.Count);
        Assert.Equal(4, second.Snapshot.ModelCalls.Count);
    }

    [Fact]
    public async Task Execute_LowestOfCallerAgentAndPlatform_Holds()
    {
        var engine = Engines.Create(
            Things(), Engines.WithAgents(Policy, null, Engines.Assistant + "limits: { modelCalls: 4 }\n"), Restless(), options => options.BackgroundLimits = new RunLimits { ModelCalls = 3 });

        var interactive = await engine.RunAsync(Engines.Input("go") with { Limits = new RunLimits { ModelCalls = 7 } });
        var background = await engine.RunAsync(Engines.Input("go") with { Background = true });

        Assert.Equal((4m, 3m), (interactive.Snapshot.Exhausted[0].Limit, background.Snapshot.Exhausted[0].Limit));
    }

    [Fact]
    public async Task Execute_InTheBackground_HasMoreSteps()
    {
        var recorder = await Engine(Restless()).RunAsync(Engines.Input("go") with { Background = true });

        Assert.Equal(25, recorder.Snapshot.ModelCalls.Count);
    }

    // Calls tools as long as it may.
    private static FakeModel Restless(int tools = 1, ModelPrice? price = null) => new((call, request) => request.AllowToolCalls
        ? [.. Enumerable.Range(0, tools).Select(n => FakeModel.Call("a_things_read", $$"""{"q":"{{call}}-{{n}}"}""", $"c{n}")), FakeModel.End("tool_calls")]
        : [FakeModel.Say("All I know."), FakeModel.End()]) { Price = price };

    private static RunEngine Engine(FakeModel model) => Engines.Create(Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model);

    private static Task<FakeRecorder> RunAsync(FakeModel model, RunLimits limits, FakeConnectors? things = null) =>
        Engines.Create(things ?? Things(), Engines.WithAgents(Policy, null, Engines.Assistant), model).RunAsync(Engines.Input("go") with { Limits = limits });

    private static FakeConnectors Things() => new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" });
}
