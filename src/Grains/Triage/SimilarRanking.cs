using Steward.Engines.Retrieval;

namespace Steward.Triage;

/// <summary>Makes one ranking of tickets found by meaning and by words.</summary>
internal static class SimilarRanking
{
    /// <summary>Merges by reciprocal rank. How alike a ticket is said to be comes from the ranking by meaning where it is in it.</summary>
    public static IReadOnlyList<SimilarTicket> Merge(IReadOnlyList<SimilarTicket> byMeaning, IReadOnlyList<SimilarTicket> byWords, int top)
    {
        var tickets = new List<SimilarTicket>();
        var keys = new Dictionary<string, long>(StringComparer.Ordinal);
        long KeyOf(SimilarTicket ticket)
        {
            if (keys.TryAdd(ticket.TicketId, tickets.Count))
            {
                tickets.Add(ticket);
            }

            return keys[ticket.TicketId];
        }

        var meant = byMeaning.Select(KeyOf).ToList();
        var worded = byWords.Select(KeyOf).ToList();
        return [.. RankFusion.Fuse((meant, 1), (worded, 1)).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key).Take(top).Select(pair => tickets[(int)pair.Key])];
    }
}
