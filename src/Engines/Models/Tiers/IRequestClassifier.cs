namespace Steward.Engines.Models.Tiers;

/// <summary>Says what a request wants and whether it is several things in one, in a few milliseconds and without a language model. The composition gives one; without one there are no intents, and the words of a request alone decide about its tier.</summary>
public interface IRequestClassifier
{
    /// <summary>Whether it works now, in one line for the log and <c>/healthz</c>.</summary>
    string Summary { get; }

    /// <summary>Classifies a request.</summary>
    /// <returns>Null when it cannot now.</returns>
    ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, CancellationToken cancellationToken);
}

/// <summary>What a classifier found. Probabilities are calibrated.</summary>
public sealed record RequestClass
{
    /// <summary>What the person wants; null when nothing is sure enough.</summary>
    public string? Intent { get; init; }

    /// <summary>How probable it is that it is several things in one.</summary>
    public required double Complex { get; init; }
}
