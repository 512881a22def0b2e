using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;
using Steward.Engines.Resilience;

namespace Steward.Engines.Models;

/// <summary>The chains of the configuration; none when there is no key.</summary>
internal sealed class ChatModelSource(IOptions<ModelsOptions> options, IHttpClientFactory http, TimeProvider time, IRandomSource random, ProviderRetryBudgets retries) : IChatModelSource
{
    public const string HttpClientName = "steward-models";

    /// <summary>The provider that <see cref="ModelsOptions.ApiKey"/> and <see cref="ModelsOptions.BaseUrl"/> stand for.</summary>
    public const string OnlyProvider = "openai";

    private readonly ConcurrentDictionary<string, Lazy<ModelTarget>> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<IChatModel>> _chains = new(StringComparer.Ordinal);
    private readonly ModelPrices _prices = new(options.Value.Prices);
    private readonly ModelCapabilityTable _capabilities = new(options.Value.Capabilities);

    public bool IsConfigured => options.Value.IsConfigured;

    public IReadOnlyList<string> Names => !IsConfigured ? [] : [.. ModelTiers.All.SelectMany(options.Value.ChainOf).Distinct(StringComparer.Ordinal)];

    public double OpenShare
    {
        get
        {
            var known = _targets.Values.Where(target => target.IsValueCreated).Select(target => target.Value.Phase).ToList();
            return known.Count == 0 ? 0 : known.Count(phase => phase == BreakerPhase.Open) / (double)known.Count;
        }
    }

    public IReadOnlyList<ModelTargetHealth> Health => [.. _targets.Values.Where(target => target.IsValueCreated).Select(target => target.Value.Health).OfType<ModelTargetHealth>()];

    public void Learn(IReadOnlyList<ModelTargetElsewhere> elsewhere)
    {
        ArgumentNullException.ThrowIfNull(elsewhere);
        foreach (var (name, target) in _targets)
        {
            if (target.IsValueCreated)
            {
                target.Value.Learn(elsewhere.FirstOrDefault(other => other.Name == name));
            }
        }
    }

    public IChatModel? Find(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        var configured = options.Value;
        if (!configured.IsConfigured || (!ModelTiers.All.Contains(model) && !Names.Contains(model)))
        {
            return null;
        }

        // Tiers with the same models share one chain.
        var names = ModelTiers.All.Contains(model) ? configured.ChainOf(model) : [model];
        return _chains.GetOrAdd(string.Join(' ', names), _ => new Lazy<IChatModel>(() => new ModelChain([.. names.Select(Target)], configured, _prices, time, random, _capabilities))).Value;
    }

    public IReadOnlyList<ModelTargetName> TargetsOf(string model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Find(model) is ModelChain chain
            ? [.. chain.Targets.Select(target => new ModelTargetName(options.Value.KindOf(target.Provider), $"{target.Provider}/{target.Model}", target.Model))]
            : [];
    }

    // Chains that name the same model share what is known of it.
    private ModelTarget Target(string name) => _targets.GetOrAdd(name, key => new Lazy<ModelTarget>(() =>
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        var (provider, model) = (key[..slash], key[(slash + 1)..]);
        var configured = options.Value;
        var (kind, url, keys, outputLimit) = configured.Providers.TryGetValue(provider, out var named)
            ? (named.Kind, named.BaseUrl, (IReadOnlyList<string>)[.. named.ApiKeys], named.OutputLimit)
            : (ModelProviderOptions.OpenAI, configured.BaseUrl, [configured.ApiKey!], configured.OutputLimit);
        return new ModelTarget(
            provider,
            model,
            [.. keys.Select(apiKey => new Lazy<IModelEndpoint>(() => Endpoint(kind, model, apiKey, url, configured.MaxOutputTokens, outputLimit)))],
            BreakerOf(configured),
            time,
            retries.Of(provider));
    })).Value;

    /// <summary>When calls of a model stop, whatever they ask for.</summary>
    internal static BreakerSpec BreakerOf(ModelsOptions options) =>
        new() { ConsecutiveFailures = 3, FailureRatio = 0.1, MinimumThroughput = 20, Sampling = TimeSpan.FromSeconds(10), Open = options.BreakerOpen, Probes = 3 };

    private IModelEndpoint Endpoint(string kind, string model, string key, string? url, int? maxOutputTokens, string? outputLimit) => kind == ModelProviderOptions.Anthropic
        ? new AnthropicEndpoint(model, key, url, maxOutputTokens, http.CreateClient(HttpClientName), time)
        : new OpenAIEndpoint(model, key, url, maxOutputTokens, http.CreateClient(HttpClientName), time, outputLimit);
}
