using System.Diagnostics.Metrics;

namespace Steward.Engines.Models.Caching;

/// <summary>The metrics of the caches. Without tenants, so that the number of series does not grow with them.</summary>
internal static class CacheMetrics
{
    private static readonly Counter<long> Calls = Diagnostics.Meter.CreateCounter<long>(
        "steward.models.cache.calls", "{call}", "Calls by what the caches did: exact, semantic and shared are hits; miss; off when nothing may be kept.");

    private static readonly Counter<long> SavedTokens = Diagnostics.Meter.CreateCounter<long>("steward.models.cache.saved_tokens", "{token}", "Tokens that models did not read or write because an answer was known.");

    private static readonly Counter<double> SavedCost = Diagnostics.Meter.CreateCounter<double>("steward.models.cache.saved_cost", "{USD}", "What these answers would have cost, where prices are known.");

    private static readonly UpDownCounter<long> Size = Diagnostics.Meter.CreateUpDownCounter<long>("steward.models.cache.size", "By", "Memory that cached answers take.");

    private static readonly Counter<long> Evictions = Diagnostics.Meter.CreateCounter<long>("steward.models.cache.evicted", "{answer}", "Answers that went before their time because memory was short.");

    private static readonly Counter<long> Shadows = Diagnostics.Meter.CreateCounter<long>(
        "steward.models.cache.shadow", "{call}", "Semantic hits for which the model was asked as well, by result: agrees, differs (a false hit), failed (not known).");

    private static readonly Histogram<double> Lookup = Diagnostics.Meter.CreateHistogram(
        "steward.models.cache.lookup",
        "s",
        "How long a cache took to answer or let go on, waiting for equal calls not included.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1] });

    public static void Called(string result, AnswerClass? answerClass = null) => Calls.Add(1, new("result", result), new("class", answerClass switch
    {
        AnswerClass.Static => "static",
        AnswerClass.Standard => "standard",
        AnswerClass.Dynamic => "dynamic",
        AnswerClass.Personal => "personal",
        _ => "none",
    }));

    public static void Hit(string result, AnswerClass answerClass, CachedAnswer answer)
    {
        Called(result, answerClass);
        if (answer.Usage is { } usage)
        {
            SavedTokens.Add(usage.InputTokens + usage.OutputTokens);
            SavedCost.Add((double)(usage.CostUsd ?? 0));
        }
    }

    public static void LookedUp(string cache, TimeSpan took) => Lookup.Record(took.TotalSeconds, new KeyValuePair<string, object?>("cache", cache));

    public static void Resized(long by) => Size.Add(by);

    public static void Evicted() => Evictions.Add(1);

    public static void Shadowed(string result) => Shadows.Add(1, new KeyValuePair<string, object?>("result", result));
}
