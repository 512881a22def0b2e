using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>What the caches know of a call that may be answered by them, or fill them. The generation of the person's answers is that of the beginning: what was asked before it was forgotten is not kept after it.</summary>
internal sealed class CacheTicket(AnswerKey key, CacheScope scope, AnswerClass answerClass, long generation)
{
    private bool _isKept;

    public AnswerKey Key => key;

    public CacheScope Scope => scope;

    public AnswerClass Class => answerClass;

    /// <summary>The call under way that it leads; null when it leads none.</summary>
    public AnswerFlight? Flight { get; set; }

    /// <summary>Its group of questions; null when its meaning is not looked at.</summary>
    public AnswerKey? Group { get; set; }

    /// <summary>What has to agree with other questions.</summary>
    public QuestionFacts? Facts { get; set; }

    /// <summary>The question as it was asked: later stages may replace the request.</summary>
    public string? Question { get; set; }

    /// <summary>What the question means, once that was computed.</summary>
    public TextVector? Vector { get; set; }

    /// <summary>The answer that was kept or can be shared.</summary>
    public CachedAnswer? Answer { get; private set; }

    /// <summary>Keeps the answer, once, whichever stage is left first.</summary>
    public CachedAnswer? Keep(AnswerStore store, ModelCacheOptions options, ModelCall call, ModelCallOutcome outcome)
    {
        if (!_isKept)
        {
            _isKept = true;
            Answer = CachedAnswer.Of(call, outcome);
            if (Answer is not null)
            {
                store.Put(key, scope, Answer, options.KeepsFor(answerClass), new AnswerAuthor(call.Origin.UserId, generation));
            }
        }

        return Answer;
    }
}
