using Microsoft.Extensions.Options;
using Steward.Engines.Models.Providers;

namespace Steward.Engines.Models;

/// <summary>Which model there is and how patient we are with it.</summary>
public sealed class ModelsOptions
{
    /// <summary>The provider's key. Without it no model is configured. Default: the environment's <c>OPENAI_API_KEY</c>.</summary>
    public string? ApiKey { get; set; }

    /// <summary>The endpoint; any that speaks OpenAI's chat completions. Default: the environment's <c>OPENAI_BASE_URL</c>, else OpenAI's.</summary>
    public string? BaseUrl { get; set; }

    /// <summary>
    /// The parameter that limits the length of an answer at <see cref="BaseUrl"/>: <c>max_completion_tokens</c> or <c>max_tokens</c>. Default null: the former at OpenAI's and Azure's own addresses and for models with OpenAI's names, the latter
    /// elsewhere. <see cref="Providers"/> have their own (<see cref="ModelProviderOptions.OutputLimit"/>).
    /// </summary>
    public string? OutputLimit { get; set; }

    /// <summary>The model. Default: the environment's <c>OPENAI_MODEL</c>, else <c>gpt-4.1-mini</c>.</summary>
    public string Model { get; set; } = "gpt-4.1-mini";

    /// <summary>Other models by tier: <c>small</c>, <c>standard</c>, <c>large</c>. A tier that is not named uses <see cref="Model"/>.</summary>
    public IDictionary<string, string> Tiers { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The longest wait for the first token of one attempt, from its beginning and, if it is longer than <see cref="IdleTimeout"/>, from each of its thoughts. Default 30 s.</summary>
    public TimeSpan FirstTokenTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest silence in the middle of an answer. Default 20 s.</summary>
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>The longest call, with all its attempts. Default 2 minutes.</summary>
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often a call is tried at most before its first token, with all models of its chain. Default 3.</summary>
    public int MaxAttempts { get; set; } = 3;

    /// <summary>The upper end of the first wait before a repetition. Default 500 ms.</summary>
    public TimeSpan RetryBaseDelay { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest wait before a repetition; a provider that asks for more fails the call. Default 10 s.</summary>
    public TimeSpan RetryMaxDelay { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>The most tokens of one answer; null is the provider's limit.</summary>
    public int? MaxOutputTokens { get; set; }

    /// <summary>Prices that replace or add to the built-in list.</summary>
    public IList<ModelPrice> Prices { get; } = [];

    /// <summary>What models can do, where the built-in table does not know it or is wrong.</summary>
    public IList<ModelCapabilities> Capabilities { get; } = [];

    /// <summary>
    /// Models that compute vectors of texts, each as <c>provider/model</c>, that may be asked for by name at the endpoint where a tenant's policy allows it. The platform's own embedder needs no entry.
    /// </summary>
    public IList<string> Embedders { get; } = [];

    /// <summary>Providers by name, 1 to 32 characters of a-z, 0-9 and hyphen. Without any, <see cref="ApiKey"/> and <see cref="BaseUrl"/> are the only one.</summary>
    public IDictionary<string, ModelProviderOptions> Providers { get; } = new Dictionary<string, ModelProviderOptions>(StringComparer.Ordinal);

    /// <summary>
    /// With <see cref="Providers"/>: for each tier up to eight models, each as <c>provider/model</c>, first choice first. The next one is asked when one fails before its first token. <c>standard</c> has to be there and
    /// stands for tiers that are not.
    /// </summary>
    public IDictionary<string, IList<string>> Chains { get; } = new Dictionary<string, IList<string>>(StringComparer.Ordinal);

    /// <summary>How long a model that fails is left alone first; doubled each time it fails again soon, up to 32 times. Default 10 s.</summary>
    public TimeSpan BreakerOpen { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether there is a model.</summary>
    public bool IsConfigured => Providers.Count > 0 || !string.IsNullOrWhiteSpace(ApiKey);

    /// <summary>How the provider of a name speaks.</summary>
    internal string KindOf(string provider) => Providers.TryGetValue(provider, out var named) ? named.Kind : ModelProviderOptions.OpenAI;

    /// <summary>The models of a tier, each as <c>provider/model</c>, first choice first.</summary>
    internal IReadOnlyList<string> ChainOf(string tier) =>
        Providers.Count == 0 ? [$"{ChatModelSource.OnlyProvider}/{(Tiers.TryGetValue(tier, out var model) ? model : Model)}"]
        : Chains.TryGetValue(tier, out var chain) ? [.. chain]
        : [.. Chains[ModelTiers.Standard]];
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

        if (options.OutputLimit is not (null or OpenAIOutputLimit.New or OpenAIOutputLimit.Old))
        {
            failures.Add($"Models:OutputLimit must be {OpenAIOutputLimit.New} or {OpenAIOutputLimit.Old}, or left out.");
        }

        if (string.IsNullOrWhiteSpace(options.Model))
        {
            failures.Add("Models:Model (OPENAI_MODEL) must name a model.");
        }

        failures.AddRange(ProviderProblems(options));
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
            (nameof(options.BreakerOpen), options.BreakerOpen),
        })
        {
            if (value <= TimeSpan.Zero || value > TimeSpan.FromHours(1))
            {
                failures.Add($"Models:{field} must be more than zero and at most one hour.");
            }
        }

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }

    private static IEnumerable<string> ProviderProblems(ModelsOptions options)
    {
        foreach (var (name, provider) in options.Providers)
        {
            if (name.Length is 0 or > 32 || !name.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'))
            {
                yield return $"Models:Providers:{name} must have a name of 1 to 32 characters of a-z, 0-9 and hyphen.";
            }

            if (provider.Kind is not (ModelProviderOptions.OpenAI or ModelProviderOptions.Anthropic))
            {
                yield return $"Models:Providers:{name}:Kind must be {ModelProviderOptions.OpenAI} or {ModelProviderOptions.Anthropic}.";
            }

            if (!string.IsNullOrEmpty(provider.BaseUrl) && !(Uri.TryCreate(provider.BaseUrl, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
            {
                yield return $"Models:Providers:{name}:BaseUrl must be an absolute http or https address.";
            }

            if (provider.OutputLimit is not (null or OpenAIOutputLimit.New or OpenAIOutputLimit.Old))
            {
                yield return $"Models:Providers:{name}:OutputLimit must be {OpenAIOutputLimit.New} or {OpenAIOutputLimit.Old}, or left out.";
            }

            if (provider.ApiKeys.Count is 0 or > 32 || provider.ApiKeys.Any(string.IsNullOrWhiteSpace))
            {
                yield return $"Models:Providers:{name}:ApiKeys must have 1 to 32 keys.";
            }
        }

        foreach (var entry in options.Embedders)
        {
            var slash = entry.IndexOf('/', StringComparison.Ordinal);
            var provider = slash < 1 ? "" : entry[..slash];
            var isKnown = options.Providers.Count == 0 ? provider == ChatModelSource.OnlyProvider : options.Providers.ContainsKey(provider);
            if (slash < 1 || slash == entry.Length - 1 || !isKnown || options.KindOf(provider) != ModelProviderOptions.OpenAI)
            {
                yield return $"Models:Embedders: '{entry}' must be provider/model with a provider of the kind {ModelProviderOptions.OpenAI}.";
            }
        }

        if (options.Providers.Count > 0 && !options.Chains.ContainsKey(ModelTiers.Standard))
        {
            yield return $"Models:Chains:{ModelTiers.Standard} must name a model, as provider/model, where there are Models:Providers.";
        }

        foreach (var (tier, chain) in options.Chains)
        {
            if (!ModelTiers.All.Contains(tier))
            {
                yield return $"Models:Chains:{tier} must be one of {string.Join(", ", ModelTiers.All)}.";
            }

            if (chain.Count is 0 or > 8 || chain.Any(entry => entry.IndexOf('/', StringComparison.Ordinal) is var slash && (slash < 1 || slash == entry.Length - 1 || !options.Providers.ContainsKey(entry[..slash]))))
            {
                yield return $"Models:Chains:{tier} must have 1 to 8 entries provider/model, each with a provider of Models:Providers.";
            }
        }
    }
}
