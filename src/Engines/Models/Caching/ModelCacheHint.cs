namespace Steward.Engines.Models.Caching;

/// <summary>What whoever asks says about keeping the answer. It can only narrow what the cache would do by itself, except that it may name the <see cref="Class"/>.</summary>
public sealed record ModelCacheHint
{
    /// <summary>Nothing is said: the rules decide.</summary>
    public static ModelCacheHint Default { get; } = new();

    /// <summary>The answer is neither taken from a cache, nor kept, nor shared with an equal call under way: for whoever wants another answer each time.</summary>
    public static ModelCacheHint Never { get; } = new() { IsAllowed = false };

    /// <summary>Whether caches may answer and keep the answer. Default true.</summary>
    public bool IsAllowed { get; init; } = true;

    /// <summary>How long the answer stays true; null lets the rules of <see cref="AnswerClassifier"/> decide.</summary>
    public AnswerClass? Class { get; init; }

    /// <summary>What the answer rests on, by the names of <see cref="Gateway.ModelTenantPolicy.SourceVersions"/>. Empty is unknown: a change of any source makes the answer useless.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];
}
