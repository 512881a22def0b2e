namespace Steward.Engines.Models.Budgets;

/// <summary>What a silo tells the owner of a tenant's budgets, and asks of it. Told again with the same <see cref="Batch"/> until it is answered; it counts once.</summary>
public sealed record BudgetExchange
{
    /// <summary>The silo's lease: one for each ledger, never used again.</summary>
    public required string LeaseId { get; init; }

    /// <summary>Counts the exchanges of the lease, from 1.</summary>
    public required long Batch { get; init; }

    /// <summary>The version of the definitions that the silo has; -1 for none.</summary>
    public required long Version { get; init; }

    /// <summary>The counts that it says something about; with the others nothing changed.</summary>
    public required IReadOnlyList<BudgetClaim> Claims { get; init; }

    /// <summary>Whether the ledger ends: everything comes back, and what is still reserved counts as used.</summary>
    public bool IsClosing { get; init; }
}

/// <summary>What a silo says about one count.</summary>
/// <param name="Key">The count.</param>
/// <param name="EndsAt">When its window ends.</param>
/// <param name="Settled">What was used since the last batch.</param>
/// <param name="Reserved">What calls under way may still use.</param>
/// <param name="Need">What it has to hold: <paramref name="Reserved"/>, and what callers wait for.</param>
/// <param name="Want">What it would like to hold; what it holds beyond that it gives back.</param>
public sealed record BudgetClaim(BudgetKey Key, DateTimeOffset EndsAt, long Settled, long Reserved, long Need, long Want);

/// <summary>The owner's answer.</summary>
public sealed record BudgetAnswer
{
    /// <summary>The version of the definitions that hold.</summary>
    public required long Version { get; init; }

    /// <summary>The definitions, when the silo has others.</summary>
    public IReadOnlyList<BudgetDefinition>? Definitions { get; init; }

    /// <summary>One for each claim, in their order.</summary>
    public required IReadOnlyList<BudgetShare> Shares { get; init; }

    /// <summary>The counts of which the silo holds more than its calls need while another one waits for some.</summary>
    public IReadOnlyList<BudgetKey> Wanted { get; init; } = [];
}

/// <summary>What a silo holds of a count.</summary>
/// <param name="Held">What it may reserve from, what calls under way have reserved included.</param>
/// <param name="Reachable">What it could hold at most if all other silos gave back what their calls under way do not need.</param>
/// <param name="Used">What is used of the limit by all silos.</param>
public readonly record struct BudgetShare(long Held, long Reachable, long Used);

/// <summary>Owns a tenant's budgets for all silos.</summary>
public interface IBudgetOwner
{
    /// <summary>Tells it and asks it.</summary>
    /// <exception cref="Exception">It cannot be reached; whether it was told is unknown.</exception>
    Task<BudgetAnswer> ExchangeAsync(string tenantId, BudgetExchange exchange, CancellationToken cancellationToken);
}
