namespace Steward.Engines.Models.Tiers;

/// <summary>Says what a request wants and whether it is several things in one, without a language model. The composition gives one; without one there are no intents, and the words of a request alone decide about its tier.</summary>
public interface IRequestClassifier
{
    /// <summary>Whether it works now, in one line for the log and <c>/healthz</c>.</summary>
    string Summary { get; }

    /// <summary>A first look at a request: at once, on the caller's thread, in some ten microseconds.</summary>
    /// <param name="tenantId">On whose behalf.</param>
    /// <param name="text">What is asked.</param>
    /// <param name="aspects">What is wanted; the others stay unknown.</param>
    /// <returns>Null when there is none now; <see cref="ClassifyAsync"/> may know all the same.</returns>
    RequestGlance? Glance(string tenantId, string text, RequestAspects aspects);

    /// <summary>Looks closer, in a few milliseconds.</summary>
    /// <param name="tenantId">On whose behalf.</param>
    /// <param name="text">What is asked.</param>
    /// <param name="aspects">What is wanted; the others stay unknown.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <returns>Null when it cannot now.</returns>
    ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, RequestAspects aspects, CancellationToken cancellationToken);
}

/// <summary>What can be said of a request.</summary>
[Flags]
public enum RequestAspects
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Whether it is several things in one.</summary>
    Complexity = 1,

    /// <summary>What it is about.</summary>
    Intent = 2,
}

/// <summary>What a first look found. Probabilities are calibrated; how sure is sure enough is decided by <see cref="ModelRoutingOptions"/>.</summary>
public sealed record RequestGlance
{
    /// <summary>How probable it is that it is several things in one; null when unknown.</summary>
    public double? Complex { get; init; }

    /// <summary>What it is most probably about; null when unknown.</summary>
    public string? Intent { get; init; }

    /// <summary>How probable <see cref="Intent"/> is.</summary>
    public double IntentConfidence { get; init; }

    /// <summary>All that it may be about; empty where no more than <see cref="Intent"/> is known.</summary>
    public IReadOnlyList<string> Intents { get; init; } = [];

    /// <summary>How probable each of <see cref="Intents"/> is, in their order.</summary>
    public IReadOnlyList<double> IntentProbabilities { get; init; } = [];

    /// <summary>What it is most probably about of that for which a condition holds; null where nothing is known of that.</summary>
    public (string Intent, double Probability)? Likeliest(Func<string, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        if (Intents.Count == 0)
        {
            return Intent is not null && condition(Intent) ? (Intent, IntentConfidence) : null;
        }

        (string Intent, double Probability)? found = null;
        for (var i = 0; i < Intents.Count; i++)
        {
            if (condition(Intents[i]) && !(IntentProbabilities[i] <= found?.Probability))
            {
                found = (Intents[i], IntentProbabilities[i]);
            }
        }

        return found;
    }

    /// <summary>How probable it is that it is about something for which a condition holds; what is not known does not count.</summary>
    public double IntentOdds(Func<string, bool> condition)
    {
        ArgumentNullException.ThrowIfNull(condition);
        if (Intents.Count == 0)
        {
            return Intent is not null && condition(Intent) ? IntentConfidence : 0;
        }

        var sum = 0.0;
        for (var i = 0; i < Intents.Count; i++)
        {
            sum += condition(Intents[i]) ? IntentProbabilities[i] : 0;
        }

        return sum;
    }
}

/// <summary>What is known of a request. Probabilities are calibrated.</summary>
public sealed record RequestClass
{
    /// <summary>What the person wants; null when nothing is sure enough.</summary>
    public string? Intent { get; init; }

    /// <summary>How probable it is that it is several things in one; null when unknown.</summary>
    public double? Complex { get; init; }
}
