using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Limits;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration.Tests.Limits;

public sealed class RunBudgetTests
{
    private static readonly string?[] Scopes = [null, "a", "a/b", "c"];

    [Fact]
    public async Task TryReserve_NoLimits_GrantsWhatIsWanted()
    {
        await using var run = Run();
        var (reservation, exhausted) = new RunBudget(run, new RunLimits()).TryReserve(null, new CallNeed(1_000_000, null, null, false), 4096);

        Assert.Null(exhausted);
        Assert.Equal(4096, reservation!.OutputTokens);
    }

    [Fact]
    public async Task TryReserve_LittleLeft_GrantsAShorterAnswer()
    {
        await using var run = Run();
        var (reservation, _) = new RunBudget(run, new RunLimits { Tokens = 10_000 }).TryReserve(null, new CallNeed(8_000, null, null, false), 4096);

        // A tenth is held back.
        Assert.Equal(1_000, reservation!.OutputTokens);
    }

    [Fact]
    public async Task TryReserve_OnlyWhatIsHeldBackIsLeft_IsForTheLastAnswer()
    {
        await using var run = Run();
        var budget = new RunBudget(run, new RunLimits { Tokens = 10_000 });

        var (_, exhausted) = budget.TryReserve(null, new CallNeed(9_000, null, null, false), 4096);
        var (last, _) = budget.TryReserve(null, new CallNeed(9_000, null, null, true), 4096);

        Assert.Equal(("tokens", 10_000m, 0m, 9_256m), (exhausted!.Budget, exhausted.Limit, exhausted.Used, exhausted.Needed));
        Assert.Equal(1_000, last!.OutputTokens);
    }

    [Fact]
    public async Task TryReserve_Money_BoundsTheAnswerByItsPrice()
    {
        await using var run = Run();
        var (reservation, _) = new RunBudget(run, new RunLimits { CostUsd = 0.01m }).TryReserve(null, new CallNeed(1_000, 0.000002m, 0.000008m, true), 4096);

        Assert.Equal(1_000, reservation!.OutputTokens);
        Assert.Equal(0.01m, reservation.CostUsd);
    }

    [Fact]
    public async Task TryTakeStep_InsideAHandOff_CountsForAllAroundIt()
    {
        await using var run = Run();
        var budget = new RunBudget(run, new RunLimits { Steps = 3 });
        budget.Enter("a", new RunLimits { Steps = 2 });

        Assert.Null(budget.TryTakeStep("a/b"));
        Assert.Null(budget.TryTakeStep("a"));
        Assert.Equal("a", budget.TryTakeStep("a")!.Scope);
        Assert.Null(budget.TryTakeStep("c"));
        Assert.Null(budget.TryTakeStep(null)!.Scope);
    }

    [Fact]
    public async Task TryReserve_AfterAResume_KnowsWhatWasUsed()
    {
        await using var run = Run(
            new StrategyChosen { Strategy = "react" },
            Called(1, null, 3_000, 1_000),
            new StepStarted { StepId = "m1_1", Title = "t" },
            Called(2, "m1_1", 2_000, 500),
            new StepStarted { StepId = "m1_1/m1_1", Title = "t" });
        var budget = new RunBudget(run, new RunLimits { Tokens = 6_500, Steps = 2 });
        var other = new RunBudget(run, new RunLimits());
        other.Enter("m1_1", new RunLimits { Tokens = 2_500, Steps = 1 });

        Assert.Equal(6_500, budget.TryReserve(null, new CallNeed(10, null, null, true), 256).Exhausted!.Used);
        Assert.Equal(2, budget.TryTakeStep(null)!.Used);
        Assert.Equal(2_500, other.TryReserve("m1_1", new CallNeed(10, null, null, true), 256).Exhausted!.Used);
        Assert.Equal(1, other.TryTakeStep("m1_1")!.Used);
    }

    [Fact]
    public async Task TimeLeft_WaitingForPeople_DoesNotCount()
    {
        var time = new ManualTimeProvider();
        await using var run = Run(time, new StrategyChosen { Strategy = "react" });
        var budget = new RunBudget(run, new RunLimits { Seconds = 60 });
        time.Advance(TimeSpan.FromSeconds(10));
        await run.RecordAsync(
            new DecisionRequested { RequestId = "d", Kind = DecisionKind.Approval, Summary = "s", SubjectHash = "h", Options = ["approve"], Deciders = ["requester"] },
            new RunWaiting { RequestIds = ["d"], Summary = "s" });
        time.Advance(TimeSpan.FromHours(5));
        await run.RecordAsync(new DecisionMade { RequestId = "d", Decision = "approve" });
        time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(TimeSpan.FromSeconds(30), budget.TimeLeft(null));
        time.Advance(TimeSpan.FromSeconds(25));
        Assert.Equal("time", budget.TryTakeStep(null)!.Budget);
    }

    [Fact]
    public async Task TimeLeft_HandOffAfterALongWait_CountsOnlyWaitsSinceItBegan()
    {
        var time = new ManualTimeProvider();
        await using var run = Run(time, new StrategyChosen { Strategy = "react" });
        await WaitAsync("before");
        await run.RecordAsync(new StepStarted { StepId = "m1_1", Title = "Hand over" });
        var budget = new RunBudget(run, new RunLimits());
        budget.Enter("m1_1", new RunLimits { Seconds = 60 });
        time.Advance(TimeSpan.FromSeconds(20));
        await WaitAsync("inside");
        time.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(TimeSpan.FromSeconds(25), budget.TimeLeft("m1_1"));

        async Task WaitAsync(string request)
        {
            await run.RecordAsync(
                new DecisionRequested { RequestId = request, Kind = DecisionKind.Approval, Summary = "s", SubjectHash = "h", Options = ["approve"], Deciders = ["requester"] },
                new RunWaiting { RequestIds = [request], Summary = "s" });
            time.Advance(TimeSpan.FromHours(5));
            await run.RecordAsync(new DecisionMade { RequestId = request, Decision = "approve" });
        }
    }

    [Fact]
    public async Task TimeLeft_ReplayedDaysLater_IsWhatWasLeftAtTheEnd()
    {
        var time = new ManualTimeProvider();
        await using var run = Run(time, new StrategyChosen { Strategy = "react" });
        time.Advance(TimeSpan.FromSeconds(10));
        await run.RecordAsync(new RunEnded { Phase = RunPhase.Failed, ErrorCode = "model_unavailable", IsTechnical = true });
        time.Advance(TimeSpan.FromDays(2));
        await run.RecordAsync(RunReplay.Begin(run.Snapshot, "u-admin"));
        time.Advance(TimeSpan.FromSeconds(20));

        Assert.Equal(TimeSpan.FromSeconds(30), new RunBudget(run, new RunLimits { Seconds = 60 }).TimeLeft(null));
    }

    [Fact]
    public void TryReserve_AnyCalls_NeverReservesBeyondALimitNorExceedsItByMoreThanOneCall()
    {
        var calls = from scope in Gen.Elements(Scopes)
                    from input in Gen.Choose(1, 4_000)
                    from isLast in Gen.Elements(true, false)
                    from over in Gen.Choose(-2_000, 2_000)
                    from settles in Gen.Choose(0, 3)
                    select (scope, input, isLast, over, settles);
        Prop.ForAll(calls.ListOf().ToArbitrary(), list => CheckAsync(list).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

        static async Task<bool> CheckAsync(IEnumerable<(string? Scope, int Input, bool IsLast, int Over, int Settles)> calls)
        {
            const decimal Price = 0.00001m;
            await using var run = Run();
            var limits = new Dictionary<string, RunLimits> { [""] = new() { Tokens = 20_000, ModelCalls = 9, CostUsd = 0.18m }, ["a"] = new() { Tokens = 9_000 }, ["a/b"] = new() { ModelCalls = 2 } };
            var budget = new RunBudget(run, limits[""]);
            budget.Enter("a", limits["a"]);
            budget.Enter("a/b", limits["a/b"]);
            var (open, settled, number) = (new Queue<CallReservation>(), new List<(string? Scope, long Tokens)>(), 0);
            foreach (var call in calls)
            {
                if (budget.TryReserve(call.Scope, new CallNeed(call.Input, Price, Price, call.IsLast), 1_000).Reservation is { } reservation)
                {
                    open.Enqueue(reservation);
                }

                foreach (var (scope, limit) in limits)
                {
                    var outer = scope.Length == 0 ? null : scope;
                    var used = settled.Where(one => RunBudget.IsWithin(one.Scope, outer)).ToList();
                    var reserved = open.Where(one => RunBudget.IsWithin(one.Scope, outer)).ToList();
                    var largest = settled.Select(one => one.Tokens).DefaultIfEmpty().Max();
                    Assert.True(used.Sum(one => one.Tokens) + reserved.Sum(one => one.Tokens) <= (limit.Tokens ?? long.MaxValue / 2) + (2_000 * used.Count), "reserved beyond what was left");
                    Assert.True(reserved.Count == 0 || used.Sum(one => one.Tokens) <= (limit.Tokens ?? long.MaxValue / 2) + largest, "exceeded by more than one call");
                    Assert.True(used.Count + reserved.Count <= (limit.ModelCalls ?? int.MaxValue), "too many calls");
                }

                for (var i = 0; i < call.Settles && open.TryDequeue(out var ended); i++)
                {
                    var tokens = Math.Max(1, ended.Tokens + call.Over);
                    settled.Add((ended.Scope, tokens));
                    budget.Settle(ended, Called(++number, ended.Scope, tokens - 1, 1));
                }
            }

            return true;
        }
    }

    private static ModelCalled Called(int number, string? scope, long input, long output) => new()
    {
        Call = number, Model = "m", FinishReason = "stop", AnswerFrom = 0, AnswerLength = 0, Scope = scope, InputTokens = input, OutputTokens = output, CostUsd = (input + output) * 0.00001m,
    };

    private static RunContext Run(params RunFact[] facts) => Run(TimeProvider.System, facts);

    private static RunContext Run(TimeProvider time, params RunFact[] facts)
    {
        var input = Engines.Input("go");
        var recorder = FakeRecorder.For(input, time);
        recorder.RecordAsync(facts, default).AsTask().GetAwaiter().GetResult();
        return new RunContext(input, recorder, new FakeConnectors(), ActionPolicy.ReadOnly, new OrchestrationOptions(), time, new RandomSource(1), default, default);
    }
}
