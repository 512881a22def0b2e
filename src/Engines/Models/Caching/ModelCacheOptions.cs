using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Caching;

/// <summary>The caches of a process. Configuration section <c>Steward:Models:Cache</c>.</summary>
public sealed class ModelCacheOptions
{
    /// <summary>The most memory that answers take, in bytes; tenants share it evenly when it is short. 0 keeps nothing, and equal calls under way still share one answer. Default 64 MiB.</summary>
    public long MaxBytes { get; set; } = 64L * 1024 * 1024;

    /// <summary>The largest answer that is kept, in bytes. Default 256 KiB.</summary>
    public int MaxAnswerBytes { get; set; } = 256 * 1024;

    /// <summary>How long an answer of <see cref="AnswerClass.Static"/> is kept. Default 7 days.</summary>
    public TimeSpan StaticFor { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an answer of <see cref="AnswerClass.Standard"/> is kept. Default 1 hour.</summary>
    public TimeSpan StandardFor { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How long an answer of <see cref="AnswerClass.Dynamic"/> is kept: 5 to 15 minutes. Default 10 minutes.</summary>
    public TimeSpan DynamicFor { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a call waits for an equal one under way before it asks itself. Default 30 s.</summary>
    public TimeSpan SharedWait { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest question of the semantic cache: an embedder sees the beginning of a long text only. Default 300 characters.</summary>
    public int SemanticMaxCharacters { get; set; } = 300;

    /// <summary>
    /// Cosines by intent (the topics of the composition's <see cref="Tiers.IRequestClassifier"/>) that are stricter than the tenant's <see cref="Gateway.ModelTenantPolicy.SemanticThreshold"/>; the higher one holds, for a question that cannot be
    /// classified the highest of all. A question is classified only when a known one comes so near that this decides. Default: none.
    /// </summary>
    public IDictionary<string, double> SemanticThresholds { get; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>The share of semantic hits for which the model is asked as well, off the path, to measure false hits; 0 to 1. These calls are the tenant's, with the feature <c>cache-shadow</c>. Default 0.01.</summary>
    public double ShadowShare { get; set; } = 0.01;

    /// <summary>The cosine of two answers from which they say the same, for that measurement. Default 0.8.</summary>
    public double ShadowCosine { get; set; } = 0.8;

    internal TimeSpan KeepsFor(AnswerClass answerClass) => answerClass switch
    {
        AnswerClass.Static => StaticFor,
        AnswerClass.Standard => StandardFor,
        AnswerClass.Dynamic => DynamicFor,
        _ => TimeSpan.Zero,
    };
}

internal sealed class ModelCacheOptionsValidator : IValidateOptions<ModelCacheOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelCacheOptions options)
    {
        var failures = new List<string>();
        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                failures.Add("Steward:Models:Cache:" + message);
            }
        }

        Demand(options.MaxBytes is >= 0 and <= 1L << 40, "MaxBytes: set 0 to 1 TiB.");
        Demand(options.MaxAnswerBytes is >= 1024 and <= 64 * 1024 * 1024, "MaxAnswerBytes: set 1,024 to 67,108,864.");
        Demand(options.StaticFor > TimeSpan.Zero && options.StaticFor <= TimeSpan.FromDays(7), "StaticFor: set more than zero and at most 7 days.");
        Demand(options.StandardFor > TimeSpan.Zero && options.StandardFor <= TimeSpan.FromDays(1), "StandardFor: set more than zero and at most one day.");
        Demand(options.DynamicFor >= TimeSpan.FromMinutes(5) && options.DynamicFor <= TimeSpan.FromMinutes(15), "DynamicFor: set 5 to 15 minutes.");
        Demand(options.SharedWait >= TimeSpan.Zero && options.SharedWait <= TimeSpan.FromMinutes(10), "SharedWait: set zero to 10 minutes.");
        Demand(options.SemanticMaxCharacters is >= 1 and <= 4096, "SemanticMaxCharacters: set 1 to 4,096.");
        Demand(options.SemanticThresholds.Values.All(value => value is > 0 and <= 2), "SemanticThresholds: set more than 0 and at most 2; above 1 switches an intent off.");
        Demand(options.ShadowShare is >= 0 and <= 1, "ShadowShare: set 0 to 1.");
        Demand(options.ShadowCosine is > 0 and <= 1, "ShadowCosine: set more than 0 and at most 1.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
