using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models.Routing;

/// <summary>
/// One embedding model at several providers: the first that can be asked answers, and the next one when it fails. All attempts of a call share one number of attempts and one deadline, as those of chats do. There is never another model
/// behind it, since vectors of two models cannot be compared: an answer whose vectors are longer or shorter than those of the first provider is refused as one.
/// </summary>
/// <param name="targets">Who is asked, the first one first.</param>
/// <param name="options">How patient we are.</param>
/// <param name="prices">What tokens cost.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Where the jitter of waits comes from.</param>
/// <param name="length">What the first provider's vectors have shown; all chains with the same first provider share it.</param>
internal sealed class EmbeddingChain(IReadOnlyList<ModelTarget<IEmbeddingEndpoint>> targets, ModelsOptions options, ModelPrices prices, TimeProvider time, IRandomSource random, VectorLength length) : IEmbeddingModel
{

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
            Check(answer, request, isFirst: permit.Target == targets[0]);
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

    // What came has to be a vector for each text, and all of them as long as is asked or as the first provider's are. What a stand-in answers is checked by that, and teaches nothing.
    private void Check(EmbeddingAnswer answer, EmbeddingRequest request, bool isFirst)
    {
        var found = answer.Vectors.Count > 0 ? answer.Vectors[0].Length : 0;
        if (answer.Vectors.Count != request.Texts.Count || found == 0 || answer.Vectors.Any(vector => vector.Length != found))
        {
            throw ProviderFailures.Unreachable(hasBegun: false, cause: null);
        }

        if (request.Dimensions is { } asked)
        {
            // One caller's wish says nothing of the provider's health.
            if (asked != found)
            {
                throw new ModelException("model_rejected", $"dimensions: the model's vectors have {found} numbers and not {asked}. Leave it out, or ask for what the model can.");
            }

            return;
        }

        var expected = isFirst ? length.Learn(found) : length.Value;
        if (expected != 0 && expected != found)
        {
            throw new ModelException("model_missing", $"The provider's vectors have {found} numbers instead of {expected}: it does not have this model.");
        }
    }
}

/// <summary>How many numbers the vectors of one model at one provider have. Safe for concurrent use.</summary>
internal sealed class VectorLength
{
    private int _value;

    /// <summary>The length; 0 as long as it is not known.</summary>
    public int Value => Volatile.Read(ref _value);

    /// <summary>Takes a length where none is known.</summary>
    /// <returns>The one that holds.</returns>
    public int Learn(int found) => Interlocked.CompareExchange(ref _value, found, 0) is var known and not 0 ? known : found;
}
