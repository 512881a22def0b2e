using System.Globalization;

namespace Steward.Engines.Models.Budgets;

/// <summary>The words of refusals. They name the budget and its figures, so that whoever reads them knows whom to ask.</summary>
internal static class BudgetRefusals
{
    public static BudgetRefusal Over(BudgetCounter counter, long amount, DateTimeOffset now)
    {
        var definition = counter.Definition;
        var limit = Text(definition.Limit, definition.Unit);
        var whose = counter.Key.Subject.Length > 0 ? $" of {counter.Key.Subject}" : "";
        if (amount > definition.Limit)
        {
            return new BudgetRefusal("model_over_budget", $"The call may need {Text(amount, definition.Unit)}, which is more than the budget '{definition.Id}'{whose} ever has: {limit} each {Name(definition.Window)}.", null);
        }

        var rest = Math.Clamp(counter.Reachable - counter.Sent - counter.Fresh - counter.Reserved, 0, definition.Limit);
        var wait = counter.EndsAt > now ? counter.EndsAt - now : TimeSpan.Zero;
        return new BudgetRefusal(
            "model_over_budget",
            $"The budget '{definition.Id}'{whose} has no room for a call that may need {Text(amount, definition.Unit)}: {Text(definition.Limit - rest, definition.Unit)} of {limit} are used, or reserved by calls under way, this {Name(definition.Window)}. "
            + $"It begins anew at {counter.EndsAt.UtcDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC.",
            wait);
    }

    public static BudgetRefusal PriceUnknown(BudgetCounter counter) => new(
        "model_price_unknown",
        $"The budget '{counter.Definition.Id}' limits money, and the price of a model that may answer is not known. An operator has to add it to Models:Prices.",
        null);

    public static BudgetRefusal Unreachable() => new("model_unavailable", "The budgets cannot be asked now.", TimeSpan.FromSeconds(2));

    private static string Text(long amount, BudgetUnit unit) => unit switch
    {
        BudgetUnit.Tokens => amount.ToString(CultureInfo.InvariantCulture) + " tokens",
        BudgetUnit.Usd => "$" + ((decimal)amount / BudgetDefinition.NanoPerUsd).ToString("0.######", CultureInfo.InvariantCulture),
        _ => amount.ToString(CultureInfo.InvariantCulture) + " requests",
    };

    private static string Name(BudgetWindow window) => window switch { BudgetWindow.Minute => "minute", BudgetWindow.Day => "day", _ => "month" };
}
