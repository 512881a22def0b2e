using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models.Routing;

/// <summary>
/// One embedding model at several providers: the first that can be asked answers, and the next one when it fails. All attempts of a call share one number of attempts and one deadline, as those of chats do. There is never another model
/// behind it, since vectors of two models cannot be compared: an answer whose vectors are longer or shorter than those before is refused as one.
/// </summary>
internal sealed class EmbeddingChain(IReadOnlyList<ModelTarget<IEmbeddingEndpoint>> targets, ModelsOptions options, ModelPrices prices, TimeProvider time, IRandomSource random) : IEmbeddingModel
{
    private int _length;

    /// <inheritdoc/>
    public ModelPrice? Price => prices.Find(targets[0].Model);

    /// <inheritdoc/>
    public async Task<EmbeddingAnswer> EmbedAsync(EmbeddingRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var total = new CancellationTokenSource(options.TotalTimeout, time);
        var walk = new ModelWalk<IEmbeddingEndpoint>(targets, options, time, random, options.TotalTimeout, total.Token, cancellationToken);
        while (true)
        {
            var permit = await walk.NextAsync();
            try
            {
                var answer = await AskAsync(permit, request, total.Token, cancellationToken);
                return answer with { CostUsd = prices.Cost(permit.Target.Model, answer.InputTokens ?? 0, 0, 0), Provider = permit.Target.Provider, Attempts = walk.Attempts };
            }
            catch (ModelException failure) when (walk.MayGoOn(failure))
            {
                walk.GoOnAfter(failure);
            }
        }
    }

    /// <summary>One attempt; tells its target how it ended.</summary>
    private async Task<EmbeddingAnswer> AskAsync(ModelPermit<IEmbeddingEndpoint> permit, EmbeddingRequest request, CancellationToken total, CancellationToken caller)
    {
        bool? failed = null;
        ModelException? failure = null;
        using var attempt = new CancellationTokenSource(options.FirstTokenTimeout, time);
        using var any = CancellationTokenSource.CreateLinkedTokenSource(attempt.Token, total, caller);
        try
        {
            var answer = await permit.Endpoint.AskAsync(request, any.Token);
            Check(answer, request);
            failed = false;
            return answer;
        }
        catch (Exception) when (caller.IsCancellationRequested)
        {
            throw new OperationCanceledException(caller);
        }
        catch (Exception e) when (Explain(e, permit.Endpoint, attempt.IsCancellationRequested, total.IsCancellationRequested) is { } explained)
        {
            (failed, failure) = (ModelWalk<IEmbeddingEndpoint>.IsFailure(explained), explained);
            throw explained;
        }
        finally
        {
            permit.Leave(failed, failure);
        }
    }

    private ModelException? Explain(Exception exception, IEmbeddingEndpoint endpoint, bool wasSilent, bool isOutOfTime) =>
        exception as ModelException
        ?? (isOutOfTime ? ModelAttempt.TotalTimeout(options.TotalTimeout, afterFirstToken: false)
            : wasSilent ? new ModelException("model_timeout", $"The model was silent for {options.FirstTokenTimeout.TotalSeconds:0.#} s.", exception) { IsRetryable = true }
            : endpoint.Explain(exception));

    // What came has to be a vector for each text, and all of them as long as those that were given before.
    private void Check(EmbeddingAnswer answer, EmbeddingRequest request)
    {
        var length = answer.Vectors.Count > 0 ? answer.Vectors[0].Length : 0;
        if (answer.Vectors.Count != request.Texts.Count || length == 0 || answer.Vectors.Any(vector => vector.Length != length))
        {
            throw ProviderFailures.Unreachable(hasBegun: false, cause: null);
        }

        var expected = request.Dimensions ?? Interlocked.CompareExchange(ref _length, length, 0);
        if (expected != 0 && expected != length)
        {
            throw new ModelException("model_missing", $"The provider's vectors have {length} numbers instead of {expected}: it does not have this model.");
        }
    }
}
