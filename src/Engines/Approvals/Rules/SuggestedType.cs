using System.Globalization;
using Steward.Engines.Approvals.Learning;
using Steward.Engines.Approvals.People;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>
/// What a suggested type may do to a request of which nobody said the kind. It rests on words that whoever asks wrote, and words must not talk themselves into fewer approvals: the rules answer as if nothing had been
/// suggested, and as if the type had been said, and the second answer is taken only where it asks for no less.
/// </summary>
public static class SuggestedType
{
    /// <summary>Finds the chain of a request, as <see cref="RuleSet.DecideAsync"/> does.</summary>
    /// <param name="rules">The tenant's rules.</param>
    /// <param name="request">The request.</param>
    /// <param name="suggestion">The kind that it probably is of; null for none.</param>
    /// <param name="directory">Who works here; asked only when a condition needs it.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="DirectoryUnavailableException">The directory was needed and could not be asked.</exception>
    public static async ValueTask<RuleVerdict> DecideAsync(
        this RuleSet rules, ApprovalRequest request, TypeSuggestion? suggestion, IDirectory directory, DateTimeOffset now, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(rules);
        ArgumentNullException.ThrowIfNull(request);
        var plain = await rules.DecideAsync(request, directory, now, cancellationToken);
        if (suggestion is null || ConditionValue.SameText(suggestion.Type, request.Type))
        {
            return plain;
        }

        var suggested = await rules.DecideAsync(request with { Type = suggestion.Type }, directory, now, cancellationToken);
        var isSame = ChainComparer.AreEqual(plain.Chain, suggested.Chain);
        var isTaken = !isSame && ChainStrictness.IsAtLeast(suggested.Chain, plain.Chain);
        var taken = isTaken ? suggested : plain;
        var note = string.Create(
            CultureInfo.InvariantCulture,
            $"Nobody said the type; '{ConditionValue.Shown(suggestion.Type)}' is suggested by the words of {suggestion.LearntFrom} past requests ({Math.Floor(suggestion.Confidence * 100)} % sure): ")
            + (isTaken ? "its chain asks for no less, and is taken. "
                : isSame ? "its chain is the same. "
                : "its chain is not the stricter one, and changes nothing. ");
        return taken with
        {
            Explanation = note + RuleExplanation.Cut(taken.Explanation, RuleExplanation.MaxLength - note.Length),
            Freeze = suggested.Freeze is { } freeze && !(plain.Freeze?.Until >= freeze.Until) ? freeze : plain.Freeze,
        };
    }
}
