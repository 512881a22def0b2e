using System.Text.RegularExpressions;
using Steward.Engines.Definitions;
using Steward.Engines.Models.Budgets;
using Steward.Errors;

namespace Steward.Models;

/// <summary>What budgets may say. Pure.</summary>
internal static partial class BudgetRules
{
    /// <summary>The longest subject.</summary>
    public const int MaxSubject = 200;

    private const decimal MostUsd = 1_000_000_000m;
    private const decimal MostCount = 1_000_000_000_000_000m;

    /// <summary>Checks a budget.</summary>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(ModelBudgetSpec spec)
    {
        CheckId(spec.Id);
        var scope = Parse<BudgetScope>(spec.Scope, "scope");
        var unit = Parse<BudgetUnit>(spec.Unit, "unit");
        Parse<BudgetWindow>(spec.Window, "window");
        switch (scope)
        {
            case BudgetScope.Tenant when spec.Subject is not null:
                throw StewardException.Invalid("subject", "must be left out for the scope tenant.");
            case BudgetScope.Tag when spec.Subject is null || !TagPattern().IsMatch(spec.Subject):
                throw StewardException.Invalid("subject", "must be a tag, key=value, or a key, which counts each value by itself.");
            default:
                break;
        }

        if (spec.Subject is { } subject && (subject.Length is 0 or > MaxSubject || subject.Any(char.IsControl)))
        {
            throw StewardException.Invalid("subject", $"must have 1 to {MaxSubject} characters and no control characters; left out, each is counted by itself.");
        }

        var most = unit == BudgetUnit.Usd ? MostUsd : MostCount;
        if (spec.Limit <= 0 || spec.Limit > most || decimal.Round(spec.Limit, unit == BudgetUnit.Usd ? 9 : 0) != spec.Limit)
        {
            throw StewardException.Invalid("limit", unit == BudgetUnit.Usd ? $"must be more than 0 and at most {MostUsd:0}, with at most 9 decimals." : $"must be a whole number from 1 to {MostCount:0}.");
        }

        if (!TimeZones.TryFind(spec.TimeZone, out _))
        {
            throw StewardException.Invalid("timeZone", "must be a time zone of the IANA database, such as Europe/Berlin.");
        }

        if (spec.AlertAt is not (>= 0.1 and <= 1))
        {
            throw StewardException.Invalid("alertAt", "must be 0.1 to 1.");
        }

        if (spec.CountsCached && unit != BudgetUnit.Requests)
        {
            throw StewardException.Invalid("countsCached", "is for the unit requests only: what a cache answers costs no tokens and no money.");
        }
    }

    /// <summary>Checks a name.</summary>
    public static void CheckId(string? id)
    {
        if (id is null || !IdPattern().IsMatch(id))
        {
            throw StewardException.Invalid("id", "must have 1 to 64 characters of a-z, 0-9 and hyphen, and begin with a letter.");
        }
    }

    /// <summary>A checked budget as the engine knows it.</summary>
    public static BudgetDefinition ToDefinition(ModelBudgetSpec spec)
    {
        var unit = Parse<BudgetUnit>(spec.Unit, "unit");
        return new BudgetDefinition
        {
            Id = spec.Id,
            Scope = Parse<BudgetScope>(spec.Scope, "scope"),
            Subject = spec.Subject,
            Unit = unit,
            Window = Parse<BudgetWindow>(spec.Window, "window"),
            TimeZone = spec.TimeZone,
            Limit = unit == BudgetUnit.Usd ? BudgetAmount.ToNano(spec.Limit) : (long)spec.Limit,
            AlertAt = spec.AlertAt,
            CountsCached = spec.CountsCached,
        };
    }

    /// <summary>The contract's words for a budget.</summary>
    public static ModelBudgetSpec ToSpec(BudgetDefinition definition) => new()
    {
        Id = definition.Id,
        Scope = Name(definition.Scope),
        Subject = definition.Subject,
        Unit = Name(definition.Unit),
        Window = Name(definition.Window),
        Limit = ToDecimal(definition.Limit, definition.Unit),
        TimeZone = definition.TimeZone,
        AlertAt = definition.AlertAt,
        CountsCached = definition.CountsCached,
    };

    /// <summary>An amount in the contract's unit.</summary>
    public static decimal ToDecimal(long amount, BudgetUnit unit) => unit == BudgetUnit.Usd ? (decimal)amount / BudgetDefinition.NanoPerUsd : amount;

    private static T Parse<T>(string? text, string field)
        where T : struct, Enum =>
        Enum.GetValues<T>().Where(value => Name(value) == text).Select(value => (T?)value).FirstOrDefault()
        ?? throw StewardException.Invalid(field, $"must be one of {string.Join(", ", Enum.GetValues<T>().Select(Name))}.");

#pragma warning disable CA1308 // The wire's names are in small letters.
    private static string Name<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
#pragma warning restore CA1308

    [GeneratedRegex(@"\A[a-z][a-z0-9-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex IdPattern();

    [GeneratedRegex(@"\A[^=\s][^=]{0,63}(=.{1,128})?\z", RegexOptions.CultureInvariant)]
    private static partial Regex TagPattern();
}
