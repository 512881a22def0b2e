using Steward.Engines.Approvals.Chains;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Which chain a request takes, and why.</summary>
public sealed record RuleVerdict
{
    /// <summary>The version of the rule set; 0 when the tenant has none.</summary>
    public required int Version { get; init; }

    /// <summary>The rule that matched; null when none did.</summary>
    public string? Rule { get; init; }

    /// <summary>Why, for people: what was compared with what.</summary>
    public required string Explanation { get; init; }

    /// <summary>The chain.</summary>
    public required ChainDefinition Chain { get; init; }

    /// <summary>When work may go on at the earliest because changes are frozen; null when they are not. The request may be decided before, but says so.</summary>
    public FreezeNotice? Freeze { get; init; }
}

/// <summary>Changes of this kind are frozen now.</summary>
/// <param name="Calendar">The freeze calendar's name.</param>
/// <param name="Until">When it ends.</param>
/// <param name="Text">For people.</param>
public sealed record FreezeNotice(string Calendar, DateTimeOffset Until, string Text);
