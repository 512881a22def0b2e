using Steward.Engines.Inference.Batching;

namespace Steward.Engines.Inference.Tests.Batching;

public class BatchSchedulerTests
{
    private static readonly BatchPolicy Large = new() { MaxBatchSize = 8, TokenBudget = 256 };

    private readonly BatchScheduler _scheduler = new(new SchedulerLimits { MaxQueuedTexts = 100, MaxQueuedTokens = 10_000 });
    private readonly Batch _batch = new();

    [Fact]
    public void TryTake_InteractiveAndBackground_TakesInteractiveFirst()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        var background = Admit(queue, 10, InferenceLane.Background);
        var interactive = Admit(queue, 10, InferenceLane.Interactive, at: 1);

        Assert.Equal([interactive], Take(2));
        Assert.Equal([background], Take(3));
        Assert.Empty(Take(4));
    }

    [Fact]
    public void TryTake_StarvedBackground_GetsOneOfFourBatches()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        for (var i = 0; i < 20; i++)
        {
            Admit(queue, 10, InferenceLane.Background);
            Admit(queue, 10, InferenceLane.Interactive);
        }

        var lanes = Enumerable.Range(0, 16).Select(_ => Take(1_000).Single().Lane).ToList();

        Assert.Equal(4, lanes.Count(lane => lane == InferenceLane.Background));
        Assert.Equal(InferenceLane.Interactive, lanes[0]);
    }

    [Fact]
    public void TryTake_MixedLengths_PadsNoRowByMoreThanAllowed()
    {
        var queue = _scheduler.AddQueue(Large, this);
        foreach (var (place, length) in new[] { 30, 8, 31, 64, 25, 32, 9 }.Index())
        {
            Admit(queue, length, at: place * 0.1);
        }

        var lengths = Take(1).Select(work => work.Length).ToList();

        Assert.Equal([30, 31, 25, 32], lengths);
        Assert.Equal([8], Take(1).Select(work => work.Length));
    }

    [Fact]
    public void TryTake_TokenBudget_CountsPadding()
    {
        var queue = _scheduler.AddQueue(Large with { MaxBatchSize = 100 }, this);
        for (var i = 0; i < 20; i++)
        {
            Admit(queue, 60);
        }

        Assert.Equal(4, Take(1).Count);
    }

    [Fact]
    public void TryTake_TextBeyondTheBudget_RunsAlone()
    {
        var queue = _scheduler.AddQueue(Large, this);
        Admit(queue, 400);
        Admit(queue, 400);

        Assert.Single(Take(1));
    }

    [Fact]
    public void TryTake_DeadlinePassedBehindOthers_IsHandedOutAsExpired()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        var first = Admit(queue, 10);
        var late = Admit(queue, 10, deadline: 50);

        Assert.Equal([first], Take(60));
        Assert.Equal([late], _batch.Expired);
        Assert.Equal(0, _scheduler.Count(InferenceLane.Interactive));
    }

    [Fact]
    public void Admit_MoreThanMayWait_IsRefusedPerLane()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        for (var i = 0; i < 100; i++)
        {
            Admit(queue, 10, InferenceLane.Background);
        }

        Assert.Equal(AdmissionOutcome.Full, _scheduler.FindRefusal(InferenceLane.Background, null, TimeSpan.Zero)?.Outcome);
        Assert.Null(_scheduler.FindRefusal(InferenceLane.Interactive, null, TimeSpan.Zero));
        Assert.Equal(AdmissionOutcome.Late, _scheduler.FindRefusal(InferenceLane.Interactive, TimeSpan.Zero, TimeSpan.FromSeconds(1))?.Outcome);
        Assert.Equal(AdmissionOutcome.Full, _scheduler.Admit(queue, new Work(10, InferenceLane.Background, null), Ms(0)).Outcome);
        Assert.Equal(AdmissionOutcome.Admitted, _scheduler.Admit(queue, new Work(10, InferenceLane.Interactive, null), Ms(0)).Outcome);
    }

    [Fact]
    public void Admit_DeadlineBeforeItsTurn_IsRefusedAtOnce()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        queue.Cost.Record(10, Ms(10));
        for (var i = 0; i < 10; i++)
        {
            Admit(queue, 10);
        }

        var admission = _scheduler.Admit(queue, new Work(10, InferenceLane.Interactive, Ms(50)), Ms(0));

        Assert.Equal(AdmissionOutcome.TooBusyForDeadline, admission.Outcome);
        Assert.Equal(100, admission.Backlog.TotalMilliseconds, 3);
        Assert.Equal(AdmissionOutcome.Admitted, _scheduler.Admit(queue, new Work(10, InferenceLane.Interactive, Ms(150)), Ms(0)).Outcome);
    }

    // The first run of a process was slow, and nobody comes but with a deadline before which no such run ends.
    [Fact]
    public void Admit_DeadlineTooShortForWhatWasLearnt_OneIsTriedAndItsRunTeaches()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        queue.Cost.Record(10, Ms(300));

        Assert.Equal(AdmissionOutcome.Admitted, AdmitWithin(queue, 5, at: 0));
        Assert.Equal(AdmissionOutcome.TooBusyForDeadline, AdmitWithin(queue, 5, at: 0));
        Assert.Single(Take(0));
        BatchScheduler.End(_batch, Ms(0.2), Ms(0.2));

        Assert.Equal([AdmissionOutcome.Admitted, AdmissionOutcome.Admitted], [AdmitWithin(queue, 5, at: 1), AdmitWithin(queue, 5, at: 1)]);
    }

    // Twenty times what a run takes, a quarter of a second at least, from the end of the one before.
    [Theory]
    [InlineData(10, new double[] { 0, 260, 520, 780 })]
    [InlineData(30, new double[] { 0, 630, 1_260, 1_890 })]
    public void Admit_RunsThatAreTooLongIndeed_AreTriedAtMostATwentiethOfTheTime(double cost, double[] tries)
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        queue.Cost.Record(10, Ms(cost));
        var tried = new List<double>();
        for (var at = 0.0; tried.Count < 4; at += 10)
        {
            if (AdmitWithin(queue, 5, at) == AdmissionOutcome.Admitted)
            {
                tried.Add(at);
                Assert.Single(Take(at));
                BatchScheduler.End(_batch, Ms(cost), Ms(at + cost));
            }
        }

        Assert.Equal(tries, tried);
    }

    [Fact]
    public void Admit_OneIsStillTried_NobodyElseIsHoweverLongItTakes()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        queue.Cost.Record(10, Ms(10));
        Assert.Equal(AdmissionOutcome.Admitted, AdmitWithin(queue, 5, at: 0));
        Assert.Single(Take(0));

        Assert.Equal(AdmissionOutcome.TooBusyForDeadline, AdmitWithin(queue, 5, at: 10_000));
        BatchScheduler.End(_batch, null, Ms(10_000));
        Assert.Equal([AdmissionOutcome.TooBusyForDeadline, AdmissionOutcome.Admitted], [AdmitWithin(queue, 5, at: 10_249), AdmitWithin(queue, 5, at: 10_250)]);
    }

    // It fell due, or was taken back, before its run: that has cost nothing, and shown nothing.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Admit_TheOneTriedNeverRan_AnotherIsAfterAQuarterOfASecond(bool isTakenBack)
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        queue.Cost.Record(10, Ms(300));
        var tried = Admit(queue, 10, deadline: 5);
        if (isTakenBack)
        {
            Assert.True(BatchScheduler.Withdraw(tried, Ms(10)));
        }
        else
        {
            Assert.Empty(Take(10));
            Assert.Equal([tried], _batch.Expired);
        }

        Assert.Equal([AdmissionOutcome.TooBusyForDeadline, AdmissionOutcome.Admitted], [AdmitWithin(queue, 5, at: 259), AdmitWithin(queue, 5, at: 260)]);
    }

    [Fact]
    public void Withdraw_OneThatIsTriedAndRuns_MayNotEndItsRun()
    {
        var queue = _scheduler.AddQueue(BatchPolicy.Processor, this);
        queue.Cost.Record(10, Ms(300));
        var tried = Admit(queue, 10, deadline: 5);
        Assert.Equal([tried], Take(0));
        Assert.False(BatchScheduler.Withdraw(tried, Ms(1)));
        Assert.Equal((0, false), (_batch.Wanted, _batch.MayEnd));
        BatchScheduler.End(_batch, Ms(2), Ms(2));

        var usual = Admit(queue, 10, at: 3);
        Assert.Equal([usual], Take(3));
        Assert.False(BatchScheduler.Withdraw(usual, Ms(3)));
        Assert.True(_batch.MayEnd);
    }

    [Fact]
    public void Admit_OthersFillTheTimeUntilTheDeadline_NobodyIsTried()
    {
        var (queue, other) = (_scheduler.AddQueue(BatchPolicy.Processor, this), _scheduler.AddQueue(BatchPolicy.Processor, this));
        queue.Cost.Record(10, Ms(300));
        other.Cost.Record(10, Ms(3));
        Admit(other, 10);
        Admit(other, 10);

        Assert.Equal(AdmissionOutcome.TooBusyForDeadline, AdmitWithin(queue, 5, at: 0));
        Assert.Equal(AdmissionOutcome.Admitted, AdmitWithin(queue, 7, at: 0));
    }

    // 75 ms is a quarter of 300 ms; the mean of 300 and 76 ms, the older one counting 0.98, is 186.87 ms.
    [Theory]
    [InlineData(76, 186.87)]
    [InlineData(74, 74)]
    public void Record_RunFarQuickerThanExpected_ForgetsWhatWasLearnt(double took, double expected)
    {
        var cost = new RunCost();
        cost.Record(10, Ms(300));
        cost.Record(10, Ms(took));

        Assert.Equal(expected, cost.Estimate(1, 10).TotalMilliseconds, 0.01);
    }

    [Fact]
    public void TryTake_DenseArrivalsAndDearRuns_WaitsForCompanyAndThenRunsAll()
    {
        var queue = _scheduler.AddQueue(Large with { MaxDelay = Ms(2) }, this);
        queue.Cost.Record(8, Ms(5));
        queue.Cost.Record(80, Ms(5));
        Admit(queue, 8, at: 0);
        Admit(queue, 8, at: 0.2);

        Assert.False(_scheduler.TryTake(_batch, Ms(0.2), out var wait));
        Assert.Equal(1.8, wait!.Value.TotalMilliseconds, 3);
        Assert.Equal(2, Take(2).Count);
    }

    [Fact]
    public void TryTake_RareArrivals_DoesNotWait()
    {
        var queue = _scheduler.AddQueue(Large with { MaxDelay = Ms(2) }, this);
        queue.Cost.Record(8, Ms(5));
        queue.Cost.Record(80, Ms(5));
        Admit(queue, 8, at: 0);
        Take(0);
        Admit(queue, 8, at: 100);

        Assert.Single(Take(100));
    }

    [Fact]
    public void Withdraw_WaitingAndRunning_FreesThePlaceAndCountsDown()
    {
        var queue = _scheduler.AddQueue(Large, this);
        var (one, two, three) = (Admit(queue, 10), Admit(queue, 10), Admit(queue, 10));

        Assert.True(BatchScheduler.Withdraw(two, Ms(1)));
        Assert.Equal([one, three], Take(1));
        Assert.False(BatchScheduler.Withdraw(one, Ms(1)));
        Assert.Equal(1, _batch.Wanted);
        Assert.False(BatchScheduler.Withdraw(one, Ms(1)));
        Assert.Equal(1, _batch.Wanted);
        Assert.False(BatchScheduler.Withdraw(two, Ms(1)));
    }

    private Work Admit(BatchQueue queue, int length, InferenceLane lane = InferenceLane.Interactive, double at = 0, double? deadline = null)
    {
        var work = new Work(length, lane, deadline is { } due ? Ms(due) : null);
        Assert.Equal(AdmissionOutcome.Admitted, _scheduler.Admit(queue, work, Ms(at)).Outcome);
        return work;
    }

    private AdmissionOutcome AdmitWithin(BatchQueue queue, double milliseconds, double at) => _scheduler.Admit(queue, new Work(10, InferenceLane.Interactive, Ms(at + milliseconds)), Ms(at)).Outcome;

    private List<QueuedWork> Take(double at)
    {
        _scheduler.TryTake(_batch, Ms(at), out _);
        return [.. _batch.Items];
    }

    private static TimeSpan Ms(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private sealed class Work(int length, InferenceLane lane, TimeSpan? deadline) : QueuedWork(length, lane, deadline);
}
