namespace Steward.Engines.Approvals.People;

/// <summary>What a tenant's delegations may be, all of them together.</summary>
public static class DelegationRules
{
    /// <summary>The longest delegation.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(366);

    /// <summary>The most delegations of a tenant that are not over.</summary>
    public const int MaxPerTenant = 1_000;

    /// <summary>The most delegations by one person that are not over.</summary>
    public const int MaxPerPerson = 20;

    /// <summary>
    /// Finds a moment at which a delegation would lead back to whoever it is from. Delegations of different types only count as the same way where each may be used together with the new one; this refuses some
    /// loops that no single request could take, and never misses one.
    /// </summary>
    /// <returns>The people on the way, beginning and ending with whoever it is from; null when there is none.</returns>
    public static IReadOnlyList<string>? FindLoop(IEnumerable<Delegation> existing, Delegation added)
    {
        ArgumentNullException.ThrowIfNull(existing);
        ArgumentNullException.ThrowIfNull(added);
        var others = existing.Where(other => other.DelegationId != added.DelegationId && other.Begins < added.Ends && added.Begins < other.Ends && SharesType(other, added)).ToList();

        // Whatever is in force at some moment is in force when the last of it begins.
        foreach (var moment in others.Select(other => other.Begins < added.Begins ? added.Begins : other.Begins).Distinct())
        {
            var next = others.Where(other => other.Begins <= moment && moment < other.Ends).ToLookup(other => other.From, other => other.To, StringComparer.OrdinalIgnoreCase);
            var from = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase) { [added.To] = added.From };
            var queue = new Queue<string>([added.To]);
            while (queue.TryDequeue(out var person))
            {
                foreach (var delegated in next[person])
                {
                    if (string.Equals(delegated, added.From, StringComparison.OrdinalIgnoreCase))
                    {
                        return Way(from, person, added);
                    }

                    if (from.TryAdd(delegated, person))
                    {
                        queue.Enqueue(delegated);
                    }
                }
            }
        }

        return null;
    }

    private static List<string> Way(Dictionary<string, string> from, string last, Delegation added)
    {
        List<string> way = [added.From];
        for (var person = last; !string.Equals(person, added.From, StringComparison.OrdinalIgnoreCase); person = from[person])
        {
            way.Insert(0, person);
        }

        way.Insert(0, added.From);
        return way;
    }

    private static bool SharesType(Delegation left, Delegation right) =>
        left.Types.Count == 0 || right.Types.Count == 0 || left.Types.Intersect(right.Types, StringComparer.OrdinalIgnoreCase).Any();
}
