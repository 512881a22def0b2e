using System.Collections.Concurrent;
using Steward.Engines.Inference;
using Steward.Engines.Inference.Models;

namespace Steward.Grains.Tests.Inference;

/// <summary>An engine without models that answers as it is told and counts how often it was asked.</summary>
internal sealed class CountingEngine(bool usesGpu, bool isAvailable = true) : IInferenceEngine
{
    private int _asked;
    private int _left;

    public int Asked => _asked;

    /// <summary>How many requests were cancelled while they waited.</summary>
    public int Left => _left;

    /// <summary>Requests as they came.</summary>
    public ConcurrentQueue<InferenceRequest> Requests { get; } = new();

    /// <summary>The outcome of all requests from now on, with its problem and when to come again.</summary>
    public (InferenceOutcome Outcome, string? Problem, TimeSpan? RetryAfter) Answers { get; set; } = (InferenceOutcome.Done, null, null);

    /// <summary>The label of every text.</summary>
    public string Label { get; init; } = "mail";

    /// <summary>Where set, requests wait until it is done or they are cancelled.</summary>
    public TaskCompletionSource? Hold { get; set; }

    public InferenceStatus Status => new() { IsAvailable = isAvailable, UsesGpu = usesGpu, Summary = "a test", Waiting = 0 };

    public IModelCatalog Models => new Catalog(Versions);

    /// <summary>The models that it has.</summary>
    public IReadOnlyList<ModelStatus> Versions { get; set; } = [];

    public IReadOnlyList<LinearClassification?> Glance(string tenant, string text, params ReadOnlySpan<string> models) => new LinearClassification?[models.Length];

    public Task<InferenceAnswer<Classification>> ClassifyAsync(ClassifyRequest request, CancellationToken cancellationToken = default) => AnswerAsync(
        request,
        new Classification
        {
            Version = usesGpu ? "gpu" : "processor",
            Label = Label,
            Confidence = 0.9,
            IsOutOfScope = false,
            IsTruncated = true,
            Top = [new ScoredLabel(Label, 0.9), new ScoredLabel("network", 0.1)],
            Probabilities = [0.9, 0.1],
        },
        cancellationToken);

    public Task<InferenceAnswer<Embeddings>> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) =>
        AnswerAsync(request, new Embeddings { Version = "1", Vectors = [.. request.Texts.Select(text => new float[] { text.Length })] }, cancellationToken);

    public Task<InferenceAnswer<Reranking>> RerankAsync(RerankRequest request, CancellationToken cancellationToken = default) =>
        AnswerAsync(request, new Reranking { Version = "1", Passages = [.. request.Passages.Select((_, index) => new RankedPassage(index, 1.0 / (index + 1)))] }, cancellationToken);

    private async Task<InferenceAnswer<T>> AnswerAsync<T>(InferenceRequest request, T value, CancellationToken cancellationToken)
        where T : class
    {
        Interlocked.Increment(ref _asked);
        Requests.Enqueue(request);
        if (Hold is { } hold)
        {
            try
            {
                await hold.Task.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _left);
                throw;
            }
        }

        return Answers.Outcome == InferenceOutcome.Done
            ? new InferenceAnswer<T> { Outcome = InferenceOutcome.Done, Value = value }
            : new InferenceAnswer<T> { Outcome = Answers.Outcome, Problem = Answers.Problem, RetryAfter = Answers.RetryAfter };
    }

    private sealed class Catalog(IReadOnlyList<ModelStatus> versions) : IModelCatalog
    {
        public IReadOnlyList<RefusedFolder> Refused => [];

        public IReadOnlyList<ModelStatus> List() => versions;

        public Task<ModelManifest> CheckAsync(string folder, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
