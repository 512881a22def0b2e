using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.React;

namespace Steward.Engines.Orchestration.Tests.React;

public sealed class ReactTests
{
    private const string Policy = "version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n";

    [Fact]
    public async Task Execute_ToolsThenAnswer_StreamsAndJournalsEverything()
    {
        var model = new FakeModel((call, _) => call switch
        {
            1 => [FakeModel.Say("Let me look. "), FakeModel.Call("a_things_read", """{"q":"x"}"""), FakeModel.End("tool_calls")],
            2 => [FakeModel.Call("a_things_write", """{"q":"y"}"""), FakeModel.End("tool_calls")],
            _ => [FakeModel.Say("Done: "), FakeModel.Say("all well."), FakeModel.End()],
        });
        var things = Things();
        var recorder = await Create(things, model).RunAsync(Engines.Input("do something new"));

        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
        Assert.Equal("Let me look. \n\nDone: all well.", recorder.Snapshot.Answer);
        Assert.Equal(new RunUsageTotals { ModelCalls = 3, InputTokens = 300, OutputTokens = 30, CostUsd = 0.003m }, recorder.Snapshot.Usage);
        Assert.Single(things.Effects);
        Assert.Equal(["a.things.read", "a.things.write"], things.Calls.Select(call => call.OperationId));
        Assert.Equal("react-3", recorder.Snapshot.Choice!.PromptVersion);
        var last = model.Requests[^1].Messages;
        Assert.Equal([ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant, ChatRole.Tool], last.Select(message => message.Role));
        Assert.Equal("""{"status":"ok","untrusted":true,"data":{"value":"v"}}""", last[3].Text);
    }

    [Theory]
    [InlineData("no_such_tool", "{}", "unknown_tool")]
    [InlineData("a_things_read", "{", "invalid_argument")]
    [InlineData("a_things_read", "[]", "invalid_argument")]
    [InlineData("a_things_read", """{"q":7}""", "invalid_argument")]
    [InlineData("a_things_read", """{"q":"x","zz":1}""", "invalid_argument")]
    [InlineData("a_things_forbidden", """{"q":"x"}""", "forbidden")]
    public async Task Execute_BadToolCall_TellsTheModelAndSendsNothing(string name, string arguments, string code)
    {
        var model = new FakeModel((call, _) => call == 1 ? [FakeModel.Call(name, arguments), FakeModel.End("tool_calls")] : [FakeModel.Say("I see."), FakeModel.End()]);
        var things = Things();
        var recorder = await Create(things, model).RunAsync(Engines.Input("do something new"));

        var told = JsonNode.Parse(model.Requests[1].Messages[^1].Text)!;
        Assert.Equal(code, (string?)told["code"]);
        Assert.False((bool)told["retryable"]!);
        Assert.Empty(things.Calls);
        Assert.Equal(RunPhase.Completed, recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task Execute_EmptyResult_IsToldApartFromFailed()
    {
        var model = new FakeModel((call, _) => call == 1
            ? [FakeModel.Call("a_things_none", "{}", "c1"), FakeModel.Call("a_things_broken", "{}", "c2"), FakeModel.End("tool_calls")]
            : [FakeModel.Say("ok"), FakeModel.End()]);
        await Create(Things(), model).RunAsync(Engines.Input("do something new"));

        var messages = model.Requests[1].Messages;
        Assert.Equal("""{"status":"ok","empty":true,"untrusted":true,"data":{"items":[]}}""", messages[^2].Text);
        Assert.Equal("""{"status":"failed","code":"unavailable","message":"Down.","retryable":true}""", messages[^1].Text);
    }

    [Fact]
    public async Task Execute_IdenticalCalls_AreAnsweredFromTheFirstWithANotice()
    {
        var model = new FakeModel((call, _) => call <= 3
            ? [FakeModel.Call("a_things_write", call == 2 ? """{ "q" : "x" }""" : """{"q":"x"}""", $"c{call}"), FakeModel.End("tool_calls")]
            : [FakeModel.Say("ok"), FakeModel.End()]);
        var things = Things();
        var recorder = await Create(things, model).RunAsync(Engines.Input("do something new"));

        Assert.Equal(1, Assert.Single(things.Effects).Value);
        Assert.Contains("notice", model.Requests[2].Messages[^1].Text, StringComparison.Ordinal);
        Assert.Contains("\"value\":\"done\"", model.Requests[3].Messages[^2].Text, StringComparison.Ordinal);
        Assert.Equal("m1_1", recorder.Snapshot.FindStep("m3_1")!.SameAs);
    }

    [Fact]
    public async Task Execute_ReadAfterAChange_IsReadAgain()
    {
        var model = new FakeModel((call, _) => call switch
        {
            1 or 3 => [FakeModel.Call("a_things_read", """{"q":"x"}"""), FakeModel.End("tool_calls")],
            2 => [FakeModel.Call("a_things_write", """{"q":"x"}"""), FakeModel.End("tool_calls")],
            _ => [FakeModel.Say("ok"), FakeModel.End()],
        });
        var things = Things();
        await Create(things, model).RunAsync(Engines.Input("do something new"));

        Assert.Equal(2, things.Calls.Count(call => call.OperationId == "a.things.read"));
    }

    [Fact]
    public async Task Execute_NeverEndingModel_StopsAtTheStepLimitAndForbidsToolsThere()
    {
        var model = new FakeModel((call, _) => [FakeModel.Call("a_things_read", $$"""{"q":"{{call}}"}"""), FakeModel.End("tool_calls")]);
        var recorder = await Create(Things(), model).RunAsync(Engines.Input("do something new"));

        Assert.Equal((RunPhase.Partial, "step_limit"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal(8, model.Requests.Count);
        Assert.Equal([true, true, true, true, true, true, true, false], model.Requests.Select(request => request.AllowToolCalls));
    }

    [Fact]
    public async Task Execute_ModelFails_SaysSoAndWhatWasDone()
    {
        var model = new FakeModel((call, _) => call == 1
            ? [FakeModel.Call("a_things_write", """{"q":"x"}"""), FakeModel.End("tool_calls")]
            : throw new ModelException("model_unavailable", "The model's provider answered with status 503."));
        var recorder = await Create(Things(), model).RunAsync(Engines.Input("do something new"));

        Assert.Equal((RunPhase.Partial, "model_unavailable"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Contains("503", recorder.Snapshot.Answer, StringComparison.Ordinal);
        Assert.Contains("This was done:", recorder.Snapshot.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_ModelBreaksOffInTheAnswer_KeepsWhatWasShownAndSaysSo()
    {
        var model = new FakeModel((_, _) => Broken());
        var recorder = await Create(Things(), model).RunAsync(Engines.Input("do something new"));

        Assert.Equal((RunPhase.Failed, "model_stream_broken"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.Equal("Half an\n\nThe model's answer broke off. Nothing was changed.", recorder.Snapshot.Answer);

        static IEnumerable<ChatDelta> Broken()
        {
            yield return FakeModel.Say("Half an");
            throw new ModelException("model_stream_broken", "The model's answer broke off.") { AfterFirstToken = true };
        }
    }

    [Fact]
    public async Task Execute_ConfidentPlaybook_DoesNotAskTheModel()
    {
        var model = new FakeModel((_, _) => throw new InvalidOperationException("asked"));
        var recorder = await Engines.Create(FakeConnectors.Company(), model: model).RunAsync(Engines.Input("reset my password"));

        Assert.Equal("reset-password", recorder.Snapshot.Playbook);
        Assert.Empty(model.Requests);
    }

    [Theory]
    [InlineData("react", "reset my password", "react")]
    [InlineData("playbook", "write a poem", "none")]
    [InlineData("auto", "write a poem", "direct")]
    [InlineData("auto", "which laptop does grace have", "react")]
    public async Task Execute_Strategy_GoesByTheOptions(string strategy, string text, string expected)
    {
        var model = new FakeModel((_, _) => [FakeModel.Say("ok"), FakeModel.End()]);
        var recorder = await Engines.Create(FakeConnectors.Company(), model: model, configure: options => options.Strategy = strategy).RunAsync(Engines.Input(text));

        Assert.Equal(expected, recorder.Snapshot.Strategy);
    }

    [Fact]
    public async Task Execute_ModelProposesAPasswordResetOfSomeoneElse_IsForbidden()
    {
        var model = new FakeModel((call, _) => call == 1
            ? [FakeModel.Call("okta_users_reset_password", """{"userId":"00u2"}"""), FakeModel.End("tool_calls")]
            : [FakeModel.Say("I may not."), FakeModel.End()]);
        var company = FakeConnectors.Company();
        await Engines.Create(company, model: model, configure: options => options.Strategy = "react").RunAsync(Engines.Input("reset"));

        Assert.Empty(company.Effects);
        Assert.Contains("\"status\":\"forbidden\"", model.Requests[1].Messages[^1].Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Execute_StreamFasterThanTheJournal_BatchesDeltas()
    {
        var model = new FakeModel((_, _) => [.. Enumerable.Range(0, 500).Select(n => FakeModel.Say($"{n} ")), FakeModel.End()]);
        var input = Engines.Input("do something new");
        var recorder = FakeRecorder.For(input);
        recorder.OnRecord = facts => facts.Any(fact => fact is AnswerDelta) ? Task.Delay(TimeSpan.FromMilliseconds(20)) : Task.CompletedTask;
        await Create(Things(), model).ExecuteAsync(input, recorder, default, default);

        Assert.Equal(string.Concat(Enumerable.Range(0, 500).Select(n => $"{n} ")), recorder.Snapshot.Answer);
        Assert.True(recorder.Facts.OfType<AnswerDelta>().Count() < 250, $"{recorder.Facts.OfType<AnswerDelta>().Count()} deltas");
    }

    [Fact]
    public void Execute_CrashesAnywhere_RepeatsNoModelCallThatEndedAndNoAction()
    {
        var crashes = Gen.Choose(1, 9).ListOf().Select(list => list.Take(6).ToList());
        Prop.ForAll(crashes.ToArbitrary(), deaths => CheckAsync(deaths).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

        static async Task<bool> CheckAsync(List<int> deaths)
        {
            var asked = new List<int>();
            var model = new FakeModel((call, _) =>
            {
                asked.Add(call);
                return call switch
                {
                    1 => [FakeModel.Say("One. "), FakeModel.Call("a_things_read", """{"q":"1"}""", "c1"), FakeModel.Call("a_things_read", """{"q":"2"}""", "c2"), FakeModel.Call("a_things_write", """{"q":"3"}""", "c3"), FakeModel.End("tool_calls")],
                    2 => [FakeModel.Call("a_things_write", """{"q":"4"}""", "c4"), FakeModel.End("tool_calls")],
                    _ => [FakeModel.Say("Three"), FakeModel.Say(" and out."), FakeModel.End()],
                };
            });
            var things = Things();
            var input = Engines.Input("do something new");
            var recorder = FakeRecorder.For(input);
            foreach (var death in deaths)
            {
                recorder = new FakeRecorder(before: recorder) { DieAtAppend = death };
                var ended = recorder.Snapshot.ModelCalls.Count;
                asked.Clear();
                try
                {
                    await Create(things, model).ExecuteAsync(input, recorder, default, default);
                }
                catch (JournalDiedException)
                {
                }

                Assert.All(asked, call => Assert.True(call > ended, "an ended model call was repeated"));
            }

            recorder = new FakeRecorder(before: recorder);
            await Create(things, model).ExecuteAsync(input, recorder, default, default);
            Assert.Equal("One. \n\nThree and out.", recorder.Snapshot.Answer);
            Assert.Equal(3, recorder.Snapshot.Usage.ModelCalls);
            Assert.Equal(2, things.Effects.Count);
            Assert.All(things.Effects.Values, count => Assert.Equal(1, count));
            return true;
        }
    }

    [Fact]
    public async Task Execute_CallCutOffByALossIsSilentTheSecondTime_TakesTheShownTextBack()
    {
        var life = 1;
        using var shown = new ManualResetEventSlim();
        var model = new FakeModel((call, _) => (call, life) switch
        {
            (1, 1) => CutOff(),
            (1, _) => [FakeModel.Call("a_things_read", """{"q":"x"}"""), FakeModel.End("tool_calls")],
            _ => [FakeModel.Say("Done."), FakeModel.End()],
        });
        var input = Engines.Input("do something new");
        var first = FakeRecorder.For(input);
        first.OnRecord = facts => facts.Any(fact => fact is ModelCalled) ? throw new JournalDiedException() : Task.CompletedTask;
        first.OnDurable = facts =>
        {
            if (facts.Any(fact => fact is AnswerDelta))
            {
                shown.Set();
            }
        };
        await Assert.ThrowsAsync<JournalDiedException>(() => Create(Things(), model).ExecuteAsync(input, first, default, default));
        Assert.StartsWith("Hm", first.Snapshot.Answer, StringComparison.Ordinal);

        life = 2;
        var second = new FakeRecorder(before: first);
        await Create(Things(), model).ExecuteAsync(input, second, default, default);
        Assert.Equal("Done.", second.Snapshot.Answer);

        // Only text that is in the journal before the loss has been shown.
        IEnumerable<ChatDelta> CutOff()
        {
            yield return FakeModel.Say("Hm, let me");
            Assert.True(shown.Wait(TimeSpan.FromSeconds(30)));
            yield return FakeModel.Say(" see");
            yield return FakeModel.End();
        }
    }

    [Fact]
    public async Task Execute_DeadlineInTheMiddleOfTheAnswer_KeepsWhatWasShownAndEndsPartial()
    {
        var time = new ManualTimeProvider();
        var model = new FakeModel((_, _) => Slow());
        var input = Engines.Input("do something new", deadline: time.GetUtcNow().AddSeconds(10));
        var recorder = FakeRecorder.For(input, time);
        await Engines.Create(Things(), Engines.Definitions(Policy), model, time: time).ExecuteAsync(input, recorder, default, default);

        Assert.Equal((RunPhase.Partial, "deadline"), (recorder.Snapshot.Phase, recorder.Snapshot.ErrorCode));
        Assert.StartsWith("The first half\n\nI ran out of time", recorder.Snapshot.Answer, StringComparison.Ordinal);

        IEnumerable<ChatDelta> Slow()
        {
            yield return FakeModel.Say("The first half");
            time.Advance(TimeSpan.FromMinutes(1));
            yield return FakeModel.Say(" and the second");
        }
    }

    [Fact]
    public void ToolNames_AnyOperationIds_AreUniqueAndAllowed()
    {
        ConnectorOperation Operation(string id) => new() { Id = id, Connector = "x", Description = "", Effect = OperationEffect.Read, InputSchema = JsonSerializer.SerializeToElement(true) };
        string[] ids = ["a.b.c", "a_b.c", "a.b_c", new string('x', 90), new string('x', 91), "ü.ö"];
        var names = new ToolNames(ids.Select(Operation)).All;

        Assert.Equal(ids.Length, names.Count);
        Assert.All(names.Keys, name => Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", name));
    }

    private static RunEngine Create(FakeConnectors connectors, IChatModel model) => Engines.Create(connectors, Engines.Definitions(Policy), model);

    private static FakeConnectors Things() => new FakeConnectors()
        .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" }, """{"q":{"type":"string"}}""", "q")
        .Add("a.things.none", OperationEffect.Read, _ => new JsonObject { ["items"] = new JsonArray() })
        .AddOutcome("a.things.broken", OperationEffect.Read, (_, _) => Task.FromResult<ActionOutcome>(new ActionFailed("unavailable", "Down.", true)))
        .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" }, """{"q":{"type":"string"}}""", "q")
        .Add("a.things.forbidden", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" }, """{"q":{"type":"string"}}""", "q");
}
