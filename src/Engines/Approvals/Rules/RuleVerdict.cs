using Steward.Engines.Approvals.Calendars;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Which chain a request takes, and why.</summary>
public sealed record RuleVerdict
{
    /// <summary>The version of the rule set; 0 when the tenant has none.</summary>
    public required int Version { get; init; }

    /// <summary>The rule that matched; null when none did.</summary>
    public string? Rule { get; init; }

    /// <summary>Why, for people: what was compared with what. At most <see cref="RuleExplanation.MaxLength"/> characters; holds nothing that whoever asked could have written.</summary>
    public required string Explanation { get; init; }

    /// <summary>Every rule that was tried, in order, the one that matched last.</summary>
    public IReadOnlyList<RuleTrial> Tried { get; init; } = [];

    /// <summary>The chain.</summary>
    public required ChainDefinition Chain { get; init; }

    /// <summary>The calendar that <see cref="ChainDefinition.Calendar"/> names; null when every hour counts.</summary>
    public CalendarDefinition? Calendar { get; init; }

    /// <summary>When work may go on at the earliest because changes are frozen; null when they are not. The request may be decided before, but says so.</summary>
    public FreezeNotice? Freeze { get; init; }
}

/// <summary>A rule that was tried.</summary>
/// <param name="Number">Its place in the order, from 1.</param>
/// <param name="Rule">Its name.</param>
/// <param name="Truth">Whether its condition holds.</param>
/// <param name="Reason">What was seen.</param>
public sealed record RuleTrial(int Number, string Rule, Truth Truth, string Reason);

/// <summary>Changes of this kind are frozen now.</summary>
/// <param name="Calendar">The freeze calendar's name.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Text">For people.</param>
public sealed record FreezeNotice(string Calendar, DateTimeOffset Until, string Text);
