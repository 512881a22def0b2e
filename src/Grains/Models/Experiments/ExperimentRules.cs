using System.Text.RegularExpressions;
using Steward.Engines.Experiments.Decisions;
using Steward.Engines.Models;
using Steward.Engines.Models.Gateway;
using Steward.Errors;

namespace Steward.Models.Experiments;

/// <summary>What an experiment may be, and the plan that decides about it. Pure.</summary>
internal static partial class ExperimentRules
{
    private const int MaxVariants = 5;
    private const int MaxMetrics = 8;
    private static readonly string[] Efforts = ["minimal", "low", "medium", "high"];
    private static readonly TimeSpan LongestDuration = TimeSpan.FromDays(90);

    /// <summary>Checks a specification.</summary>
    /// <returns>It with its defaults filled in.</returns>
    public static ExperimentSpec Check(ExperimentSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var isCanary = spec.Type == ExperimentType.Canary;
        Require(Enum.IsDefined(spec.Type), "type", "is not known.");
        Require(Enum.IsDefined(spec.AssignBy), "assignBy", "is not known.");
        Require(!isCanary || spec.AssignBy != ExperimentAssignment.Tenant, "assignBy", "must be conversation or person for a canary: within one tenant there would be no control.");
        Require(spec.Description is { Length: <= 500 }, "description", "must have at most 500 characters.");
        Require(spec.Features is { Count: <= 20 } && spec.Features.All(feature => feature is { Length: > 0 and <= 64 }), "features", "must be at most 20 names of 1 to 64 characters.");
        Require(spec.Alpha is > 0 and <= 0.2, "alpha", "must be above 0 and at most 0.2.");
        Require(spec.MinimumUnits is >= 1 and <= 1_000_000, "minimumUnits", "must be 1 to 1,000,000.");
        Require(spec.MaximumDuration > TimeSpan.Zero && spec.MaximumDuration <= LongestDuration, "maximumDuration", "must be above zero and at most 90 days.");
        Require(spec.MinimumDuration is null || (spec.MinimumDuration >= TimeSpan.Zero && spec.MinimumDuration < spec.MaximumDuration), "minimumDuration", "must be shorter than maximumDuration.");
        CheckVariants(spec, isCanary);
        var stages = spec.Stages ?? [];
        Require(!isCanary || (stages.Count is >= 1 and <= 5 && stages.All(share => share is > 0 and < 1) && stages.Zip(stages.Skip(1)).All(pair => pair.First < pair.Second)), "stages", "must be 1 to 5 rising shares above 0 and below 1.");
        IReadOnlyList<ExperimentMetric> metrics = spec.Metrics is { Count: > 0 } given ? [.. given.Select(Completed)] : DefaultMetrics(isCanary);
        Require(metrics.Count <= MaxMetrics, "metrics", $"must be at most {MaxMetrics}.");
        foreach (var metric in metrics)
        {
            Require(ExperimentMetrics.All.Contains(metric.Name), "metrics.name", $"must be one of {string.Join(", ", ExperimentMetrics.All)}.");
            Require(metric.Clip is null or (> 0 and < 1e9), "metrics.clip", "must be above 0.");
            Require(metric.Margin is null or (> 0 and < 1e9), "metrics.margin", "must be above 0.");
            Require(metric.Weight is > 0 and <= 100, "metrics.weight", "must be above 0 and at most 100.");
            Require(metric.Threshold is null or (> 0 and < 3600), "metrics.threshold", "must be above 0 and below 3600 seconds.");
            Require(metric.OwnAttenuation is null or (> 0 and <= 1), "metrics.attenuation", "must be above 0 and at most 1.");
        }

        Require(metrics.Select(metric => metric.Name).Distinct().Count() == metrics.Count, "metrics", "must not name one twice.");
        Require(isCanary || metrics.Any(metric => metric.IsPrimary), "metrics", "must have a primary one.");
        Require(!isCanary || metrics.Any(metric => metric.Margin is not null), "metrics", "must have one with a margin: a canary is promoted when it is proved not to be worse by it.");
        return spec with { Metrics = metrics, MinimumDuration = spec.MinimumDuration ?? (isCanary ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1)), Stages = stages };
    }

    /// <summary>The plan of a checked specification.</summary>
    public static ExperimentPlan PlanOf(ExperimentSpec spec) => new()
    {
        Kind = spec.Type == ExperimentType.Canary ? ExperimentKind.Canary : ExperimentKind.Experiment,
        Shares = [.. spec.Variants.Select(variant => variant.Share)],
        Metrics = [.. spec.Metrics.Select(PlanOf)],
        IsOnlyAssigned = spec.AssignBy == ExperimentAssignment.Tenant,
        Alpha = spec.Alpha,
        MinimumUnits = spec.MinimumUnits,
        MinimumDuration = spec.MinimumDuration!.Value,
        MaximumDuration = spec.MaximumDuration,

        // The first of several stages has few conversations: it proves half as much, and the ones after it all of it.
        Stages =
        [
            .. spec.Stages.Select((share, i) => new CanaryStage
            {
                Share = share,
                MarginFactor = i == 0 && spec.Stages.Count > 1 ? 2 : 1,
                MinimumUnits = Math.Max(50, spec.Type == ExperimentType.Canary ? spec.MinimumUnits : 0),
                MinimumDuration = spec.MinimumDuration.Value,
            }),
        ],
    };

    /// <summary>A metric with its attenuation in both places, wherever it was given: callers of earlier releases know the one, those of this one the other. Their default, 1, leaves it open.</summary>
    public static ExperimentMetric Completed(ExperimentMetric metric)
    {
        var own = metric.OwnAttenuation ?? (metric.Attenuation == 1 ? null : metric.Attenuation);
        return metric with { OwnAttenuation = own, Attenuation = own ?? 1 };
    }

    private static MetricPlan PlanOf(ExperimentMetric metric) => new()
    {
        Name = metric.Name,
        Kind = metric.Name is ExperimentMetrics.Errors or ExperimentMetrics.Escalation ? MetricKind.Failure : MetricKind.Mean,
        HigherIsBetter = metric.Name is ExperimentMetrics.Success or ExperimentMetrics.Thumbs or ExperimentMetrics.Score,
        Clip = metric.Clip ?? metric.Name switch
        {
            ExperimentMetrics.Latency => 30,
            ExperimentMetrics.Tokens => 8_000,
            ExperimentMetrics.Cost => 0.25,
            _ => 1,
        },
        Margin = metric.Margin,
        Weight = metric.Weight,
        IsPrimary = metric.IsPrimary,
        Attenuation = metric.OwnAttenuation ?? metric.Attenuation,
    };

    private static IReadOnlyList<ExperimentMetric> DefaultMetrics(bool isCanary) => isCanary
        ?
        [
            new ExperimentMetric { Name = ExperimentMetrics.Errors, Margin = 0.02, Weight = 2 },
            new ExperimentMetric { Name = ExperimentMetrics.Slow, Margin = 0.05 },
            new ExperimentMetric { Name = ExperimentMetrics.Tokens, Margin = 400 },

            // Not every model has a price, and few answers are judged, none where the tenant does not have them judged: harm that shows is acted on, but a canary does not wait for a proof.
            new ExperimentMetric { Name = ExperimentMetrics.Cost },
            new ExperimentMetric { Name = ExperimentMetrics.Score },
        ]
        : [new ExperimentMetric { Name = ExperimentMetrics.Success, IsPrimary = true }, new ExperimentMetric { Name = ExperimentMetrics.Tokens, Weight = 0.5 }];

    private static void CheckVariants(ExperimentSpec spec, bool isCanary)
    {
        var variants = spec.Variants ?? [];
        Require(variants.Count >= 2 && variants.Count <= (isCanary ? 2 : MaxVariants), "variants", isCanary ? "must be two, the control first." : $"must be 2 to {MaxVariants}, the control first.");
        Require(variants.Select(variant => variant.Name).Distinct(StringComparer.Ordinal).Count() == variants.Count, "variants.name", "must be different.");
        foreach (var variant in variants)
        {
            Require(variant.Name is not null && VariantName().IsMatch(variant.Name), "variants.name", "must be 1 to 40 of a-z, 0-9 and hyphens.");
            Require(isCanary || variant.Share is > 0 and < 1, "variants.share", "must be above 0 and below 1.");
            Require(variant.Model is null or ModelCall.Auto || ModelTiers.All.Contains(variant.Model) || ModelName().IsMatch(variant.Model), "variants.model", $"must be one of {string.Join(", ", ModelTiers.All)}, {ModelCall.Auto}, or provider/model.");
            Require(variant.PromptVersion is null or (> 0 and < 1_000_000), "variants.promptVersion", "must be above 0.");
            Require(variant.PromptVersion is null == spec.Prompt is null, "variants.promptVersion", "must be given for each variant if, and only if, the experiment has a prompt.");
            Require(variant.MaxOutputTokens is null or (>= 1 and <= 1_000_000), "variants.maxOutputTokens", "must be 1 to 1,000,000.");
            Require(variant.Temperature is null or (>= 0 and <= 2), "variants.temperature", "must be 0 to 2.");
            Require(variant.TopP is null or (> 0 and <= 1), "variants.topP", "must be above 0 and at most 1.");
            Require(variant.Effort is null || Efforts.Contains(variant.Effort), "variants.effort", $"must be one of {string.Join(", ", Efforts)}.");
        }

        Require(isCanary || variants.Sum(variant => variant.Share) <= 1 + 1e-9, "variants.share", "must be at most 1 together.");
    }

    /// <summary>Refuses parameters that no model which may answer the variant's calls can heed: each of those calls would be refused, and nothing of it would show in the figures.</summary>
    /// <param name="spec">A checked specification.</param>
    /// <param name="models">What is configured.</param>
    /// <param name="capabilities">What models can.</param>
    public static void CheckParameters(ExperimentSpec spec, IChatModelSource models, ModelCapabilityTable capabilities)
    {
        foreach (var variant in spec.Variants)
        {
            var asked = Parametrized(new ChatRequest { Messages = [] }, variant);
            foreach (var model in variant.Model is null or ModelCall.Auto ? ModelTiers.All : [variant.Model])
            {
                var targets = models.TargetsOf(model);
                if (targets.Count > 0 && targets.All(target => capabilities.Missing(target.Kind, target.Model, asked) is not null))
                {
                    throw StewardException.Invalid("variants", $"the variant '{variant.Name}' asks for what {targets[0].Name} cannot do: {capabilities.Missing(targets[0].Kind, targets[0].Model, asked)}. Name a model for it that can.");
                }
            }
        }
    }

    /// <summary>A request with a variant's parameters.</summary>
    public static ChatRequest Parametrized(ChatRequest request, ExperimentVariant variant) => variant is { Temperature: null, TopP: null, Effort: null }
        ? request
        : request with
        {
            Sampling = request.Sampling with
            {
                Temperature = variant.Temperature ?? request.Sampling.Temperature,
                TopP = variant.TopP ?? request.Sampling.TopP,
                ReasoningEffort = variant.Effort ?? request.Sampling.ReasoningEffort,
            },
        };

    private static void Require(bool condition, string field, string allowed)
    {
        if (!condition)
        {
            throw StewardException.Invalid(field, allowed);
        }
    }

    [GeneratedRegex(@"\A[a-z0-9-]{1,40}\z", RegexOptions.CultureInvariant)]
    private static partial Regex VariantName();

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}/[A-Za-z0-9._:/-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ModelName();
}
