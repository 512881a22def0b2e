using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Budgets;

/// <summary>What a call used.</summary>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="CachedInputTokens">Tokens of these that came from the provider's cache.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="CostUsd">US dollars; null when the price is not known.</param>
/// <param name="IsEstimated">Whether the tokens or the cost were estimated, since the provider did not say.</param>
internal readonly record struct MeteredUsage(long InputTokens, long CachedInputTokens, long OutputTokens, decimal? CostUsd, bool IsEstimated)
{
    public long Tokens => InputTokens + OutputTokens;
}

/// <summary>Says what calls may use, and what they have used.</summary>
internal sealed class ModelMeter(IChatModelSource models)
{
    private const decimal Million = 1_000_000m;

    /// <summary>The most that a call uses, at the dearest price among the models that may answer it; without money when one of these has no price.</summary>
    public BudgetAmount Most(ModelCall call, int maxOutputTokens)
    {
        var input = Input(call);
        return new BudgetAmount(input + maxOutputTokens, Dearest(call, input, 0, maxOutputTokens) is { } cost ? BudgetAmount.ToNano(cost) : null, 1);
    }

    /// <summary>
    /// What a call has used. What the provider said holds. Of an answer that was broken off, whoever did so, the delivered part counts and what was read for it, by <see cref="TokenEstimates"/>, at the dearest price among the
    /// models that may have answered; of a call that failed before its first token nothing is known, and nothing counts.
    /// </summary>
    public MeteredUsage Used(ModelCall call, ModelCallOutcome outcome)
    {
        if (!outcome.WasAsked || outcome.Failure is { AfterFirstToken: false } && outcome is { Text.Length: 0, ToolCalls.Count: 0 })
        {
            return new MeteredUsage(0, 0, 0, 0, false);
        }

        if (outcome.Finished?.Usage is { } usage)
        {
            return new MeteredUsage(
                usage.InputTokens, usage.CachedInputTokens, usage.OutputTokens, usage.CostUsd ?? Dearest(call, usage.InputTokens, usage.CachedInputTokens, usage.OutputTokens), usage.CostUsd is null);
        }

        var (input, output) = (Input(call), TokenEstimates.OfOutput(outcome.Text, outcome.ToolCalls));
        return new MeteredUsage(input, 0, output, Dearest(call, input, 0, output), true);
    }

    private IChatModel? Find(ModelCall call) => models.Find(call.Model == ModelCall.Auto ? ModelTiers.Standard : call.Model);

    private long Input(ModelCall call) => TokenEstimates.OfInput(call.Request, Find(call)?.ImageTokens ?? ModelCapabilities.MostImageTokens);

    private decimal? Dearest(ModelCall call, long input, long cached, long output)
    {
        if (Find(call) is not { } model)
        {
            return null;
        }

        decimal? dearest = 0;
        foreach (var price in model.Prices)
        {
            if (price is null)
            {
                return null;
            }

            dearest = Math.Max(dearest.Value, (((input - cached) * price.Input) + (cached * price.CachedInput) + (output * price.Output)) / Million);
        }

        return dearest;
    }
}
