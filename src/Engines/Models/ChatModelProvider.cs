using Microsoft.Extensions.Options;

namespace Steward.Engines.Models;

/// <summary>One model for all tenants, from the configuration; none when there is no key.</summary>
internal sealed class ChatModelProvider(IOptions<ModelsOptions> options, IHttpClientFactory http, TimeProvider time, IRandomSource random) : IChatModelProvider
{
    public const string HttpClientName = "steward-models";

    private readonly Lazy<IChatModel?> _model = new(
        () => options.Value.IsConfigured ? new OpenAIChatModel(options.Value, http.CreateClient(HttpClientName), time, random) : null);

    public IChatModel? ForTenant(string tenantId) => _model.Value;
}
