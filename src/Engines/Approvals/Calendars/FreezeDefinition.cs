using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Calendars;

/// <summary>A time in which changes are not to be carried out: once, every week, or every year.</summary>
public sealed record FreezeDefinition
{
    /// <summary>Its name, unique in the rule set.</summary>
    public required string Name { get; init; }

    /// <summary>When.</summary>
    public required FreezeTime Time { get; init; }

    /// <summary>Only for requests of these types; empty for all.</summary>
    public IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>Only for requests about these environments; empty for all, also for those about none.</summary>
    public IReadOnlyList<string> Environments { get; init; } = [];

    /// <summary>Only for requests for which this holds, or for which it cannot be told; null for all.</summary>
    public Condition? When { get; init; }

    /// <summary>For people, for example <c>Year-end close: no changes of production.</c></summary>
    public required string Text { get; init; }
}
