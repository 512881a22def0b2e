namespace Steward.Engines.Models.Tiers;

/// <summary>The tier that a request needs.</summary>
/// <param name="Tier">One of <see cref="ModelTiers.All"/>.</param>
/// <param name="Confidence">How sure that is, 0 to 1.</param>
/// <param name="Why">In a few words.</param>
internal readonly record struct TierChoice(string Tier, double Confidence, string Why)
{
    /// <summary>Chooses. Whatever is not sure goes up, never down.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="found">What the silo's classifiers say; null when there are none.</param>
    /// <param name="options">The thresholds.</param>
    public static TierChoice Of(ChatRequest request, RequestClass? found, ModelRoutingOptions options)
    {
        var text = LastOfUser(request.Messages);
        if (found?.Complex >= options.LargeFrom)
        {
            return new(ModelTiers.Large, found.Complex, "several things in one");
        }

        if (RequestModel.Of(text.Length > options.ReadCharacters ? text[..options.ReadCharacters] : text) is not { } needed)
        {
            return new(ModelTiers.Standard, found is null ? 0 : 1 - found.Complex, found is null ? "no classifier for this request" : "not in English");
        }

        if (needed.Small >= options.SmallFrom)
        {
            var isShort = text.Length <= options.SmallCharacters && request.Messages.Sum(message => message.Text.Length) <= options.SmallContextCharacters;
            return isShort ? new(ModelTiers.Small, needed.Small, "simple") : new(ModelTiers.Standard, needed.Small, "simple, but long");
        }

        var enough = 1 - needed.Large;
        return enough >= options.StandardFrom ? new(ModelTiers.Standard, enough, "neither simple nor hard") : new(ModelTiers.Large, needed.Large, needed.Large >= 0.5 ? "hard" : "not sure");
    }

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
