using System.Runtime.CompilerServices;
using Steward.Engines.Models.Providers;

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
        using var total = new CancellationTokenSource(limit, time);
        var began = time.GetTimestamp();
        var walk = new ModelWalk<IModelEndpoint>(Able(request), options, time, random, limit, total.Token, cancellationToken);
        while (true)
        {
            var permit = await walk.NextAsync();
            await using var answer = Diagnostics.RecordAsync(permit.Endpoint.ProviderKind, permit.Target.Model, permit.Endpoint.Server, time, AskAsync(permit, request, limit, total.Token, cancellationToken), cancellationToken)
                .GetAsyncEnumerator(cancellationToken);
            bool more;
            try
            {
                more = await answer.MoveNextAsync();
            }
            catch (ModelException failure) when (walk.MayGoOn(failure))
            {
                walk.GoOnAfter(failure);
                continue;
            }

            var firstToken = time.GetElapsedTime(began);
            while (more)
            {
                yield return answer.Current is ChatFinished finished ? Finish(finished, permit.Target, walk.Attempts, firstToken) : answer.Current;
                more = await answer.MoveNextAsync();
            }

            yield break;
        }
    }

    /// <summary>One attempt; tells its target how it ended, also when whoever asked goes away in the middle.</summary>
    private async IAsyncEnumerable<ChatDelta> AskAsync(ModelPermit<IModelEndpoint> permit, ChatRequest request, TimeSpan limit, CancellationToken total, [EnumeratorCancellation] CancellationToken cancellationToken)
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
                    (failed, failure) = (ModelWalk<IModelEndpoint>.IsFailure(e), e);
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

    // A model that cannot do what is asked would refuse it, and a refusal ends the call. Where none can, the providers say so. Whom the tenant does not allow is not asked, whatever happens.
    private IReadOnlyList<ModelTarget> Able(ChatRequest request)
    {
        var allowed = request.Providers is { } providers ? [.. targets.Where(target => providers.Contains(target.Provider))] : targets;
        if (allowed.Count == 0)
        {
            throw new ModelException("model_not_allowed", "None of the providers that have this model may be asked for this tenant.");
        }

        if (capabilities is null || allowed.Count == 1)
        {
            return allowed;
        }

        ModelTarget[] able = [.. allowed.Where(target => capabilities.Missing(options.KindOf(target.Provider), target.Model, request) is null)];
        return able.Length > 0 ? able : allowed;
    }

    // Providers refuse a limit above the model's own.
    private ChatRequest Capped(ChatRequest request, ModelTarget<IModelEndpoint> target) => request.OutputCap is null
        ? request
        : request with { MaxOutputTokens = Math.Min(request.OutputLimit!.Value, capabilities?.Find(target.Model)?.OutputTokens ?? int.MaxValue), OutputCap = null };

    private ChatFinished Finish(ChatFinished finished, ModelTarget<IModelEndpoint> target, int attempts, TimeSpan firstToken)
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
}
