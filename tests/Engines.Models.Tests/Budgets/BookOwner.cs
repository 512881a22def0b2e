using Steward.Engines.Models.Budgets;

namespace Steward.Engines.Models.Tests.Budgets;

/// <summary>The owner of one tenant's budgets, with facts as its only memory. Safe for concurrent use.</summary>
internal sealed class BookOwner(TimeProvider time) : IBudgetOwner
{
    private readonly Lock _gate = new();
    private readonly List<(BudgetFact Fact, DateTimeOffset At)> _facts = [];

    public BudgetBook Book { get; private set; } = new();

    /// <summary>How many exchanges fail before they are taken in.</summary>
    public int Unreachable { get; set; }

    /// <summary>How many exchanges are taken in while their answer is lost.</summary>
    public int LoseAnswers { get; set; }

    public BookOwner With(params IEnumerable<BudgetDefinition> definitions)
    {
        foreach (var definition in definitions)
        {
            Append(new BudgetSet(definition, "u-admin"));
        }

        return this;
    }

    public Task<BudgetAnswer> ExchangeAsync(string tenantId, BudgetExchange exchange, CancellationToken cancellationToken) => Task.FromResult(Exchange(exchange));

    public BudgetAnswer Exchange(BudgetExchange exchange)
    {
        lock (_gate)
        {
            if (Unreachable > 0)
            {
                Unreachable--;
                throw new TimeoutException("not reached");
            }

            if (Book.Leases.TryGetValue(exchange.LeaseId, out var lease) && lease.IsLost)
            {
                Append(new BudgetLeaseBack(exchange.LeaseId));
            }

            if (Book.Plan(exchange, time.GetUtcNow()) is { } fact)
            {
                Append(fact);
            }

            if (LoseAnswers > 0)
            {
                LoseAnswers--;
                throw new TimeoutException("the answer was lost");
            }

            return Book.Answer(exchange, time.GetUtcNow());
        }
    }

    public void Lose(string leaseId)
    {
        lock (_gate)
        {
            if (Book.Leases.TryGetValue(leaseId, out var lease) && !lease.IsLost)
            {
                Append(new BudgetLeaseLost(leaseId));
            }
        }
    }

    /// <summary>Forgets all but the facts.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            Book = new BudgetBook();
            foreach (var (fact, at) in _facts)
            {
                Book.Apply(fact, at);
            }
        }
    }

    /// <summary>What was settled, by lease.</summary>
    public Dictionary<string, long> UsedBy => _facts.Select(entry => entry.Fact).OfType<BudgetExchanged>().GroupBy(fact => fact.LeaseId, StringComparer.Ordinal)
        .ToDictionary(group => group.Key, group => group.Sum(fact => fact.Changes.Sum(change => change.Settled)), StringComparer.Ordinal);

    public void Append(BudgetFact fact)
    {
        _facts.Add((fact, time.GetUtcNow()));
        Book.Apply(fact, time.GetUtcNow());
    }

    public long Spent(string budget, string subject = "") => Book.Counts.Values.Where(count => count.Key.BudgetId == budget && count.Key.Subject == subject).Sum(count => count.Spent);

    public long Held(string budget) => Book.Counts.Values.Where(count => count.Key.BudgetId == budget).Sum(count => count.Holdings.Values.Sum(held => held.Held));
}
