namespace Steward.Engines.Models.Gateway;

/// <summary>Reads the tenant's policy and holds the call to it: which models may be asked for by name, which tags a call of the endpoint has to carry.</summary>
internal sealed class PolicyStage(IModelTenantPolicies policies, IChatModelSource models) : IModelStage
{
    public string Name => "policy";

    public int Order => ModelStageOrder.Policy;

    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        call.Policy = await policies.GetAsync(call.Origin.TenantId, cancellationToken);
        if (call.Model != ModelCall.Auto && !ModelTiers.All.Contains(call.Model))
        {
            CheckModel(call);
        }

        if (call.Origin.IsExternal && call.Policy.RequiredTags.Where(tag => !call.Origin.Tags.ContainsKey(tag)).ToList() is { Count: > 0 } missing)
        {
            throw new ModelException("model_tags_missing", $"Calls of this tenant carry the tags {string.Join(", ", call.Policy.RequiredTags)}; missing: {string.Join(", ", missing)}. Send x-steward-tags: {missing[0]}=….");
        }

        call.Degradation = call.Policy.ForcedDegradation ?? call.Degradation;
        return null;
    }

    public ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome) => default;

    // What is not allowed is not said to exist.
    private void CheckModel(ModelCall call)
    {
        if (!call.Policy.Models.Contains("*") && !call.Policy.Models.Contains(call.Model))
        {
            throw new ModelException("model_not_allowed", $"The model '{call.Model}' may not be asked for by name in this tenant. GET /openai/v1/models lists what may.");
        }

        if (!models.Names.Contains(call.Model))
        {
            throw new ModelException("model_missing", $"The model '{call.Model}' is not configured.");
        }
    }
}

/// <summary>The same policy for every tenant: where no settings of tenants are kept.</summary>
internal sealed class OneModelPolicy : IModelTenantPolicies
{
    public ValueTask<ModelTenantPolicy> GetAsync(string tenantId, CancellationToken cancellationToken) => new(ModelTenantPolicy.Default);
}
