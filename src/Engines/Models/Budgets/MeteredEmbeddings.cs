using Steward.Engines.Models.Admission;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>
/// Makes calls of embedders under the tenant's policy, budgets and cost records, as the gateway's stages do for chats: reserved before, settled after, recorded however it ended. A provider's embedder has to be allowed by name; its texts pass
/// what looks for injection and personal data, and its calls wait for a place with the chats. The platform's own costs nothing and sends nothing out, and its tokens and requests count. Safe for concurrent use.
/// </summary>
public sealed class MeteredEmbeddings
{
    private const decimal Million = 1_000_000m;

    private readonly IEmbeddingModelSource _embedders;
    private readonly IModelTenantPolicies _policies;
    private readonly BudgetKeeper _keeper;
    private readonly IModelCostSink _sink;
    private readonly EmbeddingInspection _inspection;
    private readonly ModelAdmission? _admission;
    private readonly TimeProvider _time;

    /// <summary>Creates it.</summary>
    /// <param name="embedders">Whom to ask.</param>
    /// <param name="policies">What tenants allow.</param>
    /// <param name="keeper">Their budgets.</param>
    /// <param name="sink">Where costs are written down.</param>
    /// <param name="stages">The gateway's stages; those of inspection are used.</param>
    /// <param name="admission">Where calls wait for a place; null lets all of them go on.</param>
    /// <param name="time">The clock.</param>
    internal MeteredEmbeddings(
        IEmbeddingModelSource embedders, IModelTenantPolicies policies, BudgetKeeper keeper, IModelCostSink sink, IEnumerable<IModelStage> stages, ModelAdmission? admission, TimeProvider time) =>
        (_embedders, _policies, _keeper, _sink, _inspection, _admission, _time) = (embedders, policies, keeper, sink, new EmbeddingInspection(stages, time), admission, time);

    /// <summary>Asks a provider's embedder.</summary>
    /// <param name="origin">Who asks.</param>
    /// <param name="model">The embedder, as <c>provider/model</c>.</param>
    /// <param name="request">The texts.</param>
    /// <param name="cancellationToken">Ends it. What was sent counts.</param>
    /// <exception cref="ModelException">It is not allowed, not configured, refused, or over a budget, there was no place for it, or it failed.</exception>
    public async Task<EmbeddingAnswer> EmbedAsync(ModelCallOrigin origin, string model, EmbeddingRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(origin);
        ArgumentNullException.ThrowIfNull(request);
        var policy = await _policies.GetAsync(origin.TenantId, cancellationToken);
        PolicyRules.RequireModel(policy, model, _embedders.Names);
        PolicyRules.RequireTags(policy, origin);
        // Whom the tenant may not ask, it does not ask as a stand-in either.
        var embedder = _embedders.Find(model, name => PolicyRules.IsAllowed(policy, name))!;
        return await _inspection.AskAsync(origin, policy, model, request, Admitted, cancellationToken);

        async Task<EmbeddingAnswer> Admitted(EmbeddingRequest inspected)
        {
            if (_admission is null)
            {
                return await MeasureAsync(origin, model, embedder.Price?.Input, inspected, embedder.EmbedAsync, cancellationToken);
            }

            await _admission.EnterAsync(origin.TenantId, policy.Tier, origin.IsInteractive, null, cancellationToken);
            var admitted = _time.GetTimestamp();
            try
            {
                return await MeasureAsync(origin, model, embedder.Price?.Input, inspected, embedder.EmbedAsync, cancellationToken);
            }
            finally
            {
                _admission.Leave(origin.IsInteractive, _time.GetElapsedTime(admitted));
            }
        }
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
        PolicyRules.RequireTags(await _policies.GetAsync(origin.TenantId, cancellationToken), origin);
        return await MeasureAsync(origin, model, 0, request, embed, cancellationToken);
    }

    private async Task<EmbeddingAnswer> MeasureAsync(
        ModelCallOrigin origin, string model, decimal? perMillion, EmbeddingRequest request, Func<EmbeddingRequest, CancellationToken, Task<EmbeddingAnswer>> embed, CancellationToken cancellationToken)
    {
        var (began, estimate) = (_time.GetTimestamp(), request.Texts.Sum(TokenEstimates.OfText));
        var most = estimate * perMillion / Million;
        var reservation = await _keeper.ReserveAsync(origin, Amount(estimate, most), cancellationToken);
        try
        {
            var answer = await embed(request, cancellationToken);
            var tokens = answer.InputTokens ?? estimate;
            var cost = answer.CostUsd ?? (tokens * perMillion / Million);
            BudgetKeeper.Settle(reservation, Amount(tokens, cost));
            Record("completed", answer.Model, tokens, cost, answer.InputTokens is null, null, answer.Provider);
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

        void Record(string outcome, string? answered, long tokens, decimal? cost, bool isEstimated, string? code, string? provider = null) => _sink.Record(origin.TenantId, new ModelCostRecord
        {
            CallId = origin.CallId,
            At = _time.GetUtcNow(),
            UserId = origin.UserId,
            Team = origin.Team,
            Feature = origin.Feature,
            Tags = origin.Tags.Count > 0 ? origin.Tags : null,
            Tier = model,
            Model = answered,
            Provider = provider ?? model[..Math.Max(0, model.IndexOf('/', StringComparison.Ordinal))],
            InputTokens = tokens,
            CostUsd = cost,
            IsEstimated = isEstimated,
            Outcome = outcome,
            Code = code,
            DurationMs = (long)_time.GetElapsedTime(began).TotalMilliseconds,
            ConversationId = origin.ConversationId,
        });
    }

    private static BudgetAmount Amount(long tokens, decimal? cost) => new(tokens, cost is { } known ? BudgetAmount.ToNano(known) : null, 1);
}
