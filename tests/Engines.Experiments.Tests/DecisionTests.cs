using Steward.Engines.Experiments.Decisions;

namespace Steward.Engines.Experiments.Tests;

public class DecisionTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly ExperimentPlan Canary = new()
    {
        Kind = ExperimentKind.Canary,
        Metrics =
        [
            new MetricPlan { Name = "errors", Kind = MetricKind.Failure, Margin = 0.02, Weight = 2 },
            new MetricPlan { Name = "slow", Margin = 0.05 },
            new MetricPlan { Name = "tokens", Clip = 4_000, Margin = 400 },
        ],
    };

    private static readonly ExperimentPlan Halves = new()
    {
        Metrics = [new MetricPlan { Name = "success", HigherIsBetter = true, IsPrimary = true }, new MetricPlan { Name = "tokens", Clip = 4_000 }],
        MinimumDuration = TimeSpan.Zero,
    };

    [Theory]
    [InlineData(0.10)]
    [InlineData(0.01)]
    public void Canary_NoDifference_IsSeldomRolledBack(double errors)
    {
        var random = new Random(1);
        var ends = Enumerable.Range(0, 200).Select(_ => Run(Canary with { MaximumDuration = TimeSpan.FromDays(999) }, random, 8_000, errors, errors).Decision.Verdict).ToList();

        Assert.True(ends.Count(end => end is ExperimentVerdict.RollBack or ExperimentVerdict.Invalid) <= 10, $"{ends.CountBy(end => end).ToList().Count}");
    }

    [Fact]
    public void Canary_FailsTenTimesAsOften_IsRolledBackSoon()
    {
        var random = new Random(2);
        var ends = Enumerable.Range(0, 50).Select(_ => Run(Canary, random, 8_000, 0.01, 0.10)).ToList();

        Assert.All(ends, end => Assert.Equal(ExperimentVerdict.RollBack, end.Decision.Verdict));
        Assert.True(ends.Average(end => end.Units) < 2_000, $"{ends.Average(end => end.Units)}");
    }

    [Fact]
    public void Canary_NoDifference_IsPromotedThroughItsStages()
    {
        var ends = Enumerable.Range(0, 10).Select(seed => Run(Canary, new Random(seed), 60_000, 0.01, 0.01)).ToList();
        var promoted = ends.FindAll(end => end.Decision.Verdict == ExperimentVerdict.Promote);

        // One of twenty may be rolled back for nothing.
        Assert.True(promoted.Count >= 8, string.Join("; ", ends.Select(end => end.Decision.Reason)));
        Assert.All(promoted, end => Assert.Equal([ExperimentVerdict.Advance, ExperimentVerdict.Promote], end.Records.Select(record => record.Decision.Verdict)));
    }

    [Fact]
    public void Canary_WorseByTheMargin_IsSeldomPromoted()
    {
        var random = new Random(4);
        var quick = Canary with { Metrics = [Canary.Metrics[0]], Stages = [new CanaryStage { Share = 0.25, MinimumDuration = TimeSpan.Zero }] };
        var promoted = Enumerable.Range(0, 200).Count(_ => Run(quick, random, 4_000, 0.05, 0.07).Decision.Verdict == ExperimentVerdict.Promote);

        Assert.True(promoted <= 10, $"{promoted}");
    }

    [Fact]
    public void Canary_BeforeTheMinimumTime_IsNotPromoted()
    {
        var plan = Canary with { Stages = [new CanaryStage { Share = 0.25, MinimumDuration = TimeSpan.FromDays(30) }], MaximumDuration = TimeSpan.FromDays(60) };

        Assert.Equal(ExperimentVerdict.Continue, Run(plan, new Random(5), 10_000, 0.01, 0.01).Decision.Verdict);
    }

    [Fact]
    public void Canary_NoTraffic_IsRolledBackInTheEnd()
    {
        var evidence = ExperimentEvidence.Begin(Canary, Start);

        Assert.Equal(ExperimentVerdict.Continue, ExperimentPolicy.Decide(Canary, evidence, Start.AddDays(27)).Verdict);
        Assert.Equal(ExperimentVerdict.RollBack, ExperimentPolicy.Decide(Canary, evidence, Start.AddDays(28)).Verdict);
    }

    [Fact]
    public void Canary_MoreThanItsShare_IsInvalid()
    {
        var evidence = ExperimentEvidence.Begin(Canary, Start);
        for (var i = 0; i < 1_000; i++)
        {
            evidence.Add(Canary, new ObservedUnit(i % 10 == 0 ? 1 : 0, [0, 0, 100]));
        }

        Assert.Equal(ExperimentVerdict.Invalid, ExperimentPolicy.Decide(Canary, evidence, Start).Verdict);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.05)]
    public void Experiment_NoDifference_SeldomHasAWinnerOrLoser(double share)
    {
        var random = new Random(6);
        var alarms = Enumerable.Range(0, 200).Count(_ => Run(Halves with { Shares = [1 - share, share], MaximumDuration = TimeSpan.FromDays(999) }, random, 4_000, 0.9, 0.9).Decision.Verdict != ExperimentVerdict.Continue);

        Assert.True(alarms <= 10, $"{alarms}");
    }

    [Fact]
    public void Experiment_BetterVariant_Wins()
    {
        var end = Run(Halves, new Random(7), 20_000, 0.8, 0.9);

        Assert.Equal((ExperimentVerdict.Promote, 1), (end.Decision.Verdict, end.Decision.Variant));
    }

    [Fact]
    public void Experiment_WorseVariant_IsRolledBack() => Assert.Equal(ExperimentVerdict.RollBack, Run(Halves, new Random(8), 20_000, 0.9, 0.8).Decision.Verdict);

    [Fact]
    public void Experiment_BeforeTheMinimum_NamesNoWinner() =>
        Assert.Equal(ExperimentVerdict.Continue, Run(Halves with { MinimumUnits = 100_000 }, new Random(9), 10_000, 0.5, 0.9).Decision.Verdict);

    [Fact]
    public void Replay_AnyRecord_DecidesTheSame()
    {
        var records = Run(Canary, new Random(10), 60_000, 0.01, 0.01).Records.Concat(Run(Canary, new Random(11), 8_000, 0.01, 0.2).Records).Concat(Run(Halves, new Random(12), 20_000, 0.8, 0.9).Records).ToList();

        Assert.Equal(4, records.Count);
        Assert.All(records, record => Assert.Equal(record.Decision, record.Replay()));
    }

    [Fact]
    public void Replay_ChangedEvidence_DecidesOtherwise()
    {
        var record = Run(Canary, new Random(11), 8_000, 0.01, 0.2).Records[0];
        var changed = record with { Evidence = System.Text.Json.JsonSerializer.Serialize(ExperimentEvidence.Begin(Canary, Start), DecisionJson.Default.ExperimentEvidence) };

        Assert.NotEqual(changed.Decision, changed.Replay());
    }

    [Fact]
    public void Add_UnitOfAnotherPlan_IsRefused() =>
        Assert.Throws<ArgumentException>(() => ExperimentEvidence.Begin(Canary, Start).Add(Canary, new ObservedUnit(2, [0, 0, 0])));

    /// <summary>A unit every ten seconds, and a decision after each. The first metric is drawn with the given shares, others without any difference.</summary>
    private static (ExperimentDecision Decision, int Units, List<DecisionRecord> Records) Run(ExperimentPlan plan, Random random, int most, double control, double variant)
    {
        var evidence = ExperimentEvidence.Begin(plan, Start);
        var records = new List<DecisionRecord>();
        for (var i = 1; i <= most; i++)
        {
            var isVariant = random.NextDouble() < plan.SharesAt(evidence.Stage)[1];
            double?[] values = [random.NextDouble() < (isVariant ? variant : control) ? 1 : 0, random.NextDouble() < 0.05 ? 1 : 0, 500 * Math.Exp(Gauss(random) * 0.8)];
            evidence.Add(plan, new ObservedUnit(isVariant ? 1 : 0, plan.Metrics.Count == 2 ? [values[0], values[2]] : values[..plan.Metrics.Count]));
            var now = Start.AddSeconds(10 * i);
            var decision = ExperimentPolicy.Decide(plan, evidence, now);
            if (decision.Verdict == ExperimentVerdict.Continue)
            {
                continue;
            }

            records.Add(DecisionRecord.Of(plan, evidence, now, decision));
            if (decision.Verdict != ExperimentVerdict.Advance)
            {
                return (decision, i, records);
            }

            evidence.NextStage(plan, now);
        }

        return (new ExperimentDecision(ExperimentVerdict.Continue, 0, ""), most, records);
    }

    private static double Gauss(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
