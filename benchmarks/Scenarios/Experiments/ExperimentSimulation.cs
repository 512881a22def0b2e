using Steward.Engines.Experiments.Decisions;

namespace Steward.Benchmarks.Scenarios.Experiments;

/// <summary>How an end came, and after how many units.</summary>
internal readonly record struct SimulatedEnd(ExperimentVerdict Verdict, int Units);

/// <summary>Draws the values of one unit of a variant.</summary>
internal delegate void UnitDraw(Random random, bool isVariant, double?[] values);

/// <summary>Runs experiments and canaries whose truth is known, with a decision after each unit, by the same code that decides about real ones.</summary>
internal static class ExperimentSimulation
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Runs many, each with a seed of its own.</summary>
    public static SimulatedEnd[] Run(ExperimentPlan plan, UnitDraw draw, int runs, int most, int seed)
    {
        var ends = new SimulatedEnd[runs];
        Parallel.For(0, runs, run => ends[run] = RunOne(plan, draw, most, unchecked((seed * 1_000_003) + run)));
        return ends;
    }

    private static SimulatedEnd RunOne(ExperimentPlan plan, UnitDraw draw, int most, int seed)
    {
#pragma warning disable CA5394 // Nothing is to be kept from anybody; the same seed has to give the same.
        var random = new Random(seed);
        var (evidence, values) = (ExperimentEvidence.Begin(plan, Start), new double?[plan.Metrics.Count]);
        for (var i = 1; i <= most; i++)
        {
            var isVariant = random.NextDouble() < plan.SharesAt(evidence.Stage)[1];
#pragma warning restore CA5394
            draw(random, isVariant, values);
            evidence.Add(plan, new ObservedUnit(isVariant ? 1 : 0, values));
            var now = Start.AddSeconds(i);
            var decision = ExperimentPolicy.Decide(plan, evidence, now);
            switch (decision.Verdict)
            {
                case ExperimentVerdict.Continue:
                    break;
                case ExperimentVerdict.Advance:
                    evidence.NextStage(plan, now);
                    break;
                default:
                    return new SimulatedEnd(decision.Verdict, i);
            }
        }

        return new SimulatedEnd(ExperimentVerdict.Continue, most);
    }
}
