using System.Text;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>Holds a call to the most that it may cost, before it is sent.</summary>
internal static class CostCap
{
    /// <summary>The intent of a cap that holds for all that have none of their own.</summary>
    public const string AnyIntent = "*";

    /// <summary>The cap of a call by its intent, in US dollars; null when there is none.</summary>
    public static decimal? Of(ModelCall call) =>
        call.Intent is { } intent && call.Policy.CostCaps.TryGetValue(intent, out var own) ? own : call.Policy.CostCaps.TryGetValue(AnyIntent, out var all) ? all : null;

    /// <summary>Decides something by the cap of a call. What the call is about is asked only where the decision depends on it.</summary>
    /// <param name="call">The call.</param>
    /// <param name="decide">The decision with a cap.</param>
    /// <param name="classification">Says what the call is about.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The decision and the cap that it was made with; a null cap and no decision where none holds.</returns>
    public static async ValueTask<(T? Decided, decimal? Cap)> DecideAsync<T>(ModelCall call, Func<decimal, T> decide, RequestClassification classification, CancellationToken cancellationToken)
    {
        // No cap allows everything, as the largest does.
        var caps = call.Policy.CostCaps;
        var isCapped = caps.TryGetValue(AnyIntent, out var all);
        var usual = decide(isCapped ? all : decimal.MaxValue);
        var special = call.Intent is null ? caps.Where(cap => cap.Key != AnyIntent && !Equals(decide(cap.Value), usual)).ToList() : [];
        if (special.Count > 0)
        {
            var isSpecial = await classification.IsAboutAsync(call, intent => special.Exists(cap => cap.Key == intent), cancellationToken);
            if (isSpecial == false)
            {
                return isCapped ? (usual, all) : (default, null);
            }

            var decided = decide(special[0].Value);
            if (isSpecial == true && special.TrueForAll(cap => Equals(decide(cap.Value), decided)))
            {
                return (decided, special.Max(cap => cap.Value));
            }

            // Which of them it is matters.
            await classification.OfAsync(call, RequestAspects.Intent, cancellationToken);
        }

        return Of(call) is { } cap ? (decide(cap), (decimal?)cap) : (default(T), null);
    }

    /// <summary>What a call costs at most with a chain, whichever of its models answers; null when the price of one is not known.</summary>
    public static decimal? Worst(IChatModel chain, ChatRequest request, int assumedOutputTokens)
    {
        var (input, output) = (InputTokens(request) + (TokenEstimates.Images(request) * chain.ImageTokens), request.OutputLimit ?? assumedOutputTokens);
        return chain.Prices.Any(price => price is null) ? null : chain.Prices.Max(price => ((input * price!.Input) + (output * price.Output)) / 1_000_000m);
    }

    // No tokenizer in use makes more than one token of two bytes of a text in a language with letters; what goes around each message is added.
    private static long InputTokens(ChatRequest request) =>
        request.Messages.Sum(message => 16L + (Encoding.UTF8.GetByteCount(message.Text) / 2) + message.ToolCalls.Sum(tool => 16L + (Encoding.UTF8.GetByteCount(tool.Arguments) / 2)))
        + request.Tools.Sum(tool => 32L + (Encoding.UTF8.GetByteCount(tool.Description) / 2) + (Encoding.UTF8.GetByteCount(tool.Parameters.GetRawText()) / 2))
        + (request.Format is { } format ? TokenEstimates.BytesOf(format) / 2 : 0);
}
