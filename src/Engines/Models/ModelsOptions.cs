using Microsoft.Extensions.Options;

namespace Steward.Engines.Models;

/// <summary>Which model there is and how patient we are with it.</summary>
public sealed class ModelsOptions
{
    /// <summary>The provider's key. Without it no model is configured. Default: the environment's <c>OPENAI_API_KEY</c>.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The endpoint; any that speaks OpenAI's chat completions. Default: the environment's <c>OPENAI_BASE_URL</c>, else OpenAI's.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>The model. Default: the environment's <c>OPENAI_MODEL</c>, else <c>gpt-4.1-mini</c>.</summary>
    public string Model { get; set; } = "gpt-4.1-mini";

    /// <summary>Other models by tier: <c>small</c>, <c>standard</c>, <c>large</c>. A tier that is not named uses <see cref="Model"/>.</summary>
    public IDictionary<string, string> Tiers { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The longest wait for the first token of one attempt. Default 30 s.</summary>
    public TimeSpan FirstTokenTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest silence in the middle of an answer. Default 20 s.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest call, with all its attempts. Default 2 minutes.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a call is tried at most before its first token. Default 3.</summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>The upper end of the first wait before a repetition. Default 500 ms.</summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before a repetition; a provider that asks for more fails the call. Default 10 s.</summary>
    public TimeSpan RetryMaxDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The most tokens of one answer; null is the provider's limit.</summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>Prices that replace or add to the built-in list.</summary>
    public IList<ModelPrice> Prices { get; } = [];

    /// <summary>Whether there is a model.</summary>
    public bool IsConfigured => !string.IsNullOrWhiteSpace(ApiKey);
}

internal sealed class ModelsOptionsValidator : IValidateOptions<ModelsOptions>
{
    public ValidateOptionsResult Validate(string? name, ModelsOptions options)
    {
        var failures = new List<string>();
        if (!string.IsNullOrEmpty(options.BaseUrl) && !(Uri.TryCreate(options.BaseUrl, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            failures.Add("Models:BaseUrl (OPENAI_BASE_URL) must be an absolute http or https address, for example https://models.example.com/v1.");
        }

        if (string.IsNullOrWhiteSpace(options.Model))
        {
            failures.Add("Models:Model (OPENAI_MODEL) must name a model.");
        }

        foreach (var (tier, model) in options.Tiers)
        {
            if (!ModelTiers.All.Contains(tier) || string.IsNullOrWhiteSpace(model))
            {
                failures.Add($"Models:Tiers:{tier} must be one of {string.Join(", ", ModelTiers.All)} and name a model.");
            }
        }

        if (options.MaxAttempts is < 1 or > 10)
        {
            failures.Add("Models:MaxAttempts must be 1 to 10.");
        }

        foreach (var (field, value) in new[]
        {
            (nameof(options.FirstTokenTimeout), options.FirstTokenTimeout),
            (nameof(options.IdleTimeout), options.IdleTimeout),
            (nameof(options.TotalTimeout), options.TotalTimeout),
        })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromHours(1))
            {
                failures.Add($"Models:{field} must be more than zero and at most one hour.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
