namespace Steward.Models;

/// <summary>
/// A tenant's budgets of model calls. Key: <c>t-acme/i-model-budgets</c>. One grain for all budgets of a tenant, since one call is counted by several of them at once. Owns the definitions, what was used, and what each silo holds.
/// </summary>
[Alias("steward.model-budgets")]
public interface IBudgetGrain : IGrainWithStringKey
{
    /// <summary>The budgets and how they stand. Admins and auditors.</summary>
    [Alias("list")]
    Task<IReadOnlyList<ModelBudget>> List(CancellationToken cancellationToken = default);

    /// <summary>Sets a budget. What it has counted stays when only the limit, the zone or the alert changes; what it counts cannot be changed. Idempotent. Admins only.</summary>
    [Alias("set")]
    Task<ModelBudget> Set(ModelBudgetSpec spec, CancellationToken cancellationToken = default);

    /// <summary>Deletes a budget with what it has counted. Idempotent. Admins only.</summary>
    /// <returns>Whether there was one.</returns>
    [Alias("delete")]
    Task<bool> Delete(string budgetId, CancellationToken cancellationToken = default);

    /// <summary>Takes what a silo used, and gives it what it asks for as far as there is any. Counts once by lease and batch. The platform only.</summary>
    [Alias("exchange")]
    Task<BudgetGrant> Exchange(BudgetReport report, CancellationToken cancellationToken = default);
}

/// <summary>A limit on model calls.</summary>
[GenerateSerializer]
[Alias("steward.model-budget-spec")]
public sealed record ModelBudgetSpec
{
    /// <summary>Its name: 1 to 64 characters of a-z, 0-9 and hyphen, beginning with a letter.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>Whose calls it counts: <c>tenant</c>, <c>team</c>, <c>user</c>, <c>feature</c> or <c>tag</c>.</summary>
    [Id(1)]
    public required string Scope { get; init; }

    /// <summary>The team, user, feature or tag (<c>key=value</c>); null counts each one by itself, and <c>key</c> alone each value of a tag.</summary>
    [Id(2)]
    public string? Subject { get; init; }

    /// <summary>What it counts: <c>tokens</c>, <c>usd</c> or <c>requests</c>.</summary>
    [Id(3)]
    public required string Unit { get; init; }

    /// <summary>How long: <c>minute</c>, <c>day</c> or <c>month</c>.</summary>
    [Id(4)]
    public required string Window { get; init; }

    /// <summary>The most, in the unit; more than 0. Tokens and requests are whole numbers; dollars have at most 9 decimals.</summary>
    [Id(5)]
    public required decimal Limit { get; init; }

    /// <summary>The IANA time zone of days and months. Default UTC.</summary>
    [Id(6)]
    public string TimeZone { get; init; } = "UTC";

    /// <summary>At which share of the limit admins are told, 0.1 to 1. Default 0.8.</summary>
    [Id(7)]
    public double AlertAt { get; init; } = 0.8;

    /// <summary>Whether answers of a cache count as requests. Default false.</summary>
    [Id(8)]
    public bool CountsCached { get; init; }
}

/// <summary>A budget and how it stands.</summary>
[GenerateSerializer]
[Alias("steward.model-budget")]
public sealed record ModelBudget
{
    /// <summary>The limit.</summary>
    [Id(0)]
    public required ModelBudgetSpec Spec { get; init; }

    /// <summary>What is used in the current window, most first; at most 100 subjects.</summary>
    [Id(1)]
    public IReadOnlyList<ModelBudgetUse> Use { get; init; } = [];

    /// <summary>How many subjects have used something in the current window.</summary>
    [Id(2)]
    public int Subjects { get; init; }
}

/// <summary>What one subject has used of a budget.</summary>
[GenerateSerializer]
[Alias("steward.model-budget-use")]
public sealed record ModelBudgetUse
{
    /// <summary>Whose calls; empty for the tenant's.</summary>
    [Id(0)]
    public string Subject { get; init; } = "";

    /// <summary>The window, as <c>2026-11-22</c>, <c>2026-11</c> or <c>2026-11-22T10:05Z</c>.</summary>
    [Id(1)]
    public required string Window { get; init; }

    /// <summary>When it ends.</summary>
    [Id(2)]
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>What counts against the limit, <see cref="Unsettled"/> included.</summary>
    [Id(3)]
    public decimal Used { get; init; }

    /// <summary>What calls of a lost silo had reserved: it counts, since nobody knows what became of it.</summary>
    [Id(4)]
    public decimal Unsettled { get; init; }

    /// <summary>What calls under way may still use.</summary>
    [Id(5)]
    public decimal Reserved { get; init; }
}

/// <summary>What a silo tells the owner of budgets, and asks of it.</summary>
[GenerateSerializer]
[Alias("steward.budget-report")]
public sealed record BudgetReport
{
    /// <summary>The silo's lease.</summary>
    [Id(0)]
    public required string LeaseId { get; init; }

    /// <summary>Counts the reports of the lease.</summary>
    [Id(1)]
    public required long Batch { get; init; }

    /// <summary>The version of the definitions that the silo has; -1 for none.</summary>
    [Id(2)]
    public required long Version { get; init; }

    /// <summary>Whether the lease ends.</summary>
    [Id(3)]
    public bool IsClosing { get; init; }

    /// <summary>The counts that changed.</summary>
    [Id(4)]
    public IReadOnlyList<BudgetReportLine> Lines { get; init; } = [];
}

/// <summary>What a silo says about one count.</summary>
[GenerateSerializer]
[Alias("steward.budget-report-line")]
public sealed record BudgetReportLine
{
    /// <summary>The budget.</summary>
    [Id(0)]
    public required string BudgetId { get; init; }

    /// <summary>Whose calls.</summary>
    [Id(1)]
    public required string Subject { get; init; }

    /// <summary>The window's label.</summary>
    [Id(2)]
    public required string Window { get; init; }

    /// <summary>When the window ends.</summary>
    [Id(3)]
    public required DateTimeOffset EndsAt { get; init; }

    /// <summary>What was used since the last report: tokens, billionths of a dollar, or calls.</summary>
    [Id(4)]
    public long Settled { get; init; }

    /// <summary>What calls under way may still use.</summary>
    [Id(5)]
    public long Reserved { get; init; }

    /// <summary>What has to be held.</summary>
    [Id(6)]
    public long Need { get; init; }

    /// <summary>What would be held best.</summary>
    [Id(7)]
    public long Want { get; init; }
}

/// <summary>What a silo holds after a report.</summary>
[GenerateSerializer]
[Alias("steward.budget-grant")]
public sealed record BudgetGrant
{
    /// <summary>The version of the definitions.</summary>
    [Id(0)]
    public required long Version { get; init; }

    /// <summary>The definitions, when the silo has others.</summary>
    [Id(1)]
    public IReadOnlyList<BudgetRule>? Rules { get; init; }

    /// <summary>One for each line of the report.</summary>
    [Id(2)]
    public IReadOnlyList<BudgetGrantLine> Lines { get; init; } = [];

    /// <summary>The counts of which another silo waits for some, as lines of which only the key counts.</summary>
    [Id(3)]
    public IReadOnlyList<BudgetReportLine> Wanted { get; init; } = [];
}

/// <summary>What a silo holds of one count.</summary>
[GenerateSerializer]
[Alias("steward.budget-grant-line")]
public sealed record BudgetGrantLine
{
    /// <summary>What it may reserve from.</summary>
    [Id(0)]
    public long Held { get; init; }

    /// <summary>What it could hold at most.</summary>
    [Id(1)]
    public long Reachable { get; init; }

    /// <summary>What is used.</summary>
    [Id(2)]
    public long Used { get; init; }
}

/// <summary>A definition as silos get it.</summary>
[GenerateSerializer]
[Alias("steward.budget-rule")]
public sealed record BudgetRule
{
    /// <summary>The budget.</summary>
    [Id(0)]
    public required ModelBudgetSpec Spec { get; init; }

    /// <summary>The limit in tokens, billionths of a dollar, or calls.</summary>
    [Id(1)]
    public required long Limit { get; init; }

    /// <summary>At which version it came to be.</summary>
    [Id(2)]
    public required long Since { get; init; }
}
