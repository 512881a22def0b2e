using Steward.Engines.Experiments.Sequential;

namespace Steward.Engines.Experiments.Quality;

/// <summary>A change that answers may depend on.</summary>
/// <param name="At">When it was made.</param>
/// <param name="What">Which, for people: a prompt's version, a model.</param>
public sealed record AnswerChange(DateTimeOffset At, string What);

/// <summary>A judged answer.</summary>
/// <param name="At">When it was given.</param>
/// <param name="Score">0 to 1.</param>
public readonly record struct ScoredAnswer(DateTimeOffset At, double Score);

/// <summary>Answers became worse after a change.</summary>
/// <param name="Change">The change that precedes it.</param>
/// <param name="Before">The mean score between the change before and this one.</param>
/// <param name="After">The mean score since, up to the next change.</param>
/// <param name="LeastFall">By how much it fell at least.</param>
public sealed record AnswerRegression(AnswerChange Change, double Before, double After, double LeastFall);

/// <summary>
/// Whether judged answers became worse, and after which change: the scores between two changes are compared with those between the changes before, by confidence sequences, so that it may be asked after each judgement. It shows
/// what preceded a fall; a canary shows what caused it. Pure.
/// </summary>
public static class RegressionWatch
{
    /// <summary>The fewest scores of either side.</summary>
    public const int FewestScores = 30;

    /// <summary>The regressions, oldest first.</summary>
    /// <param name="changes">The changes, in any order.</param>
    /// <param name="scores">The scores, in any order.</param>
    public static IReadOnlyList<AnswerRegression> Find(IEnumerable<AnswerChange> changes, IEnumerable<ScoredAnswer> scores)
    {
        ArgumentNullException.ThrowIfNull(changes);
        ArgumentNullException.ThrowIfNull(scores);
        var ordered = changes.OrderBy(change => change.At).ToList();
        var periods = Enumerable.Range(0, ordered.Count + 1).Select(_ => (Interval: new MeanInterval(), Sum: 0d)).ToArray();
        foreach (var score in scores.OrderBy(score => score.At))
        {
            var period = ordered.FindLastIndex(change => change.At <= score.At) + 1;
            periods[period] = (periods[period].Interval.Add(score.Score), periods[period].Sum + score.Score);
        }

        var found = new List<AnswerRegression>();
        for (var i = 0; i < ordered.Count; i++)
        {
            var (before, after) = (periods[i], periods[i + 1]);
            var fall = before.Interval.Bounds.Low - after.Interval.Bounds.High;
            if (before.Interval.Count >= FewestScores && after.Interval.Count >= FewestScores && fall > 0)
            {
                found.Add(new AnswerRegression(ordered[i], before.Sum / before.Interval.Count, after.Sum / after.Interval.Count, fall));
            }
        }

        return found;
    }
}
