using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Orchestration.Tracing;

namespace Steward.Engines.Orchestration.Tests.Tracing;

/// <summary>Whatever a journal holds and wherever it breaks off, there is a trace, and nothing of the journal is in it twice or missing.</summary>
public sealed class RunTraceProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(400);

    [Fact]
    public void Build_AnyPrefixOfAnyJournal_HasEveryEntryInExactlyOneNode()
    {
        var journals = from seed in Gen.Choose(0, int.MaxValue - 1)
                       from length in Gen.Choose(0, 60)
                       from cut in Gen.Choose(0, 60)
                       select (seed, length, cut: Math.Min(cut, length));
        Prop.ForAll(journals.ToArbitrary(), journal => Check(journal.seed, journal.length, journal.cut)).Check(Runs);
    }

    [Fact]
    public void Build_MoreOfTheSameJournal_KeepsEveryId()
    {
        var journals = from seed in Gen.Choose(0, int.MaxValue - 1)
                       from length in Gen.Choose(1, 40)
                       select (seed, length);
        Prop.ForAll(journals.ToArbitrary(), journal =>
        {
            var facts = Facts(journal.seed, journal.length);
            var earlier = RunTraceTests.All(RunTraceTests.Trace(facts, facts.Count - 1).Root).Select(node => node.Id).ToHashSet();
            var later = RunTraceTests.All(RunTraceTests.Trace(facts, facts.Count).Root).Select(node => node.Id).ToHashSet();
            return earlier.IsSubsetOf(later);
        }).Check(Runs);
    }

    private static bool Check(int seed, int length, int cut)
    {
        var facts = Facts(seed, length);
        var trace = RunTraceTests.Trace(facts, cut);
        var nodes = RunTraceTests.All(trace.Root).ToList();

        Assert.Equal(nodes.Count, nodes.Select(node => node.Id).Distinct().Count());
        var expected = Enumerable.Range(1, cut).Where(sequence => facts[sequence - 1] is not AnswerDelta).Select(sequence => (long)sequence);
        Assert.Equal(expected, nodes.SelectMany(node => node.Events).Order());
        var steps = facts.Take(cut).Select(fact => fact switch { StepStarted f => f.StepId, StepCompleted f => f.StepId, StepFailed f => f.StepId, StepDropped f => f.StepId, _ => null }).OfType<string>().Distinct();
        Assert.Equal(steps.Order(), nodes.Where(node => node.Kind == "step").Select(node => node.Id["step:".Length..]).Order());
        Assert.Equal(facts.Take(cut).Count(fact => fact is ModelCalled), nodes.Count(node => node.Kind == "model" && node.Usage is not null));
        Assert.All(nodes, node => Assert.True(node.DurationMs >= 0 && node.SelfMs >= 0 && node.SelfMs <= node.DurationMs + 0.1));
        Assert.All(nodes, node => Assert.All(node.Children, child => Assert.True(child.StartedAt >= node.StartedAt)));
        using var json = JsonDocument.Parse(trace.ToUtf8Json(), new JsonDocumentOptions { MaxDepth = 512 });
        return json.RootElement.GetProperty("root").GetProperty("id").GetString() == "run";
    }

    // Facts in no sensible order about few ids, so that every kind of confusion comes up.
    private static List<RunFact> Facts(int seed, int length)
    {
        var random = new Random(seed);
        string Step() => new[] { "a", "a/b", "a/b/c", "d", "m1_1", "", "/", "a/" }[random.Next(8)];
        string Action() => "a-" + random.Next(3);
        string? Scope() => random.Next(3) == 0 ? Step() : null;
        JsonElement Data() => JsonSerializer.SerializeToElement(new Dictionary<string, object?> { ["password"] = "p", ["n"] = random.Next(9), ["list"] = new[] { 1, 2 } });
        var kinds = new Func<RunFact>[]
        {
            () => new RunRequested { Input = Engines.Input("text") },
            () => new ContextGathered { Conversation = [new ContextMessage { Role = "user", Text = "x", Length = 1 }] },
            () => new StrategyChosen { Strategy = "playbook", Playbook = "p", Slots = Data() },
            () => new PlanProposed { Revision = random.Next(3), Plan = Data(), PlanHash = "h", Scope = Scope() },
            () => new PlanRejected { Revision = random.Next(3), Faults = [], Scope = Scope() },
            () => new PlanAccepted { Revision = random.Next(3), By = "policy", Scope = Scope() },
            () => new StepStarted { StepId = Step(), Title = "t", OperationId = "o", Arguments = Data(), Agent = random.Next(4) == 0 ? "x" : null },
            () => new StepCompleted { StepId = Step(), Status = random.Next(2) == 0 ? "done" : "skipped", Result = Data() },
            () => new StepFailed { StepId = Step(), Code = "c", Message = "m" },
            () => new StepDropped { StepId = Step(), Reason = "r" },
            () => new ActionPlanned { ActionId = Action(), StepId = Step(), OperationId = "o", Summary = "s", Arguments = Data() },
            () => new ActionApproved { ActionId = Action(), RequestId = "d-1", SubjectHash = "h", By = "u" },
            () => new ActionSent { ActionId = Action(), Attempt = random.Next(3) },
            () => new ActionConfirmed { ActionId = Action(), Result = Data() },
            () => new ActionRejected { ActionId = Action(), Code = "c", Message = "m", Attempt = 1, WillRetry = random.Next(2) == 0 },
            () => new ActionOutcomeUnknown { ActionId = Action(), Reason = "r" },
            () => new ActionReconciled { ActionId = Action(), Outcome = new[] { "done", "not_done", "unknown" }[random.Next(3)] },
            () => new DecisionRequested { RequestId = "d-" + random.Next(3), Kind = (DecisionKind)random.Next(3), StepId = Step(), ActionId = Action(), Summary = "s", SubjectHash = "h", Options = ["approve"], Deciders = [] },
            () => new DecisionMade { RequestId = "d-" + random.Next(3), Decision = "approve", By = "u", Content = Data() },
            () => new RunWaiting { RequestIds = ["d-1"], Summary = "s" },
            () => new ModelCalled { Call = random.Next(4), Model = "m", FinishReason = "stop", AnswerFrom = random.Next(9), AnswerLength = random.Next(9), Scope = Scope(), DurationMs = random.Next(90), ToolCalls = [new ModelToolCall { Id = "1", StepId = Step(), Name = "n", Arguments = random.Next(2) == 0 ? "{" : "{}" }] },
            () => new ModelFailed { Call = random.Next(4), Model = "m", Code = "c", Message = "m", Scope = Scope() },
            () => new AnswerDelta { Offset = random.Next(3), Text = "abc" },
            () => new BudgetExhausted { Budget = "steps", Limit = 1, Used = 1, Scope = Scope() },
            () => new GuardTripped { Guard = "g", Message = "m", StepId = Step(), Scope = Scope() },
            () => new DeadlineReached { Open = ["x"], Until = DateTimeOffset.UnixEpoch },
            () => new CancelRequested { Reason = "r" },
            () => new RunEnded { Phase = (RunPhase)random.Next(7), ErrorCode = "c" },
            () => new RunDeadLettered { Code = "c", StepId = Step() },
            () => new RunReplayed { By = "u", Attempt = random.Next(3) },
            () => new UnknownFact("run.accepted", JsonSerializer.SerializeToElement(new { sessionKey = "t-a/u-b/s-c" })),
            () => new UnknownFact("future.fact", Data()),
        };
        return [.. Enumerable.Range(0, length).Select(_ => kinds[random.Next(kinds.Length)]())];
    }
}
