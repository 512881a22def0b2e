namespace Steward.Engines.Inference;

/// <summary>What all requests say.</summary>
public abstract record InferenceRequest
{
    /// <summary>The model's name.</summary>
    public required string Model { get; init; }

    /// <summary>The tenant on whose behalf: decides about canaries, of which nobody's requests get none.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Who waits. Default: somebody.</summary>
    public InferenceLane Lane { get; init; } = InferenceLane.Interactive;

    /// <summary>When the answer is of no use any more. What cannot be done by then is refused at once.</summary>
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>Which label a text has.</summary>
public sealed record ClassifyRequest : InferenceRequest
{
    /// <summary>The text. What is longer than the model takes is cut at its end; it may be empty.</summary>
    public required string Text { get; init; }

    /// <summary>A second text that the model reads beside the first one.</summary>
    public string? SecondText { get; init; }

    /// <summary>How many labels to name. Default 3.</summary>
    public int Top { get; init; } = 3;

    /// <summary>How many words of the text to name that speak for the answer, 0 to 20; only models with a linear part know them. Default 0: none.</summary>
    public int Reasons { get; init; }
}

/// <summary>The vectors of texts.</summary>
public sealed record EmbedRequest : InferenceRequest
{
    /// <summary>The texts.</summary>
    public required IReadOnlyList<string> Texts { get; init; }
}

/// <summary>Which passages answer a query best.</summary>
public sealed record RerankRequest : InferenceRequest
{
    /// <summary>What is asked.</summary>
    public required string Query { get; init; }

    /// <summary>What may answer it.</summary>
    public required IReadOnlyList<string> Passages { get; init; }

    /// <summary>
    /// What found the passages thought of each one: any numbers, the higher the better. The order is then that of both together, weighted by the model's <c>fusionWeight</c>; a model without one orders by itself, as without these. Null
    /// for none.
    /// </summary>
    public IReadOnlyList<double>? FirstStage { get; init; }

    /// <summary>How many passages to name. Default: all.</summary>
    public int? Top { get; init; }
}
