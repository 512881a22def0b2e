using System.Runtime.CompilerServices;

namespace Steward.Engines.Models.Routing;

/// <summary>
/// A model that is several: the first target that can be asked answers, and the next one when it fails before its first token, unseen by whoever asked. After the first token nothing is asked twice. All attempts of a
/// call share one number of attempts and one deadline.
/// </summary>
internal sealed class ModelChain(IReadOnlyList<ModelTarget> targets, ModelsOptions options, ModelPrices prices, TimeProvider time, IRandomSource random, ModelCapabilityTable? capabilities = null)
    : IChatModel
{
    /// <inheritdoc/>
    public string Name => targets[0].Model;

    /// <inheritdoc/>
    public ModelPrice? Price => Prices[0];

    /// <inheritdoc/>
    public IReadOnlyList<ModelPrice?> Prices => field ??= [.. targets.Select(target => prices.Find(target.Model))];

    /// <inheritdoc/>
    public long? ContextTokens => targets.Min(target => capabilities?.Find(target.Model)?.ContextTokens);

    /// <inheritdoc/>
    public long ImageTokens => targets.Max(target => capabilities?.Find(target.Model)?.ImageTokens ?? ModelCapabilities.MostImageTokens);

    /// <summary>The targets, first choice first.</summary>
    internal IReadOnlyList<ModelTarget> Targets => targets;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var limit = Limit(request);
        var able = Able(request);
        using var total = new CancellationTokenSource(limit, time);
        var began = time.GetTimestamp();
        var asked = new List<ModelTarget>();
        ModelException? last = null;
        while (true)
        {
            var permit = await PickAsync(able, asked, last, limit, total.Token, cancellationToken);
            asked.Add(permit.Target);
            await using var answer = Diagnostics.RecordAsync(permit.Endpoint.ProviderKind, permit.Target.Model, permit.Endpoint.Server, time, AskAsync(permit, request, limit, total.Token, cancellationToken), cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            bool more;
            try
            {
                more = await answer.MoveNextAsync();
            }
            catch (ModelException failure) when (!total.IsCancellationRequested && asked.Count < options.MaxAttempts && MayGoOn(failure, able, asked))
            {
                last = failure;
                continue;
            }

            var firstToken = time.GetElapsedTime(began);
            while (more)
            {
                yield return answer.Current is ChatFinished finished ? Finish(finished, permit.Target, asked.Count, firstToken) : answer.Current;
                more = await answer.MoveNextAsync();
            }

            yield break;
        }
    }

    /// <summary>One attempt; tells its target how it ended, also when whoever asked goes away in the middle.</summary>
    private async IAsyncEnumerable<ChatDelta> AskAsync(ModelPermit permit, ChatRequest request, TimeSpan limit, CancellationToken total, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        bool? failed = null;
        ModelException? failure = null;
        try
        {
            await using var attempt = new ModelAttempt(permit.Endpoint, Capped(request, permit.Target), options, time, limit, total, cancellationToken);
            while (true)
            {
                ChatDelta? delta;
                try
                {
                    delta = await attempt.NextAsync();
                }
                catch (ModelException e)
                {
                    (failed, failure) = (IsFailure(e), e);
                    throw;
                }

                if (delta is null)
                {
                    yield break;
                }

                failed = delta is ChatFinished ? false : failed;
                yield return delta;
            }
        }
        finally
        {
            permit.Leave(failed, failure);
        }
    }

    /// <summary>Finds who is asked next: whoever was not asked yet, in order, else whoever was asked, after a wait.</summary>
    private async ValueTask<ModelPermit> PickAsync(IReadOnlyList<ModelTarget> able, List<ModelTarget> asked, ModelException? last, TimeSpan limit, CancellationToken total, CancellationToken cancellationToken)
    {
        TimeSpan? shortest = null;
        foreach (var target in able.Except(asked))
        {
            if (target.TryEnter(isRepetition: false, out var wait) is { } permit)
            {
                return permit;
            }

            shortest = wait < (shortest ?? TimeSpan.MaxValue) ? wait : shortest;
        }

        if (last is null || !(last.IsRetryable || asked[^1].HasAnotherKey))
        {
            throw last ?? new ModelException("model_unavailable", "The model's providers fail too often and are left alone for a while.") { IsRetryable = true, RetryAfter = shortest };
        }

        // Another key is another limit: nothing is gained by waiting.
        var isAtAnotherKey = last.Code == "model_rate_limited" && asked[^1].HasAnotherKey;
        await WaitAsync(isAtAnotherKey ? TimeSpan.Zero : Backoff.Delay(asked.Count, options.RetryBaseDelay, options.RetryMaxDelay, last.RetryAfter, random), limit, total, cancellationToken);
        foreach (var target in able)
        {
            if (target.TryEnter(isRepetition: asked.Contains(target), out _) is { } permit)
            {
                return permit;
            }
        }

        throw last;
    }

    // A model that cannot do what is asked would refuse it, and a refusal ends the call. Where none can, the providers say so.
    private IReadOnlyList<ModelTarget> Able(ChatRequest request)
    {
        if (capabilities is null || targets.Count == 1)
        {
            return targets;
        }

        ModelTarget[] able = [.. targets.Where(target => capabilities.Missing(options.KindOf(target.Provider), target.Model, request) is null)];
        return able.Length > 0 ? able : targets;
    }

    // Providers refuse a limit above the model's own.
    private ChatRequest Capped(ChatRequest request, ModelTarget target) => request.OutputCap is null
        ? request
        : request with { MaxOutputTokens = Math.Min(request.OutputLimit!.Value, capabilities?.Find(target.Model)?.OutputTokens ?? int.MaxValue), OutputCap = null };

    // A request that is wrong is wrong everywhere; a key that is refused, or a model that is not there, is so here only.
    private bool MayGoOn(ModelException failure, IReadOnlyList<ModelTarget> able, List<ModelTarget> asked)
    {
        var hasOthers = able.Except(asked).Any() || asked[^1].HasAnotherKey;
        return !failure.AfterFirstToken && (failure.IsRetryable ? hasOthers || !(failure.RetryAfter > options.RetryMaxDelay) : failure.Code is "model_unauthenticated" or "model_missing" && hasOthers);
    }

    // What the provider refuses for its limits, or we for ours, says nothing about its health, nor does a call whose own time was over.
    private static bool? IsFailure(ModelException failure) => failure.Code switch
    {
        "model_rate_limited" => null,
        "model_rejected" => false,
        _ when failure.IsOutOfTime => null,
        _ => true,
    };

    private ChatFinished Finish(ChatFinished finished, ModelTarget target, int attempts, TimeSpan firstToken)
    {
        var model = finished.Model.Length > 0 ? finished.Model : target.Model;
        var usage = finished.Usage is { } used ? used with { CostUsd = prices.Cost(model, used.InputTokens, used.CachedInputTokens, used.OutputTokens) } : null;
        return finished with { Model = model, Usage = usage, FirstToken = firstToken, Provider = target.Provider, Attempts = attempts };
    }

    // A call that has no time left is not sent.
    private TimeSpan Limit(ChatRequest request)
    {
        var left = request.Deadline is { } deadline ? deadline - time.GetUtcNow() : options.TotalTimeout;
        return left <= TimeSpan.Zero
            ? throw new ModelException("model_timeout", "There was no time left to ask the model.") { IsRetryable = true }
            : left < options.TotalTimeout ? left : options.TotalTimeout;
    }

    private async Task WaitAsync(TimeSpan wait, TimeSpan limit, CancellationToken total, CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(total, cancellationToken);
        try
        {
            await Task.Delay(wait, time, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw ModelAttempt.TotalTimeout(limit, false);
        }
    }
}
