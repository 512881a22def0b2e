namespace Steward.Engines.Models.Budgets;

/// <summary>What happened to a tenant's budgets; its journal holds these.</summary>
public abstract record BudgetFact
{
    private protected BudgetFact()
    {
    }
}

/// <summary>A budget was set.</summary>
/// <param name="Definition">What holds now.</param>
/// <param name="By">Who set it.</param>
public sealed record BudgetSet(BudgetDefinition Definition, string By) : BudgetFact;

/// <summary>A budget was deleted, with what it had counted.</summary>
/// <param name="Id">The budget.</param>
/// <param name="By">Who deleted it.</param>
public sealed record BudgetDeleted(string Id, string By) : BudgetFact;

/// <summary>A silo's batch was taken in.</summary>
/// <param name="LeaseId">The silo's lease.</param>
/// <param name="Batch">The batch.</param>
/// <param name="IsClosing">Whether the lease ends.</param>
/// <param name="Changes">What changed.</param>
public sealed record BudgetExchanged(string LeaseId, long Batch, bool IsClosing, IReadOnlyList<BudgetChange> Changes) : BudgetFact;

/// <summary>What a batch changed of one count.</summary>
/// <param name="Key">The count.</param>
/// <param name="EndsAt">When its window ends.</param>
/// <param name="Settled">What was used.</param>
/// <param name="Reserved">What the silo's calls under way may still use.</param>
/// <param name="Held">What the silo holds now.</param>
public sealed record BudgetChange(BudgetKey Key, DateTimeOffset EndsAt, long Settled, long Reserved, long Held);

/// <summary>A silo was not heard of: what it had reserved counts as used, the rest comes back.</summary>
/// <param name="LeaseId">Its lease.</param>
public sealed record BudgetLeaseLost(string LeaseId) : BudgetFact;

/// <summary>A silo that seemed lost was heard of: what it had reserved is open again.</summary>
/// <param name="LeaseId">Its lease.</param>
public sealed record BudgetLeaseBack(string LeaseId) : BudgetFact;

/// <summary>Admins were told.</summary>
/// <param name="Key">Of which count.</param>
/// <param name="Level">1: the share at which they want to know; 2: the limit.</param>
public sealed record BudgetTold(BudgetKey Key, int Level) : BudgetFact;
