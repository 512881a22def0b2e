using System.Runtime.InteropServices;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Heads;

/// <summary>
/// What a tenant's head sees of a ticket: words and pairs of neighbouring words of its title and text, and its attributes as whole values, each hashed to one of 2³² numbers; beside them, where there is an
/// encoder, the text's embedding. Title and text count apart as well as together, since a word says more in a title.
/// </summary>
public sealed class TicketFeatures
{
    /// <summary>The most words of a text that are looked at.</summary>
    public const int MostWords = 2_000;

    private TicketFeatures(uint[] keys, float[] counts, float[] embedding) => (Keys, Counts, Embedding) = (keys, counts, embedding);

    /// <summary>The hashed features, each once, rising.</summary>
    internal uint[] Keys { get; }

    /// <summary>1 + ln of how often each one occurs.</summary>
    internal float[] Counts { get; }

    /// <summary>The embedding; empty when there is none.</summary>
    internal float[] Embedding { get; }

    /// <summary>Reads a ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="embedding">The vector of its text, of length one; empty for none. Kept, not copied.</param>
    public static TicketFeatures Of(Ticket ticket, float[]? embedding = null)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        var counts = new Dictionary<uint, int>();
        foreach (var (key, _) in Named(ticket))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(counts, key, out _)++;
        }

        var keys = counts.Keys.ToArray();
        Array.Sort(keys);
        return new TicketFeatures(keys, [.. keys.Select(key => 1 + MathF.Log(counts[key]))], embedding ?? []);
    }

    /// <summary>The same words and attributes with an embedding beside them.</summary>
    internal TicketFeatures With(float[] embedding) => new(Keys, Counts, embedding);

    /// <summary>The hashes of a ticket's words, in their order.</summary>
    internal static IEnumerable<uint> WordHashes(Ticket ticket) => TicketWords.Of(ticket.Text).Take(MostWords).Select(word => StableHash.Of("w", word));

    /// <summary>Each feature with what a person may be shown of it.</summary>
    internal static IEnumerable<(uint Key, string Shown)> Named(Ticket ticket)
    {
        var left = MostWords;
        foreach (var (segment, text) in new[] { ("title", ticket.ShortDescription), ("text", ticket.Description) })
        {
            string? before = null;
            foreach (var word in TicketWords.Of(text))
            {
                if (left-- <= 0)
                {
                    break;
                }

                yield return (StableHash.Of("w", word), word);
                yield return (StableHash.Of(segment, word), word);
                if (before is not null)
                {
                    var pair = $"{before} {word}";
                    yield return (StableHash.Of("p", pair), pair);
                }

                before = word;
            }
        }

        foreach (var (field, value) in ticket.Attributes)
        {
            yield return (StableHash.Of("=" + field, value.ToLowerInvariant()), $"{field} {value}");
        }
    }
}
