using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Models.Providers;
using Steward.Engines.Models.Routing;

namespace Steward.Engines.Models;

/// <summary>The embedding models of the configuration. Entries with the same model's name are one model at several providers, and stand in for each other.</summary>
internal sealed class EmbeddingModelSource(IOptions<ModelsOptions> options, IHttpClientFactory http, TimeProvider time, IRandomSource random, ProviderRetryBudgets retries) : IEmbeddingModelSource
{
    private const int LongestChain = 8;

    private readonly ConcurrentDictionary<string, Lazy<ModelTarget<IEmbeddingEndpoint>>> _targets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<IEmbeddingModel>> _chains = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, VectorLength> _lengths = new(StringComparer.Ordinal);
    private readonly ModelPrices _prices = new(options.Value.Prices);

    public IReadOnlyList<string> Names => options.Value.IsConfigured ? [.. options.Value.Embedders] : [];

    public IEmbeddingModel? Find(string model, Func<string, bool>? isAllowed = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        var all = Names;
        if (!all.Contains(model))
        {
            return null;
        }

        // The one that was asked for first, then the others in the configuration's order, as far as they may be asked.
        string[] names = [model, .. all.Where(name => name != model && ModelOf(name) == ModelOf(model) && (isAllowed?.Invoke(name) ?? true)).Take(LongestChain - 1)];
        return _chains.GetOrAdd(string.Join(' ', names), _ => new Lazy<IEmbeddingModel>(() => new EmbeddingChain([.. names.Select(Target)], options.Value, _prices, time, random, _lengths.GetOrAdd(model, static _ => new VectorLength())))).Value;
    }

    public IReadOnlyList<ModelTargetHealth> Health =>
        [.. _targets.Values.Where(target => target.IsValueCreated).Select(target => target.Value.Health).OfType<ModelTargetHealth>().Select(health => health with { Name = HealthName(health.Name) })];

    public void Learn(IReadOnlyList<ModelTargetElsewhere> elsewhere)
    {
        ArgumentNullException.ThrowIfNull(elsewhere);
        foreach (var (name, target) in _targets)
        {
            if (target.IsValueCreated)
            {
                target.Value.Learn(elsewhere.FirstOrDefault(other => other.Name == HealthName(name)));
            }
        }
    }

    private static string ModelOf(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];

    // A provider may fail for vectors alone: what silos say of it to each other is kept apart from its chats.
    private static string HealthName(string name) => name + "#embeddings";

    private ModelTarget<IEmbeddingEndpoint> Target(string name) => _targets.GetOrAdd(name, key => new Lazy<ModelTarget<IEmbeddingEndpoint>>(() =>
    {
        var configured = options.Value;
        var (provider, model) = (key[..key.IndexOf('/', StringComparison.Ordinal)], ModelOf(key));
        var (url, keys) = configured.Providers.TryGetValue(provider, out var named)
            ? (named.BaseUrl, (IReadOnlyList<string>)[.. named.ApiKeys])
            : (configured.BaseUrl, [configured.ApiKey!]);
        return new ModelTarget<IEmbeddingEndpoint>(
            provider,
            model,
            [.. keys.Select(apiKey => new Lazy<IEmbeddingEndpoint>(() => new OpenAIEmbeddingEndpoint(model, apiKey, url, http.CreateClient(ChatModelSource.HttpClientName), time)))],
            ChatModelSource.BreakerOf(configured),
            time,
            retries.Of(provider));
    })).Value;
}
