using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Tiers;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// Answers a question that means the same as one that was answered, when the rest of the conversation is equal. What a question means is computed only once another one is known that agrees with it in everything that can be compared
/// without it: questions that nobody asks in other words cost no vector.
/// </summary>
internal sealed class SemanticCacheStage(
    AnswerStore store, ShadowSample shadow, RequestClassification classification, IOptions<ModelCacheOptions> options, TimeProvider time, ITextEmbedder? embedder = null) : IModelStage
{
    /// <summary>The most vectors of known questions that one call computes beside its own; it is not compared with more that have none.</summary>
    private const int MostComputed = 8;

    /// <inheritdoc/>
    public string Name => "semantic-cache";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.SemanticCache;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (embedder is null || call.Ticket is not { } ticket || call.Policy.SemanticThreshold > 1 || !Applies(call, ticket))
        {
            return null;
        }

        var began = time.GetTimestamp();
        var known = store.Similar(ticket.Group!.Value, ticket.Scope, call.Policy, ticket.Facts!);
        if (known.Count == 0)
        {
            CacheMetrics.LookedUp("semantic", time.GetElapsedTime(began));
            return null;
        }

        var best = await NearestAsync(call, ticket, known, cancellationToken);
        CacheMetrics.LookedUp("semantic", time.GetElapsedTime(began));
        if (best is not { Cosine: var cosine, Answer: var similar } || cosine < call.Policy.SemanticThreshold || await IsTooFarAsync(call, cosine, cancellationToken))
        {
            return null;
        }

        store.Touch(similar.Key);
        call.Decide(Name, $"cosine {cosine:0.000}");
        CacheMetrics.Hit("semantic", ticket.Class, similar.Answer);
        shadow.Consider(call, similar.Answer);
        return similar.Answer.Give(call, "semantic");
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (embedder is not null && call.Cache is null && call.Ticket is { Facts: not null } ticket && ticket.Keep(store, options.Value, call, outcome) is not null)
        {
            store.Index(ticket.Key, ticket.Group!.Value, new StoredQuestion(ticket.Facts, ticket.Vector is null ? ticket.Question : null, ticket.Vector));
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>
    /// Whether the intent demands more than the tenant's threshold, which is reached. What the question is about is asked only now and only where an intent's threshold could decide: most calls come to no comparison at all.
    /// Of what cannot be classified the strictest is demanded.
    /// </summary>
    private async ValueTask<bool> IsTooFarAsync(ModelCall call, double cosine, CancellationToken cancellationToken)
    {
        var thresholds = options.Value.SemanticThresholds;
        if (!thresholds.Values.Any(threshold => threshold > cosine))
        {
            return false;
        }

        await classification.OfAsync(call, RequestAspects.Intent, cancellationToken);
        return call.Intent is not { } intent || (thresholds.TryGetValue(intent, out var own) && cosine < own);
    }

    /// <summary>Whether the last message is a question that others may have asked.</summary>
    private bool Applies(ModelCall call, CacheTicket ticket)
    {
        var messages = call.Request.Messages;
        if (messages[^1] is not { Role: ChatRole.User, Text: var text } || string.IsNullOrWhiteSpace(text) || text.Length > options.Value.SemanticMaxCharacters
            || (!ticket.Scope.IsPerson && messages.Any(message => message.Role == ChatRole.Tool)))
        {
            return false;
        }

        var facts = QuestionFacts.Of(call.WordsOf(text));
        if (facts.IsPersonal && !ticket.Scope.IsPerson)
        {
            return false;
        }

        (ticket.Facts, ticket.Question, ticket.Group) = (facts, text, AnswerKey.OfGroup(ticket.Scope, call, facts));
        return true;
    }

    /// <summary>The known question that means most nearly the same; null when that cannot be computed now.</summary>
    private async ValueTask<(double Cosine, SimilarAnswer Answer)?> NearestAsync(ModelCall call, CacheTicket ticket, IReadOnlyList<SimilarAnswer> known, CancellationToken cancellationToken)
    {
        // All at once: they share a batch of the embedder.
        var own = EmbedAsync(call, ticket, ticket.Question!, cancellationToken);
        var others = known.Where(similar => similar.Question.Vector is null).TakeLast(MostComputed).ToDictionary(similar => similar.Key, similar => EmbedAsync(call, ticket, similar.Question.Text!, cancellationToken));
        await Task.WhenAll(others.Values.Append(own));
        (double Cosine, SimilarAnswer Answer)? best = null;
        ticket.Vector = await own;
        foreach (var similar in known)
        {
            var vector = similar.Question.Vector;
            if (vector is null && others.TryGetValue(similar.Key, out var computed) && await computed is { } found)
            {
                vector = found;
                store.Learn(similar.Key, similar.Question, found);
            }

            if (vector is not null && ticket.Vector is { } asked && vector.Cosine(asked) is var cosine && !(cosine <= best?.Cosine))
            {
                best = (cosine, similar);
            }
        }

        return best;
    }

    private Task<TextVector?> EmbedAsync(ModelCall call, CacheTicket ticket, string text, CancellationToken cancellationToken) =>
        embedder!.EmbedAsync(ticket.Scope.TenantId, text, call.Origin.IsInteractive, cancellationToken).AsTask();
}
