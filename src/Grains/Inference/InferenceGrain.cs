using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Inference;

/// <summary>
/// Hands requests to its silo's engine, which bounds what waits: calls interleave, so that none waits in a queue of the grain's instead. Holds nothing; one activation a silo, since Orleans
/// tells any of them of a caller who has cancelled, not the one who is asked. Where a better silo has joined since, it is asked.
/// </summary>
[StatelessWorker(1)]
[Reentrant]
[InferencePlacement]
internal sealed partial class InferenceGrain(IInferenceEngine engine, InferenceSilos silos, ILogger<InferenceGrain> logger) : StewardGrain, IInferenceGrain
{
    private string Model => InferenceSilos.ModelOf(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public Task<bool> CanEmbed(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        return BestAsync(
            grain => grain.CanEmbed(cancellationToken),
            () => Task.FromResult(engine.Status.IsAvailable
                && engine.Models.List().Any(version => version.Name == Model && version is { Task: ModelTask.Embedding, Exposure: ExposureKind.Everyone, Problem: null })));
    }

    /// <inheritdoc/>
    public Task<ClassifiedText> Classify(ClassifyText command, CancellationToken cancellationToken = default)
    {
        var tenant = InferenceRules.Check(command);
        return BestAsync(grain => grain.Classify(command, cancellationToken), async () =>
        {
            var found = Open(await AwayAsync(() => engine.ClassifyAsync(
                new ClassifyRequest
                {
                    Model = Model,
                    Tenant = tenant,
                    Text = command.Text,
                    SecondText = command.SecondText,
                    Top = command.Top,
                    Lane = LaneOf(command.IsBackground),
                    Deadline = command.Deadline,
                    Reasons = command.Reasons,
                },
                cancellationToken)));
            return new ClassifiedText
            {
                Version = found.Version,
                Label = found.Label,
                Confidence = found.Confidence,
                IsOutOfScope = found.IsOutOfScope,
                Top = [.. found.Top.Select(label => new LabelScore(label.Label, label.Probability))],
                IsTruncated = found.IsTruncated,
                Reasons = found.Reasons,
                AutoRouteAt = found.Thresholds.AutoRoute,
                HasThresholds = true,
            };
        });
    }

    /// <inheritdoc/>
    public Task<EmbeddedTexts> Embed(EmbedTexts command, CancellationToken cancellationToken = default)
    {
        var tenant = InferenceRules.Check(command);
        return BestAsync(grain => grain.Embed(command, cancellationToken), async () =>
        {
            var found = Open(await AwayAsync(() => engine.EmbedAsync(
                new EmbedRequest { Model = Model, Tenant = tenant, Texts = command.Texts, Lane = LaneOf(command.IsBackground), Deadline = command.Deadline },
                cancellationToken)));
            return new EmbeddedTexts { Version = found.Version, Vectors = found.Vectors };
        });
    }

    /// <inheritdoc/>
    public Task<RankedPassages> Rerank(RankPassages command, CancellationToken cancellationToken = default)
    {
        var tenant = InferenceRules.Check(command);
        return BestAsync(grain => grain.Rerank(command, cancellationToken), async () =>
        {
            var found = Open(await AwayAsync(() => engine.RerankAsync(
                new RerankRequest { Model = Model, Tenant = tenant, Query = command.Query, Passages = command.Passages, FirstStage = command.FirstStage, Top = command.Top, Deadline = command.Deadline },
                cancellationToken)));
            return new RankedPassages { Version = found.Version, Passages = [.. found.Passages.Select(passage => new PassageScore(passage.Index, passage.Score))] };
        });
    }

    private static InferenceLane LaneOf(bool isBackground) => isBackground ? InferenceLane.Background : InferenceLane.Interactive;

    // Tokenising takes a processor up to a millisecond for a long text, which the only activation of its silo leaves to others.
    private static Task<T> AwayAsync<T>(Func<Task<T>> ask) => Task.Run(ask);

    // A silo that is lost while it is asked costs nothing but time: nothing has an effect, and this one can answer too.
    private async Task<T> BestAsync<T>(Func<IInferenceGrain, Task<T>> elsewhere, Func<Task<T>> here)
    {
        if (silos.FindBetter(this.GetPrimaryKeyString()) is not { } better)
        {
            return await here();
        }

        try
        {
            return await elsewhere(GrainFactory.GetGrain<IInferenceGrain>(better));
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            LogLost(better, e.Message);
            return await here();
        }
    }

    private T Open<T>(InferenceAnswer<T> answer)
        where T : class => answer.Value ?? throw InferenceRules.ErrorOf(answer, Model);

    [LoggerMessage(EventId = 6001, Level = LogLevel.Debug, Message = "Answering here instead of at {Grain}, which gave no answer: {Error}")]
    private partial void LogLost(string grain, string error);
}
