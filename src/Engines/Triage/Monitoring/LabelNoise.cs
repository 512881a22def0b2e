using Steward.Engines.Triage.Learning;

namespace Steward.Engines.Triage.Monitoring;

/// <summary>How many labels are probably wrong, and which.</summary>
/// <param name="Share">The estimated share of wrong labels.</param>
/// <param name="Suspects">The tickets, worst first.</param>
public sealed record NoiseEstimate(double Share, IReadOnlyList<string> Suspects);

/// <summary>
/// Finds labels that are probably wrong: those for which a head that was trained without the ticket is as sure of another label as it usually is of that label's own tickets (Northcutt, Jiang and Chuang, Confident Learning,
/// 2021). Where groups overlap, it counts tickets that could belong to either. Pure.
/// </summary>
public static class LabelNoise
{
    /// <summary>The fewest tickets that something is said of.</summary>
    public const int FewestTickets = 100;

    /// <summary>Estimates; null when there are too few tickets.</summary>
    /// <param name="tickets">The tickets.</param>
    /// <param name="answers">What heads said of them that were trained without them, in the same order.</param>
    /// <param name="most">How many suspects are named.</param>
    public static NoiseEstimate? Estimate(IReadOnlyList<BelievedTicket> tickets, IReadOnlyList<HeldOutAnswer> answers, int most = 20)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentOutOfRangeException.ThrowIfNotEqual(answers.Count, tickets.Count);
        if (tickets.Count < FewestTickets)
        {
            return null;
        }

        // How sure heads are, on the average, of tickets that bear the label.
        var usual = tickets.Zip(answers).GroupBy(pair => pair.First.Label, StringComparer.Ordinal).ToDictionary(label => label.Key, label => label.Average(pair => pair.Second.Own), StringComparer.Ordinal);
        var (sure, suspects) = (0, new List<(string TicketId, double Doubt)>());
        foreach (var (ticket, answer) in tickets.Zip(answers))
        {
            if (answer.Answer is null)
            {
                continue;
            }

            if (string.Equals(answer.Answer, ticket.Label, StringComparison.Ordinal))
            {
                sure += answer.Own >= usual[ticket.Label] ? 1 : 0;
            }
            else if (answer.Confidence >= usual.GetValueOrDefault(answer.Answer, 1))
            {
                suspects.Add((ticket.TicketId, answer.Confidence - answer.Own));
            }
        }

        return new NoiseEstimate(
            sure + suspects.Count == 0 ? 0 : (double)suspects.Count / (sure + suspects.Count),
            [.. suspects.OrderByDescending(suspect => suspect.Doubt).ThenBy(suspect => suspect.TicketId, StringComparer.Ordinal).Take(most).Select(suspect => suspect.TicketId)]);
    }
}
