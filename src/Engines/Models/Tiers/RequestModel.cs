using System.Collections.Frozen;
using Steward.Engines.Models.Caching;

namespace Steward.Engines.Models.Tiers;

/// <summary>
/// Which tier an English request needs, by a linear model over fourteen counts of words and signs: microseconds, and no file. Trained on two thirds of the templates of <c>benchmarks/routing/templates.tsv</c>; the others are what
/// <c>./steward bench routing</c> judges it by.
/// </summary>
internal static class RequestModel
{
    private static readonly FrozenSet<string> Demand = Set(
        "analyse analyze analysis compare evaluate assess assessment design plan roadmap draft strategy architecture concept investigate diagnose root-cause cause causes reconstruct correlate forecast optimise optimize restructure redesign rework refactor debug script query sql policy runbook report trends anomalies prioritise prioritize rank weigh justify recommend recommendation propose proposal migrate migration consolidate merge training course review examine explain board risks risk");

    private static readonly FrozenSet<string> Circumstance = Set(
        "since after although but when whenever only again until while during because except without not never nothing cannot does doesn't stopped fails failed crashes loses vanish slow error drops stays works shows says asks");

    private static readonly FrozenSet<string> Ask = Set("what where who how when which is are may link status");

    private static readonly FrozenSet<string> Request = Set("please need order install add remove book request unlock reset close show thanks hello hi");

    private static readonly FrozenSet<string> Several = Set("then and afterwards also who if with each every both several");

    private static readonly FrozenSet<string> Write = Set("write draft summarise summarize prepare build work");

    // Rows: small, standard, large. Columns: see Features.
    private static readonly double[][] Weights =
    [
        [5.444, -1.289, -3.786, -1.977, 0.929, -0.603, -0.88, -1.069, 0.886, 2.647, -3.583, 0.3, 0.669, -1.241],
        [-1.549, 1.165, -0.151, -0.369, -0.478, 0.07, -2.911, 2.02, 0.244, -1.398, 0.058, -0.857, -0.877, 0.732],
        [-3.895, 0.123, 3.937, 2.347, -0.451, 0.533, 3.791, -0.951, -1.13, -1.249, 3.524, 0.557, 0.208, 0.509],
    ];

    /// <summary>How probable it is that the small, the middle and the large model is needed.</summary>
    /// <returns>Null for a text that is not English.</returns>
    public static (double Small, double Standard, double Large)? Of(string text)
    {
        var tokens = QuestionToken.Read(text);
        if (tokens.Count == 0 || tokens.Count(token => QuestionWords.German.Contains(token.Text)) > tokens.Count(token => QuestionWords.English.Contains(token.Text)) || text.Count(letter => letter > 0x24F) * 4 > text.Length)
        {
            return null;
        }

        var features = Features(text);
        var scores = Weights.Select(row => row.Zip(features, (weight, feature) => weight * feature).Sum()).ToArray();
        var powers = scores.Select(score => Math.Exp(score - scores.Max())).ToArray();
        return (powers[0] / powers.Sum(), powers[1] / powers.Sum(), powers[2] / powers.Sum());
    }

    private static double[] Features(string text)
    {
        var lower = text.ToLowerInvariant();
        var words = Words(lower);
        double Share(FrozenSet<string> set) => Math.Min(3, words.Count(set.Contains)) / 3.0;
        var first = words.Count > 0 ? words[0] : "";
        return
        [
            1,
            Math.Log(1 + words.Count),
            words.Count / 20.0,
            (Math.Min(3, lower.Count(letter => letter == ',')) / 3.0) + (lower.Contains(':', StringComparison.Ordinal) ? 1 : 0),
            lower.Contains('?', StringComparison.Ordinal) ? 1 : 0,
            lower.Any(char.IsDigit) ? 1 : 0,
            Share(Demand),
            Share(Circumstance),
            Share(Ask),
            Share(Request),
            Share(Several),
            Share(Write),
            Ask.Contains(first) ? 1 : 0,
            Demand.Contains(first) || Write.Contains(first) ? 1 : 0,
        ];
    }

    private static List<string> Words(string lower)
    {
        var words = new List<string>();
        for (var at = 0; at < lower.Length; at++)
        {
            var start = at;
            while (at < lower.Length && (char.IsAsciiLetterLower(lower[at]) || "äöüß'-".Contains(lower[at], StringComparison.Ordinal)))
            {
                at++;
            }

            if (at > start)
            {
                words.Add(lower[start..at]);
            }
        }

        return words;
    }

    private static FrozenSet<string> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal);
}
