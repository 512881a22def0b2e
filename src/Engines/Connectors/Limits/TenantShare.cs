namespace Steward.Engines.Connectors.Limits;

/// <summary>
/// Which part of limits of scope <see cref="Templates.LimitScope.Tenant"/> one of the instances of a template may use: equal parts, handed out without asking anybody for a call. Each instance looks at
/// most <see cref="Lag"/> apart how many there are and where it stands among them; a smaller part counts at once, a larger one only a whole window and <see cref="Lag"/> later, when all others have seen
/// it, too, and what they used of more has left the window. So the parts that were used in any window never sum up to more than the limit, by the time of the permits. What an instance used that was
/// deleted within the window is not counted by one that is created alone after it. Not safe for concurrent use.
/// </summary>
public sealed class TenantShare
{
    /// <summary>The longest time between two looks.</summary>
    public static readonly TimeSpan Lag = TimeSpan.FromSeconds(15);

    private const int MaxSeen = 16;
    private static readonly TimeSpan Always = TimeSpan.MinValue;

    private readonly List<Look> _looks = [];

    /// <summary>What was seen, oldest first, each with its age.</summary>
    /// <param name="now">The time.</param>
    public IReadOnlyList<(int Count, int Rank, TimeSpan Age)> Seen(TimeSpan now) => [.. _looks.Select(look => (look.Count, look.Rank, look.At == Always ? TimeSpan.MaxValue : now - look.At))];

    /// <summary>Goes on with what an owner before this one had seen.</summary>
    /// <param name="seen">What <see cref="Seen"/> gave, each aged since.</param>
    /// <param name="now">The time.</param>
    public void Restore(IEnumerable<(int Count, int Rank, TimeSpan Age)> seen, TimeSpan now)
    {
        ArgumentNullException.ThrowIfNull(seen);
        _looks.Clear();
        _looks.AddRange(seen.Select(look => new Look(look.Count, look.Rank, look.Age == TimeSpan.MaxValue ? Always : now - look.Age)));
    }

    /// <summary>Takes over how many instances there are; true when that is news.</summary>
    /// <param name="count">How many, with this one.</param>
    /// <param name="rank">How many of them come before this one.</param>
    /// <param name="now">The time.</param>
    public bool See(int count, int rank, TimeSpan now)
    {
        if (_looks is [.., var last] && last.Count == count && last.Rank == rank)
        {
            return false;
        }

        if (_looks.Count == 0)
        {
            // Nobody else may use anything; else the others have to make room first.
            _looks.Add(count == 1 ? new Look(1, 0, Always) : new Look(0, 0, Always));
            if (count == 1)
            {
                return true;
            }
        }

        _looks.Add(new Look(count, rank, now));
        if (_looks.Count > MaxSeen)
        {
            // The part of the two oldest that is smaller stands for both.
            var (first, second) = (_looks[0], _looks[1]);
            _looks.RemoveAt(0);
            _looks[0] = first.Count == 0 || second.Count == 0 ? new Look(0, 0, second.At) : (first.Count >= second.Count ? first : second) with { At = second.At };
        }

        return true;
    }

    /// <summary>How much of a limit may be used now.</summary>
    /// <param name="total">The limit.</param>
    /// <param name="window">Its window.</param>
    /// <param name="now">The time.</param>
    public int BoundOf(int total, TimeSpan window, TimeSpan now)
    {
        var bound = _looks.Count == 0 ? 0 : _looks[^1].Of(total);
        var since = now - window - Lag;

        // Whatever was so at any time since then.
        for (var i = _looks.Count - 2; i >= 0 && _looks[i + 1].At > since; i--)
        {
            bound = Math.Min(bound, _looks[i].Of(total));
        }

        return bound;
    }

    private readonly record struct Look(int Count, int Rank, TimeSpan At)
    {
        // What cannot be divided goes to those that come first.
        public int Of(int total) => Count == 0 ? 0 : (total / Count) + (Rank < total % Count ? 1 : 0);
    }
}
