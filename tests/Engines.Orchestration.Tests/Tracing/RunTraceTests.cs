using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Tests.React;
using Steward.Engines.Orchestration.Tracing;

namespace Steward.Engines.Orchestration.Tests.Tracing;

public sealed class RunTraceTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly RunTraceBuilder _builder = new("r-1");
    private long _sequence;

    [Fact]
    public void Build_EmptyJournal_IsAQueuedRun()
    {
        var trace = _builder.Build(Noon);

        Assert.Equal(("queued", "run", 0L), (trace.State, trace.Root.Id, trace.LastSequence));
        Assert.Empty(trace.Root.Children);
    }

    [Fact]
    public void Build_QueuedThenRequested_TellsHowLongItWaitedForItsTurn()
    {
        AddRaw(0, "run.accepted", """{"sessionKey":"t-acme/u-ada/s-1","userId":"u-ada"}""");
        Add(3000, new RunRequested { Input = Input("hello") with { TraceParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" } });
        var waiting = _builder.Build(Noon.AddSeconds(4));
        Add(4500, new ContextGathered());
        var trace = _builder.Build(Noon.AddSeconds(5));

        Assert.Equal(("waiting", 4000, "requested"), (Node(waiting, "queue").Status, waiting.Totals.QueueMs, waiting.State));
        Assert.Equal(("s-1", "t-acme", "4bf92f3577b34da6a3ce929d0e0e4736"), (trace.SessionId, trace.TenantId, trace.TraceId));
        Assert.Equal(("ok", 4500), (Node(trace, "queue").Status, Node(trace, "queue").DurationMs));
        Assert.Equal((4500, 5000, 500), (trace.Totals.QueueMs, trace.Totals.DurationMs, trace.Totals.OtherMs));
        Assert.Null(trace.Root.EndedAt);
    }

    [Fact]
    public void Build_ApprovedAction_ShowsRuleApproverAttemptsAndReconciliation()
    {
        Requested();
        Add(10, new StepStarted { StepId = "reset", Title = "Reset the password", OperationId = "okta.users.reset" });
        Add(20, new DecisionRequested
        {
            RequestId = "d-1", Kind = DecisionKind.Approval, StepId = "reset", ActionId = "a-1", OperationId = "okta.users.reset", Summary = "Reset Ada's password?",
            Reason = "takes something away", SubjectHash = "h", Options = ["approve", "reject"], Deciders = ["role:helpdesk"], Subject = Json("""{"user":"ada","newPassword":"Winter-2026!"}"""),
        });
        Add(30, new RunWaiting { RequestIds = ["d-1"], Summary = "Waits for the help desk" });
        Add(60_030, new DecisionMade { RequestId = "d-1", Decision = "approve", By = "u-help", Channel = "api", Comment = "ok by me" });
        Add(60_040, new ActionPlanned
        {
            ActionId = "a-1", StepId = "reset", OperationId = "okta.users.reset", Summary = "Reset Ada's password", AllowedBy = "role helpdesk",
            Arguments = Json("""{"user":"ada","newPassword":"Winter-2026!","nested":{"credentials":{"value":"s3cr3t","n":12345}}}"""),
        });
        Add(60_041, new ActionApproved { ActionId = "a-1", RequestId = "d-1", SubjectHash = "h", By = "u-help" });
        Add(60_050, new ActionSent { ActionId = "a-1", Attempt = 1 });
        Add(60_150, new ActionOutcomeUnknown { ActionId = "a-1", Reason = "the connection broke" });
        Add(60_250, new ActionReconciled { ActionId = "a-1", Outcome = "not_done" });
        Add(60_260, new ActionSent { ActionId = "a-1", Attempt = 2 });
        Add(60_360, new ActionConfirmed { ActionId = "a-1", Result = Json("""{"ok":true}"""), VendorRequestId = "okta-77", UndoneBy = "okta.groups.remove_member", UndoArguments = Json("""{"userId":"7","password":"x"}""") });
        Add(60_361, new StepCompleted { StepId = "reset", Status = "done" });
        Add(60_370, new RunEnded { Phase = RunPhase.Completed });
        var trace = _builder.Build(Noon.AddDays(1));

        var action = Node(trace, "action:a-1");
        Assert.Equal(("ok", "allowed: role helpdesk"), (action.Status, action.Reason));
        Assert.Equal("u-help", (string?)action.Attributes!["approvedBy"]);
        Assert.Equal(["attempt:a-1:1", "reconcile:a-1:10", "attempt:a-1:2"], action.Children.Select(child => child.Id));
        Assert.Equal(["unknown", "ok", "ok"], action.Children.Select(child => child.Status));
        Assert.Equal((100, 100, 100), (action.Children[0].DurationMs, action.Children[1].DurationMs, action.Children[2].DurationMs));
        Assert.Equal("okta-77", (string?)action.Children[2].Attributes!["vendorRequestId"]);
        Assert.Equal(("okta.groups.remove_member", "7", "***"), ((string?)action.Children[2].Attributes!["undoneBy"], (string?)action.Children[2].Attributes!["undoArguments"]!["userId"], (string?)action.Children[2].Attributes!["undoArguments"]!["password"]));
        var decision = Node(trace, "decision:d-1");
        Assert.Equal(("approve", "u-help", 60_010), ((string?)decision.Attributes!["decision"], (string?)decision.Attributes["by"], (double)decision.Attributes["waitedMs"]!));
        Assert.Equal((60_000, 300, 1), (trace.Totals.HumanMs, trace.Totals.ToolMs, trace.Totals.Retries));
        var text = Encoding.UTF8.GetString(trace.ToUtf8Json());
        Assert.DoesNotContain("Winter-2026!", text, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cr3t", text, StringComparison.Ordinal);
        Assert.DoesNotContain("12345", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_ReadThatWasTriedAgain_CountsItsRetries()
    {
        var failures = 0;
        var things = new FakeConnectors().Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" }).Add("a.things.find", OperationEffect.Read, _ => new JsonObject());
        things.OnFault = request => request.OperationId == "a.things.find" || failures++ < 2 ? FakeConnectors.Fault.Busy : FakeConnectors.Fault.None;
        var model = new FakeModel((call, _) => call == 1
            ? [FakeModel.Call("a_things_read", "{}", "c1"), FakeModel.Call("a_things_find", "{}", "c2"), FakeModel.End("tool_calls")]
            : [FakeModel.Say("Done."), FakeModel.End()]);
        var recorder = await Engines.Create(things, Engines.WithAgents("version: 1\noperations: {}\n", null, Engines.Assistant), model, options => options.MaxAttempts = 3).RunAsync(Engines.Input("go"));
        foreach (var fact in recorder.Facts)
        {
            Add(10, fact);
        }

        var trace = _builder.Build(Noon.AddDays(1));
        Assert.Equal((3, 3), (recorder.Facts.OfType<StepCompleted>().Single().Attempts, recorder.Facts.OfType<StepFailed>().Single().Attempts));
        Assert.Equal(3, (int)Node(trace, "step:m1_1").Attributes!["attempts"]!);
        Assert.Equal(4, trace.Totals.Retries);
    }

    [Fact]
    public void Build_ModelThatFailedInTheMiddle_HasItsUsageAndIsNoCallThatEnded()
    {
        Requested();
        Add(10, new ModelFailed { Call = 1, Model = "m", Code = "model_stream_broken", Message = "Broken.", InputTokens = 100, OutputTokens = 20, CostUsd = 0.5m });
        Add(20, new ModelCalled { Call = 2, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0, InputTokens = 10, OutputTokens = 1, CostUsd = 0.25m });
        var trace = _builder.Build(Noon.AddDays(1));

        Assert.Equal((1, 110L, 21L, 0.75m), (trace.Totals.ModelCalls, trace.Totals.InputTokens, trace.Totals.OutputTokens, trace.Totals.CostUsd));
    }

    [Fact]
    public void Build_HandOffAndPlans_HangUnderWhatTheyBelongTo()
    {
        Requested();
        Add(1, new StrategyChosen { Strategy = "plan", Reason = "several systems" });
        Add(2, new PlanProposed { Revision = 1, Plan = Json("{}"), PlanHash = "1" });
        Add(3, new PlanRejected { Revision = 1, Faults = [new PlanFault { Code = "cycle", Path = "/steps/0", Message = "a needs itself" }] });
        Add(4, new PlanProposed { Revision = 2, Plan = Json("{}"), PlanHash = "2", Reason = "the first was refused" });
        Add(5, new PlanAccepted { Revision = 2, By = "policy" });
        Add(6, new StepStarted { StepId = "ask", Title = "Ask the network team", Agent = "network" });
        Add(7, new StepStarted { StepId = "ask/m1_1", Title = "Look it up", OperationId = "a.b.read" });
        Add(9, new ModelCalled { Call = 1, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0, Scope = "ask", Text = "It is down.", DurationMs = 1.5, InputTokens = 7, CostUsd = 0.1m });
        Add(10, new GuardTripped { Guard = "no_new_information", Message = "nothing new", Scope = "ask" });
        var trace = _builder.Build(Noon.AddMilliseconds(20));

        Assert.Equal("rejected", Node(trace, "plan:1").Status);
        Assert.Equal("a needs itself", Node(trace, "plan:1").Message);
        Assert.Equal("step:ask", Assert.Single(Node(trace, "plan:2").Children).Id);
        Assert.Equal(["step:ask/m1_1", "model:1", "guard:10"], Node(trace, "step:ask").Children.Select(child => child.Id));
        Assert.Equal(("running", "running"), (trace.State, Node(trace, "plan:2").Status));
        Assert.Equal((1, 7, 0.1m), (trace.Totals.ModelCalls, trace.Totals.InputTokens, trace.Totals.CostUsd!.Value));
    }

    [Fact]
    public void Build_ModelCall_SaysWhichPromptAndVariantsAnswered()
    {
        Requested();
        Add(1, new ModelCalled { Call = 1, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0, PromptVersion = "agent-assistant@3", Variants = ["tone=b", "tier=a"] });
        Add(2, new ModelCalled { Call = 2, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0 });
        var trace = _builder.Build(Noon.AddMilliseconds(20));

        Assert.Equal("agent-assistant@3", (string?)Node(trace, "model:1").Attributes!["promptVersion"]);
        Assert.Equal("tone=b, tier=a", (string?)Node(trace, "model:1").Attributes!["variants"]);
        Assert.False(Node(trace, "model:2").Attributes!.ContainsKey("promptVersion"));
    }

    [Fact]
    public void Build_FailedThenReplayed_IsRunningAgainAndCountsTheTimeBetweenAsIdle()
    {
        Requested();
        Add(10, new RunEnded { Phase = RunPhase.Failed, ErrorCode = "model_unavailable", IsTechnical = true });
        Add(11, new RunDeadLettered { Code = "model_unavailable" });
        var before = _builder.Build(Noon.AddHours(1));
        Add(5010, new RunReplayed { By = "u-admin", Attempt = 2 });
        var after = _builder.Build(Noon.AddMilliseconds(5020));

        Assert.Equal(("failed", "failed", 10), (before.State, before.Root.Status, before.Totals.DurationMs));
        Assert.Equal(("running", "running", 5000, 1), (after.State, after.Root.Status, after.Totals.IdleMs, after.Totals.Replays));
    }

    [Fact]
    public void Build_RunEndedInTheMiddleOfAStep_StepIsUnfinishedAndStopsWithTheRun()
    {
        Requested();
        Add(5, new StepStarted { StepId = "s", Title = "Look", OperationId = "a.b.read" });
        Add(10, new RunEnded { Phase = RunPhase.Cancelled, ErrorCode = "cancelled" });
        var trace = _builder.Build(Noon.AddDays(2));

        Assert.Equal(("unfinished", 5, "cancelled"), (Node(trace, "step:s").Status, Node(trace, "step:s").DurationMs, trace.State));
    }

    [Fact]
    public void Build_WhatRetentionLeft_SaysSo()
    {
        _builder.Add(1, "run.accepted", Noon, []);
        AddRaw(86_400_000, "run.retired", """{"sessionKey":"t-acme/u-ada/s-1","state":"completed","requestedAt":"2026-11-21T12:00:00Z","endedAt":"2026-11-21T12:00:03Z","actions":[{"actionId":"a-1","outcome":"done"}]}""", 9);
        var trace = _builder.Build(Noon.AddDays(9));

        Assert.Equal(("retired", "s-1", 3000), (trace.State, trace.SessionId, trace.Totals.DurationMs));
        Assert.Equal("a-1", (string?)trace.Root.Attributes!["receipt"]!["actions"]![0]!["actionId"]);
        Assert.Equal("event:1", Assert.Single(trace.Root.Children).Id);
    }

    [Fact]
    public void Build_NewerFactsAndUnreadableOnes_AreKeptAsEvents()
    {
        Requested();
        AddRaw(1, "quantum.entangled", """{"with":"r-2","apiKey":"sk-live-0123456789abcdef"}""");
        AddRaw(2, "step.started", """{"stepId":7}""");
        AddRaw(3, "step.failed", "[]");
        var trace = _builder.Build(Noon.AddSeconds(1));

        Assert.Equal("r-2", (string?)Node(trace, "event:2").Output!["with"]);
        Assert.Equal("***", (string?)Node(trace, "event:2").Output!["apiKey"]);
        Assert.Equal("The content cannot be read.", Node(trace, "event:3").Message);
        Assert.Equal("step.failed", Node(trace, "event:4").Name);
    }

    [Fact]
    public async Task Build_RunOfTheEngine_HasEveryModelCallStepAndActionOnceWithTokensAndCost()
    {
        var model = new FakeModel((call, _) => call switch
        {
            1 => [FakeModel.Say("Let me look. "), FakeModel.Call("a_things_read", """{"q":"x","password":"hunter-22"}"""), FakeModel.End("tool_calls")],
            2 => [FakeModel.Call("a_things_write", """{"q":"y"}"""), FakeModel.End("tool_calls")],
            _ => [FakeModel.Say("Done."), FakeModel.End()],
        });
        const string Properties = """{"q":{"type":"string"},"password":{"type":"string"}}""";
        var things = new FakeConnectors()
            .Add("a.things.read", OperationEffect.Read, _ => new JsonObject { ["value"] = "v" }, Properties, "q")
            .Add("a.things.write", OperationEffect.Write, _ => new JsonObject { ["value"] = "done" }, Properties, "q");
        var engine = Engines.Create(things, Engines.Definitions("version: 1\noperations:\n  a.things.write: { allow: [anyone] }\n"), model, options => options.Strategy = "react");
        var recorder = await engine.RunAsync(Engines.Input("do something new"));
        var trace = Trace(recorder.Facts, recorder.Facts.Count);

        Assert.Equal("completed", trace.State);
        Assert.Equal((3, 300L, 30L, 0.003m, 2, 1), (trace.Totals.ModelCalls, trace.Totals.InputTokens, trace.Totals.OutputTokens, trace.Totals.CostUsd!.Value, trace.Totals.Steps, trace.Totals.Actions));
        Assert.Equal("Let me look.", ((string?)Node(trace, "model:1").Output!["text"])!.Trim());
        Assert.Equal("***", (string?)Node(trace, "model:1").Output!["toolCalls"]![0]!["arguments"]!["password"]);
        Assert.Equal("***", (string?)Node(trace, "step:m1_1").Input!["password"]);
        Assert.StartsWith("allowed: ", Node(trace, "step:m2_1").Children.Single().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Build_WithPrompts_NamesEachMessageOnceAndMasksIt()
    {
        var contents = new Dictionary<string, byte[]>
        {
            ["p1"] = """{"messages":["m-sys","m-user"]}"""u8.ToArray(),
            ["p2"] = """{"parent":"p1","messages":["m-call","m-tool"]}"""u8.ToArray(),
            ["bad"] = """{"messages":7}"""u8.ToArray(),
            ["m-sys"] = """{"role":"system","text":"Be kind."}"""u8.ToArray(),
            ["m-user"] = """{"role":"user","textHash":"t-1"}"""u8.ToArray(),
            ["t-1"] = "my password is hunter2! ok"u8.ToArray(),
            ["m-call"] = """{"role":"assistant","toolCalls":[{"id":"1","name":"reset","arguments":"{\"newPassword\":\"x\"}"}]}"""u8.ToArray(),
            ["m-tool"] = """{"role":"tool","text":"{\"token\":\"abc\",\"ok\":true}"}"""u8.ToArray(),
        };
        var loads = new List<string>();
        ValueTask<ReadOnlyMemory<byte>?> Load(string hash, CancellationToken _)
        {
            loads.Add(hash);
            return new(contents.TryGetValue(hash, out var bytes) ? bytes : (ReadOnlyMemory<byte>?)null);
        }

        var prompts = await TracePrompts.ReadAsync(["p1", "p2", "gone", "bad"], Load, default);

        Assert.Equal(["Be kind.", "my password is *** ok", "", """{"token":"***","ok":true}"""], prompts.Messages.Select(message => message.Text));
        Assert.Equal("***", (string?)prompts.Messages[2].ToolCalls![0]!["arguments"]!["newPassword"]);
        Assert.Equal([1, 2], prompts.Prompts["p1"].Messages);
        Assert.Equal([1, 2, 3, 4], prompts.Prompts["p2"].Messages);
        Assert.Equal("Retention has removed it.", prompts.Prompts["gone"].Problem);
        Assert.NotNull(prompts.Prompts["bad"].Problem);
        Assert.Equal(loads.Distinct().Count(), loads.Count);
    }

    [Fact]
    public void Build_WithoutContent_ShowsWhatHappenedAndWhyButNoText()
    {
        Requested();
        Add(1, new StepStarted { StepId = "s", Title = "Look", OperationId = "a.b.read", Arguments = Json("""{"q":"private"}""") });
        Add(2, new StepFailed { StepId = "s", Code = "unavailable", Message = "Down." });
        Add(3, new MemoryRecalled { Mode = "words", Memories = [new RememberedItem { Id = 7, Kind = "constraint", Slot = "allergy", Value = "nuts", Reason = "constraint" }] });
        var own = Encoding.UTF8.GetString(_builder.Build(Noon).ToUtf8Json());
        var text = Encoding.UTF8.GetString(_builder.Build(Noon, withContent: false).ToUtf8Json());

        Assert.Contains("m7:allergy:constraint", own, StringComparison.Ordinal);
        Assert.DoesNotContain("allergy", text, StringComparison.Ordinal);
        Assert.Contains("\"memories\": 1", text.Replace("\":1", "\": 1", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.DoesNotContain("private", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hello", text, StringComparison.Ordinal);
        Assert.Contains("unavailable", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my password: hunter2!", "my password: ***")]
    [InlineData("use Bearer abcDEF123456ghij78 please", "use Bearer *** please")]
    [InlineData("key sk-proj-0123456789abcdefgh ok", "key *** ok")]
    [InlineData("my password is expired", "my password is expired")]
    [InlineData("nothing to hide", "nothing to hide")]
    public void Text_Secrets_AreMasked(string text, string shown) => Assert.Equal(shown, TraceMask.Text(text));

    internal static RunTrace Trace(IReadOnlyList<RunFact> facts, int count)
    {
        var builder = new RunTraceBuilder("r-1");
        for (var i = 0; i < count; i++)
        {
            var (type, json) = RunFacts.Serialize(facts[i]);
            builder.Add(i + 1, type, Noon.AddMilliseconds(i * 7), json);
        }

        return builder.Build(Noon.AddHours(1));
    }

    internal static IEnumerable<TraceNode> All(TraceNode node) => [node, .. node.Children.SelectMany(All)];

    private static TraceNode Node(RunTrace trace, string id) => Assert.Single(All(trace.Root), node => node.Id == id);

    private static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);

    private static RunInput Input(string text) => Engines.Input(text);

    private void Requested() => Add(0, new RunRequested { Input = Input("hello") });

    private void Add(int milliseconds, RunFact fact)
    {
        var (type, json) = RunFacts.Serialize(fact);
        _builder.Add(++_sequence, type, Noon.AddMilliseconds(milliseconds), json);
    }

    private void AddRaw(int milliseconds, string type, string json, long? sequence = null) =>
        _builder.Add(_sequence = sequence ?? _sequence + 1, type, Noon.AddMilliseconds(milliseconds), Encoding.UTF8.GetBytes(json));
}
