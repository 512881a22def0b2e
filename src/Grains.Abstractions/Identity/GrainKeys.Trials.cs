namespace Steward.Identity;

public static partial class GrainKeys
{
    /// <summary>The key of an experiment or canary.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="name">Its name, without the <c>e-</c>.</param>
    public static string Experiment(string tenantId, string name) => $"{Tenant(tenantId)}/{Part("e-" + name, 'e', "name")}";

    /// <summary>The key of the list of a tenant's experiments.</summary>
    public static string Experiments(string tenantId) => $"{Tenant(tenantId)}/i-experiments";

    /// <summary>The key of a registered prompt.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="name">Its name, without the <c>p-</c>.</param>
    public static string Prompt(string tenantId, string name) => $"{Tenant(tenantId)}/{Part("p-" + name, 'p', "name")}";

    /// <summary>The key of the list of a tenant's prompts.</summary>
    public static string Prompts(string tenantId) => $"{Tenant(tenantId)}/i-prompts";
}
