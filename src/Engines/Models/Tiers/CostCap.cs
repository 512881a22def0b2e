using System.Globalization;
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

    /// <summary>
    /// Decides something by the cap of a call. What the call is about is asked only where the decision depends on it. A call that is probably about something with a cap of its own, of which nobody can say which, is held to the largest of these.
    /// </summary>
    /// <param name="call">The call.</param>
    /// <param name="decide">The decision with a cap.</param>
    /// <param name="classification">Says what the call is about.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>The decision.</returns>
    public static async ValueTask<CapDecision<T>> DecideAsync<T>(ModelCall call, Func<decimal, T> decide, RequestClassification classification, CancellationToken cancellationToken)
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
                return isCapped ? new(usual, all, null) : default;
            }

            var decided = decide(special[0].Value);
            if (isSpecial != true || !special.TrueForAll(cap => Equals(decide(cap.Value), decided)))
            {
                // Which of them it is matters.
                await classification.OfAsync(call, RequestAspects.Intent, cancellationToken);
            }

            if (isSpecial == true && call.Intent is null)
            {
                var loosest = special.Max(cap => cap.Value);
                return new(decide(loosest), loosest, call.Topics?.Likeliest(intent => special.Exists(cap => cap.Key == intent)));
            }
        }

        return Of(call) is { } cap ? new(decide(cap), cap, null) : default;
    }

    /// <summary>How a probable topic is told: its name and how probable it is.</summary>
    public static string Told((string Intent, double Probability) topic) => string.Create(CultureInfo.InvariantCulture, $"probably {topic.Intent}, {topic.Probability:0.00}");

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

/// <summary>What a cap on cost decided.</summary>
/// <param name="Decided">The decision; none where no cap holds.</param>
/// <param name="Cap">The cap that it was made with, in US dollars; null where none holds.</param>
/// <param name="Likeliest">Where odds of topics brought the cap about: the likeliest of these, and how probable it is.</param>
internal readonly record struct CapDecision<T>(T? Decided, decimal? Cap, (string Intent, double Probability)? Likeliest);
