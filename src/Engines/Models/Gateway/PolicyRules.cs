namespace Steward.Engines.Models.Gateway;

/// <summary>What a tenant's policy says of a call, whatever it is a call of. Pure.</summary>
internal static class PolicyRules
{
    /// <summary>Refuses models that may not be asked for by name, and ones that are not configured. What is not allowed is not said to exist.</summary>
    /// <exception cref="ModelException"><c>model_not_allowed</c> or <c>model_missing</c>.</exception>
    public static void RequireModel(ModelTenantPolicy policy, string model, IReadOnlyList<string> configured)
    {
        if (!IsAllowed(policy, model))
        {
            throw new ModelException("model_not_allowed", $"The model '{model}' may not be asked for by name in this tenant. GET /openai/v1/models lists what may.");
        }

        if (!configured.Contains(model))
        {
            throw new ModelException("model_missing", $"The model '{model}' is not configured.");
        }
    }

    /// <summary>Whether a model may be asked for by name.</summary>
    public static bool IsAllowed(ModelTenantPolicy policy, string model) => (policy.Models.Contains("*") || policy.Models.Contains(model)) && MayUse(policy, model);

    /// <summary>Whether the provider of a <c>provider/model</c> may be asked at all.</summary>
    public static bool MayUse(ModelTenantPolicy policy, string model) => policy.Providers.Count == 0 || policy.Providers.Contains(model[..Math.Max(0, model.IndexOf('/', StringComparison.Ordinal))]);

    /// <summary>Refuses calls of the endpoint that lack a tag which the tenant demands.</summary>
    /// <exception cref="ModelException"><c>model_tags_missing</c>.</exception>
    public static void RequireTags(ModelTenantPolicy policy, ModelCallOrigin origin)
    {
        if (origin.IsExternal && policy.RequiredTags.Where(tag => !origin.Tags.ContainsKey(tag)).ToList() is { Count: > 0 } missing)
        {
            throw new ModelException("model_tags_missing", $"Calls of this tenant carry the tags {string.Join(", ", policy.RequiredTags)}; missing: {string.Join(", ", missing)}. Send x-steward-tags: {missing[0]}=….");
        }
    }
}
