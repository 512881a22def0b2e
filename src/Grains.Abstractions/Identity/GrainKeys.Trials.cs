using Steward.Errors;

namespace Steward.Identity;

public static partial class GrainKeys
{
    /// <summary>The key of how the cluster's silos find models: the cluster's, and no tenant's.</summary>
    public const string ModelHealth = "models";

    /// <summary>The key of the operator's switch of the degradation ladder: the cluster's, and no tenant's.</summary>
    public const string ModelSwitch = "models-switch";

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

    /// <summary>The key of what was said of an answer.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="target">The run or the model call whose answer it is, <c>r-…</c> or <c>mc-…</c>.</param>
    public static string Feedback(string tenantId, string target) =>
        ModelCallPattern().IsMatch(target ?? "") || (IsValidPart(target, 'r') && target!.Length <= MaxPartLength - 2)
            ? $"{Tenant(tenantId)}/f-{target}"
            : throw StewardException.Invalid("target", "must be the id of a run (r-…) or of a model call (mc-…).");

    /// <summary>The key of the list of what was said of a tenant's answers.</summary>
    public static string FeedbackIndex(string tenantId) => $"{Tenant(tenantId)}/i-feedback";

    /// <summary>The key of how good a tenant's answers are.</summary>
    public static string AnswerQuality(string tenantId) => $"{Tenant(tenantId)}/i-answer-quality";
}
