namespace Steward.Engines.Approvals.Rules.Conditions;

/// <summary>Where a declared field stands in requests of some actions.</summary>
/// <param name="Pattern">The actions, with <c>*</c> for any characters and <c>?</c> for one.</param>
/// <param name="From">Where its value is; of several the first at which there is one of the field's kind.</param>
/// <param name="Value">What it always is for these actions, instead of <paramref name="From"/>; null for none.</param>
public sealed record FieldOfActions(string Pattern, IReadOnlyList<string> From, string? Value = null);
