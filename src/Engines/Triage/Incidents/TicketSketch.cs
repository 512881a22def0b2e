using System.Runtime.InteropServices;
using Steward.Engines.Triage.Heads;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Incidents;

/// <summary>The words of a ticket that tell most, hashed and weighted by TF-IDF, as a vector of length one.</summary>
internal sealed class TicketSketch
{
    /// <summary>The most words that are kept.</summary>
    public const int MostWords = 40;

    // Words that begin alike are taken for one: connect, connected, connection.
    private const int Beginning = 6;

    private readonly uint[] _words;
    private readonly float[] _weights;

    private TicketSketch(uint[] words, float[] weights) => (_words, _weights) = (words, weights);

    /// <summary>How many words it has.</summary>
    public int Count => _words.Length;

    /// <summary>The words of a ticket, hashed, each once, with how often it occurs.</summary>
    public static Dictionary<uint, int> WordsOf(Ticket ticket)
    {
        var counts = new Dictionary<uint, int>();
        foreach (var text in new[] { ticket.ShortDescription, ticket.Description, ticket.ConfigurationItem })
        {
            foreach (var word in TicketWords.Of(text ?? "").Where(word => word.Length > 1).Take(TicketFeatures.MostWords))
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, StableHash.Of("watch", word.Length > Beginning ? word[..Beginning] : word), out _)++;
            }
        }

        return counts;
    }

    /// <summary>The sketch of a ticket's words.</summary>
    public static TicketSketch Of(Dictionary<uint, int> words, WordRarity rarity) =>
        Normal(words.Select(word => (word.Key, (1 + MathF.Log(word.Value)) * rarity.Of(word.Key))));

    /// <summary>What several have in common.</summary>
    public static TicketSketch Middle(IEnumerable<TicketSketch> sketches)
    {
        var sums = new Dictionary<uint, float>();
        foreach (var sketch in sketches)
        {
            for (var at = 0; at < sketch._words.Length; at++)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(sums, sketch._words[at], out _) += sketch._weights[at];
            }
        }

        return Normal(sums.Select(sum => (sum.Key, sum.Value)));
    }

    /// <summary>The cosine of the angle between two: 0 nothing in common, 1 the same.</summary>
    public float Cosine(TicketSketch other)
    {
        var (mine, theirs, sum) = (0, 0, 0f);
        while (mine < _words.Length && theirs < other._words.Length)
        {
            var (one, two) = (_words[mine], other._words[theirs]);
            if (one == two)
            {
                sum += _weights[mine++] * other._weights[theirs++];
            }
            else if (one < two)
            {
                mine++;
            }
            else
            {
                theirs++;
            }
        }

        return Math.Min(sum, 1);
    }

    private static TicketSketch Normal(IEnumerable<(uint Word, float Weight)> weighted)
    {
        // Equal weights in the order of the words: the same tickets always give the same sketch.
        var kept = weighted.OrderByDescending(word => word.Weight).ThenBy(word => word.Word).Take(MostWords).OrderBy(word => word.Word).ToArray();
        var length = MathF.Sqrt(kept.Sum(word => word.Weight * word.Weight));
        return new TicketSketch([.. kept.Select(word => word.Word)], [.. kept.Select(word => length > 0 ? word.Weight / length : 0)]);
    }
}
