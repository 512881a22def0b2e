using Steward.Engines.Inference;
using Steward.Engines.Models.Tiers;

namespace Steward.Silo.Models;

/// <summary>Gives the choice of tiers the silo's own classifiers: how complex a request is, and of which topic.</summary>
internal sealed class InferenceRequestClassifier(IInferenceEngine inference) : IRequestClassifier
{
    private const string ComplexityModel = "request-complexity";
    private const string ComplexLabel = "complex";
    private const string TopicModel = "it-topic";

    /// <summary>Below it a topic is a guess.</summary>
    private const double LeastTopicConfidence = 0.7;

    /// <inheritdoc/>
    public string Summary => inference.Status.IsAvailable ? $"models {ComplexityModel} and {TopicModel}, {inference.Status.Summary}" : $"cannot compute now: {inference.Status.Summary}";

    /// <inheritdoc/>
    public RequestGlance? Glance(string tenantId, string text, RequestAspects aspects)
    {
        var (complexity, topic) = aspects switch
        {
            RequestAspects.Complexity => (inference.Glance(tenantId, text, ComplexityModel)[0], null),
            RequestAspects.Intent => (null, inference.Glance(tenantId, text, TopicModel)[0]),
            _ => inference.Glance(tenantId, text, ComplexityModel, TopicModel) is var both ? (both[0], both[1]) : default,
        };
        return complexity is null && topic is null ? null : new RequestGlance
        {
            Complex = complexity?.Of(ComplexLabel),
            Intent = topic?.Label,
            IntentConfidence = topic?.Confidence ?? 0,
            Intents = topic?.Labels ?? [],
            IntentProbabilities = topic?.Probabilities ?? [],
        };
    }

    /// <inheritdoc/>
    public async ValueTask<RequestClass?> ClassifyAsync(string tenantId, string text, RequestAspects aspects, CancellationToken cancellationToken)
    {
        if (!inference.Status.IsAvailable)
        {
            return null;
        }

        Task<InferenceAnswer<Classification>>? Ask(RequestAspects aspect, string model, int top) =>
            aspects.HasFlag(aspect) ? inference.ClassifyAsync(new ClassifyRequest { Model = model, Tenant = tenantId, Text = text, Top = top }, cancellationToken) : null;
        var (complexity, topic) = (Ask(RequestAspects.Complexity, ComplexityModel, 3), Ask(RequestAspects.Intent, TopicModel, 1));
        var level = complexity is null ? null : (await complexity).Value;
        var named = topic is null ? null : (await topic).Value;
        if ((complexity is not null && level is null) || (topic is not null && named is null))
        {
            return null;
        }

        return new RequestClass
        {
            Intent = named is { IsOutOfScope: false, Confidence: >= LeastTopicConfidence } ? named.Label : null,
            Complex = level?.Top.FirstOrDefault(scored => scored.Label == ComplexLabel).Probability,
        };
    }
}
