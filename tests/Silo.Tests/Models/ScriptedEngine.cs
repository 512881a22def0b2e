using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;

namespace Steward.Silo.Tests.Models;

/// <summary>An engine without models: first looks and answers are what the test says.</summary>
internal sealed class ScriptedEngine : IInferenceEngine
{
    public bool IsAvailable { get; init; } = true;

    /// <summary>What the linear part of a model says: the likeliest label, and how probable it is. A model that is not there is not in memory.</summary>
    public Dictionary<string, (string Label, double Probability)> FirstLooks { get; } = [];

    /// <summary>What a whole model says; one that is not there answers after its test only.</summary>
    public Dictionary<string, InferenceAnswer<Classification>> Answers { get; } = [];

    /// <summary>The models of each first look.</summary>
    public List<string> Glanced { get; } = [];

    public List<ClassifyRequest> Requests { get; } = [];

    /// <summary>The token of the last request.</summary>
    public CancellationToken Given { get; private set; }

    public InferenceStatus Status => new() { IsAvailable = IsAvailable, UsesGpu = false, Summary = "a test", Waiting = 0 };

    public IModelCatalog Models => throw new NotSupportedException();

    public static InferenceAnswer<Classification> Done(string label, double probability, bool isOutOfScope = false) => new()
    {
        Outcome = InferenceOutcome.Done,
        Value = new Classification
        {
            Version = "1",
            Label = label,
            Confidence = probability,
            IsOutOfScope = isOutOfScope,
            Top = [new ScoredLabel(label, probability)],
            Probabilities = [probability],
            IsTruncated = false,
        },
    };

    public static InferenceAnswer<Classification> Not(InferenceOutcome outcome) => new() { Outcome = outcome, Problem = "A test wants it so." };

    public IReadOnlyList<LinearClassification?> Glance(string tenant, string text, params ReadOnlySpan<string> models)
    {
        Glanced.Add($"{tenant}: {string.Join(' ', models!)}");
        var looks = new LinearClassification?[models.Length];
        for (var i = 0; i < models.Length; i++)
        {
            looks[i] = FirstLooks.TryGetValue(models[i], out var look)
                ? new LinearClassification { Version = "1", Labels = [look.Label, "other"], Label = look.Label, Confidence = look.Probability, Probabilities = [look.Probability, 1 - look.Probability] }
                : null;
        }

        return looks;
    }

    public async Task<InferenceAnswer<Classification>> ClassifyAsync(ClassifyRequest request, CancellationToken cancellationToken = default)
    {
        Requests.Add(request);
        Given = cancellationToken;
        if (!Answers.TryGetValue(request.Model, out var answer))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        }

        return answer!;
    }

    public Task<InferenceAnswer<Embeddings>> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<InferenceAnswer<Reranking>> RerankAsync(RerankRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
