using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>Chooses the tier of a call that leaves it open, and holds every call to what it may cost.</summary>
internal sealed class RoutingStage(IChatModelSource models, RequestClassification classification, IOptions<ModelRoutingOptions> options, IOptions<ModelsOptions> configured) : IModelStage
{
    private static readonly Counter<long> Calls = Diagnostics.Meter.CreateCounter<long>("steward.models.routing.calls", "{call}", "Calls that left the tier open, by the tier that was chosen and why.");

    private readonly ModelCapabilityTable _table = new(configured.Value.Capabilities);

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
            var (tier, likeliest) = call.Policy.CostCaps.Count == 0 ? (choice.Tier, null) : await AffordableAsync(call, choice.Tier, cancellationToken);
            call.Model = tier;
            call.Decide(Name, tier == choice.Tier ? $"{tier}: {choice.Why}" : $"{tier}: {choice.Tier} would cost too much{(likeliest is { } topic ? $" ({CostCap.Told(topic)})" : "")}");
            Calls.Add(1, new("tier", call.Model), new("why", call.Model == choice.Tier ? choice.Why : "cost cap"));
        }
        else if (call.Policy.CostCaps.Count > 0)
        {
            await HoldAsync(call, cancellationToken);
        }

        // No later stage reads them, and the call may last for minutes.
        call.ForgetWords();
        return null;
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => ValueTask.CompletedTask;

    private async ValueTask<TierChoice> ChooseAsync(ModelCall call, CancellationToken cancellationToken)
    {
        // The counts of questions by topic, which show a drift, take what the first look says; a closer one would be for the counts alone.
        if (call.Policy.JudgesAnswers)
        {
            classification.Glance(call, RequestAspects.Intent | RequestAspects.Complexity);
        }

        var choice = await TierChoice.OfAsync(call, classification, options.Value, cancellationToken);
        call.RoutingConfidence = choice.Confidence > 0 ? choice.Confidence : null;
        return Able(call, choice);
    }

    // A tier that cannot do what is asked (tools, images, length), or whose providers the tenant may not use, would refuse: the next larger one is asked.
    private TierChoice Able(ModelCall call, TierChoice choice)
    {
        for (var tier = ModelTiers.All.ToList().IndexOf(choice.Tier); tier < ModelTiers.All.Count; tier++)
        {
            if (_table.CanAny(models.TargetsOf(ModelTiers.All[tier]), call.Policy, call.Request))
            {
                return ModelTiers.All[tier] == choice.Tier ? choice : choice with { Tier = ModelTiers.All[tier], Why = "smaller ones cannot do it" };
            }
        }

        return choice;
    }

    // Who names a tier or a model gets that one or a refusal.
    private async ValueTask HoldAsync(ModelCall call, CancellationToken cancellationToken)
    {
        var most = Most(call, call.Model);
        if (await CostCap.DecideAsync(call, cap => most <= cap, classification, cancellationToken) is { Decided: false, Cap: { } cap, Likeliest: var likeliest })
        {
            throw TooDear(call, cap, likeliest);
        }
    }

    /// <summary>The dearest tier, up to the wanted one, whose worst case is within the cap.</summary>
    private async ValueTask<(string Tier, (string Intent, double Probability)? Likeliest)> AffordableAsync(ModelCall call, string wanted, CancellationToken cancellationToken)
    {
        var tiers = ModelTiers.All.TakeWhile(tier => tier != wanted).Append(wanted).Reverse().Select(tier => (Tier: tier, Most: Most(call, tier))).ToList();
        var (tier, cap, likeliest) = await CostCap.DecideAsync(call, cap => tiers.FirstOrDefault(one => one.Most <= cap).Tier, classification, cancellationToken);
        return cap is null ? (wanted, null) : (tier ?? throw TooDear(call, cap.Value, likeliest), likeliest);
    }

    // What a model costs that has no known price cannot be promised: it is more than every cap. A model that there is not costs nothing; whoever asks for it is told later.
    private decimal Most(ModelCall call, string model) =>
        models.Find(model) is { } found ? CostCap.Worst(found, call.Request, configured.Value.MaxOutputTokens ?? options.Value.AssumedOutputTokens) ?? decimal.MaxValue : 0;

    private ModelException TooDear(ModelCall call, decimal cap, (string Intent, double Probability)? likeliest)
    {
        var (most, kind) = (cap.ToString(CultureInfo.InvariantCulture), call.Intent ?? (likeliest is { } topic ? CostCap.Told(topic) : null));
        call.Decide(Name, $"refused: {call.Model} could cost more than {most} US dollars{(kind is null ? "" : $" ({kind})")}");
        return new(
            "model_over_cost_cap",
            $"A call of this kind{(kind is null ? "" : $" ({kind})")} may cost at most {most} US dollars, and this one could cost more with every model that may answer. Send less text, or limit the answer's tokens.");
    }
}
