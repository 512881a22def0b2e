using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;

namespace Steward.Engines.Orchestration.Tests.Engine;

public sealed class FactTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static readonly Gen<string> Text = Gen.Elements("", "a", "Grüße \"q\" \\ \n", "😀", "x".PadLeft(300, 'x'), "${a}", "</script>");
    private static readonly Gen<string> Id = Gen.Elements("s1", "s2", "s3");
    private static readonly Gen<JsonElement> Json = Gen.Elements("{}", """{"items":[1,2,{"a":null}]}""", """{"n":1.50,"t":"é"}""").Select(text => JsonSerializer.Deserialize<JsonElement>(text));

    private static Gen<RunFact> AnyFact { get; } = Gen.OneOf(
        from text in Text select (RunFact)new RunRequested { Input = Engines.Input(text, memory: new Dictionary<string, string> { ["k"] = text }, deadline: At) with { History = [new ConversationMessage { Role = "user", Text = text }] } },
        from text in Text from json in Json select (RunFact)new StrategyChosen { Strategy = "playbook", Reason = text, Playbook = "p", PlaybookVersion = 3, Slots = json },
        from id in Id from text in Text from json in Json select (RunFact)new StepStarted { StepId = id, Title = text, OperationId = "a.b", Arguments = json },
        from id in Id from json in Json select (RunFact)new StepCompleted { StepId = id, Status = "done", Result = json },
        from id in Id select (RunFact)new StepCompleted { StepId = id, Status = "skipped" },
        from id in Id from text in Text select (RunFact)new StepFailed { StepId = id, Code = "c", Message = text, Retryable = true, Field = "f" },
        from id in Id from json in Json from text in Text select (RunFact)new ActionPlanned { ActionId = "a" + id, StepId = id, OperationId = "a.b", Summary = text, Arguments = json, AllowedBy = "self" },
        from id in Id from attempt in Gen.Choose(1, 3) select (RunFact)new ActionSent { ActionId = "a" + id, Attempt = attempt },
        from id in Id from json in Json select (RunFact)new ActionConfirmed { ActionId = "a" + id, Result = json },
        from id in Id from text in Text select (RunFact)new ActionRejected { ActionId = "a" + id, Code = "c", Message = text, Attempt = 1, WillRetry = true },
        from id in Id from text in Text select (RunFact)new ActionOutcomeUnknown { ActionId = "a" + id, Reason = text },
        from id in Id from outcome in Gen.Elements("done", "not_done", "unknown") from json in Json select (RunFact)new ActionReconciled { ActionId = "a" + id, Outcome = outcome, Result = json },
        from call in Gen.Choose(1, 4) select (RunFact)new ModelCalled
        {
            Call = call, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 2, InputTokens = 5, OutputTokens = 7, CostUsd = 0.0000123m,
            ToolCalls = [new ModelToolCall { Id = "c", StepId = "m1_1", Name = "n", Arguments = "{" }],
        },
        from offset in Gen.Choose(-1, 20) from text in Text select (RunFact)new AnswerDelta { Offset = offset, Text = text },
        from text in Text select (RunFact)new CancelRequested { Reason = text },
        from text in Text select (RunFact)new RunEnded { Phase = RunPhase.Partial, ErrorCode = "e", Open = [text], WorkingMemory = new Dictionary<string, string> { ["last"] = text } },
        from json in Json select (RunFact)new UnknownFact("future.kind", json));

    [Fact]
    public void Serialize_AnyFact_RoundTrips() => Prop.ForAll(AnyFact.ToArbitrary(), fact =>
    {
        var (type, json) = RunFacts.Serialize(fact);
        var back = RunFacts.Serialize(RunFacts.Deserialize(type, json));
        return back.Type == type && back.Utf8Json.AsSpan().SequenceEqual(json);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Apply_AnyFacts_FoldsTheSameFromTheJournal() => Prop.ForAll(AnyFact.ListOf().ToArbitrary(), facts =>
    {
        var direct = new RunSnapshot();
        var journaled = new RunSnapshot();
        foreach (var (fact, index) in facts.Select((fact, index) => (fact, index)))
        {
            direct.Apply(fact, At.AddSeconds(index));
            var (type, json) = RunFacts.Serialize(fact);
            journaled.Apply(RunFacts.Deserialize(type, json), At.AddSeconds(index));
        }

        return Describe(direct) == Describe(journaled);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Types_AreAllOfThoseThatFactsName()
    {
        var declared = typeof(RunFact).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(RunFact)) && type != typeof(UnknownFact)).ToList();

        Assert.Equal(declared.Count, RunFacts.Types.Count);
        Assert.All(AnyFact.Sample(300), fact => Assert.True(fact is UnknownFact || RunFacts.Types.Contains(fact.Type)));
    }

    [Fact]
    public void Deserialize_UnknownType_KeepsTheContent()
    {
        var fact = Assert.IsType<UnknownFact>(RunFacts.Deserialize("memory.extracted", """{"a":[1,2]}"""u8));

        Assert.Equal("memory.extracted", fact.Type);
        Assert.Equal("""{"a":[1,2]}""", Encoding.UTF8.GetString(RunFacts.Serialize(fact).Utf8Json));
    }

    [Fact]
    public void Deserialize_FieldsOfANewerVersion_AreIgnored()
    {
        var fact = Assert.IsType<AnswerDelta>(RunFacts.Deserialize("answer.delta", """{"offset":3,"text":"x","colour":"red"}"""u8));

        Assert.Equal((3, "x"), (fact.Offset, fact.Text));
    }

    [Theory]
    [InlineData("answer.delta", "{")]
    [InlineData("answer.delta", "null")]
    [InlineData("answer.delta", "[]")]
    [InlineData("answer.delta", """{"offset":1}""")]
    [InlineData("run.ended", """{"phase":"sleeping"}""")]
    public void Deserialize_Malformed_ThrowsJsonException(string type, string json) =>
        Assert.ThrowsAny<JsonException>(() => RunFacts.Deserialize(type, Encoding.UTF8.GetBytes(json)));

    [Fact]
    public void Serialize_Phases_AreLowerCaseWords() =>
        Assert.Equal("""{"phase":"cancelled","open":[],"workingMemory":{}}""", Encoding.UTF8.GetString(RunFacts.Serialize(new RunEnded { Phase = RunPhase.Cancelled }).Utf8Json));

    [Fact]
    public void Apply_DeltaBeforeTheEnd_ReplacesWhatFollows()
    {
        var snapshot = new RunSnapshot();
        snapshot.Apply(new AnswerDelta { Offset = 0, Text = "Hello wor" }, At);
        snapshot.Apply(new AnswerDelta { Offset = 6, Text = "you" }, At);

        Assert.Equal("Hello you", snapshot.Answer);
    }

    [Fact]
    public void Apply_CostOfOneCallUnknown_LeavesTheTotalUnknown()
    {
        var snapshot = new RunSnapshot();
        snapshot.Apply(new ModelCalled { Call = 1, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0, InputTokens = 10, OutputTokens = 1, CostUsd = 1m }, At);
        snapshot.Apply(new ModelCalled { Call = 2, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0, InputTokens = 10, OutputTokens = 1 }, At);

        Assert.Equal(new RunUsageTotals { ModelCalls = 2, InputTokens = 20, OutputTokens = 2, CostUsd = null }, snapshot.Usage);
    }

    private static string Show(JsonElement? element) => JsonSerializer.Serialize(element);

    private static string Describe(RunSnapshot snapshot) => string.Join('\n',
    [
        $"{snapshot.Phase} {snapshot.Answer} {snapshot.Strategy} {snapshot.Playbook} {snapshot.ErrorCode} {snapshot.Usage} {snapshot.RequestedAt:O} {snapshot.EndedAt:O} {snapshot.CancelRequested}",
        .. snapshot.WorkingMemory.Select(slot => $"{slot}"),
        .. snapshot.Steps.Select(step => $"{step.StepId} {step.Status} {step.Title} {step.Code} {step.Message} {Show(step.Result)} {step.StartedAt:O} {step.EndedAt:O}"),
        .. snapshot.Actions.Select(action => $"{action.ActionId} {action.Status} {action.Attempts} {action.SentAt:O} {Show(action.Result)} {Show(action.Arguments)} {action.Message}"),
    ]);
}
