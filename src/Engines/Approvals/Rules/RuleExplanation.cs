using System.Globalization;
using System.Text;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Says for people why a request takes its chain.</summary>
public static class RuleExplanation
{
    /// <summary>The longest explanation, in characters.</summary>
    public const int MaxLength = 1_000;

    private const int ShownBefore = 3;
    private const int ShownReason = 300;

    internal static string Of(RuleSet rules, ApprovalRule? matched, IReadOnlyList<RuleTrial> tried, bool hasPolicy)
    {
        var text = new StringBuilder();
        var before = tried;
        if (matched is not null)
        {
            var last = tried[^1];
            before = [.. tried.SkipLast(1)];
            text.Append(CultureInfo.InvariantCulture, $"Rule {last.Number} '{ConditionValue.Shown(last.Rule)}' ")
                .Append(last.Truth == Truth.Unknown ? "matched since it also does when it cannot be told: " : "matched because ")
                .Append(Cut(last.Reason, MaxLength / 2))
                .Append('.');
        }
        else
        {
            text.Append(rules.Rules.Count switch
            {
                0 when !rules.IsReadable => "The tenant's rules cannot be read by this server",
                0 when rules.Version == 0 => "The tenant has no approval rules",
                0 => "There are no rules",
                _ => "No rule matched",
            }).Append(!rules.IsReadable ? ": the tenant's admins." : rules.Default is not null ? ": the default chain." : hasPolicy ? ": those whom the action policy names." : ": the tenant's admins.");
        }

        // The last ones before it are those that a reader looks for.
        foreach (var trial in before.TakeLast(ShownBefore))
        {
            var sentence = string.Create(CultureInfo.InvariantCulture, $" Not rule {trial.Number} '{ConditionValue.Shown(trial.Rule)}': {Cut(trial.Reason, ShownReason)}.");
            if (text.Length + sentence.Length > MaxLength - 40)
            {
                break;
            }

            text.Append(sentence);
        }

        if (before.Count > ShownBefore)
        {
            text.Append(CultureInfo.InvariantCulture, $" Nor {before.Count - ShownBefore} before.");
        }

        return text.ToString();
    }

    internal static string Cut(string text, int length) => text.Length <= length ? text : text[..(char.IsHighSurrogate(text[length - 2]) ? length - 2 : length - 1)] + "…";
}
