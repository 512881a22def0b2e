namespace Steward.Engines.Models.Budgets;

/// <summary>
/// A tenant's budgets as their owner keeps them: definitions, counts, and what each silo holds of them. It says what follows from a silo's batch (<see cref="Plan(BudgetExchange, DateTimeOffset)"/>), which the owner makes durable before it is applied
/// (<see cref="Apply(BudgetFact, DateTimeOffset)"/>) and answered. What silos hold and what was used never exceeds a limit together, but for what calls use beyond what they had reserved. For one caller at a time.
/// </summary>
public sealed class BudgetBook
{
    private static readonly TimeSpan ShortFor = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan KeepAfterEnd = TimeSpan.FromHours(1);
    private static readonly TimeSpan KeepOpenAfterEnd = TimeSpan.FromDays(1);
    private static readonly TimeSpan KeepLease = TimeSpan.FromHours(1);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromMinutes(10);

    // Of what is left one silo gets at most this part beyond what its callers need: near the limit everybody gets just that.
    private const int ShareOfRest = 4;

    /// <summary>Counts the changes of definitions.</summary>
    public long Version { get; set; }

    /// <summary>The budgets, by name.</summary>
    public SortedDictionary<string, BudgetDefinition> Definitions { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The counts.</summary>
    public Dictionary<BudgetKey, BudgetCount> Counts { get; init; } = [];

    /// <summary>The silos' leases.</summary>
    public Dictionary<string, BudgetLease> Leases { get; init; } = new(StringComparer.Ordinal);

    /// <summary>When old counts are removed next.</summary>
    public DateTimeOffset PruneAt { get; set; }

    /// <summary>What follows from a silo's batch; null when nothing changes.</summary>
    /// <param name="exchange">The batch. A lease that seems lost must have been taken back before.</param>
    /// <param name="now">The time.</param>
    public BudgetExchanged? Plan(BudgetExchange exchange, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var isRepeated = Leases.TryGetValue(exchange.LeaseId, out var lease) && exchange.Batch <= lease.Batch;
        if (exchange.IsClosing && isRepeated)
        {
            return null;
        }

        var changes = new List<BudgetChange>();
        foreach (var claim in exchange.Claims)
        {
            if (Find(claim.Key, exchange.Version) is { } definition && Plan(exchange, claim, definition, isRepeated, now) is { } change)
            {
                changes.Add(change);
            }
        }

        return changes.Count > 0 || (exchange.IsClosing && lease is not null) ? new BudgetExchanged(exchange.LeaseId, exchange.Batch, exchange.IsClosing, changes) : null;
    }

    /// <summary>Takes in what happened.</summary>
    /// <param name="fact">What.</param>
    /// <param name="at">When.</param>
    public void Apply(BudgetFact fact, DateTimeOffset at)
    {
        switch (fact)
        {
            case BudgetSet set:
                Version++;
                Definitions[set.Definition.Id] = set.Definition with { Since = Definitions.TryGetValue(set.Definition.Id, out var before) ? before.Since : Version };
                break;
            case BudgetDeleted deleted:
                Version++;
                Definitions.Remove(deleted.Id);
                foreach (var key in Counts.Keys.Where(key => key.BudgetId == deleted.Id).ToList())
                {
                    Counts.Remove(key);
                }

                break;
            case BudgetExchanged exchanged:
                Apply(exchanged, at);
                Prune(at);
                break;
            case BudgetLeaseLost lost:
                Lose(lost.LeaseId);
                break;
            case BudgetLeaseBack back:
                TakeBack(back.LeaseId);
                break;
            case BudgetTold told when Counts.TryGetValue(told.Key, out var count):
                count.Told = Math.Max(count.Told, told.Level);
                break;
            default:
                break;
        }
    }

    /// <summary>What the silo gets to hear once its batch was applied.</summary>
    public BudgetAnswer Answer(BudgetExchange exchange, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        return new BudgetAnswer
        {
            Version = Version,
            Definitions = exchange.Version == Version ? null : [.. Definitions.Values],
            Shares = [.. exchange.Claims.Select(claim => ShareOf(exchange, claim.Key))],
            Wanted = [.. Counts.Values.Where(count => count.Short.Until > now && count.Short.LeaseId != exchange.LeaseId && count.Holdings.TryGetValue(exchange.LeaseId, out var own) && own.Held > own.Reserved).Select(count => count.Key)],
        };
    }

    private BudgetChange? Plan(BudgetExchange exchange, BudgetClaim claim, BudgetDefinition definition, bool isRepeated, DateTimeOffset now)
    {
        var count = Counts.GetValueOrDefault(claim.Key);
        var own = count?.Holdings.GetValueOrDefault(exchange.LeaseId);
        var settled = isRepeated ? 0 : claim.Settled;
        var held = 0L;
        if (!exchange.IsClosing)
        {
            held = Math.Max(0, (own?.Held ?? 0) - settled);
            var rest = Math.Max(0, definition.Limit - (count?.Spent ?? 0) - settled - ((count?.Held ?? 0) - (own?.Held ?? 0)) - held);
            held = held > claim.Want ? claim.Want : held + Grant(exchange, claim, count, held, rest, now);
        }

        return settled == 0 && held == (own?.Held ?? 0) && claim.Reserved == (own?.Reserved ?? 0) && !exchange.IsClosing ? null : new BudgetChange(claim.Key, claim.EndsAt, settled, claim.Reserved, held);
    }

    private long Grant(BudgetExchange exchange, BudgetClaim claim, BudgetCount? count, long held, long rest, DateTimeOffset now)
    {
        // One silo at a time is filled up when there is little left: two that hold a half each would both refuse.
        if (count is not null && count.Short.Until > now && count.Short.LeaseId != exchange.LeaseId)
        {
            return 0;
        }

        var needed = Math.Min(Math.Max(0, claim.Need - held), rest);
        var isShort = held + needed < claim.Need;
        if (count is not null)
        {
            count.Short = isShort && count.Holdings.Any(pair => pair.Key != exchange.LeaseId && pair.Value.Held > pair.Value.Reserved) ? (exchange.LeaseId, now + ShortFor) : default;
        }

        var silos = Math.Max(1, Leases.Values.Count(lease => !lease.IsLost));
        return isShort ? needed : needed + Math.Min(Math.Max(0, claim.Want - held - needed), (rest - needed) / (ShareOfRest * silos));
    }

    private void Apply(BudgetExchanged exchanged, DateTimeOffset at)
    {
        if (!Leases.TryGetValue(exchanged.LeaseId, out var lease))
        {
            Leases[exchanged.LeaseId] = lease = new BudgetLease();
        }

        (lease.Batch, lease.At) = (Math.Max(lease.Batch, exchanged.Batch), at);
        foreach (var change in exchanged.Changes)
        {
            if (!Counts.TryGetValue(change.Key, out var count))
            {
                Counts[change.Key] = count = new BudgetCount { Key = change.Key, EndsAt = change.EndsAt };
            }

            count.Used += change.Settled;
            if (exchanged.IsClosing || (change.Held == 0 && change.Reserved == 0))
            {
                count.Unsettled += exchanged.IsClosing ? change.Reserved : 0;
                count.Holdings.Remove(exchanged.LeaseId);
            }
            else
            {
                var own = count.Holdings.TryGetValue(exchanged.LeaseId, out var known) ? known : count.Holdings[exchanged.LeaseId] = new BudgetHolding();
                (own.Held, own.Reserved) = (change.Held, change.Reserved);
            }
        }

        if (exchanged.IsClosing)
        {
            foreach (var count in Counts.Values)
            {
                if (count.Holdings.Remove(exchanged.LeaseId, out var left))
                {
                    count.Unsettled += left.Reserved;
                }
            }

            // Known for a while, so that the last batch counts once.
            lease.IsLost = true;
        }
    }

    private void Lose(string leaseId)
    {
        if (!Leases.TryGetValue(leaseId, out var lease) || lease.IsLost)
        {
            return;
        }

        lease.IsLost = true;
        foreach (var count in Counts.Values)
        {
            if (!count.Holdings.TryGetValue(leaseId, out var own))
            {
                continue;
            }

            count.Unsettled += own.Reserved;
            (own.Held, own.IsLost) = (0, true);
            if (own.Reserved == 0)
            {
                count.Holdings.Remove(leaseId);
            }
        }
    }

    private void TakeBack(string leaseId)
    {
        if (!Leases.TryGetValue(leaseId, out var lease) || !lease.IsLost)
        {
            return;
        }

        lease.IsLost = false;
        foreach (var own in Counts.Values)
        {
            if (own.Holdings.TryGetValue(leaseId, out var holding) && holding.IsLost)
            {
                own.Unsettled -= holding.Reserved;
                (holding.Held, holding.IsLost) = (holding.Reserved, false);
            }
        }
    }

    private BudgetShare ShareOf(BudgetExchange exchange, BudgetKey key)
    {
        if (Find(key, exchange.Version) is not { } definition)
        {
            return default;
        }

        if (!Counts.TryGetValue(key, out var count))
        {
            return new BudgetShare(0, definition.Limit, 0);
        }

        var own = count.Holdings.GetValueOrDefault(exchange.LeaseId);
        var others = count.Holdings.Where(pair => pair.Key != exchange.LeaseId && !pair.Value.IsLost).Sum(pair => pair.Value.Reserved);
        return new BudgetShare(own?.Held ?? 0, Math.Max(0, definition.Limit - count.Spent - others), count.Spent);
    }

    // A silo that does not know yet that a budget was deleted, or set anew since, speaks of another one.
    private BudgetDefinition? Find(BudgetKey key, long version) => Definitions.TryGetValue(key.BudgetId, out var definition) && definition.Since <= version ? definition : null;

    private void Prune(DateTimeOffset at)
    {
        if (at < PruneAt)
        {
            return;
        }

        PruneAt = at + PruneEvery;
        foreach (var count in Counts.Values.Where(count => count.EndsAt < at - KeepAfterEnd && (count.Reserved == 0 || count.EndsAt < at - KeepOpenAfterEnd)).ToList())
        {
            Counts.Remove(count.Key);
        }

        var held = Counts.Values.SelectMany(count => count.Holdings.Keys).ToHashSet(StringComparer.Ordinal);
        foreach (var (id, _) in Leases.Where(pair => !held.Contains(pair.Key) && pair.Value.At < at - KeepLease).ToList())
        {
            Leases.Remove(id);
        }
    }
}
