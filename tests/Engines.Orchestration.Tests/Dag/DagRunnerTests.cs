using Steward.Engines.Orchestration.Dag;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Orchestration.Tests.Planning;
using static Steward.Engines.Orchestration.Tests.Dag.FakeWork;

namespace Steward.Engines.Orchestration.Tests.Dag;

public sealed class DagRunnerTests
{
    private readonly FakeRecorder _recorder = FakeRecorder.For(Engines.Input("go"));

    [Fact]
    public async Task Run_IndependentSteps_NeverMoreAtOnceThanTheLimit()
    {
        var work = new FakeWork(Read("a"), Read("b"), Read("c"));
        var running = work.RunAsync(_recorder, parallel: 2);
        await work.CallsAsync(2);
        Assert.Equal(["a", "b"], work.Called);
        work.Finish("b");
        await work.CallsAsync(3);
        work.Finish("a");
        work.Finish("c");
        await running;

        Assert.Equal(["step.started", "step.started", "step.completed", "step.started"], _recorder.Types.Skip(1).Take(4));
    }

    [Fact]
    public async Task Run_StartIsNotDurableYet_OnlyReadsBegin()
    {
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _recorder.OnRecord = facts => facts.Any(fact => fact is StepStarted) ? durable.Task : Task.CompletedTask;
        var work = new FakeWork(Write("a"), Read("b"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(1);
        Assert.Equal(["b"], work.Called);

        durable.SetResult();
        await work.CallsAsync(2);
        Assert.Equal(["b", "a"], work.Called);
        work.Finish("a");
        work.Finish("b");
        await running;
    }

    [Fact]
    public async Task Run_StartCannotBeRecorded_WaitsForTheReadThatBeganAndBeginsNothingElse()
    {
        _recorder.DieAtAppend = 1;
        var work = new FakeWork(Write("a"), Read("b"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(1);
        Assert.False(running.IsCompleted);

        work.Finish("b");
        await Assert.ThrowsAnyAsync<Exception>(() => running);
        Assert.Equal(["b"], work.Called);
    }

    [Fact]
    public async Task Run_StepWaits_IndependentOnesGoOnAndThenTheRunWaits()
    {
        var work = new FakeWork(Write("a"), Read("b"), Read("c", "b"), Read("d", "a"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Wait("a", "d-1");
        work.Finish("b");
        await work.CallsAsync(3);
        work.Finish("c");
        var outcome = await running;

        Assert.Equal(["d-1"], outcome.Waits!.RequestIds);
        Assert.Contains("May a?", outcome.Waits.Summary, StringComparison.Ordinal);
        Assert.Equal(["b", "c"], work.Ended.Keys);
        Assert.Equal(RunPhase.Waiting, _recorder.Snapshot.Phase);
    }

    [Fact]
    public async Task Run_DecidedWhileOthersRun_CallsTheStepAgainAtOnce()
    {
        var work = new FakeWork(Write("a"), Read("b"), Read("c"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(3);
        work.Wait("a", "d-1");
        await RecordedAsync("decision.requested");
        await _recorder.RecordAsync([new DecisionMade { RequestId = "d-1", Decision = "approve", By = "u-ada" }], default);
        work.Finish("b");
        await work.CallsAsync(4);
        work.Finish("a");
        work.Finish("c");
        var outcome = await running;

        Assert.Null(outcome.Waits);
        Assert.Equal(["a", "b", "c"], work.Called.Take(3).Order());
        Assert.Equal("a", Assert.Single(work.Called.Skip(3)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Run_EndsEarlyWhileAStepWaits_WaitsOnlyWhenAllIsToBeBroughtToItsEnd(bool waits)
    {
        var work = new FakeWork(Write("a"), Read("b"), Read("c", "b")) { EndsAfter = { ["b"] = waits ? DagEnding.Finish : DagEnding.Stop } };
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Wait("a", "d-1");
        work.Fail("b");
        var outcome = await running;

        Assert.Equal(waits, outcome.Waits is not null);
        Assert.DoesNotContain("c", work.Called);
    }

    [Fact]
    public async Task Run_Guess_BeginsEarlyAndItsResultIsUsedAtOnceWhenNeeded()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Finish("b", """{"value":1}""");
        await RecordedAsync("step.completed");
        Assert.Empty(work.Ended);
        work.Finish("a");
        await running;

        Assert.Equal(["a", "b"], work.Called);
        Assert.Equal(1, work.Ended["b"].Result!.Value.GetProperty("value").GetInt32());
        Assert.True(_recorder.Snapshot.FindStep("b")!.Speculative);
        Assert.DoesNotContain("step.dropped", _recorder.Types);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_GuessNotNeeded_IsDroppedAndNothingOfItCounts(bool fails)
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"), Read("c", "b")) { NotNeeded = { "b" } };
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        if (fails)
        {
            work.Fail("b");
            await RecordedAsync("step.failed");
        }
        else
        {
            work.Finish("b", """{"value":1}""");
            await RecordedAsync("step.completed");
        }

        work.Finish("a");
        await work.CallsAsync(3);
        work.Finish("c");
        await running;

        Assert.Equal(DagEnd.Skipped, work.Ended["b"]);
        var state = _recorder.Snapshot.FindStep("b")!;
        Assert.Equal((StepStatus.Dropped, null, null), (state.Status, state.Result, state.Code));
    }

    [Fact]
    public async Task Run_GuessNotNeededWhileUnderWay_IsStoppedAndNotWaitedFor()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a")) { NotNeeded = { "b" } };
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Finish("a");
        await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.True(work.Tokens["b"].IsCancellationRequested);
        Assert.False(work.Tokens["a"].IsCancellationRequested);
        Assert.Single(_recorder.Facts, fact => fact is StepDropped { StepId: "b" });
        Assert.Equal(StepStatus.Dropped, _recorder.Snapshot.FindStep("b")!.Status);
        work.Fail("b");
        Assert.DoesNotContain(_recorder.Facts, fact => fact is StepFailed);
    }

    [Fact]
    public async Task Run_WorkEndsWhileAGuessIsUnderWay_IsStoppedAndNotWaitedFor()
    {
        var work = new FakeWork(Read("a"), Read("c", "a"), Guess("b", "c")) { EndsAfter = { ["a"] = DagEnding.Stop } };
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Fail("a");
        await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.True(work.Tokens["b"].IsCancellationRequested);
        Assert.Single(_recorder.Facts, fact => fact is StepDropped { StepId: "b" });
    }

    [Fact]
    public async Task Run_OnlyAGuessIsUnderWay_DoesNotHoldTheQuestionToAPersonBack()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Wait("a", "d-1");
        var outcome = await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(["d-1"], outcome.Waits!.RequestIds);
        Assert.True(work.Tokens["b"].IsCancellationRequested);
        Assert.DoesNotContain(_recorder.Facts, fact => fact is StepDropped);
    }

    [Fact]
    public async Task Run_NothingButAPersonIsWaitedFor_BeginsNoGuess()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"));
        var running = work.RunAsync(_recorder, parallel: 1);
        await work.CallsAsync(1);
        work.Wait("a", "d-1");
        var outcome = await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Equal(["d-1"], outcome.Waits!.RequestIds);
        Assert.Equal(["a"], work.Called);
    }

    [Fact]
    public async Task Run_DecidedWhileTheRunSettlesDown_MakesTheGuessAnewWhenItIsNeeded()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Wait("a", "d-1");
        await running.WaitAsync(TimeSpan.FromSeconds(10));
        _recorder.Note(new DecisionMade { RequestId = "d-1", Decision = "approve", By = "u-boss" });

        var again = new FakeWork(Read("a"), Guess("b", "a"));
        var resumed = new FakeRecorder(before: _recorder);
        var second = again.RunAsync(resumed);
        await again.CallsAsync(1);
        again.Finish("a");
        await again.CallsAsync(2);
        again.Finish("b", """{"value":1}""");
        await second.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.True(again.Ended["b"].IsDone);
        Assert.Equal(StepStatus.Done, resumed.Snapshot.FindStep("b")!.Status);
    }

    [Fact]
    public async Task Run_GuessThatIsNeeded_IsNotStopped()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Finish("a");
        await RecordedAsync("step.completed");
        Assert.False(work.Tokens["b"].IsCancellationRequested);
        work.Finish("b");
        await running;

        Assert.True(work.Ended["b"].IsDone);
    }

    [Fact]
    public async Task Run_WorkEndsBeforeAGuessIsNeeded_DropsIt()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a")) { EndsAfter = { ["a"] = DagEnding.Stop } };
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(2);
        work.Finish("b");
        work.Fail("a");
        await running;

        Assert.Equal(StepStatus.Dropped, _recorder.Snapshot.FindStep("b")!.Status);
        Assert.Equal(["a"], work.Ended.Keys);
    }

    [Fact]
    public async Task Run_Guess_NeverOvertakesWhatMayChangeSomething()
    {
        var work = new FakeWork(Write("a"), Read("b", "a"), Guess("c", "b"));
        var running = work.RunAsync(_recorder);
        await work.CallsAsync(1);
        work.Finish("a");
        await work.CallsAsync(3);
        Assert.Equal(["a", "b", "c"], work.Called);
        work.Finish("b");
        work.Finish("c");
        await running;

        var facts = _recorder.Types.ToList();
        Assert.True(facts.IndexOf("step.completed") < facts.FindLastIndex(type => type == "step.started"));
    }

    [Fact]
    public async Task Run_Guess_NeverTakesTheSlotOfAStepThatIsFree()
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"), Read("c"));
        var running = work.RunAsync(_recorder, parallel: 2);
        await work.CallsAsync(2);
        Assert.Equal(["a", "c"], work.Called);
        work.Finish("a");
        work.Finish("c");
        await work.CallsAsync(3);
        work.Finish("b");
        await running;

        Assert.False(_recorder.Snapshot.FindStep("b")!.Speculative);
    }

    [Theory]
    [InlineData("{ allow: [role:nobody] }")]
    [InlineData("{ approval: [anyone] }")]
    public async Task Run_GuessThatThePolicyRestricts_DoesNotBeginEarly(string rule)
    {
        var policy = ActionPolicy.Compile($"version: 1\noperations:\n  fake.things.b: {rule}\n", "policy.yaml");
        var work = new FakeWork(Read("a"), Guess("b", "a")) { NotNeeded = { "b" } };
        var running = work.RunAsync(_recorder, policy: policy);
        await work.CallsAsync(1);
        work.Finish("a");
        await running;

        Assert.Equal(["a"], work.Called);
    }

    [Fact]
    public async Task Run_GuessThatWasCutOff_IsDecidedByTheJournalWhenResumed()
    {
        var input = Engines.Input("go");
        var first = FakeRecorder.For(input);
        await first.RecordAsync(
            [
                new StepStarted { StepId = "a", Title = "a" }, new StepStarted { StepId = "b", Title = "b", Speculative = true }, new StepStarted { StepId = "c", Title = "c", Speculative = true },
                new StepFailed { StepId = "b", Code = "rejected", Message = "No." }, new StepCompleted { StepId = "a", Status = "done" },
            ], default);
        var work = new FakeWork(Read("a"), Guess("b", "a"), Guess("c", "a")) { NotNeeded = { "b" } };
        var running = work.RunAsync(first);
        await work.CallsAsync(1);
        work.Finish("c");
        await running;

        Assert.Equal(["c"], work.Called);
        Assert.Equal((StepStatus.Dropped, StepStatus.Done), (first.Snapshot.FindStep("b")!.Status, first.Snapshot.FindStep("c")!.Status));
    }

    [Fact]
    public async Task Run_BudgetUsedUp_FinishesWhatRunsAndStartsNothing()
    {
        var work = new FakeWork(Read("a"), Read("b"), Read("c"));
        var running = work.RunAsync(_recorder, budget: new FakeBudget { Limit = 2 });
        await work.CallsAsync(2);
        work.Finish("a");
        work.Finish("b");
        var outcome = await running;

        Assert.Equal("steps", outcome.Exhausted!.Budget);
        Assert.Equal(["a", "b"], work.Ended.Keys.Order());
        Assert.Single(_recorder.Facts.OfType<BudgetExhausted>());
    }

    [Fact]
    public async Task Run_PatientAndReadsAreQuick_RecordsAllOfThemTogetherWithTheirTimes()
    {
        var time = new ManualTimeProvider();
        var at = new List<DateTimeOffset?>();
        _recorder.OnAppend = (facts, _) => at.AddRange(facts.Select(fact => fact.HappenedAt));
        var work = new FakeWork(Read("a"), Read("b", "a"));
        var running = work.RunAsync(_recorder, patience: TimeSpan.FromSeconds(1), time: time);
        await work.CallsAsync(1);
        time.Advance(TimeSpan.FromMilliseconds(300));
        work.Finish("a");
        await work.CallsAsync(2);
        Assert.Equal(0, _recorder.Appends);
        time.Advance(TimeSpan.FromMilliseconds(300));
        work.Finish("b");
        await running;

        Assert.Equal(1, _recorder.Appends);
        Assert.Equal(["step.started", "step.completed", "step.started", "step.completed"], _recorder.Types.Skip(1));
        Assert.Equal([0d, 300, 300, 600], at.Select(moment => (moment!.Value - at[0]!.Value).TotalMilliseconds));
    }

    [Fact]
    public async Task Run_PatientButAReadIsSlow_RecordsItsBeginningWhileItRuns()
    {
        var time = new ManualTimeProvider();
        var work = new FakeWork(Read("a"), Read("b", "a"));
        var running = work.RunAsync(_recorder, patience: TimeSpan.FromSeconds(1), time: time);
        await work.CallsAsync(1);
        work.Finish("a");
        await work.CallsAsync(2);
        await AdvancedAsync(time, () => _recorder.Types.Contains("step.completed"));
        Assert.Equal(["step.started", "step.completed", "step.started"], _recorder.Types.Skip(1));

        work.Finish("b");
        await running;
        Assert.Equal(2, _recorder.Appends);
    }

    [Fact]
    public async Task Run_PatientAndSomethingIsToBeChanged_RecordsEverythingBeforeItBegins()
    {
        var work = new FakeWork(Read("a"), Write("b", "a"), Read("c", "b"));
        var recordedBeforeTheWrite = -1;
        var running = work.RunAsync(_recorder, patience: TimeSpan.FromHours(1), time: new ManualTimeProvider());
        await work.CallsAsync(1);
        work.Finish("a");
        await work.CallsAsync(2);
        recordedBeforeTheWrite = _recorder.Types.Count(type => type.StartsWith("step.", StringComparison.Ordinal));
        work.Finish("b");
        await work.CallsAsync(3);
        work.Finish("c");
        await running;

        Assert.Equal(3, recordedBeforeTheWrite);
    }

    [Fact]
    public async Task Run_PatientAndAnActionIsConfirmed_RecordsThatAtOnce()
    {
        var work = new FakeWork(Write("a"), Read("b", "a"));
        var running = work.RunAsync(_recorder, patience: TimeSpan.FromHours(1), time: new ManualTimeProvider());
        await work.CallsAsync(1);
        work.FinishWith("a", new ActionConfirmed { ActionId = "a-1" }, new StepCompleted { StepId = "a", Status = "done" });
        await work.CallsAsync(2);
        await RecordedAsync("action.confirmed");
        work.Finish("b");
        await running;

        Assert.Equal(["step.started", "action.confirmed", "step.completed", "step.started", "step.completed"], _recorder.Types.Skip(1));
    }

    [Fact]
    public async Task Run_PatientAndCancelled_KeepsWhatWasRead()
    {
        var work = new FakeWork(Read("a"), Read("b", "a"));
        using var cancel = new CancellationTokenSource();
        var running = work.RunAsync(_recorder, patience: TimeSpan.FromHours(1), time: new ManualTimeProvider(), cancel: cancel.Token);
        await work.CallsAsync(1);
        await cancel.CancelAsync();
        work.Finish("a");
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Assert.Equal(["step.started", "step.completed"], _recorder.Types.Skip(1));
        Assert.Equal(["a"], work.Called);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_GuessIsAbandonedBeforeItsBeginningIsRecorded_CountsOnceAndIsDropped(bool isNeeded)
    {
        var work = new FakeWork(Read("a"), Guess("b", "a"));
        if (!isNeeded)
        {
            work.NotNeeded.Add("b");
        }

        var running = work.RunAsync(_recorder, budget: new FakeBudget { Limit = 2 }, patience: TimeSpan.FromHours(1), time: new ManualTimeProvider());
        await work.CallsAsync(2);

        // Decided only when the runner has seen that the step waits and is about to give the guess up.
        _recorder.Note(new DecisionRequested { RequestId = "d-1", Kind = DecisionKind.Approval, StepId = "a", Summary = "May a?", SubjectHash = "h", Options = ["approve"], Deciders = ["requester"] });
        var looks = 0;
        work.OnLook = () =>
        {
            if (++looks == 2)
            {
                _recorder.Note(new DecisionMade { RequestId = "d-1", Decision = "approve", By = "u-boss" });
            }
        };
        work.WaitFor("a", "d-1");
        await work.CallsAsync(3);
        work.Finish("a");
        if (isNeeded)
        {
            await work.CallsAsync(4);
            work.Finish("b");
        }

        await running.WaitAsync(TimeSpan.FromSeconds(10));

        Assert.Empty(_recorder.Snapshot.Exhausted);
        Assert.Single(_recorder.Facts.OfType<StepStarted>(), started => started.StepId == "b");
        Assert.Equal(isNeeded ? StepStatus.Done : StepStatus.Dropped, _recorder.Snapshot.FindStep("b")!.Status);
        Assert.Equal(isNeeded ? ["a", "b", "a", "b"] : new[] { "a", "b", "a" }, work.Called);
    }

    private static async Task AdvancedAsync(ManualTimeProvider time, Func<bool> until)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!until() && watch.Elapsed < TimeSpan.FromSeconds(10))
        {
            // The runner may not have set its clock yet.
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        Assert.True(until());
    }

    private async Task RecordedAsync(string type)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!_recorder.Types.Contains(type) && watch.Elapsed < TimeSpan.FromSeconds(10))
        {
            await Task.Yield();
        }

        Assert.Contains(type, _recorder.Types);
    }
}
