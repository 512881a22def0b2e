namespace Steward.Engines.Models.Budgets;

/// <summary>Whose calls a budget counts.</summary>
public enum BudgetScope
{
    /// <summary>All of the tenant.</summary>
    Tenant,

    /// <summary>A team's.</summary>
    Team,

    /// <summary>A person's.</summary>
    User,

    /// <summary>Those of a part of the platform.</summary>
    Feature,

    /// <summary>Those that carry a tag.</summary>
    Tag,
}

/// <summary>What a budget counts.</summary>
public enum BudgetUnit
{
    /// <summary>Tokens, read and written.</summary>
    Tokens,

    /// <summary>US dollars, in billionths.</summary>
    Usd,

    /// <summary>Calls.</summary>
    Requests,
}

/// <summary>How long a budget counts before it begins anew.</summary>
public enum BudgetWindow
{
    /// <summary>A minute of UTC.</summary>
    Minute,

    /// <summary>A day of the budget's time zone.</summary>
    Day,

    /// <summary>A calendar month of the budget's time zone.</summary>
    Month,
}

/// <summary>A limit on model calls.</summary>
public sealed record BudgetDefinition
{
    /// <summary>How many billionths of a US dollar one is.</summary>
    public const long NanoPerUsd = 1_000_000_000;

    /// <summary>Its name, unique in the tenant.</summary>
    public required string Id { get; init; }

    /// <summary>Whose calls it counts.</summary>
    public BudgetScope Scope { get; init; }

    /// <summary>The team, user, feature or tag (<c>key=value</c>); null counts each one by itself, for tags <c>key</c> does.</summary>
    public string? Subject { get; init; }

    /// <summary>What it counts.</summary>
    public BudgetUnit Unit { get; init; }

    /// <summary>For how long.</summary>
    public BudgetWindow Window { get; init; }

    /// <summary>The time zone of days and months, by its IANA name. Default UTC.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>The most: tokens, billionths of a US dollar, or calls.</summary>
    public long Limit { get; init; }

    /// <summary>At which share of the limit admins are told. Default 0.8.</summary>
    public double AlertAt { get; init; } = 0.8;

    /// <summary>Whether answers of a cache count as requests; they never cost tokens or money. Default false.</summary>
    public bool CountsCached { get; init; }

    /// <summary>At which version of the tenant's budgets it came to be: one that was deleted and set again counts anew.</summary>
    public long Since { get; init; }
}

/// <summary>One count of a budget: of one subject in one window.</summary>
/// <param name="BudgetId">The budget.</param>
/// <param name="Subject">Whose calls; empty for the tenant's.</param>
/// <param name="Window">The window's label, such as <c>2026-11-22</c>.</param>
public readonly record struct BudgetKey(string BudgetId, string Subject, string Window);

/// <summary>What a call needs of its budgets, or used of them.</summary>
/// <param name="Tokens">Tokens, read and written.</param>
/// <param name="NanoUsd">Billionths of a US dollar; null when the price is not known.</param>
/// <param name="Requests">Calls.</param>
public readonly record struct BudgetAmount(long Tokens, long? NanoUsd, long Requests)
{
    /// <summary>The amount in a unit; 0 where the price is not known.</summary>
    public long In(BudgetUnit unit) => unit switch
    {
        BudgetUnit.Tokens => Tokens,
        BudgetUnit.Usd => NanoUsd ?? 0,
        _ => Requests,
    };

    /// <summary>US dollars as billionths, rounded up.</summary>
    public static long ToNano(decimal usd) => (long)decimal.Ceiling(Math.Min(usd * BudgetDefinition.NanoPerUsd, long.MaxValue / 4));
}
