using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>Chooses the tier of a call that leaves it open, and holds every call to what it may cost.</summary>
internal sealed class RoutingStage(IChatModelSource models, IOptions<ModelRoutingOptions> options, IOptions<ModelsOptions> configured, TimeProvider time, IRequestClassifier? classifier = null) : IModelStage
{
    private static readonly Counter<long> Calls = Diagnostics.Meter.CreateCounter<long>("steward.models.routing.calls", "{call}", "Calls that left the tier open, by the tier that was chosen and why.");

    private static readonly Histogram<double> Took = Diagnostics.Meter.CreateHistogram(
        "steward.models.routing.classification",
        "s",
        "How long the classification took.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05] });

    /// <inheritdoc/>
    public string Name => "routing";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Routing;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (call.Model == ModelCall.Auto)
        {
            var choice = await ChooseAsync(call, cancellationToken);
            call.Model = Affordable(call, choice.Tier);
            call.Decide(Name, call.Model == choice.Tier ? $"{call.Model}: {choice.Why}" : $"{call.Model}: {choice.Tier} would cost too much");
            Calls.Add(1, new("tier", call.Model), new("why", call.Model == choice.Tier ? choice.Why : "cost cap"));
        }
        else if (CostCap.Of(call) is { } cap && !Fits(call, call.Model, cap))
        {
            throw TooDear(call, cap);
        }

        return null;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => ValueTask.CompletedTask;

    private async ValueTask<TierChoice> ChooseAsync(ModelCall call, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        var found = classifier is null ? null : await ClassifyAsync(call, cancellationToken);
        var choice = TierChoice.Of(call.Request, found, options.Value);
        Took.Record(time.GetElapsedTime(began).TotalSeconds);
        (call.Intent, call.RoutingConfidence) = (call.Intent ?? found?.Intent, choice.Confidence > 0 ? choice.Confidence : null);
        return choice;
    }

    private async ValueTask<RequestClass?> ClassifyAsync(ModelCall call, CancellationToken cancellationToken)
    {
        var found = classifier!.ClassifyAsync(call.Origin.TenantId, TierChoice.LastOfUser(call.Request.Messages), cancellationToken);
        if (found.IsCompletedSuccessfully)
        {
            return found.Result;
        }

        try
        {
            return await found.AsTask().WaitAsync(options.Value.ClassifyWithin, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The dearest tier, up to the wanted one, whose worst case is within the cap.</summary>
    private string Affordable(ModelCall call, string wanted)
    {
        if (CostCap.Of(call) is not { } cap)
        {
            return wanted;
        }

        for (var tier = ModelTiers.All.ToList().IndexOf(wanted); tier >= 0; tier--)
        {
            if (Fits(call, ModelTiers.All[tier], cap))
            {
                return ModelTiers.All[tier];
            }
        }

        throw TooDear(call, cap);
    }

    // What a model costs that has no known price cannot be promised.
    private bool Fits(ModelCall call, string model, decimal cap) =>
        models.Find(model) is not { } found || CostCap.Worst(found, call.Request, configured.Value.MaxOutputTokens ?? options.Value.AssumedOutputTokens) <= cap;

    private static ModelException TooDear(ModelCall call, decimal cap) => new(
        "model_over_cost_cap",
        $"A call of this kind{(call.Intent is { } intent ? $" ({intent})" : "")} may cost at most {cap.ToString(System.Globalization.CultureInfo.InvariantCulture)} US dollars, and this one could cost more with every model that may answer. Send less text, or limit the answer's tokens.");
}
