using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models.Tiers;

/// <summary>The tier that a request needs.</summary>
/// <param name="Tier">One of <see cref="ModelTiers.All"/>.</param>
/// <param name="Confidence">How sure that is, 0 to 1; 0 where nothing can be said.</param>
/// <param name="Why">In a few words.</param>
internal readonly record struct TierChoice(string Tier, double Confidence, string Why)
{
    /// <summary>Chooses for a call, and asks the classifier to look closer only where that can change the choice.</summary>
    public static async ValueTask<TierChoice> OfAsync(ModelCall call, RequestClassification classification, ModelRoutingOptions options, CancellationToken cancellationToken)
    {
        var text = Read(call.Request, options);
        var byWords = Of(call.Request, RequestModel.Of(text, call.WordsOf(text)), options);
        return byWords.With(await classification.OfAsync(call, byWords.Tier == ModelTiers.Large ? RequestAspects.None : RequestAspects.Complexity, cancellationToken), options);
    }

    /// <summary>Chooses by the words alone. Whatever is not sure goes up, never down.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="options">The thresholds.</param>
    public static TierChoice Of(ChatRequest request, ModelRoutingOptions options) => Of(request, RequestModel.Of(Read(request, options)), options);

    private static TierChoice Of(ChatRequest request, (double Small, double Standard, double Large)? found, ModelRoutingOptions options)
    {
        if (found is not { } needed)
        {
            return new(ModelTiers.Standard, 0, "no classifier for this request");
        }

        if (needed.Small >= options.SmallFrom)
        {
            var isShort = LastOfUser(request.Messages).Length <= options.SmallCharacters && request.Messages.Sum(message => message.Text.Length) <= options.SmallContextCharacters;
            return isShort ? new(ModelTiers.Small, needed.Small, "simple") : new(ModelTiers.Standard, needed.Small, "simple, but long");
        }

        var enough = 1 - needed.Large;
        return enough >= options.StandardFrom ? new(ModelTiers.Standard, enough, "neither simple nor hard") : new(ModelTiers.Large, needed.Large, needed.Large >= 0.5 ? "hard" : "not sure");
    }

    private static string Read(ChatRequest request, ModelRoutingOptions options)
    {
        var text = LastOfUser(request.Messages);
        return text.Length > options.ReadCharacters ? text[..options.ReadCharacters] : text;
    }

    /// <summary>The choice with what the silo's classifiers say, which never makes it a smaller tier.</summary>
    /// <param name="found">Null when they say nothing.</param>
    /// <param name="options">The thresholds.</param>
    public TierChoice With(RequestClass? found, ModelRoutingOptions options) =>
        found?.Complex is not { } complex ? this
        : complex >= options.LargeFrom ? new(ModelTiers.Large, complex, "several things in one")
        : Confidence > 0 ? this
        : this with { Confidence = 1 - complex, Why = "not in English" };

    /// <summary>The last thing that the person said.</summary>
    public static string LastOfUser(IReadOnlyList<ChatMessage> messages)
    {
        for (var i = messages.Count - 1; i >= 0; i--)
        {
            if (messages[i].Role == ChatRole.User)
            {
                return messages[i].Text;
            }
        }

        return "";
    }
}
