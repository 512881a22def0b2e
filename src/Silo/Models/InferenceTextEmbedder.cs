using Steward.Engines.Inference;
using Steward.Engines.Models.Caching;

namespace Steward.Silo.Models;

/// <summary>Gives the semantic cache the silo's own embedder.</summary>
internal sealed class InferenceTextEmbedder(IInferenceEngine inference) : ITextEmbedder
{
    private const string Model = "embedder";

    /// <inheritdoc/>
    public string Summary => inference.Status.IsAvailable ? $"model {Model}, {inference.Status.Summary}" : $"but cannot compute now: {inference.Status.Summary}";

    /// <inheritdoc/>
    public async ValueTask<TextVector?> EmbedAsync(string tenantId, string text, bool isInteractive, CancellationToken cancellationToken)
    {
        if (!inference.Status.IsAvailable)
        {
            return null;
        }

        var lane = isInteractive ? InferenceLane.Interactive : InferenceLane.Background;
        var answer = await inference.EmbedAsync(new EmbedRequest { Model = Model, Tenant = tenantId, Lane = lane, Texts = [text] }, cancellationToken);
        return answer.Value is { } value ? new TextVector(value.Vectors[0], value.Version) : null;
    }
}
