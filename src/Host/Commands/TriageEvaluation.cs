using Steward.Engines.Inference;
using Steward.Engines.Triage.Evaluation;
using Steward.Engines.Triage.Routing;

namespace Steward.Host.Commands;

/// <summary>What was found so far of a classifier on tickets whose labels are known.</summary>
/// <param name="labels">The model's labels.</param>
/// <param name="isComplete">Whether these are all of them.</param>
/// <param name="outOfScope">The one of them for texts that belong to no class; null for a model without a rule for them.</param>
internal sealed class TriageEvaluation(IReadOnlyList<string> labels, bool isComplete, string? outOfScope)
{
    private const int Shown = 5;
    private const int LongestShown = 40;

    private readonly HashSet<string> _exact = labels.ToHashSet(StringComparer.Ordinal);

    // Labels that differ by their case alone cannot be told apart without it.
    private readonly Dictionary<string, string> _anyCase = labels.GroupBy(label => label, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() == 1).ToDictionary(group => group.Key, group => group.First(), StringComparer.OrdinalIgnoreCase);
    private readonly ClassificationMeter _meter = new(BandThresholds.Default);
    private readonly Dictionary<string, (long Count, long Right, long Refused)> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _otherCase = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _unknown = new(StringComparer.Ordinal);
    private readonly HashSet<string> _versions = new(StringComparer.Ordinal);
    private long _damaged;

    /// <summary>How well texts that belong to no class are told from others, whatever was refused; null for a model without a rule for them.</summary>
    public ScopeFigures? Scope
    {
        get
        {
            if (outOfScope is null)
            {
                return null;
            }

            var inside = _labels.Where(label => label.Key != outOfScope).Select(label => label.Value).ToList();
            double count = Math.Max(1, inside.Sum(label => label.Count));
            return new ScopeFigures(
                inside.Sum(label => label.Right) / count,
                inside.Sum(label => label.Refused) / count,
                _labels.TryGetValue(outOfScope, out var outside) ? (double)outside.Right / outside.Count : null);
        }
    }

    /// <summary>The version that answered; several with a comma between them.</summary>
    public string Version => List(_versions);

    /// <summary>How many texts have a label that the model never answers.</summary>
    public long UnknownLabels => _unknown.Values.Sum();

    /// <summary>Whether no text has a label of the model's.</summary>
    public bool KnowsNone => _labels.Count > 0 && _unknown.Count == _labels.Count;

    /// <summary>What whoever reads the figures has to know of the file, a sentence each.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            if (_versions.Count > 1)
            {
                yield return $"The model was exchanged meanwhile: the figures are of its versions {List(_versions)} together.";
            }

            if (_otherCase.Count > 0)
            {
                yield return $"{_otherCase.Values.Sum()} texts have labels that the model writes in another case; they are taken for these: {List(_otherCase)}.";
            }

            if (_unknown.Count > 0)
            {
                yield return $"{UnknownLabels} texts have {_unknown.Count} labels that the model does not know, so that its answers to them count as wrong: {List(_unknown)}. It knows {labels.Count}: {Some(labels)}.";
            }

            if (_damaged > 0)
            {
                yield return $"{_damaged} texts hold bytes that are not UTF-8. Is the file in another encoding?";
            }
        }
    }

    /// <summary>Adds one.</summary>
    /// <param name="label">The label in the file.</param>
    /// <param name="text">The text.</param>
    /// <param name="answer">What the model says.</param>
    public void Add(string label, string text, Classification answer)
    {
        _damaged += text.Contains('\uFFFD', StringComparison.Ordinal) ? 1 : 0;
        var truth = label;
        if (isComplete && !_exact.Contains(label))
        {
            truth = _anyCase.GetValueOrDefault(label, label);
            var counts = ReferenceEquals(truth, label) ? _unknown : _otherCase;
            counts[label] = counts.GetValueOrDefault(label) + 1;
        }

        var judgement = new Judgement(truth, answer.Label, answer.Confidence, [.. answer.Top.Select(one => one.Label)]) { IsOutOfScope = answer.IsOutOfScope };
        _meter.Add(judgement);
        _versions.Add(answer.Version);
        var (count, right, refused) = _labels.GetValueOrDefault(truth);
        _labels[truth] = (count + 1, right + (judgement.IsRight ? 1 : 0), refused + (answer.IsOutOfScope ? 1 : 0));
    }

    /// <summary>The figures.</summary>
    public ClassificationReport Report() => _meter.Report();

    private static string List(IEnumerable<string> versions) => string.Join(", ", versions.Order(StringComparer.Ordinal));

    private static string List(Dictionary<string, long> counts) =>
        Some([.. counts.OrderByDescending(count => count.Value).ThenBy(count => count.Key, StringComparer.Ordinal).Select(count => count.Key)]);

    // A file's labels are whatever it holds: nothing that a terminal would obey.
    private static string Some(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Shown).Select(name => string.Concat((name.Length > LongestShown ? name[..LongestShown] + "…" : name).Select(unit => char.IsControl(unit) ? ' ' : unit)))) + (names.Count > Shown ? ", …" : "");
}

/// <summary>How well a model tells texts that belong to no class from others.</summary>
/// <param name="InScopeAccuracy">The share of right answers to texts of a class.</param>
/// <param name="FalseRefusals">The share of these that it refused.</param>
/// <param name="OutOfScopeRecall">The share of texts of no class that it refused; null where there are none.</param>
internal sealed record ScopeFigures(double InScopeAccuracy, double FalseRefusals, double? OutOfScopeRecall);
