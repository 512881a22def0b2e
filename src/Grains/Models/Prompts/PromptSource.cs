using Steward.Models.Experiments;

namespace Steward.Models.Prompts;

/// <summary>A prompt with its values.</summary>
/// <param name="Text">The instructions.</param>
/// <param name="Version">The prompt and its version, as <c>name@3</c>: the call's <c>PromptVersion</c>.</param>
internal sealed record RenderedPrompt(string Text, string Version);

/// <summary>Gives the platform's work its registered prompts.</summary>
internal interface IPromptSource
{
    /// <summary>Renders the version that a conversation gets: the live one, or the one that is tried on it. By the silo's copy, which is seconds old.</summary>
    /// <returns>Null when the tenant has no live prompt of this name.</returns>
    /// <exception cref="Errors.StewardException"><c>invalid_argument</c>: a value is missing. One that the version has no variable for is left out: versions differ.</exception>
    ValueTask<RenderedPrompt?> RenderAsync(string tenantId, string name, string conversation, string? userId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken);
}

/// <summary>Renders from the silo's copies.</summary>
internal sealed class PromptSource(ExperimentCatalog catalog) : IPromptSource
{
    /// <inheritdoc/>
    public async ValueTask<RenderedPrompt?> RenderAsync(
        string tenantId, string name, string conversation, string? userId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var trials = await catalog.GetAsync(tenantId, cancellationToken);
        if (!trials.Prompts.TryGetValue(name, out var prompt) || prompt.Live is not { } live)
        {
            return null;
        }

        var version = live;
        foreach (var experiment in trials.Experiments.Where(experiment => experiment.Status == ExperimentStatus.Running && experiment.Spec.Prompt == name))
        {
            if (ExperimentStage.VariantOf(experiment, ExperimentStage.UnitOf(experiment, tenantId, userId, conversation)) is { } variant)
            {
                version = experiment.Spec.Variants[variant].PromptVersion ?? live;
                break;
            }
        }

        // What is tried may be published a moment later than its experiment; until then the live one answers.
        var chosen = prompt.Versions.FirstOrDefault(known => known.Version == version) ?? prompt.Versions.First(known => known.Version == live);
        return new RenderedPrompt(PromptRules.Render(chosen.Draft, variables.Where(variable => chosen.Draft.Variables.Contains(variable.Key)).ToDictionary(StringComparer.Ordinal)), $"{name}@{chosen.Version}");
    }
}
