using System.Diagnostics.CodeAnalysis;
using FsCheck;
using FsCheck.Fluent;
using Steward.Engines.Inference.Batching;

namespace Steward.Engines.Inference.Tests.Batching;

/// <summary>Random loads against a plain list of what waits.</summary>
public class BatchSchedulerProperties
{
    private const int MaxTexts = 40;
    private const int MaxTokens = 2_000;

    [Fact]
    public void Scheduler_RandomLoads_LosesNothingAndKeepsOrderAndBounds() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), Simulate).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [SuppressMessage("Security", "CA5394", Justification = "Drawn from a seed, to be repeated.")]
    private static void Simulate(int seed)
    {
        var random = new Random(seed);
        var scheduler = new BatchScheduler(new SchedulerLimits { MaxQueuedTexts = MaxTexts, MaxQueuedTokens = MaxTokens, StarvationLimit = TimeSpan.FromMilliseconds(30) });
        var queues = Enumerable.Range(0, 1 + random.Next(3))
            .Select(index => scheduler.AddQueue(new BatchPolicy { MaxBatchSize = 1 + random.Next(12), TokenBudget = 64 + random.Next(512), MaxDelay = TimeSpan.FromMilliseconds(random.Next(2)) }, index))
            .ToList();
        var waiting = new List<Work>();
        var (now, ended, admitted) = (TimeSpan.Zero, 0, 0);
        var batch = new Batch();
        for (var step = 0; step < 400; step++)
        {
            now += TimeSpan.FromMilliseconds(random.NextDouble());
            switch (random.Next(10))
            {
                case < 6:
                    var deadline = random.Next(4) == 0 ? now + TimeSpan.FromMilliseconds(random.Next(-2, 40)) : (TimeSpan?)null;
                    var work = new Work(3 + random.Next(200), (InferenceLane)random.Next(2), deadline) { Target = queues[random.Next(queues.Count)], Number = step };
                    if (scheduler.Admit(work.Target, work, now).Outcome == AdmissionOutcome.Admitted)
                    {
                        waiting.Add(work);
                        admitted++;
                    }

                    break;
                case 6 when waiting.Count > 0:
                    var withdrawn = waiting[random.Next(waiting.Count)];
                    Assert.True(BatchScheduler.Withdraw(withdrawn, now));
                    waiting.Remove(withdrawn);
                    ended++;
                    break;
                default:
                    ended += TakeAndCheck(scheduler, batch, waiting, now, random);
                    break;
            }

            foreach (var lane in Enum.GetValues<InferenceLane>())
            {
                Assert.Equal(waiting.Count(work => work.Lane == lane), scheduler.Count(lane));
                Assert.Equal(waiting.Where(work => work.Lane == lane).Sum(work => work.Length), scheduler.Tokens(lane));
                Assert.InRange(scheduler.Count(lane), 0, MaxTexts);
                Assert.InRange(scheduler.Tokens(lane), 0, MaxTokens);
            }
        }

        while (waiting.Count > 0)
        {
            now += TimeSpan.FromMilliseconds(5);
            var before = waiting.Count;
            ended += TakeAndCheck(scheduler, batch, waiting, now, random);
            Assert.True(waiting.Count < before, "Something waits and nothing is handed out.");
        }

        Assert.Equal(admitted, ended);
    }

    [SuppressMessage("Security", "CA5394", Justification = "Drawn from a seed, to be repeated.")]
    private static int TakeAndCheck(BatchScheduler scheduler, Batch batch, List<Work> waiting, TimeSpan now, Random random)
    {
        var taken = scheduler.TryTake(batch, now, out var wait);
        Assert.Equal(taken, batch.Items.Count > 0);
        Assert.True(taken || wait is not null || waiting.Count == batch.Expired.Count, "Nothing to do while something waits.");
        foreach (var expired in batch.Expired.Cast<Work>())
        {
            Assert.True(expired.Deadline <= now);
            Assert.True(waiting.Remove(expired));
        }

        if (taken)
        {
            var items = batch.Items.Cast<Work>().ToList();
            var seed = items[0];
            var policy = seed.Target.Policy;
            Assert.All(items, item => Assert.Same(seed.Target, item.Target));
            Assert.DoesNotContain(items, item => item.Deadline <= now && item == seed);
            Assert.InRange(items.Count, 1, policy.MaxBatchSize);
            Assert.True(items.Count == 1 || batch.PaddedTokens <= policy.TokenBudget);
            Assert.Equal(items.Max(item => item.Length), batch.MaxLength);
            // First of its kind: nothing of the same queue and lane has waited longer than the seed.
            Assert.Equal(waiting.Where(work => work.Target == seed.Target && work.Lane == seed.Lane).Min(work => work.AdmittedAt), seed.AdmittedAt);
            foreach (var item in items)
            {
                // Among texts of one length in one lane, order is kept.
                Assert.DoesNotContain(waiting, other => other.Target == item.Target && other.Lane == item.Lane && other.Length == item.Length && other.Number < item.Number && !items.Contains(other));
                Assert.True(waiting.Remove(item));
            }

            BatchScheduler.End(batch, TimeSpan.FromMicroseconds(random.Next(1, 3_000)), now);
            return items.Count + batch.Expired.Count;
        }

        return batch.Expired.Count;
    }

    private sealed class Work(int length, InferenceLane lane, TimeSpan? deadline) : QueuedWork(length, lane, deadline)
    {
        public required BatchQueue Target { get; init; }

        public required int Number { get; init; }
    }
}
