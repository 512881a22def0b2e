using System.CommandLine;
using Steward.Benchmarks.Measuring;
using Steward.Engines.Experiments.Decisions;

namespace Steward.Benchmarks.Scenarios.Experiments;

/// <summary><c>bench experiments</c>: how often experiments and canaries decide wrongly although somebody looks after each unit, and how soon they decide rightly.</summary>
internal static class ExperimentsScenario
{
    private const double Level = 0.05;
    private const double Late = 365;

    public static Command Create()
    {
        var (check, json) = (ResultOptions.Check(), ResultOptions.Json());
        var runs = new Option<int>("--runs") { Description = "Simulated runs of each kind.", DefaultValueFactory = _ => 2_000 };
        var command = new Command("experiments", "False alarms of experiments and canaries that are looked at after each unit, and how soon they find what is there.") { runs, check, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed.GetRequiredValue(runs), parsed.GetValue(check), parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(int runs, bool check, string? json, CancellationToken cancellationToken)
    {
        var targets = new List<Target>();
        var alarms = new List<AlarmRow>();
        foreach (var (name, most, plan, draw, isWrong) in Alarms())
        {
            var ends = ExperimentSimulation.Run(plan, draw, runs, most, alarms.Count + 1);
            var row = new AlarmRow(name, runs, most, (double)ends.Count(end => isWrong(end.Verdict)) / runs, (double)ends.Count(end => end.Verdict == ExperimentVerdict.Promote) / runs);
            alarms.Add(row);
            Console.Out.WriteLine($"{name,-78} wrong {row.Wrong:0.0000}  promoted {row.Promoted:0.0000}");
            targets.Add(new Target($"wrong decisions: {name}", row.Wrong, "", Level, AtLeast: false));
        }

        var delays = new List<DelayRow>();
        foreach (var (name, most, plan, draw) in Delays())
        {
            var found = ExperimentSimulation.Run(plan, draw, runs / 4, most, 100 + delays.Count).Where(end => end.Verdict is ExperimentVerdict.RollBack or ExperimentVerdict.Promote).Select(end => end.Units).Order().ToList();
            var row = new DelayRow(name, runs / 4, most, found.Count * 4d / runs, found.Count == 0 ? null : found[found.Count / 2], found.Count == 0 ? null : found[(int)(found.Count * 0.9)]);
            delays.Add(row);
            Console.Out.WriteLine($"{name,-78} found {row.Found:0.000}  median {row.Median}  p90 {row.P90}");
        }

        var others = new List<AlarmRow>();
        foreach (var (share, rate) in new[] { (0.5, 0.9), (0.05, 0.9), (0.05, 0.99) })
        {
            others.Add(new AlarmRow($"z-test every 100 units, share {share}, rate {rate}", runs, 20_000, PeekedTests.ZTest(rate, share, runs, 20_000, 7), 0));
            others.Add(new AlarmRow($"mixture SPRT with normal likelihoods, share {share}, rate {rate}", runs, 20_000, PeekedTests.NormalMixture(rate, share, runs, 20_000, 8), 0));
        }

        others.ForEach(row => Console.Out.WriteLine($"not used: {row.Name,-68} wrong {row.Wrong:0.0000}"));
        var result = new ExperimentsResult(
            Machine.Read(), TimeProvider.System.GetUtcNow(), $"steward bench experiments --runs {runs}",
            "Simulated units with known truth, drawn with fixed seeds; a decision after each unit by the code that decides about real ones. Wrong is a winner or loser where there is no difference, a roll-back of a canary that harms nothing, or the promotion of one that is worse by the margin. Delays are units of both sides together.",
            alarms, delays, others);
        return await ResultOptions.FinishAsync(result, targets, check, json, cancellationToken);
    }

    private static IEnumerable<(string, int, ExperimentPlan, UnitDraw, Func<ExperimentVerdict, bool>)> Alarms()
    {
        foreach (var share in new[] { 0.5, 0.05 })
        {
            yield return ($"experiment, success 0.90, share {share}", 10_000, Experiment(share, Success), Draws.Rate(0.9, 0.9), IsEnd);
            yield return ($"experiment, success 0.99, share {share}", 10_000, Experiment(share, Success), Draws.Rate(0.99, 0.99), IsEnd);
            yield return ($"experiment, skewed cost, share {share}", 10_000, Experiment(share, Cost with { IsPrimary = true }), Draws.Cost(1), IsEnd);
            yield return ($"experiment, conversations whose calls succeed or fail together, share {share}", 10_000, Experiment(share, Success), Draws.Conversations(0.9), IsEnd);
            yield return ($"experiment, success, cost and score together, share {share}", 6_000, Experiment(share, Success, Cost, Score), Draws.Three(0.9), IsEnd);
        }

        foreach (var errors in new[] { 0.01, 0.1 })
        {
            yield return ($"canary without harm at 5 % that is never promoted, errors {errors}", 20_000, Canary(Late, 0.05), Draws.Guards(errors, errors), IsHarm);
            yield return ($"canary without harm at 50 % that is never promoted, errors {errors}", 10_000, Canary(Late, 0.5), Draws.Guards(errors, errors), IsHarm);
        }

        yield return ("canary without harm, 5 % then 25 %, errors 0.01", 40_000, Canary(0.02, 0.05, 0.25), Draws.Guards(0.01, 0.01), IsHarm);
        yield return ("canary with errors of 0.03 against 0.01, worse by the margin, at 25 %", 20_000, Canary(0, 0.25), Draws.Guards(0.01, 0.03), static end => end == ExperimentVerdict.Promote);
        yield return ("canary with errors of 0.05 against 0.01, worse by the margin of the stage, at 5 %", 20_000, Wide(Canary(0, 0.05)), Draws.Guards(0.01, 0.05), static end => end == ExperimentVerdict.Promote);
    }

    private static IEnumerable<(string, int, ExperimentPlan, UnitDraw)> Delays()
    {
        foreach (var share in new[] { 0.5, 0.05 })
        {
            foreach (var (before, after) in new[] { (0.90, 0.80), (0.90, 0.50), (0.99, 0.97), (0.99, 0.90), (0.99, 0.50) })
            {
                yield return ($"canary, only errors guarded: success {before:0.00} to {after:0.00}, share {share}", 20_000, OnlyErrors(share), Draws.Rate(1 - before, 1 - after));
                yield return ($"canary, four guards: success {before:0.00} to {after:0.00}, share {share}", 20_000, Canary(Late, share), Draws.Guards(1 - before, 1 - after));
            }

            yield return ($"canary, four guards: cost 1.5 times, share {share}", 20_000, Canary(Late, share), Draws.Guards(0.01, 0.01, cost: 1.5));
            yield return ($"canary, four guards: 5 to 15 % too slow, share {share}", 20_000, Canary(Late, share), Draws.Guards(0.01, 0.01, slow: 0.15));
            yield return ($"experiment: success 0.80 to 0.85, share {share}", 40_000, Experiment(share, Success), Draws.Rate(0.80, 0.85));
            yield return ($"experiment: cost 0.8 times, share {share}", 40_000, Experiment(share, Cost with { IsPrimary = true }), Draws.Cost(0.8));
        }
    }

    private static bool IsEnd(ExperimentVerdict verdict) => verdict != ExperimentVerdict.Continue;

    private static bool IsHarm(ExperimentVerdict verdict) => verdict is ExperimentVerdict.RollBack or ExperimentVerdict.Invalid;

    private static MetricPlan Success => new() { Name = "success", HigherIsBetter = true, IsPrimary = true };

    private static MetricPlan Cost => new() { Name = "tokens", Clip = 4_000 };

    private static MetricPlan Score => new() { Name = "score", HigherIsBetter = true };

    private static ExperimentPlan Experiment(double share, params MetricPlan[] metrics) =>
        new() { Shares = [1 - share, share], Metrics = metrics, MinimumDuration = TimeSpan.Zero, MinimumUnits = 30, MaximumDuration = TimeSpan.FromDays(Late) };

    private static ExperimentPlan OnlyErrors(double share) => new()
    {
        Kind = ExperimentKind.Canary,
        Metrics = [new MetricPlan { Name = "errors", Kind = MetricKind.Failure }],
        Stages = [new CanaryStage { Share = share, MinimumDuration = TimeSpan.FromDays(Late) }],
        MaximumDuration = TimeSpan.FromDays(Late),
    };

    private static ExperimentPlan Canary(double days, params double[] shares) => new()
    {
        Kind = ExperimentKind.Canary,
        Metrics =
        [
            new MetricPlan { Name = "errors", Kind = MetricKind.Failure, Margin = 0.02, Weight = 2 },
            new MetricPlan { Name = "slow", Margin = 0.05 },
            new MetricPlan { Name = "tokens", Clip = 4_000, Margin = 200 },
            new MetricPlan { Name = "score", HigherIsBetter = true, Margin = 0.1 },
        ],
        Stages = [.. shares.Select(share => new CanaryStage { Share = share, MinimumDuration = TimeSpan.FromDays(days), MarginFactor = share < 0.2 && shares.Length > 1 ? 2 : 1 })],
        MaximumDuration = TimeSpan.FromDays(Late),
    };

    private static ExperimentPlan Wide(ExperimentPlan plan) => plan with { Stages = [.. plan.Stages.Select(stage => stage with { MarginFactor = 2 })] };

    private sealed record AlarmRow(string Name, int Runs, int Units, double Wrong, double Promoted);

    private sealed record DelayRow(string Name, int Runs, int Units, double Found, int? Median, int? P90);

    private sealed record ExperimentsResult(
        Machine Machine, DateTimeOffset At, string Command, string Method, IReadOnlyList<AlarmRow> WrongDecisions, IReadOnlyList<DelayRow> Delays, IReadOnlyList<AlarmRow> NotUsed);
}
