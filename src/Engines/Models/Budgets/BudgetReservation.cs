namespace Steward.Engines.Models.Budgets;

/// <summary>What a call may use of its budgets. Settled once.</summary>
public sealed class BudgetReservation
{
    private readonly (BudgetCounter Counter, long Amount)[] _parts;
    private int _isSettled;

    internal BudgetReservation(BudgetLedger ledger, (BudgetCounter Counter, long Amount)[] parts) => (Ledger, _parts) = (ledger, parts);

    /// <summary>How many budgets count the call.</summary>
    public int Count => _parts.Length;

    internal BudgetLedger Ledger { get; }

    internal ReadOnlySpan<(BudgetCounter Counter, long Amount)> Parts => _parts;

    /// <summary>True for the first caller.</summary>
    internal bool TryTake() => Interlocked.Exchange(ref _isSettled, 1) == 0;
}

/// <summary>Why a call was not let in.</summary>
/// <param name="Code"><c>model_over_budget</c>, <c>model_price_unknown</c> or <c>model_unavailable</c>.</param>
/// <param name="Message">Safe to show.</param>
/// <param name="RetryAfter">When it may be let in; null when that takes more than time.</param>
public sealed record BudgetRefusal(string Code, string Message, TimeSpan? RetryAfter);

/// <summary>What came of asking a ledger.</summary>
internal enum BudgetVerdict
{
    /// <summary>It is reserved, or nothing counts the call.</summary>
    Reserved,

    /// <summary>This silo does not hold enough; the owner has to be asked.</summary>
    Short,

    /// <summary>This silo does not know what holds, or its lease is over; the owner has to be asked.</summary>
    Unknown,

    /// <summary>There is not enough.</summary>
    Refused,
}

/// <summary>One count as a silo holds it. Guarded by its ledger.</summary>
internal sealed class BudgetCounter(BudgetKey key, BudgetDefinition definition, DateTimeOffset endsAt)
{
    private long _period;
    private long _before;

    public BudgetKey Key => key;

    public BudgetDefinition Definition { get; set; } = definition;

    public DateTimeOffset EndsAt => endsAt;

    /// <summary>What the owner gave, less what it knows to be used.</summary>
    public long Held { get; set; }

    /// <summary>Used, and being told.</summary>
    public long Sent { get; set; }

    /// <summary>Used, and to be told.</summary>
    public long Fresh { get; set; }

    /// <summary>What calls under way may still use.</summary>
    public long Reserved { get; set; }

    /// <summary>What the owner knows of <see cref="Reserved"/>.</summary>
    public long Reported { get; set; }

    /// <summary>What callers wait for.</summary>
    public long Waiting { get; set; }

    /// <summary>What it could hold at most, by the owner's last word.</summary>
    public long Reachable { get; set; } = long.MaxValue;

    /// <summary>What all silos had used, by the owner's last word.</summary>
    public long Used { get; set; }

    /// <summary>When the owner said so, as a timestamp; null before.</summary>
    public long? KnownAt { get; set; }

    /// <summary>When something was reserved last, as a timestamp.</summary>
    public long UsedAt { get; set; }

    /// <summary>Whether another silo waits for some of it.</summary>
    public bool IsWanted { get; set; }

    /// <summary>Whether the owner has to say again how much of it is held.</summary>
    public bool IsStale { get; set; }

    public long Free => Held - Sent - Fresh - Reserved;

    public long Need => Reserved + Waiting;

    public bool IsIdle => Held == 0 && Sent == 0 && Fresh == 0 && Reserved == 0 && Reported == 0 && Waiting == 0 && !IsStale;

    /// <summary>How much was reserved in about a second.</summary>
    public long Pace => Math.Max(_period, _before);

    public void Reserve(long amount, long now)
    {
        Reserved += amount;
        _period += amount;
        UsedAt = now;
    }

    /// <summary>Begins a new second.</summary>
    public void Turn() => (_before, _period) = (_period, 0);
}
