using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Models;

/// <summary>The same models for all tenants, from the configuration; none when there is no key.</summary>
internal sealed class ChatModelProvider(IOptions<ModelsOptions> options, IHttpClientFactory http, TimeProvider time, IRandomSource random) : IChatModelProvider
{
    public const string HttpClientName = "steward-models";

    private readonly ConcurrentDictionary<string, Lazy<IChatModel>> _models = new(StringComparer.Ordinal);

    public IChatModel? ForTenant(string tenantId) => ForTenant(tenantId, ModelTiers.Standard);

    public IChatModel? ForTenant(string tenantId, string tier)
    {
        var configured = options.Value;
        if (!configured.IsConfigured)
        {
            return null;
        }

        var name = configured.Tiers.TryGetValue(tier, out var model) ? model : configured.Model;
        return _models.GetOrAdd(name, key => new Lazy<IChatModel>(() => new OpenAIChatModel(configured, http.CreateClient(HttpClientName), time, random, key))).Value;
    }
}
