using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Degradation;

/// <summary>Notes the step of the ladder at which a call is answered. Caches keep nothing of what is answered below the top.</summary>
internal sealed class LadderStepStage(DegradationLadder ladder) : IModelStage
{
    /// <inheritdoc/>
    public string Name => "degradation";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.LadderStep;

    /// <inheritdoc/>
    public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        call.Degradation = ladder.StepFor(call.Policy).Name();
        return default;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => default;
}

/// <summary>Applies the step to a call that no cache answered: a smaller model and a shorter answer, or none.</summary>
internal sealed class LadderStage(DegradationLadder ladder, IChatModelSource models, IOptionsMonitor<DegradationOptions> options, IOptions<ModelsOptions> configured) : IModelStage
{
    private readonly ModelCapabilityTable _table = new(configured.Value.Capabilities);

    private static readonly Counter<long> Calls = Diagnostics.Meter.CreateCounter<long>("steward.models.degradation.calls", "{call}", "Model calls that no cache answered, by the step of the ladder; refused ones included.");

    /// <inheritdoc/>
    public string Name => "degradation";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Ladder;

    /// <inheritdoc/>
    public ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        Calls.Add(1, new KeyValuePair<string, object?>("step", call.Degradation));
        switch (DegradationSteps.Parse(call.Degradation))
        {
            case DegradationStep.Reduced:
                Reduce(call);
                break;
            case DegradationStep.Cached or DegradationStep.Queue when ladder.MayProbe(call.Policy):
                call.Degradation = DegradationStep.Reduced.Name();
                call.Decide(Name, "goes to see whether models answer again");
                Reduce(call);
                break;
            case DegradationStep.Cached:
                throw new ModelException("model_degraded", "Models are not asked at the moment; only answers that are known and playbooks are given. Try again later.") { IsRetryable = true, RetryAfter = ladder.RetryAfter() };
            case DegradationStep.Queue:
                throw new ModelException("model_queued", "Models are not asked at the moment. Keep the request and send it again later.") { IsRetryable = true, RetryAfter = ladder.RetryAfter() };
            default:
                break;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);

        // A caller that goes away, and a provider that refuses the request or for its limits, say nothing about health.
        if (outcome.WasAsked && !outcome.IsAborted)
        {
            ladder.Ended(outcome.Failure?.Code is "model_unavailable" or "model_timeout" or "model_stream_broken");
        }

        return default;
    }

    // Who asks for one model by its name gets that one, with a shorter answer. So does who asks for what the small one cannot do: an answer is better than a refusal.
    private void Reduce(ModelCall call)
    {
        if ((call.Model == ModelCall.Auto || ModelTiers.All.Contains(call.Model)) && _table.CanAny(models.TargetsOf(ModelTiers.Small), call.Policy, call.Request))
        {
            call.Model = ModelTiers.Small;
        }

        var most = options.CurrentValue.ReducedOutputTokens;
        call.Request = call.Request with { OutputCap = Math.Min(most, call.Request.OutputCap ?? most) };
        call.Decide(Name, "reduced");
    }
}
