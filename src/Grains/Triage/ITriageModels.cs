using Steward.Inference;

namespace Steward.Triage;

/// <summary>The models that triage asks, wherever they run.</summary>
internal interface ITriageModels
{
    /// <inheritdoc cref="IInferenceGrain.Classify"/>
    Task<ClassifiedText> ClassifyAsync(string model, ClassifyText command, CancellationToken cancellationToken);

    /// <inheritdoc cref="IInferenceGrain.Embed"/>
    Task<EmbeddedTexts> EmbedAsync(string model, EmbedTexts command, CancellationToken cancellationToken);
}
