using System.Text.Json.Serialization;

namespace Steward.Engines.Models.Budgets;

/// <summary>One count of a budget as its owner keeps it.</summary>
public sealed class BudgetCount
{
    /// <summary>Which it is.</summary>
    public required BudgetKey Key { get; init; }

    /// <summary>When its window ends.</summary>
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>What was used and settled.</summary>
    public long Used { get; set; }

    /// <summary>What lost silos had reserved: it counts as used, since nobody knows what became of it.</summary>
    public long Unsettled { get; set; }

    /// <summary>Of what admins were told: see <see cref="BudgetTold.Level"/>.</summary>
    public int Told { get; set; }

    /// <summary>What silos hold, by lease.</summary>
    public Dictionary<string, BudgetHolding> Holdings { get; init; } = new(StringComparer.Ordinal);

    /// <summary>What counts against the limit already.</summary>
    [JsonIgnore]
    public long Spent => Used + Unsettled;

    /// <summary>What calls under way may still use.</summary>
    [JsonIgnore]
    public long Reserved => Holdings.Values.Where(held => !held.IsLost).Sum(held => held.Reserved);

    /// <summary>What silos hold.</summary>
    internal long Held => Holdings.Values.Sum(held => held.Held);

    /// <summary>Who waited for some of it last, and until when that counts. Not kept.</summary>
    internal (string LeaseId, DateTimeOffset Until) Short { get; set; } = ("", DateTimeOffset.MinValue);
}

/// <summary>What a silo holds of a count.</summary>
public sealed class BudgetHolding
{
    /// <summary>What it may reserve from.</summary>
    public long Held { get; set; }

    /// <summary>What its calls under way may still use, as it said last.</summary>
    public long Reserved { get; set; }

    /// <summary>Whether the silo seems lost: then <see cref="Reserved"/> counts as used.</summary>
    public bool IsLost { get; set; }
}

/// <summary>A silo's lease as the owner keeps it.</summary>
public sealed class BudgetLease
{
    /// <summary>The last batch that was taken in.</summary>
    public long Batch { get; set; }

    /// <summary>Whether the silo seems lost.</summary>
    public bool IsLost { get; set; }

    /// <summary>When something of it changed last.</summary>
    public DateTimeOffset At { get; set; }
}
