using System.Runtime.CompilerServices;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models;

/// <summary>The models of the configuration, for all tenants, behind the gateway: every call goes through its stages.</summary>
internal sealed class ChatModelProvider(IChatModelSource source, IModelGateway gateway, TimeProvider time) : IChatModelProvider
{
    public IChatModel? ForTenant(string tenantId) => ForTenant(tenantId, ModelTiers.Standard);

    public IChatModel? ForTenant(string tenantId, string tier) => source.Find(tier) is { } chain ? new TenantChatModel(tenantId, tier, chain, gateway, time) : null;

    private sealed class TenantChatModel(string tenantId, string tier, IChatModel chain, IModelGateway gateway, TimeProvider time) : IChatModel
    {
        public string Name => chain.Name;

        public ModelPrice? Price => chain.Price;

        public IReadOnlyList<ModelPrice?> Prices => chain.Prices;

        public long? ContextTokens => chain.ContextTokens;

        // Who asks is what the request says as long as it is of this tenant: one tenant never pays for another.
        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(request);
            var origin = request.Origin is { } given && given.TenantId == tenantId ? given : new ModelCallOrigin { TenantId = tenantId, Feature = "platform", IsInteractive = false };
            await foreach (var delta in gateway.StreamAsync(new ModelCall(origin, request, tier, time.GetUtcNow()), cancellationToken))
            {
                yield return delta;
            }
        }
    }
}
