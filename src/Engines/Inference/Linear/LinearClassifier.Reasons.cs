using System.Globalization;
using System.Text;

namespace Steward.Engines.Inference.Linear;

/// <summary>What speaks for a class, word by word.</summary>
internal sealed partial class LinearClassifier
{
    // Sums of rounded weights around zero say nothing.
    private const double Least = 1e-6;

    /// <summary>
    /// The words of a text that speak most for a class, most telling first. A word's part is what its n-grams add to the score of the class above the mean of all classes; a run's part is divided among its words, and one word at
    /// several places counts together. Punctuation and single characters are never named.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="label">The class.</param>
    /// <param name="most">How many words at most.</param>
    public IReadOnlyList<string> Explain(string text, int label, int most)
    {
        using var words = new WordList(text, _maxWords);
        var parts = new Dictionary<string, double>(StringComparer.Ordinal);
        var shared = new List<int>();
        var grams = new GramList();
        try
        {
            var offset = 0;
            Span<double> sums = stackalloc double[255];
            foreach (var block in _blocks)
            {
                grams.Clear();
                block.Collect(words, ref grams);
                sums.Clear();
                var norm = Math.Sqrt(Accumulate(grams.Items, block, offset, sums[..Classes]));
                for (var word = 0; norm > 0 && word < words.Count; word++)
                {
                    grams.Clear();
                    block.CollectWith(words, word, ref grams, shared);
                    var part = 0.0;
                    for (var i = 0; i < shared.Count; i++)
                    {
                        part += Lead(offset + block.Bucket(grams.Items[i]), label) / shared[i];
                    }

                    if (part != 0 && Name(words.Run(word, 1)) is { } name)
                    {
                        parts[name] = parts.GetValueOrDefault(name) + (part * block.Weight / norm);
                    }
                }

                offset += block.Buckets;
            }
        }
        finally
        {
            grams.Dispose();
        }

        return [.. parts.Where(part => part.Value > Least).OrderByDescending(part => part.Value).ThenBy(part => part.Key, StringComparer.Ordinal).Take(most).Select(part => part.Key)];
    }

    // How far a bucket lifts the class above the mean of all.
    private double Lead(int bucket, int label)
    {
        var (own, all) = (0.0, 0.0);
        foreach (var entry in _entries.AsSpan(_buckets[bucket].Start, _buckets[bucket].Count))
        {
            var weight = _scale[entry.Class] * _heights[entry.Level];
            all += weight;
            own += entry.Class == label ? weight : 0;
        }

        return _buckets[bucket].Idf * IdfStep * (own - (all / Classes));
    }

    // Null for what nobody would call a word. Long strings of no spaces are no words either.
    private static string? Name(ReadOnlySpan<byte> utf8)
    {
        const int longest = 160;
        if (utf8.Length is < 2 or > longest)
        {
            return null;
        }

        var name = Encoding.UTF8.GetString(utf8);
        return new StringInfo(name).LengthInTextElements > 1 && name.Any(char.IsLetter) ? name : null;
    }
}
