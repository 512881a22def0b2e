namespace Steward.Engines.Inference.Models;

/// <summary>What a model is for.</summary>
public enum ModelTask
{
    /// <summary>One of several labels for a text.</summary>
    Classification,

    /// <summary>A vector for a text.</summary>
    Embedding,

    /// <summary>How well a passage answers a query.</summary>
    Reranking,
}

/// <summary>How the vectors of tokens become one.</summary>
public enum Pooling
{
    /// <summary>The first token's.</summary>
    Cls,

    /// <summary>Their mean, without padding.</summary>
    Mean,
}

/// <summary>What <c>model.json</c> says of a model.</summary>
public sealed record ModelManifest
{
    internal const int MostTokens = 8_192;

    /// <summary>Its name: letters, digits, dots, dashes and underscores.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required string Version { get; init; }

    /// <summary>What it is for.</summary>
    public required ModelTask Task { get; init; }

    /// <summary>The longest text, in tokens with the special ones.</summary>
    public int MaxTokens { get; init; } = 128;

    /// <summary>Whether case and accents do not count.</summary>
    public bool Lowercase { get; init; } = true;

    /// <summary>How the vectors of tokens become one, where the model does not do it itself.</summary>
    public Pooling Pooling { get; init; } = Pooling.Mean;

    /// <summary>Whether vectors are scaled to the length 1.</summary>
    public bool Normalize { get; init; } = true;

    /// <summary>How many ids the model knows, where that is more than the vocabulary has on purpose.</summary>
    public int? VocabularySize { get; init; }

    /// <summary>SHA-256 of each file, in hexadecimal.</summary>
    public IReadOnlyDictionary<string, string> Sha256 { get; init; } = new Dictionary<string, string>();
}
