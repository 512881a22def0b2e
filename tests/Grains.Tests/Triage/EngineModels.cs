using Steward.Engines.Inference;
using Steward.Errors;
using Steward.Inference;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>The shipped models in this process.</summary>
internal sealed class EngineModels(IInferenceEngine engine) : ITriageModels
{
    public async Task<ClassifiedText> ClassifyAsync(string model, ClassifyText command, CancellationToken cancellationToken)
    {
        var request = new ClassifyRequest { Model = model, Tenant = command.TenantId, Text = command.Text, SecondText = command.SecondText, Top = command.Top, Reasons = command.Reasons };
        var answer = Open(await engine.ClassifyAsync(request, cancellationToken));
        return new ClassifiedText
        {
            Version = answer.Version,
            Label = answer.Label,
            Confidence = answer.Confidence,
            IsOutOfScope = answer.IsOutOfScope,
            Top = [.. answer.Top.Select(label => new LabelScore(label.Label, label.Probability))],
            Reasons = answer.Reasons,
            AutoRouteAt = answer.Thresholds.AutoRoute,
            HasThresholds = true,
        };
    }

    public async Task<EmbeddedTexts> EmbedAsync(string model, EmbedTexts command, CancellationToken cancellationToken)
    {
        var answer = Open(await engine.EmbedAsync(new EmbedRequest { Model = model, Tenant = command.TenantId, Texts = command.Texts }, cancellationToken));
        return new EmbeddedTexts { Version = answer.Version, Vectors = answer.Vectors };
    }

    private static T Open<T>(InferenceAnswer<T> answer)
        where T : class => answer.Value ?? throw new StewardException(ErrorCodes.Unavailable, answer.Problem ?? "The model gave no answer.");
}
