using System.Diagnostics.CodeAnalysis;
using Steward.Engines.Approvals.Machine;

namespace Steward.Engines.Approvals.Learning;

/// <summary>
/// What a tenant's history says of open requests: how likely a level is not decided in time, and who will decide. Orders lists and warns; never decides anything. Immutable; safe for concurrent use.
/// </summary>
public sealed class ForecastModel
{
    /// <summary>The fewest levels to learn from.</summary>
    public const int MinObservations = 60;

    /// <summary>The fewest of either outcome among them.</summary>
    public const int MinOutcomes = 10;

    /// <summary>The most levels to learn from; the last ones count.</summary>
    public const int MaxObservations = 5_000;

    private const double Penalty = 1;
    private const int MaxReasons = 3;

    private readonly BreachFeatures _features;
    private readonly double[] _weights;
    private readonly DecisionPace _pace;
    private readonly ApproverRates _approvers;

    private ForecastModel(BreachFeatures features, double[] weights, DecisionPace pace, ApproverRates approvers, ForecastQuality quality) =>
        (_features, _weights, _pace, _approvers, Quality) = (features, weights, pace, approvers, quality);

    /// <summary>How good it was on the last quarter of the history.</summary>
    public ForecastQuality Quality { get; }

    /// <summary>Learns from a history.</summary>
    /// <param name="history">Levels of which the outcome is known, in any order.</param>
    /// <param name="zone">The zone in which hours and weekdays are meant.</param>
    /// <param name="model">What was learnt.</param>
    /// <param name="refusal">Why nothing was, for people.</param>
    /// <returns>False when there is too little history.</returns>
    public static bool TryTrain(IEnumerable<LevelObservation> history, TimeZoneInfo zone, [NotNullWhen(true)] out ForecastModel? model, [NotNullWhen(false)] out string? refusal)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(zone);
        var levels = history.OrderBy(level => level.OpenedAt).ThenBy(level => level.DueAt).TakeLast(MaxObservations).ToList();
        var late = levels.Count(level => level.IsLate);
        (model, refusal) = (null, null);
        if (levels.Count < MinObservations || late < MinOutcomes || levels.Count - late < MinOutcomes)
        {
            refusal = $"Not enough history yet: {levels.Count} levels with a time limit, {late} of them late; {MinObservations} are needed, and {MinOutcomes} of either kind.";
            return false;
        }

        var split = levels.Count * 3 / 4;
        var (earlier, held) = (levels[..split], levels[split..]);
        var quality = Judge(earlier, held, zone);
        var (rows, features) = BreachFeatures.Encode(levels, zone);
        var approvers = ApproverRates.Of(levels);
        model = new ForecastModel(features, LogisticRegression.Fit(rows, [.. levels.Select(level => level.IsLate)], Penalty), DecisionPace.Of(levels), approvers, quality);
        return true;
    }

    /// <summary>What is to be expected of a level that was just opened; its outcome is not looked at.</summary>
    public double Predict(LevelObservation level)
    {
        ArgumentNullException.ThrowIfNull(level);
        return LogisticRegression.Predict(_weights, _features.Of(level));
    }

    /// <summary>What is to be expected of a request's open level; null when it has none, or the history tells nothing of it.</summary>
    public Forecast? Forecast(ApprovalState state, DateTimeOffset now)
    {
        return LevelObservation.OfOpen(state) is { } level ? Forecast(level, now) : null;
    }

    /// <summary>The same of a level that <see cref="LevelObservation.OfOpen"/> described.</summary>
    /// <param name="level">The open level.</param>
    /// <param name="now">The time.</param>
    public Forecast? Forecast(LevelObservation level, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(level);
        var reasons = new List<string>();
        double? breach = null;
        if (Quality.IsUseful && level.DueAt > level.OpenedAt && now < level.DueAt)
        {
            breach = _pace.After(Predict(level), (now - level.OpenedAt) / (level.DueAt - level.OpenedAt));
            reasons.AddRange(Reasons(level, now));
        }

        var likely = Quality.ApproverHits > Quality.ApproverChance || level.Asked.Count == 1 ? _approvers.Likely(level.Asked, reasons) : null;
        return breach is null && likely is null ? null : new Forecast(breach, likely, reasons);
    }

    private IEnumerable<string> Reasons(LevelObservation level, DateTimeOffset now)
    {
        yield return $"Of {_features.Times} past levels {BreachFeatures.Percent((double)_features.Late / _features.Times)} were not decided in time.";
        var features = _features.Of(level);
        foreach (var feature in Enumerable.Range(1, BreachFeatures.Count - 1).Where(i => Math.Abs(_weights[i] * features[i]) > 0.1).OrderByDescending(i => Math.Abs(_weights[i] * features[i])).Take(MaxReasons))
        {
            yield return $"{(_weights[feature] * features[feature] > 0 ? "More" : "Less")} likely: {_features.Say(feature, level)}.";
        }

        var part = (now - level.OpenedAt) / (level.DueAt - level.OpenedAt);
        if (part > 0.1)
        {
            yield return $"{BreachFeatures.Percent(part)} of the time is over; {BreachFeatures.Percent(1 - _pace.StillOpen(part))} of those decided in time were decided by then.";
        }
    }

    private static ForecastQuality Judge(List<LevelObservation> earlier, List<LevelObservation> held, TimeZoneInfo zone)
    {
        var (rows, features) = BreachFeatures.Encode(earlier, zone);
        var weights = LogisticRegression.Fit(rows, [.. earlier.Select(level => level.IsLate)], Penalty);
        var quality = ForecastQuality.Of([.. held.Select(level => LogisticRegression.Predict(weights, features.Of(level)))], [.. held.Select(level => level.IsLate)], features.BaseRate);
        var approvers = ApproverRates.Of(earlier);
        var guessed = held.Where(level => level is { DecidedBy: not null, Asked.Count: > 1 }).Select(level => (Level: level, Likely: approvers.Likely(level.Asked, []))).Where(pair => pair.Likely is not null).ToList();
        return guessed.Count == 0 ? quality : quality with
        {
            ApproverHits = guessed.Average(pair => pair.Likely == pair.Level.DecidedBy ? 1d : 0d),
            ApproverChance = guessed.Average(pair => 1d / pair.Level.Asked.Count),
        };
    }
}

/// <summary>What is to be expected.</summary>
/// <param name="BreachProbability">How likely the level is not decided in time; null when that cannot be told.</param>
/// <param name="LikelyApprover">Who of those asked will probably decide; null when nobody stands out.</param>
/// <param name="Reasons">What it was told from, for people.</param>
public sealed record Forecast(double? BreachProbability, string? LikelyApprover, IReadOnlyList<string> Reasons);
