namespace Steward.Inference;

/// <summary>Asks for the label of a text.</summary>
[GenerateSerializer]
[Alias("steward.classify-text")]
public sealed record ClassifyText
{
    /// <summary>On whose behalf: decides about canaries.</summary>
    [Id(0)]
    public required string TenantId { get; init; }

    /// <summary>The text; it may be empty.</summary>
    [Id(1)]
    public required string Text { get; init; }

    /// <summary>A second text that the model reads beside the first one, such as a ticket's attributes.</summary>
    [Id(2)]
    public string? SecondText { get; init; }

    /// <summary>How many labels to name. Default 3.</summary>
    [Id(3)]
    public int Top { get; init; } = 3;

    /// <summary>Whether nobody waits: such work fills what is left.</summary>
    [Id(4)]
    public bool IsBackground { get; init; }

    /// <summary>When the answer is of no use any more; null for never.</summary>
    [Id(5)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>How many words to name that speak for the answer, 0 to 20. Default 0: none.</summary>
    [Id(6)]
    public int Reasons { get; init; }
}

/// <summary>The label of a text.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.classified-text")]
public sealed record ClassifiedText
{
    /// <summary>The model's version that answered.</summary>
    [Id(0)]
    public required string Version { get; init; }

    /// <summary>The most probable label, or the one for texts out of scope.</summary>
    [Id(1)]
    public required string Label { get; init; }

    /// <summary>How probable the answer is, calibrated; 0 to 1.</summary>
    [Id(2)]
    public required double Confidence { get; init; }

    /// <summary>Whether the text belongs to no class.</summary>
    [Id(3)]
    public required bool IsOutOfScope { get; init; }

    /// <summary>The most probable labels, best first.</summary>
    [Id(4)]
    public required IReadOnlyList<LabelScore> Top { get; init; }

    /// <summary>Whether the model saw only the text's beginning.</summary>
    [Id(5)]
    public bool IsTruncated { get; init; }

    /// <summary>The words that speak most for the answer, most telling first, as far as they were asked for and the model knows them.</summary>
    [Id(6)]
    public IReadOnlyList<string> Reasons { get; init; } = [];

    /// <summary>The least confidence that gave the model's wanted precision on data that it had not learnt from; null when none did: nothing is to be done by itself on its answers.</summary>
    [Id(7)]
    public double? AutoRouteAt { get; init; }

    /// <summary>Whether the model says at all from where on it may be acted on; false for answers of servers that do not tell yet.</summary>
    [Id(8)]
    public bool HasThresholds { get; init; }
}

/// <summary>A label and its probability.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.label-score")]
public sealed record LabelScore([property: Id(0)] string Label, [property: Id(1)] double Probability);

/// <summary>Asks for the vectors of texts.</summary>
[GenerateSerializer]
[Alias("steward.embed-texts")]
public sealed record EmbedTexts
{
    /// <summary>On whose behalf.</summary>
    [Id(0)]
    public required string TenantId { get; init; }

    /// <summary>The texts, 1 to 256.</summary>
    [Id(1)]
    public required IReadOnlyList<string> Texts { get; init; }

    /// <summary>Whether nobody waits.</summary>
    [Id(2)]
    public bool IsBackground { get; init; }

    /// <summary>When the answer is of no use any more; null for never.</summary>
    [Id(3)]
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>Vectors of length one, in the order of the texts.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.embedded-texts")]
public sealed record EmbeddedTexts
{
    /// <summary>The model's version. Vectors of different versions cannot be compared.</summary>
    [Id(0)]
    public required string Version { get; init; }

    /// <summary>The vectors.</summary>
    [Id(1)]
    public required IReadOnlyList<float[]> Vectors { get; init; }
}

/// <summary>Asks which passages answer a query best.</summary>
[GenerateSerializer]
[Alias("steward.rank-passages")]
public sealed record RankPassages
{
    /// <summary>On whose behalf.</summary>
    [Id(0)]
    public required string TenantId { get; init; }

    /// <summary>What is asked.</summary>
    [Id(1)]
    public required string Query { get; init; }

    /// <summary>What may answer it, 1 to 256.</summary>
    [Id(2)]
    public required IReadOnlyList<string> Passages { get; init; }

    /// <summary>How many passages to name; null for all.</summary>
    [Id(3)]
    public int? Top { get; init; }

    /// <summary>When the answer is of no use any more; null for never.</summary>
    [Id(4)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>What found the passages thought of each one, the higher the better; the order is then that of both together, as the model was measured. Null for none.</summary>
    [Id(5)]
    public IReadOnlyList<double>? FirstStage { get; init; }
}

/// <summary>Passages, best first.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.ranked-passages")]
public sealed record RankedPassages
{
    /// <summary>The model's version.</summary>
    [Id(0)]
    public required string Version { get; init; }

    /// <summary>The passages.</summary>
    [Id(1)]
    public required IReadOnlyList<PassageScore> Passages { get; init; }
}

/// <summary>A passage's place among those of the request, and the model's own score from 0 to 1.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.passage-score")]
public sealed record PassageScore([property: Id(0)] int Index, [property: Id(1)] double Score);
