using Orleans.Concurrency;
using Steward.Engines.Inference;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Inference;

/// <summary>
/// Hands requests to its silo's engine, which bounds what waits: calls interleave, so that none waits in a queue of the grain's instead. Holds nothing; a few activations a silo, since
/// each tokenises on its own.
/// </summary>
[StatelessWorker]
[Reentrant]
internal sealed class InferenceGrain(IInferenceEngine engine) : Grain, IInferenceGrain
{
    private string Model => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public async Task<ClassifiedText> Classify(ClassifyText command, CancellationToken cancellationToken = default)
    {
        var tenant = InferenceRules.Check(command);
        var answer = await engine.ClassifyAsync(
            new ClassifyRequest
            {
                Model = Model,
                Tenant = tenant,
                Text = command.Text,
                SecondText = command.SecondText,
                Top = command.Top,
                Lane = LaneOf(command.IsBackground),
                Deadline = command.Deadline,
            },
            cancellationToken);
        var found = Open(answer);
        return new ClassifiedText
        {
            Version = found.Version,
            Label = found.Label,
            Confidence = found.Confidence,
            IsOutOfScope = found.IsOutOfScope,
            Top = [.. found.Top.Select(label => new LabelScore(label.Label, label.Probability))],
            IsTruncated = found.IsTruncated,
        };
    }

    /// <inheritdoc/>
    public async Task<EmbeddedTexts> Embed(EmbedTexts command, CancellationToken cancellationToken = default)
    {
        var tenant = InferenceRules.Check(command);
        var answer = await engine.EmbedAsync(
            new EmbedRequest { Model = Model, Tenant = tenant, Texts = command.Texts, Lane = LaneOf(command.IsBackground), Deadline = command.Deadline },
            cancellationToken);
        var found = Open(answer);
        return new EmbeddedTexts { Version = found.Version, Vectors = found.Vectors };
    }

    /// <inheritdoc/>
    public async Task<RankedPassages> Rerank(RankPassages command, CancellationToken cancellationToken = default)
    {
        var tenant = InferenceRules.Check(command);
        var answer = await engine.RerankAsync(
            new RerankRequest { Model = Model, Tenant = tenant, Query = command.Query, Passages = command.Passages, Top = command.Top, Deadline = command.Deadline },
            cancellationToken);
        var found = Open(answer);
        return new RankedPassages { Version = found.Version, Passages = [.. found.Passages.Select(passage => new PassageScore(passage.Index, passage.Score))] };
    }

    private static InferenceLane LaneOf(bool isBackground) => isBackground ? InferenceLane.Background : InferenceLane.Interactive;

    private T Open<T>(InferenceAnswer<T> answer)
        where T : class => answer.Value ?? throw InferenceRules.ErrorOf(answer, Model);
}
