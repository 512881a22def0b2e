using System.Globalization;

namespace Steward.Engines.Triage.Learning;

/// <summary>What a comparison of two heads came to.</summary>
/// <param name="IsAccepted">Whether the challenger is not worse.</param>
/// <param name="ChampionAccuracy">The share of tickets that the champion had right.</param>
/// <param name="ChallengerAccuracy">The share of tickets that the challenger had right.</param>
/// <param name="Reason">Why, with the figures.</param>
public sealed record HeadVerdict(bool IsAccepted, double ChampionAccuracy, double ChallengerAccuracy, string Reason);

/// <summary>
/// Whether a challenger is not worse than the champion on the same tickets. Overall: that it is worse by <see cref="Margin"/> or more has to be refuted at <see cref="Level"/>, by the exact test on the tickets about
/// which the two differ (McNemar, 1947; with a margin: Liu et al., Tests for equivalence or non-inferiority for paired binary data, 2002, here conditional on how many differ). By group: the same test
/// without a margin must find no group of <see cref="FewestOfGroup"/> tickets worse, at <see cref="GroupLevel"/> for all groups together (Holm, 1979), and no group of twice as many may have lost
/// <see cref="MostLoss"/> of its tickets. Pure.
/// </summary>
public static class HeadComparison
{
    /// <summary>By how much of all tickets a challenger has to be proved not to be worse.</summary>
    public const double Margin = 0.01;

    /// <summary>How often a challenger that is worse by the margin may pass.</summary>
    public const double Level = 0.05;

    /// <summary>How often a challenger that is worse in no group may be refused for one. A false alarm costs a night.</summary>
    public const double GroupLevel = 0.10;

    /// <summary>The fewest tickets of a group that is looked at by itself.</summary>
    public const int FewestOfGroup = 20;

    /// <summary>The share of a group's tickets that no challenger may lose, proved or not.</summary>
    public const double MostLoss = 0.15;

    /// <summary>Compares.</summary>
    /// <param name="tickets">Of each ticket the true group, and whether the champion and the challenger had it right.</param>
    /// <param name="only">The group that the champion gives whatever a ticket says, where it does: of that one it has everything right, which nobody who tells tickets apart can have. Null for a champion that reads them.</param>
    public static HeadVerdict Compare(IReadOnlyCollection<(string Label, bool Champion, bool Challenger)> tickets, string? only = null)
    {
        ArgumentNullException.ThrowIfNull(tickets);
        if (tickets.Count == 0)
        {
            throw new ArgumentException("There is nothing to compare by.", nameof(tickets));
        }

        var (champion, challenger) = (Share(tickets.Count(ticket => ticket.Champion), tickets.Count), Share(tickets.Count(ticket => ticket.Challenger), tickets.Count));
        var all = Differences.Of(tickets);
        var probability = PairedAnswers.NotWorse(all.Won, all.Lost, tickets.Count, Margin);
        var figures = string.Create(CultureInfo.InvariantCulture, $"accuracy {challenger:0.000} against {champion:0.000} on {tickets.Count} tickets, {all.Won} won and {all.Lost} lost, p = {probability:0.000} for being worse by {Margin:0.00}");
        if (probability > Level)
        {
            return new HeadVerdict(false, champion, challenger, $"Not proved to be no worse: {figures}.");
        }

        return Worst(tickets.Where(ticket => !string.Equals(ticket.Label, only, StringComparison.Ordinal))) is { } worse
            ? new HeadVerdict(false, champion, challenger, $"Worse for the group {worse}; overall {figures}.")
            : new HeadVerdict(true, champion, challenger, $"Not worse: {figures}; no group worse.");
    }

    private static string? Worst(IEnumerable<(string Label, bool Champion, bool Challenger)> tickets)
    {
        var groups = tickets.GroupBy(ticket => ticket.Label, StringComparer.Ordinal)
            .Select(group => (group.Key, Count: group.Count(), Differences: Differences.Of(group)))
            .Where(group => group.Count >= FewestOfGroup)
            .Select(group => (group.Key, group.Count, group.Differences, Probability: PairedAnswers.Worse(group.Differences.Won, group.Differences.Lost)))
            .OrderBy(group => group.Probability).ThenBy(group => group.Key, StringComparer.Ordinal).ToList();

        // Holm's first step decides whether there is any; the others would only name more.
        var worst = groups.FindIndex(group => group.Probability <= GroupLevel / groups.Count && group.Differences.Lost > 0);
        worst = worst >= 0 ? worst : groups.FindIndex(group => group.Count >= 2 * FewestOfGroup && group.Differences.Lost - group.Differences.Won >= MostLoss * group.Count);
        return worst < 0
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"{groups[worst].Key} ({groups[worst].Differences.Won} won and {groups[worst].Differences.Lost} lost of {groups[worst].Count}, p = {groups[worst].Probability:0.0000})");
    }

    private static double Share(int part, int whole) => (double)part / whole;

    /// <summary>Tickets that one of the two had right.</summary>
    internal readonly record struct Differences(int Won, int Lost)
    {
        public static Differences Of(IEnumerable<(string Label, bool Champion, bool Challenger)> tickets)
        {
            var (won, lost) = (0, 0);
            foreach (var (_, champion, challenger) in tickets)
            {
                won += challenger && !champion ? 1 : 0;
                lost += champion && !challenger ? 1 : 0;
            }

            return new Differences(won, lost);
        }
    }
}
