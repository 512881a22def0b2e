using Steward.Engines.Inference;
using Steward.Engines.Models.Tiers;

namespace Steward.Silo.Models;

/// <summary>The topics of the silo's own classifier, as long as it is loaded.</summary>
internal sealed class InferenceRequestIntents(IInferenceEngine inference) : IRequestIntents
{
    private const string TopicModel = "it-topic";

    /// <inheritdoc/>
    public IReadOnlyList<string>? Of(string tenantId) => inference.Status.IsAvailable ? inference.Glance(tenantId, "help", TopicModel)[0]?.Labels : null;
}
