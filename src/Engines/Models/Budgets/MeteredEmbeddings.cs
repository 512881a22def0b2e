using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// Makes calls of embedders under the tenant's policy, budgets and cost records, as the gateway's stages do for chats: reserved before, settled after, recorded however it ended. A provider's embedder has to be allowed by name; the
/// platform's own costs nothing, and its tokens and requests count. Safe for concurrent use.
/// </summary>
public sealed class MeteredEmbeddings(IEmbeddingModelSource embedders, IModelTenantPolicies policies, BudgetKeeper keeper, IModelCostSink sink, TimeProvider time)
{
    private const decimal Million = 1_000_000m;

    /// <summary>Asks a provider's embedder.</summary>
    /// <param name="origin">Who asks.</param>
    /// <param name="model">The embedder, as <c>provider/model</c>.</param>
    /// <param name="request">The texts.</param>
    /// <param name="cancellationToken">Ends it. What was sent counts.</param>
    /// <exception cref="ModelException">It is not allowed, not configured or over a budget, or it failed.</exception>
    public async Task<EmbeddingAnswer> EmbedAsync(ModelCallOrigin origin, string model, EmbeddingRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(request);
        var policy = await policies.GetAsync(origin.TenantId, cancellationToken);
        PolicyRules.RequireModel(policy, model, embedders.Names);
        PolicyRules.RequireTags(policy, origin);
        var embedder = embedders.Find(model)!;
        return await MeasureAsync(origin, model, embedder.Price?.Input, request, embedder.EmbedAsync, cancellationToken);
    }

    /// <summary>Asks the platform's own embedder.</summary>
    /// <param name="origin">Who asks.</param>
    /// <param name="model">Its name.</param>
    /// <param name="request">The texts.</param>
    /// <param name="embed">Asks it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ModelException">It is over a budget, or the tenant demands tags that the call lacks.</exception>
    public async Task<EmbeddingAnswer> EmbedAsync(
        ModelCallOrigin origin, string model, EmbeddingRequest request, Func<EmbeddingRequest, CancellationToken, Task<EmbeddingAnswer>> embed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(embed);
        PolicyRules.RequireTags(await policies.GetAsync(origin.TenantId, cancellationToken), origin);
        return await MeasureAsync(origin, model, 0, request, embed, cancellationToken);
    }

    private async Task<EmbeddingAnswer> MeasureAsync(
        ModelCallOrigin origin, string model, decimal? perMillion, EmbeddingRequest request, Func<EmbeddingRequest, CancellationToken, Task<EmbeddingAnswer>> embed, CancellationToken cancellationToken)
    {
        var (began, estimate) = (time.GetTimestamp(), request.Texts.Sum(TokenEstimates.OfText));
        var most = estimate * perMillion / Million;
        var reservation = await keeper.ReserveAsync(origin, Amount(estimate, most), cancellationToken);
        try
        {
            var answer = await embed(request, cancellationToken);
            var tokens = answer.InputTokens ?? estimate;
            var cost = answer.CostUsd ?? (tokens * perMillion / Million);
            BudgetKeeper.Settle(reservation, Amount(tokens, cost));
            Record("completed", answer.Model, tokens, cost, answer.InputTokens is null, null);
            return answer;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It was sent, and whoever asked has gone away: the provider has read it.
            BudgetKeeper.Settle(reservation, Amount(estimate, most));
            Record("aborted", null, estimate, most, true, null);
            throw;
        }
        catch (Exception failed)
        {
            BudgetKeeper.Settle(reservation, new BudgetAmount(0, 0, 0));
            Record("failed", null, 0, 0, false, (failed as ModelException)?.Code);
            throw;
        }

        void Record(string outcome, string? answered, long tokens, decimal? cost, bool isEstimated, string? code) => sink.Record(origin.TenantId, new ModelCostRecord
        {
            CallId = origin.CallId,
            At = time.GetUtcNow(),
            UserId = origin.UserId,
            Team = origin.Team,
            Feature = origin.Feature,
            Tags = origin.Tags.Count > 0 ? origin.Tags : null,
            Tier = model,
            Model = answered,
            Provider = model[..Math.Max(0, model.IndexOf('/', StringComparison.Ordinal))],
            InputTokens = tokens,
            CostUsd = cost,
            IsEstimated = isEstimated,
            Outcome = outcome,
            Code = code,
            DurationMs = (long)time.GetElapsedTime(began).TotalMilliseconds,
            ConversationId = origin.ConversationId,
        });
    }

    private static BudgetAmount Amount(long tokens, decimal? cost) => new(tokens, cost is { } known ? BudgetAmount.ToNano(known) : null, 1);
}
