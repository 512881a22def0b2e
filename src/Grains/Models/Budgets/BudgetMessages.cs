using Steward.Engines.Models.Budgets;

namespace Steward.Models;

/// <summary>Between the engine's words and the contracts'. Pure.</summary>
internal static class BudgetMessages
{
    public static BudgetReport ToReport(BudgetExchange exchange) => new()
    {
        LeaseId = exchange.LeaseId,
        Batch = exchange.Batch,
        Version = exchange.Version,
        IsClosing = exchange.IsClosing,
        Lines = [.. exchange.Claims.Select(claim => new BudgetReportLine
        {
            BudgetId = claim.Key.BudgetId,
            Subject = claim.Key.Subject,
            Window = claim.Key.Window,
            EndsAt = claim.EndsAt,
            Settled = claim.Settled,
            Reserved = claim.Reserved,
            Need = claim.Need,
            Want = claim.Want,
        })],
    };

    public static BudgetExchange ToExchange(BudgetReport report) => new()
    {
        LeaseId = report.LeaseId,
        Batch = report.Batch,
        Version = report.Version,
        IsClosing = report.IsClosing,
        Claims = [.. report.Lines.Select(line => new BudgetClaim(KeyOf(line), line.EndsAt, line.Settled, line.Reserved, line.Need, line.Want))],
    };

    public static BudgetGrant ToGrant(BudgetAnswer answer) => new()
    {
        Version = answer.Version,
        Rules = answer.Definitions is { } definitions ? [.. definitions.Select(definition => new BudgetRule { Spec = BudgetRules.ToSpec(definition), Limit = definition.Limit, Since = definition.Since })] : null,
        Lines = [.. answer.Shares.Select(share => new BudgetGrantLine { Held = share.Held, Reachable = share.Reachable, Used = share.Used })],
        Wanted = [.. answer.Wanted.Select(key => new BudgetReportLine { BudgetId = key.BudgetId, Subject = key.Subject, Window = key.Window, EndsAt = default })],
    };

    public static BudgetAnswer ToAnswer(BudgetGrant grant) => new()
    {
        Version = grant.Version,
        Definitions = grant.Rules is { } rules ? [.. rules.Select(rule => BudgetRules.ToDefinition(rule.Spec) with { Limit = rule.Limit, Since = rule.Since })] : null,
        Shares = [.. grant.Lines.Select(line => new BudgetShare(line.Held, line.Reachable, line.Used))],
        Wanted = [.. grant.Wanted.Select(KeyOf)],
    };

    private static BudgetKey KeyOf(BudgetReportLine line) => new(line.BudgetId, line.Subject, line.Window);
}
