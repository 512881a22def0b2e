using System.Globalization;
using Steward.Engines.Experiments.Comparison;

namespace Steward.Engines.Experiments.Evaluation;

/// <summary>What a comparison of two runs came to.</summary>
/// <param name="IsPassed">Whether the new run may replace the old one.</param>
/// <param name="Findings">What was found, for people; the reasons of a refusal first.</param>
public sealed record EvaluationVerdict(bool IsPassed, IReadOnlyList<string> Findings);

/// <summary>
/// Compares a run with a baseline on the questions that both were asked, word for word. It is refused when the answers are proved to be worse (McNemar's exact test at 5 %), overall or on the frozen subset; when so many more are wrong that
/// the accuracy falls by more than the margin, proved or not; or when faithfulness or relevance is proved to be lower (bootstrap, 95 %). Latency, tokens and cost are reported. Pure.
/// </summary>
public static class EvaluationComparison
{
    /// <summary>How seldom a run that is no worse is refused by a proof.</summary>
    public const double Level = 0.05;

    /// <summary>Compares.</summary>
    /// <param name="baseline">The old run.</param>
    /// <param name="run">The new run.</param>
    /// <param name="margin">The fall of accuracy that is not tolerated, proved or not.</param>
    public static EvaluationVerdict Compare(EvaluationRun baseline, EvaluationRun run, double margin = 0.05)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentNullException.ThrowIfNull(run);
        var known = baseline.Cases.ToDictionary(one => one.Id, StringComparer.Ordinal);
        var pairs = run.Cases.Where(one => known.TryGetValue(one.Id, out var old) && old.Hash == one.Hash).Select(one => (Old: known[one.Id], New: one)).ToList();
        var (refusals, findings) = (new List<string>(), new List<string>());
        if (pairs.Count == 0)
        {
            return new EvaluationVerdict(false, ["The two runs have no question in common."]);
        }

        if (baseline.AnchorVersion is { } anchors && anchors != run.AnchorVersion)
        {
            refusals.Add("The frozen subset was changed since the baseline: nothing compares the two.");
        }

        findings.Add(Text($"{pairs.Count} questions in common of {baseline.Cases.Count} and {run.Cases.Count}."));
        Answers("all questions", pairs, margin, refusals, findings);
        if (pairs.Exists(pair => pair.New.Anchor))
        {
            Answers("the frozen subset", pairs.FindAll(pair => pair.New.Anchor), margin, refusals, findings);
        }

        Figure("faithfulness", pairs, one => one.Faithfulness, isGuarded: true, refusals, findings);
        Figure("relevance", pairs, one => one.Relevance, isGuarded: true, refusals, findings);
        Figure("seconds", pairs, one => one.Seconds, isGuarded: false, refusals, findings);
        Figure("tokens", pairs, one => one.Tokens, isGuarded: false, refusals, findings);
        Figure("cost in US dollars", pairs, one => (double?)one.CostUsd, isGuarded: false, refusals, findings);
        return new EvaluationVerdict(refusals.Count == 0, [.. refusals, .. findings]);
    }

    private static void Answers(string what, List<(CaseResult Old, CaseResult New)> pairs, double margin, List<string> refusals, List<string> findings)
    {
        // A judge that says nothing on either side says nothing of the difference.
        var judged = pairs.FindAll(pair => pair is { Old.IsGood: not null, New.IsGood: not null });
        if (judged.Count == 0)
        {
            return;
        }

        var (won, lost) = (judged.Count(pair => pair.New.IsGood == true && pair.Old.IsGood == false), judged.Count(pair => pair.New.IsGood == false && pair.Old.IsGood == true));
        var (worse, fall) = (PairedAnswers.Worse(won, lost), (double)(lost - won) / judged.Count);
        var figures = Text($"{what}: {(double)judged.Count(pair => pair.New.IsGood == true) / judged.Count:0.000} right against {(double)judged.Count(pair => pair.Old.IsGood == true) / judged.Count:0.000} of {judged.Count}, {won} won and {lost} lost, p = {worse:0.000} for being no worse");
        if (lost > won && worse <= Level)
        {
            refusals.Add($"Worse on {figures}.");
        }
        else if (fall > margin)
        {
            refusals.Add($"Fell by more than {margin.ToString(CultureInfo.InvariantCulture)} on {figures}.");
        }
        else
        {
            findings.Add($"Not worse on {figures}.");
        }
    }

    private static void Figure(string name, List<(CaseResult Old, CaseResult New)> pairs, Func<CaseResult, double?> value, bool isGuarded, List<string> refusals, List<string> findings)
    {
        var differences = pairs.Select(pair => value(pair.New) - value(pair.Old)).OfType<double>().ToList();
        if (PairedBootstrap.Of(differences) is not { } difference)
        {
            return;
        }

        var figures = Text($"{name}: {difference.Mean:+0.####;-0.####;0} on average ({difference.Low:0.####} to {difference.High:0.####}) on {differences.Count} questions.");
        (isGuarded && difference.High < 0 ? refusals : findings).Add(isGuarded && difference.High < 0 ? $"Lower {figures}" : figures);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
