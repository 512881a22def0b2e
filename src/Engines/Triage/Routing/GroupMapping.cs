using System.Text;
using Steward.Engines.Triage.Tickets;

namespace Steward.Engines.Triage.Routing;

/// <summary>A group of a tenant, as far as it can be recognised in another one's labels.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it sees to; null when nobody said.</param>
/// <param name="BaseLabels">Labels that mean it; empty to find them by their names.</param>
public sealed record RoutingGroup(string Name, string? Description, IReadOnlyList<string> BaseLabels);

/// <summary>A group that a label means.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="IsSure">Whether somebody said so, or both have one name; else the names are only alike.</param>
public readonly record struct GroupMatch(string Group, bool IsSure);

/// <summary>
/// Which of a tenant's groups each label of the shared model means: what the tenant said, else the same name, else names and descriptions that are alike, by vectors where there are some and by common words where there
/// are none. A label that means none of them stays without. Immutable.
/// </summary>
public sealed class GroupMapping
{
    /// <summary>The least likeness of vectors on which a match may rest.</summary>
    public const double LeastLikeness = 0.6;

    /// <summary>By how much the best has to be more alike than the next.</summary>
    public const double LeastLead = 0.05;

    /// <summary>The least share of a label's words that a group's name and description must hold.</summary>
    public const double LeastOverlap = 0.5;

    private readonly Dictionary<string, GroupMatch> _matches = new(StringComparer.Ordinal);

    private GroupMapping(IReadOnlyList<string> labels) => Labels = labels;

    /// <summary>The labels that were looked at, those without a group among them.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Finds the groups of labels.</summary>
    /// <param name="groups">The tenant's groups.</param>
    /// <param name="labels">The shared model's labels.</param>
    /// <param name="likeness">How alike a label and a group are, -1 to 1; null when there are no vectors.</param>
    public static GroupMapping Of(IReadOnlyList<RoutingGroup> groups, IReadOnlyList<string> labels, Func<string, RoutingGroup, double>? likeness = null)
    {
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(labels);
        var mapping = new GroupMapping(labels);
        var byName = groups.Where(group => group.BaseLabels.Count == 0).ToList();
        foreach (var label in labels)
        {
            if (groups.FirstOrDefault(group => group.BaseLabels.Contains(label, StringComparer.OrdinalIgnoreCase)) is { } said)
            {
                mapping._matches[label] = new GroupMatch(said.Name, true);
            }
            else if (byName.Find(group => string.Equals(Folded(group.Name), Folded(label), StringComparison.Ordinal)) is { } same)
            {
                mapping._matches[label] = new GroupMatch(same.Name, true);
            }
            else if (((likeness is null ? null : Best(byName, group => likeness(label, group), LeastLikeness, LeastLead)) ?? Best(byName, group => Overlap(label, group), LeastOverlap, LeastLead)) is { } alike)
            {
                mapping._matches[label] = new GroupMatch(alike.Name, false);
            }
        }

        return mapping;
    }

    /// <summary>The group that a label means; null for none.</summary>
    public GroupMatch? Find(string label) => _matches.TryGetValue(label, out var match) ? match : null;

    private static RoutingGroup? Best(List<RoutingGroup> groups, Func<RoutingGroup, double> score, double least, double lead)
    {
        RoutingGroup? best = null;
        var (first, second) = (double.NegativeInfinity, double.NegativeInfinity);
        foreach (var group in groups)
        {
            var value = score(group);
            if (value > first)
            {
                (best, first, second) = (group, value, first);
            }
            else
            {
                second = Math.Max(second, value);
            }
        }

        return first >= least && first - second >= lead ? best : null;
    }

    private static double Overlap(string label, RoutingGroup group)
    {
        var words = Stems(label);
        if (words.Count == 0)
        {
            return 0;
        }

        var known = Stems($"{group.Name} {group.Description}");
        return (double)words.Count(known.Contains) / words.Count;
    }

    // "Support" and the like are in every group's name and tell nothing; a plural is the same word.
    private static HashSet<string> Stems(string text) =>
        [.. TicketWords.Of(text).Where(word => word is not ("support" or "team" or "group" or "it" or "and" or "of" or "the" or "for")).Select(word => word.Length > 3 && word[^1] == 's' ? word[..^1] : word)];

    private static string Folded(string name)
    {
        var folded = new StringBuilder();
        foreach (var word in TicketWords.Of(name))
        {
            folded.Append(word).Append(' ');
        }

        return folded.ToString();
    }
}
