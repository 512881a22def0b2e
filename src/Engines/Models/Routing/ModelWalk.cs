namespace Steward.Engines.Models.Routing;

/// <summary>
/// One call's way through the targets of a chain: who is asked next, and whether anybody is after a failure. All attempts share one number of attempts and one deadline. Used by one call.
/// </summary>
/// <typeparam name="TEndpoint">Who is asked: for answers or for vectors.</typeparam>
/// <param name="able">The targets that can do what is asked, first choice first.</param>
/// <param name="options">How patient we are.</param>
/// <param name="time">The clock.</param>
/// <param name="random">Where the jitter of waits comes from.</param>
/// <param name="limit">How long the whole call may take, for messages.</param>
/// <param name="total">Ends it when that is over.</param>
/// <param name="caller">Ends it when nobody wants it any more.</param>
internal sealed class ModelWalk<TEndpoint>(
    IReadOnlyList<ModelTarget<TEndpoint>> able, ModelsOptions options, TimeProvider time, IRandomSource random, TimeSpan limit, CancellationToken total, CancellationToken caller)
    where TEndpoint : class
{
    private readonly List<ModelTarget<TEndpoint>> _asked = [];
    private ModelException? _last;

    /// <summary>How many attempts were made.</summary>
    public int Attempts => _asked.Count;

    /// <summary>Finds who is asked next: whoever was not asked yet, in order, else whoever was asked, after a wait.</summary>
    /// <exception cref="ModelException">Nobody may be asked: the last failure, or <c>model_unavailable</c> with the time after which to come again.</exception>
    public async ValueTask<ModelPermit<TEndpoint>> NextAsync()
    {
        var permit = await PickAsync();
        _asked.Add(permit.Target);
        return permit;
    }

    /// <summary>Whether the call goes on after a failure. A request that is wrong is wrong everywhere; a key that is refused, or a model that is not there, is so here only.</summary>
    public bool MayGoOn(ModelException failure)
    {
        if (total.IsCancellationRequested || _asked.Count >= options.MaxAttempts || failure.AfterFirstToken)
        {
            return false;
        }

        var hasOthers = able.Except(_asked).Any() || _asked[^1].HasAnotherKey;
        return failure.IsRetryable ? hasOthers || !(failure.RetryAfter > options.RetryMaxDelay) : failure.Code is "model_unauthenticated" or "model_missing" && hasOthers;
    }

    /// <summary>An attempt failed, and the call goes on.</summary>
    public void GoOnAfter(ModelException failure) => _last = failure;

    /// <summary>What a failure says of the provider. What it refuses for its limits, or we for ours, says nothing about its health, nor does a call whose own time was over.</summary>
    public static bool? IsFailure(ModelException failure) => failure.Code switch
    {
        "model_rate_limited" => null,
        "model_rejected" => false,
        _ when failure.IsOutOfTime => null,
        _ => true,
    };

    private async ValueTask<ModelPermit<TEndpoint>> PickAsync()
    {
        TimeSpan? shortest = null;
        foreach (var target in able.Except(_asked))
        {
            if (TryEnter(target, out var wait) is { } permit)
            {
                return permit;
            }

            shortest = wait < (shortest ?? TimeSpan.MaxValue) ? wait : shortest;
        }

        if (_last is null || !(_last.IsRetryable || _asked[^1].HasAnotherKey))
        {
            throw _last ?? new ModelException("model_unavailable", "The model's providers fail too often and are left alone for a while.") { IsRetryable = true, RetryAfter = shortest };
        }

        // Another key is another limit: nothing is gained by waiting.
        var isAtAnotherKey = _last.Code == "model_rate_limited" && _asked[^1].HasAnotherKey;
        await WaitAsync(isAtAnotherKey ? TimeSpan.Zero : Backoff.Delay(_asked.Count, options.RetryBaseDelay, options.RetryMaxDelay, _last.RetryAfter, random));
        foreach (var target in able)
        {
            if (TryEnter(target, out _) is { } permit)
            {
                return permit;
            }
        }

        throw _last;
    }

    // Another model of a provider that just failed is asked within the provider's budget, too: its load is what the budget bounds. A limit, or an absence, is of the one model alone.
    private ModelPermit<TEndpoint>? TryEnter(ModelTarget<TEndpoint> target, out TimeSpan? wait)
    {
        var isFirst = !_asked.Exists(asked => asked.Provider == target.Provider);
        var isOfAnotherModel = !_asked.Contains(target) && _last?.Code is "model_rate_limited" or "model_missing";
        return target.TryEnter(isRepetition: !isFirst && !isOfAnotherModel, out wait, isFirst);
    }

    private async Task WaitAsync(TimeSpan wait)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(total, caller);
        try
        {
            await Task.Delay(wait, time, either.Token);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            throw ModelAttempt.TotalTimeout(limit, false);
        }
    }
}
