using System.Buffers;
using System.Collections.Frozen;
using System.Numerics.Tensors;
using Steward.Engines.Models.Caching;

namespace Steward.Engines.Models.Tiers;

/// <summary>
/// Which tier an English request needs, by a linear model over fourteen counts of words and signs: microseconds, and no file. Trained on two thirds of the templates of <c>benchmarks/routing/templates.tsv</c>; the others are what
/// <c>./steward bench routing</c> judges it by.
/// </summary>
internal static class RequestModel
{
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Demand = Set(
        "analyse analyze analysis compare evaluate assess assessment design plan roadmap draft strategy architecture concept investigate diagnose root-cause cause causes reconstruct correlate forecast optimise optimize restructure redesign rework refactor debug script query sql policy runbook report trends anomalies prioritise prioritize rank weigh justify recommend recommendation propose proposal migrate migration consolidate merge training course review examine explain board risks risk");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Circumstance = Set(
        "since after although but when whenever only again until while during because except without not never nothing cannot does doesn't stopped fails failed crashes loses vanish slow error drops stays works shows says asks");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Ask = Set("what where who how when which is are may link status");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Request = Set("please need order install add remove book request unlock reset close show thanks hello hi");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Several = Set("then and afterwards also who if with each every both several");

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Write = Set("write draft summarise summarize prepare build work");

    // Rows: small, standard, large. Columns: see Read.
    private static readonly double[][] Weights =
    [
        [5.444, -1.289, -3.786, -1.977, 0.929, -0.603, -0.88, -1.069, 0.886, 2.647, -3.583, 0.3, 0.669, -1.241],
        [-1.549, 1.165, -0.151, -0.369, -0.478, 0.07, -2.911, 2.02, 0.244, -1.398, 0.058, -0.857, -0.877, 0.732],
        [-3.895, 0.123, 3.937, 2.347, -0.451, 0.533, 3.791, -0.951, -1.13, -1.249, 3.524, 0.557, 0.208, 0.509],
    ];

    private static readonly SearchValues<char> PartsOfWords = SearchValues.Create("abcdefghijklmnopqrstuvwxyzäöüß'-");

    /// <summary>How probable it is that the small, the middle and the large model is needed.</summary>
    /// <returns>Null for a text that is not English.</returns>
    public static (double Small, double Standard, double Large)? Of(string text) => Of(text, QuestionToken.Read(text));

    /// <summary>How probable it is that the small, the middle and the large model is needed.</summary>
    /// <param name="text">The text.</param>
    /// <param name="tokens">What <see cref="QuestionToken.Read"/> makes of it.</param>
    /// <returns>Null for a text that is not English.</returns>
    public static (double Small, double Standard, double Large)? Of(string text, IReadOnlyList<QuestionToken> tokens)
    {
        if (!IsEnglish(text, tokens))
        {
            return null;
        }

        Span<double> features = stackalloc double[14];
        Read(text, features);
        var (small, standard, large) = (TensorPrimitives.Dot<double>(Weights[0], features), TensorPrimitives.Dot<double>(Weights[1], features), TensorPrimitives.Dot<double>(Weights[2], features));
        var most = Math.Max(small, Math.Max(standard, large));
        (small, standard, large) = (Math.Exp(small - most), Math.Exp(standard - most), Math.Exp(large - most));
        var sum = small + standard + large;
        return (small / sum, standard / sum, large / sum);
    }

    private static bool IsEnglish(string text, IReadOnlyList<QuestionToken> tokens)
    {
        var (german, english, foreign) = (0, 0, 0);
        for (var i = 0; i < tokens.Count; i++)
        {
            german += QuestionWords.German.Contains(tokens[i].Text) ? 1 : 0;
            english += QuestionWords.English.Contains(tokens[i].Text) ? 1 : 0;
        }

        foreach (var letter in text)
        {
            foreign += letter > 0x24F ? 1 : 0;
        }

        return tokens.Count > 0 && german <= english && foreign * 4 <= text.Length;
    }

    private static void Read(string text, Span<double> features)
    {
        var lower = text.ToLowerInvariant().AsSpan();
        var (words, demand, circumstance, ask, request, several, write) = (0, 0, 0, 0, 0, 0, 0);
        for (var rest = lower; rest.IndexOfAny(PartsOfWords) is >= 0 and var start;)
        {
            rest = rest[start..];
            var end = rest.IndexOfAnyExcept(PartsOfWords);
            var word = end < 0 ? rest : rest[..end];
            rest = rest[word.Length..];
            demand += Demand.Contains(word) ? 1 : 0;
            circumstance += Circumstance.Contains(word) ? 1 : 0;
            ask += Ask.Contains(word) ? 1 : 0;
            request += Request.Contains(word) ? 1 : 0;
            several += Several.Contains(word) ? 1 : 0;
            write += Write.Contains(word) ? 1 : 0;
            if (words++ == 0)
            {
                features[12] = ask;
                features[13] = demand + write > 0 ? 1 : 0;
            }
        }

        features[0] = 1;
        features[1] = Math.Log(1 + words);
        features[2] = words / 20.0;
        features[3] = Share(lower.Count(',')) + (lower.Contains(':') ? 1 : 0);
        features[4] = lower.Contains('?') ? 1 : 0;
        features[5] = HasDigit(lower) ? 1 : 0;
        features[6] = Share(demand);
        features[7] = Share(circumstance);
        features[8] = Share(ask);
        features[9] = Share(request);
        features[10] = Share(several);
        features[11] = Share(write);
    }

    private static double Share(int count) => Math.Min(3, count) / 3.0;

    private static bool HasDigit(ReadOnlySpan<char> text)
    {
        foreach (var letter in text)
        {
            if (char.IsDigit(letter))
            {
                return true;
            }
        }

        return false;
    }

    private static FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> Set(string words) => words.Split(' ').ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();
}
