using Steward.Errors;
using Steward.Models;

namespace Steward.Client;

/// <summary>The tenant's budgets of model calls, and what these cost. Reached through <see cref="IStewardUserClient.ModelBudgets"/>.</summary>
public interface IModelBudgetClient
{
    /// <summary>The budgets by name, and how they stand. Admins and auditors.</summary>
    Task<IReadOnlyList<ModelBudget>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Sets a budget. What it has counted stays when its limit, zone or alert changes; scope, unit and window cannot be changed. Servers at work for the tenant know it within five seconds. Idempotent. Admins only.
    /// </summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field; <c>limit_reached</c> with 200 budgets.</exception>
    Task<ModelBudget> SetAsync(ModelBudgetSpec spec, CancellationToken cancellationToken = default);

    /// <summary>Deletes a budget with what it has counted. Idempotent. Admins only.</summary>
    Task DeleteAsync(string budgetId, CancellationToken cancellationToken = default);

    /// <summary>Adds up what model calls cost. Admins and auditors.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field; <c>limit_reached</c> for more than 100,000 rows.</exception>
    Task<ModelCostReport> GetCostsAsync(ModelCostReportQuery query, CancellationToken cancellationToken = default);
}

/// <summary>Which costs are wanted, and by what they are added up.</summary>
public sealed record ModelCostReportQuery
{
    /// <summary>What costs can be added up by, besides <c>tag:KEY</c>.</summary>
    public static IReadOnlyList<string> Dimensions { get; } = ["day", "team", "user", "feature", "model", "provider", "tier", "prompt", "outcome"];

    /// <summary>The first day, in UTC.</summary>
    public required DateOnly FromDay { get; init; }

    /// <summary>The last day; at most 366 days in all.</summary>
    public required DateOnly ToDay { get; init; }

    /// <summary>One to eight of <see cref="Dimensions"/> and <c>tag:KEY</c>, each once.</summary>
    public required IReadOnlyList<string> By { get; init; }
}

/// <summary>What model calls cost.</summary>
public sealed record ModelCostReport
{
    /// <summary>The first day, in UTC.</summary>
    public required DateOnly FromDay { get; init; }

    /// <summary>The last day.</summary>
    public required DateOnly ToDay { get; init; }

    /// <summary>By what it is added up.</summary>
    public required IReadOnlyList<string> By { get; init; }

    /// <summary>The rows, by their keys.</summary>
    public required IReadOnlyList<ModelCostRow> Rows { get; init; }

    /// <summary>All rows together.</summary>
    public required ModelCostRow Total { get; init; }
}

/// <summary>Some calls added up.</summary>
public sealed record ModelCostRow
{
    /// <summary>One value for each of <see cref="ModelCostReport.By"/>; empty where a call has none.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary>How many calls.</summary>
    public long Calls { get; init; }

    /// <summary>Those of them that a cache answered.</summary>
    public long CachedCalls { get; init; }

    /// <summary>Tokens read.</summary>
    public long InputTokens { get; init; }

    /// <summary>Tokens of these that came from providers' caches.</summary>
    public long CachedInputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public long OutputTokens { get; init; }

    /// <summary>US dollars, without the calls of <see cref="UnpricedCalls"/>.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>Calls whose price is not known.</summary>
    public long UnpricedCalls { get; init; }

    /// <summary>Calls whose tokens or cost were estimated, mostly because they were broken off.</summary>
    public long EstimatedCalls { get; init; }
}
