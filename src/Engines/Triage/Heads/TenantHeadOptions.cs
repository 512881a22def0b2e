namespace Steward.Engines.Triage.Heads;

/// <summary>How a tenant's head is trained.</summary>
public sealed record TenantHeadOptions
{
    /// <summary>The least number of tickets of a label; labels with fewer are left out, since nothing can be learnt of them. Default 2.</summary>
    public int FewestPerLabel { get; init; } = 2;

    /// <summary>In how many tickets a feature has to occur. Default 2.</summary>
    public int FewestTickets { get; init; } = 2;

    /// <summary>The most features that are kept, those in the most tickets first; see <see cref="MostWeights"/>. Default 150,000.</summary>
    public int MostFeatures { get; init; } = 150_000;

    /// <summary>The most weights, features times labels: with more labels fewer features are kept. Default 20,000,000 (80 MB while it is trained).</summary>
    public int MostWeights { get; init; } = 20_000_000;

    /// <summary>The most bytes of the head as it is written: with more labels, or a longer embedding, fewer features are kept. Default 15,000,000.</summary>
    public int MostBytes { get; init; } = 15_000_000;

    /// <summary>The price of an error against the length of the weights (C of a support vector machine). Default 0.5.</summary>
    public float Cost { get; init; } = 0.5f;

    /// <summary>How much the embedding counts beside the words. Default 1.</summary>
    public float EmbeddingWeight { get; init; } = 1;

    /// <summary>Passes over the tickets, at most. Default 20.</summary>
    public int Passes { get; init; } = 20;

    /// <summary>
    /// Into how many parts the tickets are cut, by a hash of the text, each of which is judged once by a head that was trained on the others: on these judgements the head is calibrated. Default 3; below 2 nothing is
    /// judged, and the temperature is 1.
    /// </summary>
    public int Folds { get; init; } = 3;

    /// <summary>Where the order of the tickets comes from. Default 1.</summary>
    public int Seed { get; init; } = 1;
}
