using Steward.Engines.Models.Budgets;
using Steward.Errors;

namespace Steward.Models.Feedback;

/// <summary>What may be said of an answer. Pure.</summary>
internal static class FeedbackRules
{
    /// <summary>The longest text to learn from, in UTF-16 units.</summary>
    public const int MaxText = 32_000;

    private const int MaxComment = 2_000;

    /// <summary>Checks what is said.</summary>
    public static void Check(GiveFeedback said)
    {
        ArgumentNullException.ThrowIfNull(said);
        Demand(said.IsGood is not null || said.Edited is not null || said.IsEscalated || said.IsSolved is not null || said.Score is not null || said.Comment is not null, "isGood", "or edited, isEscalated, isSolved, score or comment must be there.");
        Demand(said.Edited is null or { Length: >= 1 and <= MaxText }, "edited", $"must have 1 to {MaxText:N0} characters.");
        Demand(said.Score is null or (>= 0 and <= 1), "score", "must be 0 to 1.");
        Demand(said.Comment is null or { Length: >= 1 and <= MaxComment }, "comment", $"must have 1 to {MaxComment:N0} characters.");
        Demand(said.Input is null or { Length: >= 1 and <= MaxText }, "input", $"must have 1 to {MaxText:N0} characters.");
        Demand(said.Answer is null or { Length: >= 1 and <= MaxText }, "answer", $"must have 1 to {MaxText:N0} characters.");
    }

    /// <summary>What is kept: texts to learn from with consent only, and only those that are the answer's own.</summary>
    /// <param name="callId">The run or call.</param>
    /// <param name="answer">The answer.</param>
    /// <param name="said">What is said.</param>
    public static GiveFeedback Kept(string callId, KnownAnswer answer, GiveFeedback said)
    {
        if (!said.MayBeLearnt)
        {
            return said with { Input = null, Answer = null, Edited = null };
        }

        if (answer.Texts is { } texts)
        {
            Demand(said.Input is null && said.Answer is null, said.Input is null ? "answer" : "input", "must be left out for runs, whose texts are known.");
            return said with { Input = Cut(texts.Input), Answer = Cut(texts.Answer) };
        }

        Demand(said.Input is not null, "input", "is needed with mayBeLearnt: the platform does not keep the texts of model calls. Send the last message of the user.");
        Demand(said.Answer is not null, "answer", "is needed with mayBeLearnt: the platform does not keep the texts of model calls. Send the answer.");
        Demand(answer.Proof is not null && answer.Proof == AnswerProof.Of(callId, said.Input!, said.Answer!), "answer", "or input is not what was answered and asked in this call.");
        return said;
    }

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..MaxText];

    private static void Demand(bool holds, string field, string allowed)
    {
        if (!holds)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }
}
