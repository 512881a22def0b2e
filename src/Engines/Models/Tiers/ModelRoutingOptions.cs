using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Models.Tiers;

/// <summary>How a tier is chosen for calls that leave it open. Configuration section <c>Steward:Models:Routing</c>.</summary>
public sealed class ModelRoutingOptions
{
    /// <summary>The probability that the small model is enough from which it is asked. Default 0.88.</summary>
    public double SmallFrom { get; set; } = 0.88;

    /// <summary>The probability of a request of several things from which the large model is asked, whatever else is said. Default 0.8.</summary>
    public double LargeFrom { get; set; } = 0.8;

    /// <summary>The probability that the middle is enough, below which the large model is asked. Default 0.64.</summary>
    public double StandardFrom { get; set; } = 0.64;

    /// <summary>The longest question for the small model, in characters. Default 600.</summary>
    public int SmallCharacters { get; set; } = 600;

    /// <summary>The longest conversation for the small model, in characters. Default 24,000.</summary>
    public int SmallContextCharacters { get; set; } = 24_000;

    /// <summary>How much of a question is read, in characters. Default 4,000.</summary>
    public int ReadCharacters { get; set; } = 4000;

    /// <summary>How far from <see cref="LargeFrom"/> the probability of several things has to be by a first look, so that nobody looks closer. Default 0.05.</summary>
    public double GlanceMargin { get; set; } = 0.05;

    /// <summary>The probability of an intent from which a first look is enough. Default 0.9.</summary>
    public double GlanceIntent { get; set; } = 0.9;

    /// <summary>The probability of the likeliest intent up to which a first look is enough to say that there is none. Default 0.35.</summary>
    public double GlanceNoIntent { get; set; } = 0.35;

    /// <summary>The probability by a first look from which the cap on cost of a topic, or of several together, holds a call; at most <see cref="GlanceIntent"/>. Default 0.5.</summary>
    public double CapFrom { get; set; } = 0.5;

    /// <summary>How many closer looks are remembered, of all tenants together. 0 remembers none. Default 10,000.</summary>
    public int KnownRequests { get; set; } = 10_000;

    /// <summary>For how long; a new version of a classifier is used for all texts after that. Default 10 minutes.</summary>
    public TimeSpan KnownFor { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The longest time that a closer look may take; then the words and the first look decide. Default 5 ms.</summary>
    public TimeSpan ClassifyWithin { get; set; } = TimeSpan.FromMilliseconds(5);

    /// <summary>The tokens of an answer that a cap on its cost reckons with where neither the call nor the configuration has a limit. Default 4,096.</summary>
    public int AssumedOutputTokens { get; set; } = 4096;
}

internal sealed class ModelRoutingOptionsValidator(IConfiguration? configuration = null) : IValidateOptions<ModelRoutingOptions>
{
    /// <summary>Settings that were, and by what they are replaced. Whoever set one wanted something that would not hold any more.</summary>
    private static readonly string[] Gone = ["GlanceSingle", "GlanceSeveral"];

    public ValidateOptionsResult Validate(string? name, ModelRoutingOptions options)
    {
        var failures = new List<string>();
        void Demand(bool condition, string message)
        {
            if (!condition)
            {
                failures.Add("Steward:Models:Routing:" + message);
            }
        }

        Demand(new[] { options.SmallFrom, options.LargeFrom, options.StandardFrom }.All(value => value is >= 0 and <= 1.01), "SmallFrom, LargeFrom, StandardFrom: set 0 to 1; 1.01 is never.");
        Demand(
            options.GlanceMargin is >= 0 and <= 1.01 && new[] { options.GlanceIntent, options.GlanceNoIntent }.All(value => value is >= -0.01 and <= 1.01) && options.GlanceNoIntent < options.GlanceIntent,
            "GlanceMargin: set 0 to 1, 0 is never a closer look, 1.01 always; GlanceIntent, GlanceNoIntent: set 0 to 1, GlanceNoIntent below GlanceIntent; -0.01 and 1.01 are never.");
        Demand(options.CapFrom is > 0 and <= 1.01, "CapFrom: set more than 0 and at most 1; 1.01 is never.");
        Demand(options.CapFrom <= options.GlanceIntent, "CapFrom: set at most GlanceIntent; else the cap of a topic would not hold a call of which the first look is sure that it is about it.");
        foreach (var key in Gone)
        {
            Demand(configuration?.GetSection("Steward:Models:Routing")[key] is null, $"{key}: remove it; GlanceMargin says now how far from LargeFrom the probability of several things has to be, so that nobody looks closer.");
        }

        Demand(options.KnownRequests is >= 0 and <= 10_000_000 && options.KnownFor > TimeSpan.Zero && options.KnownFor <= TimeSpan.FromDays(1), "KnownRequests: set 0 to 10,000,000; KnownFor: more than zero and at most a day.");
        Demand(options.SmallCharacters >= 0 && options.SmallContextCharacters >= 0 && options.ReadCharacters >= 0, "SmallCharacters, SmallContextCharacters, ReadCharacters: set 0 or more.");
        Demand(options.ClassifyWithin > TimeSpan.Zero && options.ClassifyWithin <= TimeSpan.FromSeconds(10), "ClassifyWithin: set more than zero and at most 10 s.");
        Demand(options.AssumedOutputTokens is >= 1 and <= 10_000_000, "AssumedOutputTokens: set 1 to 10,000,000.");
        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
