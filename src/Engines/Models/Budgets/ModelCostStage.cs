using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>Writes down what each call cost, also when a cache answered it or it was broken off. What a stage refused cost nothing and is counted by the metrics alone: refusals must not fill the journal.</summary>
internal sealed class ModelCostStage(IModelCostSink sink, BudgetKeeper keeper, IChatModelSource models, TimeProvider time) : IModelStage
{
    private readonly ModelMeter _meter = new(models);

    /// <inheritdoc/>
    public string Name => "costs";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Costs;

    /// <inheritdoc/>
    public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken) => default;

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(outcome);
        var isCached = call.Cache is not null && !outcome.WasAsked && outcome.Finished is not null;
        if (isCached)
        {
            keeper.CountCached(call.Origin);
        }

        if (outcome.WasAsked || isCached)
        {
            sink.Record(call.Origin.TenantId, RecordOf(call, outcome));
        }

        return default;
    }

    private ModelCostRecord RecordOf(ModelCall call, ModelCallOutcome outcome)
    {
        var used = _meter.Used(call, outcome);
        var origin = call.Origin;
        return new ModelCostRecord
        {
            CallId = origin.CallId,
            At = time.GetUtcNow(),
            UserId = origin.UserId,
            Team = origin.Team,
            Feature = origin.Feature,
            Tags = origin.Tags.Count > 0 ? origin.Tags : null,
            Tier = call.Model,
            Model = outcome.Finished?.Model,
            Provider = outcome.Finished?.Provider,
            InputTokens = used.InputTokens,
            CachedInputTokens = used.CachedInputTokens,
            OutputTokens = used.OutputTokens,
            CostUsd = used.CostUsd,
            IsEstimated = used.IsEstimated,
            Cache = call.Cache,
            Outcome = outcome.Finished is not null ? "completed" : outcome.Failure is not null ? "failed" : "aborted",
            Code = outcome.Failure?.Code,
            DurationMs = (long)outcome.Duration.TotalMilliseconds,
            RunId = origin.RunId,
            PromptVersion = origin.PromptVersion,
            ConversationId = origin.ConversationId,
            Variants = call.Variants.Count > 0 ? [.. call.Variants] : null,
            Proof = outcome.Finished is not null && outcome.Text.Length > 0 ? AnswerProof.Of(origin.CallId, AnswerProof.QuestionOf(call.Request), outcome.Text) : null,
        };
    }
}
