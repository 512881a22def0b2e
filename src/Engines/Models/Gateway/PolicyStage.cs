namespace Steward.Engines.Models.Gateway;

/// <summary>Reads the tenant's policy and holds the call to it: which models may be asked for by name, which providers at all, which tags a call of the endpoint has to carry.</summary>
internal sealed class PolicyStage(IModelTenantPolicies policies, IChatModelSource models) : IModelStage
{
    public string Name => "policy";

    public int Order => ModelStageOrder.Policy;

    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        call.Policy = await policies.GetAsync(call.Origin.TenantId, cancellationToken);
        if (call.Model != ModelCall.Auto && !ModelTiers.All.Contains(call.Model))
        {
            PolicyRules.RequireModel(call.Policy, call.Model, models.Names);
        }

        PolicyRules.RequireTags(call.Policy, call.Origin);
        call.Request = call.Policy.Providers.Count > 0 ? call.Request with { Providers = call.Policy.Providers } : call.Request;
        call.Degradation = call.Policy.ForcedDegradation ?? call.Degradation;
        return null;
    }

    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => default;
}

/// <summary>The same policy for every tenant: where no settings of tenants are kept.</summary>
internal sealed class OneModelPolicy : IModelTenantPolicies
{
    public ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken) => new(ModelTenantPolicy.Default);
}
