using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Experiments.Quality;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Models.Quality;

/// <summary>What is known of a tenant's answers, folded from its journal. Bounded: by time, and by number where there is much. Pure.</summary>
internal sealed class AnswerQualityState : IFolded
{
    /// <summary>The days that are looked at: the last 7 and the 28 before.</summary>
    public const int Days = WindowDays + 28;

    private const int WindowDays = 7;
    private const int MostJudged = 5_000;
    private const int MostLabels = 5_000;
    private const int MostKinds = 2_000;
    private const int Bins = 10;

    // With fewer labels of a kind its share is anybody's guess.
    private const int LeastLabels = 20;

    // A judge that hardly tells good from bad proves hardly anything; it must not look as if it told them apart the wrong way round.
    private const double LeastAttenuation = 0.05;

    /// <summary>What was judged, oldest first.</summary>
    public List<JudgedAnswer> Judged { get; set; } = [];

    /// <summary>What people said, oldest first.</summary>
    public List<AnswerLabel> Labels { get; set; } = [];

    /// <summary>Questions by feature, kind and day.</summary>
    public Dictionary<string, Dictionary<string, Dictionary<int, long>>> Questions { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The findings that admins were told of, by name.</summary>
    public HashSet<string> Told { get; set; } = [];

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case AnswerQualityRecordTypes.Recorded:
                Take(JsonSerializer.Deserialize(entry.Payload.Span, AnswerQualityJson.Default.AnswerQualityBatch)!, DateOnly.FromDateTime(entry.At.UtcDateTime));
                break;
            case AnswerQualityRecordTypes.Labelled:
                var label = JsonSerializer.Deserialize(entry.Payload.Span, AnswerQualityJson.Default.AnswerLabel)!;
                Labels.RemoveAll(known => known.Target == label.Target);
                Labels.Add(label);
                Labels.RemoveRange(0, Math.Max(0, Labels.Count - MostLabels));
                break;
            case AnswerQualityRecordTypes.Told:
                Told.Add(JsonSerializer.Deserialize(entry.Payload.Span, AnswerQualityJson.Default.String)!);
                break;
        }
    }

    /// <summary>What follows from it.</summary>
    public AnswerQualityReport Report(DateOnly today)
    {
        var labels = Labels.ToDictionary(label => label.Target, label => label.IsGood, StringComparer.Ordinal);
        var judge = JudgeCalibration.Of(Judged.Select(answer => (Word(labels, answer), answer.IsGood)).Where(both => both.Item1 is not null).Select(both => (both.Item1!.Value, both.IsGood)));
        var agreement = judge.Agreement;
        return new AnswerQualityReport
        {
            Judge = new JudgeTrust
            {
                Labelled = agreement.Count,
                Sensitivity = judge.Good > 0 ? judge.Sensitivity : null,
                Specificity = judge.Bad > 0 ? judge.Specificity : null,
                Kappa = agreement.Kappa,
                KappaError = agreement.Error,
                Attenuation = judge is { Good: >= LeastLabels, Bad: >= LeastLabels } ? Math.Round(Math.Max(LeastAttenuation, judge.Youden), 4) : null,
            },
            Features = [.. Judged.Select(answer => answer.Feature).Concat(Questions.Keys).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Select(feature => Of(feature, judge, today))],
        };
    }

    /// <summary>What of a report admins have not been told yet.</summary>
    public IEnumerable<QualityFinding> Untold(AnswerQualityReport report, DateOnly today)
    {
        foreach (var feature in report.Features)
        {
            foreach (var regression in feature.Regressions)
            {
                // Dated by the first judged answer of it, which stays the same as answers come.
                var name = $"{feature.Feature} {regression.Change} {regression.At.ToUnixTimeMilliseconds()}";
                if (!Told.Contains(name))
                {
                    yield return new QualityFinding(name, feature.Feature, regression, null);
                }
            }

            foreach (var drift in feature.Drifts)
            {
                // What has moved once shows for as long as old and new days are compared; only then it can be another one.
                if (drift.IsShifted && !Enumerable.Range(0, Days).Any(age => Told.Contains(NameOf(feature.Feature, drift.Of, today.DayNumber - age))))
                {
                    yield return new QualityFinding(NameOf(feature.Feature, drift.Of, today.DayNumber), feature.Feature, null, drift);
                }
            }
        }
    }

    private static string NameOf(string feature, string drift, int day) => $"{feature} drift {drift} {day.ToString(CultureInfo.InvariantCulture)}";

    private FeatureQuality Of(string feature, JudgeCalibration judge, DateOnly today)
    {
        var judged = Judged.FindAll(answer => answer.Feature == feature);
        var good = judged.Count(answer => answer.IsGood);
        var corrected = JudgeCorrection.Correct(good, judged.Count, judge);
        var changes = AnswerChanges.Of(judged.Select(answer => new AnswerSource(answer.At, answer.Model, answer.PromptVersion)));
        return new FeatureQuality
        {
            Feature = feature,
            Judged = judged.Count,
            Score = judged.Count > 0 ? judged.Average(answer => answer.Score) : 0,
            CalledGood = judged.Count > 0 ? (double)good / judged.Count : 0,
            Good = corrected?.Value,
            GoodLow = corrected?.Low,
            GoodHigh = corrected?.High,
            Drifts = [.. Drifts(feature, judged, today)],
            Regressions =
            [
                .. RegressionWatch.Find(changes, judged.Select(answer => new ScoredAnswer(answer.At, answer.Score))).Select(found => new QualityRegression
                {
                    At = found.Change.At,
                    Change = found.Change.What,
                    Before = found.Before,
                    After = found.After,
                    LeastFall = found.LeastFall,
                }),
            ],
        };
    }

    private IEnumerable<QualityDrift> Drifts(string feature, List<JudgedAnswer> judged, DateOnly today)
    {
        var (old, recent) = (new long[Bins], new long[Bins]);
        foreach (var answer in judged)
        {
            (IsRecent(DateOnly.FromDateTime(answer.At.UtcDateTime).DayNumber, today) ? recent : old)[Math.Min(Bins - 1, (int)(answer.Score * Bins))]++;
        }

        if (PopulationStability.Compare(old, recent) is { } scores)
        {
            yield return Drift("scores", scores);
        }

        foreach (var family in Questions.GetValueOrDefault(feature, []).GroupBy(kind => kind.Key[..kind.Key.IndexOf(':', StringComparison.Ordinal)]).OrderBy(family => family.Key, StringComparer.Ordinal))
        {
            var kinds = family.Select(kind => (Old: kind.Value.Where(day => !IsRecent(day.Key, today)).Sum(day => day.Value), Recent: kind.Value.Where(day => IsRecent(day.Key, today)).Sum(day => day.Value))).ToList();
            if (PopulationStability.Compare([.. kinds.Select(kind => kind.Old)], [.. kinds.Select(kind => kind.Recent)]) is { } found)
            {
                yield return Drift(family.Key, found);
            }
        }
    }

    private void Take(AnswerQualityBatch batch, DateOnly today)
    {
        Judged.AddRange(batch.Judged);
        Judged.Sort(static (one, other) => one.At.CompareTo(other.At));
        Judged.RemoveAll(answer => today.DayNumber - DateOnly.FromDateTime(answer.At.UtcDateTime).DayNumber >= Days);
        Judged.RemoveRange(0, Math.Max(0, Judged.Count - MostJudged));
        foreach (var count in batch.Questions)
        {
            if (!Questions.TryGetValue(count.Feature, out var kinds))
            {
                Questions[count.Feature] = kinds = new(StringComparer.Ordinal);
            }

            if (!kinds.TryGetValue(count.Kind, out var days))
            {
                // Whoever invents features all day is not counted on and on.
                if (Questions.Values.Sum(known => known.Count) >= MostKinds)
                {
                    continue;
                }

                kinds[count.Kind] = days = [];
            }

            days[count.Day.DayNumber] = days.GetValueOrDefault(count.Day.DayNumber) + count.Count;
        }

        foreach (var (feature, kinds) in Questions.ToList())
        {
            foreach (var (kind, days) in kinds.ToList())
            {
                foreach (var day in days.Keys.Where(day => today.DayNumber - day >= Days).ToList())
                {
                    days.Remove(day);
                }

                if (days.Count == 0)
                {
                    kinds.Remove(kind);
                }
            }

            if (kinds.Count == 0)
            {
                Questions.Remove(feature);
            }
        }
    }

    private static QualityDrift Drift(string of, StabilityIndex found) => new() { Of = of, Index = found.Index, Threshold = found.Threshold, IsShifted = found.IsShifted };

    private static bool? Word(Dictionary<string, bool> labels, JudgedAnswer answer) =>
        labels.TryGetValue(answer.CallId, out var word) || (answer.RunId is { } run && labels.TryGetValue(run, out word)) ? word : null;

    private static bool IsRecent(int day, DateOnly today) => today.DayNumber - day < WindowDays;
}

/// <summary>The types of the journal's entries.</summary>
internal static class AnswerQualityRecordTypes
{
    public const string Recorded = "recorded";
    public const string Labelled = "labelled";
    public const string Told = "told";
}

/// <summary>How the journal is written.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AnswerQualityState))]
[JsonSerializable(typeof(AnswerQualityBatch))]
[JsonSerializable(typeof(AnswerLabel))]
[JsonSerializable(typeof(string))]
internal sealed partial class AnswerQualityJson : JsonSerializerContext;
