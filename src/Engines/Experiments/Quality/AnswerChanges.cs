namespace Steward.Engines.Experiments.Quality;

/// <summary>What gave an answer.</summary>
/// <param name="At">When.</param>
/// <param name="Model">The model.</param>
/// <param name="Prompt">The prompt's version; null for none.</param>
public readonly record struct AnswerSource(DateTimeOffset At, string Model, string? Prompt);

/// <summary>
/// Sees from the answers themselves when another model or another version of a prompt took over: once it gave most of the last <see cref="Window"/> answers; the change is dated back to the first of these. So a fallback for some answers, or a
/// canary's small share, is no change, and a return to what was before is one. Pure.
/// </summary>
public static class AnswerChanges
{
    /// <summary>How many answers are looked at together.</summary>
    public const int Window = 20;

    /// <summary>The changes, oldest first.</summary>
    /// <param name="answers">The answers, in any order.</param>
    public static IReadOnlyList<AnswerChange> Of(IEnumerable<AnswerSource> answers)
    {
        ArgumentNullException.ThrowIfNull(answers);
        var ordered = answers.OrderBy(answer => answer.At).ToList();
        return [.. Changes(ordered, "model", answer => answer.Model).Concat(Changes(ordered, "prompt", answer => answer.Prompt ?? "none")).OrderBy(change => change.At)];
    }

    private static IEnumerable<AnswerChange> Changes(List<AnswerSource> answers, string what, Func<AnswerSource, string> name)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        string? current = null;
        for (var i = 0; i < answers.Count; i++)
        {
            counts[name(answers[i])] = counts.GetValueOrDefault(name(answers[i])) + 1;
            var from = i - Window + 1;
            if (from > 0)
            {
                counts[name(answers[from - 1])]--;
            }

            var newest = name(answers[i]);
            if (from < 0 || newest == current || counts[newest] <= Window / 2)
            {
                continue;
            }

            if (current is not null)
            {
                yield return new AnswerChange(answers.Skip(from).First(answer => name(answer) == newest).At, $"{what} {current} → {newest}");
            }

            current = newest;
        }
    }
}
