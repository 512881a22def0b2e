using System.Runtime.CompilerServices;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models;

/// <summary>The models of the configuration, for all tenants, behind the gateway: every call goes through its stages.</summary>
internal sealed class ChatModelProvider(IChatModelSource source, IModelGateway gateway, TimeProvider time, DegradationLadder? ladder = null, IModelTenantPolicies? policies = null) : IChatModelProvider
{
    private IModelGateway Gateway => gateway;

    private TimeProvider Time => time;

    private DegradationLadder? Ladder => ladder;

    private IModelTenantPolicies? Policies => policies;

    public IChatModel? ForTenant(string tenantId) => ForTenant(tenantId, ModelTiers.Standard);

    public IChatModel? ForTenant(string tenantId, string tier)
    {
        // What the pipeline will choose is not known yet: whoever plans with the model has to reckon with each tier.
        List<IChatModel> chains = [.. (tier == ModelCall.Auto ? [ModelTiers.Standard, ModelTiers.Small, ModelTiers.Large] : (IReadOnlyList<string>)[tier]).Select(source.Find).OfType<IChatModel>()];
        return chains.Count == 0 ? null : new TenantChatModel(this, tenantId, tier, chains);
    }

    private sealed class TenantChatModel(ChatModelProvider owner, string tenantId, string tier, IReadOnlyList<IChatModel> chains) : IChatModel
    {
        public string Name => chains[0].Name;

        public ModelPrice? Price => chains.Count == 1 ? chains[0].Price : chains.Any(chain => chain.Price is null) ? null : chains.MaxBy(chain => chain.Price!.Input + chain.Price.Output)!.Price;

        public IReadOnlyList<ModelPrice?> Prices => chains.Count == 1 ? chains[0].Prices : [.. chains.SelectMany(chain => chain.Prices).Distinct()];

        public long? ContextTokens => chains.Min(chain => chain.ContextTokens);

        public long ImageTokens => chains.Max(chain => chain.ImageTokens);

        public async ValueTask<string> StepAsync(CancellationToken cancellationToken) =>
            owner.Ladder is not { } ladder ? DegradationStep.Full.Name()
            : owner.Policies is { } policies ? ladder.StepFor(await policies.GetAsync(tenantId, cancellationToken)).Name()
            : ladder.Step.Name();

        // Who asks is what the request says as long as it is of this tenant: one tenant never pays for another.
        public async IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            ArgumentNullException.ThrowIfNull(request);
            var origin = request.Origin is { } given && given.TenantId == tenantId ? given : new ModelCallOrigin { TenantId = tenantId, Feature = "platform", IsInteractive = false };
            await foreach (var delta in owner.Gateway.StreamAsync(new ModelCall(origin, request, tier, owner.Time.GetUtcNow()), cancellationToken))
            {
                yield return delta;
            }
        }
    }
}
