using Microsoft.Extensions.Options;
using Steward.Engines.Experiments.Assignment;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;

namespace Steward.Models.Experiments;

/// <summary>Gives each call the variants of its conversation, and hands what became of it to the silo's observations. Nothing here waits for a grain, the first call of a tenant apart.</summary>
internal sealed class ExperimentStage(ExperimentCatalog catalog, ExperimentObservations observations, IEnumerable<IChatModelSource> models, IOptions<ModelsOptions> options) : IModelStage
{
    private readonly ModelCapabilityTable _capabilities = new(options.Value.Capabilities);

    /// <inheritdoc/>
    public string Name => "experiments";

    /// <inheritdoc/>
    public int Order => ModelStageOrder.Experiments;

    /// <inheritdoc/>
    public async ValueTask<ModelStageAnswer?> EnterAsync(ModelCall call, CancellationToken cancellationToken)
    {
        var isOpen = call.Model == ModelCall.Auto || ModelTiers.All.Contains(call.Model);
        foreach (var experiment in (await catalog.GetAsync(call.Origin.TenantId, cancellationToken)).Experiments)
        {
            // A caller who named a model, or set a parameter, gets that, in whatever group: so such calls take no part where variants differ in it.
            if ((isOpen || experiment.Spec.Variants.All(variant => variant.Model is null)) && LeavesOpen(call.Request.Sampling, experiment.Spec.Variants)
                && VariantOf(experiment, call.Origin) is { } index && experiment.Spec.Variants.All(variant => IsHeeded(call, variant)))
            {
                Apply(call, experiment, index);
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(ModelCall call, ModelCallOutcome outcome)
    {
        // Answers of a cache and refusals say nothing of a variant; nor does a call that nobody waited for.
        if (call.Variants.Count == 0 || !outcome.WasAsked || outcome.IsAborted)
        {
            return;
        }

        foreach (var experiment in (await catalog.GetAsync(call.Origin.TenantId, CancellationToken.None)).Experiments)
        {
            if (experiment.Status == ExperimentStatus.Running && GivenVariant(experiment, call) is { } index)
            {
                observations.Observe(call.Origin.TenantId, experiment, index, call.Origin.ConversationId ?? call.Origin.CallId, outcome);
            }
        }
    }

    /// <summary>The variant that a call was given; null when it did not take part.</summary>
    internal static int? GivenVariant(RunningExperiment experiment, ModelCall call)
    {
        var prefix = experiment.Name + "=";
        return call.Variants.FirstOrDefault(variant => variant.StartsWith(prefix, StringComparison.Ordinal)) is { } given ? IndexOf(experiment.Spec.Variants, given[prefix.Length..]) : null;
    }

    /// <summary>The variant of a call; null when it does not take part.</summary>
    internal static int? VariantOf(RunningExperiment experiment, ModelCallOrigin origin)
    {
        var spec = experiment.Spec;
        if (spec.Features.Count > 0 && !spec.Features.Contains(origin.Feature))
        {
            return null;
        }

        if (spec.Prompt is { } prompt)
        {
            // The renderer has chosen already; a call whose version is none of the variants' was rendered before the experiment was known.
            return experiment.Status != ExperimentStatus.Running || VariantOf(experiment, UnitOf(experiment, origin)) is not { } chosen || origin.PromptVersion != $"{prompt}@{spec.Variants[chosen].PromptVersion}" ? null : chosen;
        }

        return experiment.Status switch
        {
            ExperimentStatus.Running => VariantOf(experiment, UnitOf(experiment, origin)),
            ExperimentStatus.Promoted => experiment.Winner,
            _ => null,
        };
    }

    /// <summary>The variant of a conversation or person; null for what is left over.</summary>
    internal static int? VariantOf(RunningExperiment experiment, string unit) => VariantAssignment.Choose(experiment.Salt, unit, experiment.Shares);

    /// <summary>What is assigned of a tenant's, a person's conversation.</summary>
    internal static string UnitOf(RunningExperiment experiment, string tenantId, string? userId, string conversation) => experiment.Spec.AssignBy switch
    {
        ExperimentAssignment.Tenant => tenantId,
        ExperimentAssignment.Person when userId is not null => userId,
        _ => conversation,
    };

    private static string UnitOf(RunningExperiment experiment, ModelCallOrigin origin) => UnitOf(experiment, origin.TenantId, origin.UserId, origin.ConversationId ?? origin.CallId);

    private static bool LeavesOpen(ChatSampling asked, IReadOnlyList<ExperimentVariant> variants) =>
        (asked.Temperature is null || variants.All(variant => variant.Temperature is null))
        && (asked.TopP is null || variants.All(variant => variant.TopP is null))
        && (asked.ReasoningEffort is null || variants.All(variant => variant.Effort is null));

    // A parameter that no model which may answer can heed would have the call refused; the other variants leave such calls out too, else the groups would differ.
    private bool IsHeeded(ModelCall call, ExperimentVariant variant)
    {
        if (variant is { Temperature: null, TopP: null, Effort: null })
        {
            return true;
        }

        var asked = ExperimentRules.Parametrized(new ChatRequest { Messages = [] }, variant);
        var model = variant.Model ?? call.Model;
        return (model == ModelCall.Auto ? ModelTiers.All : [model]).All(name =>
        {
            var targets = models.SelectMany(source => source.TargetsOf(name)).Where(target => MayUse(call.Policy, target.Name)).ToList();
            return targets.Count == 0 || targets.Exists(target => _capabilities.Missing(target.Kind, target.Model, asked) is null);
        });
    }

    private static bool MayUse(ModelTenantPolicy policy, string target) => policy.Providers.Count == 0 || policy.Providers.Contains(target[..Math.Max(0, target.IndexOf('/', StringComparison.Ordinal))]);

    private void Apply(ModelCall call, RunningExperiment experiment, int index)
    {
        var variant = experiment.Spec.Variants[index];
        call.Model = variant.Model ?? call.Model;
        call.Request = ExperimentRules.Parametrized(call.Request, variant);
        if (variant.MaxOutputTokens is { } most)
        {
            call.Request = call.Request with { OutputCap = Math.Min(most, call.Request.OutputCap ?? most) };
        }

        var name = $"{experiment.Name}={variant.Name}";
        call.Variants.Add(name);
        call.Decide(Name, name);
    }

    private static int? IndexOf(IReadOnlyList<ExperimentVariant> variants, string name)
    {
        for (var i = 0; i < variants.Count; i++)
        {
            if (string.Equals(variants[i].Name, name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return null;
    }
}
