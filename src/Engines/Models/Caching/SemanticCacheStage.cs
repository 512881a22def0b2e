using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Caching;

/// <summary>
/// Answers a question that means the same as one that was answered, when the rest of the conversation is equal. The meaning is computed on the path only if a question is known that agrees in everything that can be compared
/// without it; otherwise it is computed after the answer.
/// </summary>
internal sealed class SemanticCacheStage(AnswerStore store, ShadowSample shadow, IOptions<ModelCacheOptions> options, TimeProvider time, ITextEmbedder? embedder = null) : IModelStage
{
    /// <summary>The most vectors that are computed after answers at the same time; more answers are kept word for word only.</summary>
    private const int MostComputed = 32;

    private int _computed;

    /// <summary>The vector that is computed last; for tests to wait for.</summary>
    internal Task Last { get; private set; } = Task.CompletedTask;

    /// <inheritdoc/>
    public string Name => "semantic-cache";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.SemanticCache;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (embedder is null || call.Ticket is not { } ticket || Threshold(call) > 1 || !Applies(call, ticket))
        {
            return null;
        }

        var began = time.GetTimestamp();
        var known = store.Similar(ticket.Group!.Value, ticket.Scope, ticket.Facts!);
        if (known.Count == 0)
        {
            CacheMetrics.LookedUp("semantic", time.GetElapsedTime(began));
            return null;
        }

        ticket.Vector = await embedder.EmbedAsync(ticket.Scope.TenantId, ticket.Question!, call.Origin.IsInteractive, cancellationToken);
        CacheMetrics.LookedUp("semantic", time.GetElapsedTime(began));
        if (ticket.Vector is not { } vector || known.MaxBy(similar => similar.Vector.Cosine(vector)) is not { } best || best.Vector.Cosine(vector) < Threshold(call))
        {
            return null;
        }

        store.Touch(best.Key);
        call.Cache = "semantic";
        call.Decide(Name, $"cosine {best.Vector.Cosine(vector):0.000}");
        CacheMetrics.Hit("semantic", ticket.Class, best.Answer);
        shadow.Consider(call, best.Answer);
        return best.Answer.Replay;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (embedder is not null && call.Cache is null && call.Ticket is { Facts: not null } ticket && ticket.Keep(store, options.Value, call, outcome) is not null)
        {
            if (ticket.Vector is { } vector)
            {
                store.Index(ticket.Key, ticket.Group!.Value, new StoredQuestion(ticket.Facts, vector));
            }
            else if (Interlocked.Increment(ref _computed) <= MostComputed)
            {
                Last = Task.Run(() => IndexAsync(ticket), CancellationToken.None);
            }
            else
            {
                Interlocked.Decrement(ref _computed);
            }
        }

        return ValueTask.CompletedTask;
    }

    private double Threshold(ModelCall call) =>
        call.Intent is { } intent && options.Value.SemanticThresholds.TryGetValue(intent, out var own) ? Math.Max(own, call.Policy.SemanticThreshold) : call.Policy.SemanticThreshold;

    /// <summary>Whether the last message is a question that others may have asked.</summary>
    private bool Applies(ModelCall call, CacheTicket ticket)
    {
        var messages = call.Request.Messages;
        if (messages[^1] is not { Role: ChatRole.User, Text: var text } || string.IsNullOrWhiteSpace(text) || text.Length > options.Value.SemanticMaxCharacters
            || (!ticket.Scope.IsPerson && messages.Any(message => message.Role == ChatRole.Tool)))
        {
            return false;
        }

        var facts = QuestionFacts.Of(text);
        if (facts.IsPersonal && !ticket.Scope.IsPerson)
        {
            return false;
        }

        (ticket.Facts, ticket.Question, ticket.Group) = (facts, text, AnswerKey.OfGroup(ticket.Scope, call, facts));
        return true;
    }

    private async Task IndexAsync(CacheTicket ticket)
    {
        try
        {
            if (await embedder!.EmbedAsync(ticket.Scope.TenantId, ticket.Question!, isInteractive: false, CancellationToken.None) is { } vector)
            {
                store.Index(ticket.Key, ticket.Group!.Value, new StoredQuestion(ticket.Facts!, vector));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _computed);
        }
    }
}
