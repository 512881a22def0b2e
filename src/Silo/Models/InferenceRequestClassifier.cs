using Steward.Engines.Inference;
using Steward.Engines.Models.Tiers;

namespace Steward.Silo.Models;

/// <summary>Gives the choice of tiers the silo's own classifiers: how complex a request is, and of which topic.</summary>
internal sealed class InferenceRequestClassifier(IInferenceEngine inference) : IRequestClassifier
{
    private const string ComplexityModel = "request-complexity";
    private const string TopicModel = "it-topic";

    /// <summary>Below it a topic is a guess.</summary>
    private const double LeastTopicConfidence = 0.7;

    /// <inheritdoc/>
    public string Summary => inference.Status.IsAvailable ? $"models {ComplexityModel} and {TopicModel}, {inference.Status.Summary}" : $"cannot compute now: {inference.Status.Summary}";

    /// <inheritdoc/>
    public async ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, CancellationToken cancellationToken)
    {
        if (!inference.Status.IsAvailable)
        {
            return null;
        }

        var complexity = inference.ClassifyAsync(new ClassifyRequest { Model = ComplexityModel, Tenant = tenantId, Text = text, Top = 3 }, cancellationToken);
        var topic = inference.ClassifyAsync(new ClassifyRequest { Model = TopicModel, Tenant = tenantId, Text = text, Top = 1 }, cancellationToken);
        if ((await complexity).Value is not { } found)
        {
            return null;
        }

        var intent = (await topic).Value is { IsOutOfScope: false, Confidence: >= LeastTopicConfidence } named ? named.Label : null;
        return new RequestClass { Intent = intent, Complex = found.Top.FirstOrDefault(scored => scored.Label == "complex").Probability };
    }
}
