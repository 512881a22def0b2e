using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Steward.Engines.Inference.Linear;
using Steward.Engines.Inference.Models;
using Steward.Engines.Inference.Sessions;

namespace Steward.Engines.Inference;

/// <summary>The models of this process, and the threads that run them.</summary>
internal sealed partial class InferenceEngine : IInferenceEngine, IDisposable
{
    private const int MaxReasons = 20;
    private static readonly TimeSpan ShadowPatience = TimeSpan.FromSeconds(5);

    private readonly InferenceOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly InferenceRuntime _runtime;
    private readonly DeviceWorkers _workers;
    private readonly RequestRun _run;
    private readonly ModelCatalog _catalog;
    private readonly string _summary;
    private long _shadowCounter;

    public InferenceEngine(IOptions<InferenceOptions> options, TimeProvider time, ILogger<InferenceEngine> logger)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        _runtime = InferenceRuntime.Start(_options.Provider, _options.CudaDevice);
        _workers = new DeviceWorkers(_options.Limits(_runtime.UsesCuda), time, logger);
        _run = new RequestRun(_workers, _options.RequestTexts, _options.RequestTokens);
        _catalog = new ModelCatalog(options, _workers, _runtime, logger);
        _summary = Summarize();
        if (_runtime.Problem is null)
        {
            _workers.Start();
            LogReady(_summary);
        }
        else
        {
            LogNotAvailable(_summary);
        }

        _catalog.Discover();
        var names = string.Join(", ", _catalog.List().Select(model => $"{model.Name} {model.Version}"));
        LogModels(names.Length == 0 ? "none" : names);
    }

    public InferenceStatus Status => new()
    {
        IsAvailable = _runtime.Problem is null,
        UsesGpu = _runtime.UsesCuda,
        Summary = _summary,
        Waiting = _workers.Waiting,
        RefusedFolders = _catalog.Refused.Count,
    };

    public IModelCatalog Models => _catalog;

    public async Task<InferenceAnswer<Classification>> ClassifyAsync(ClassifyRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if ((FindProblem("text", request.Text) ?? FindProblem("secondText", request.SecondText ?? "")) is { } problem)
        {
            return InferenceAnswer<Classification>.Not(InferenceOutcome.InvalidInput, problem);
        }

        if (request.Top is < 1 or > 1_000)
        {
            return InferenceAnswer<Classification>.Not(InferenceOutcome.InvalidInput, $"top must be 1 to 1000, not {request.Top}.");
        }

        if (request.Reasons is < 0 or > MaxReasons)
        {
            return InferenceAnswer<Classification>.Not(InferenceOutcome.InvalidInput, $"reasons must be 0 to {MaxReasons}, not {request.Reasons}.");
        }

        return await WithModelAsync<Classification>(request, ModelTask.Classification, 1, async (model, deadline) =>
        {
            var result = await _run.RunAsync(model, request.Lane, deadline, 1, _ => (request.Text, request.SecondText), cancellationToken);
            if (result.Outcome != InferenceOutcome.Done)
            {
                return result.As<Classification>();
            }

            var answer = model.Decide(request.Text, result.Rows[0], request.Top, result.IsTruncated, request.Reasons);
            Shadow(request, answer);
            return InferenceAnswer<Classification>.Of(answer);
        }, cancellationToken);
    }

    public IReadOnlyList<LinearClassification?> Glance(string tenant, string text, params ReadOnlySpan<string> models)
    {
        ArgumentNullException.ThrowIfNull(text);
        var answers = new LinearClassification?[models.Length];
        var used = new LoadedModel?[models.Length];
        try
        {
            var words = 0;
            for (var i = 0; i < models.Length && text.Length <= _options.MaxTextLength; i++)
            {
                used[i] = _catalog.UseIfLoaded(models[i], tenant);
                words = Math.Max(words, used[i]?.GlanceWords ?? 0);
            }

            if (words > 0)
            {
                using var read = new LinearText(text, words);
                for (var i = 0; i < models.Length; i++)
                {
                    answers[i] = used[i] is { GlanceWords: > 0 } model ? model.Glance(read) : null;
                }
            }
        }
        finally
        {
            foreach (var model in used)
            {
                model?.Release();
            }
        }

        return answers;
    }

    public async Task<InferenceAnswer<Embeddings>> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (FindProblem("texts", request.Texts) is { } problem)
        {
            return InferenceAnswer<Embeddings>.Not(InferenceOutcome.InvalidInput, problem);
        }

        return await WithModelAsync<Embeddings>(request, ModelTask.Embedding, request.Texts.Count, async (model, deadline) =>
        {
            var result = await _run.RunAsync(model, request.Lane, deadline, request.Texts.Count, index => (request.Texts[index], null), cancellationToken);
            return result.Outcome == InferenceOutcome.Done
                ? InferenceAnswer<Embeddings>.Of(new Embeddings { Version = model.Manifest.Version, Vectors = result.Rows })
                : result.As<Embeddings>();
        }, cancellationToken);
    }

    public async Task<InferenceAnswer<Reranking>> RerankAsync(RerankRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if ((FindProblem("query", request.Query) ?? FindProblem("passages", request.Passages)) is { } problem)
        {
            return InferenceAnswer<Reranking>.Not(InferenceOutcome.InvalidInput, problem);
        }

        if (request.Top is < 1)
        {
            return InferenceAnswer<Reranking>.Not(InferenceOutcome.InvalidInput, $"top must be at least 1, not {request.Top}.");
        }

        if (request.FirstStage is { } stage && (stage.Count != request.Passages.Count || stage.Any(score => !double.IsFinite(score))))
        {
            return InferenceAnswer<Reranking>.Not(InferenceOutcome.InvalidInput, $"firstStage must hold a number for each of the {request.Passages.Count} passages, or be absent.");
        }

        return await WithModelAsync<Reranking>(request, ModelTask.Reranking, request.Passages.Count, async (model, deadline) =>
        {
            var result = await _run.RunAsync(model, request.Lane, deadline, request.Passages.Count, index => (request.Query, request.Passages[index]), cancellationToken);
            if (result.Outcome != InferenceOutcome.Done)
            {
                return result.As<Reranking>();
            }

            double[] logits = [.. result.Rows.Select(row => (double)row[0])];
            return InferenceAnswer<Reranking>.Of(new Reranking
            {
                Version = model.Manifest.Version,
                Passages =
                [
                    .. RankedOrder.Of(logits, request.FirstStage, model.Calibration.FusionWeight).Take(request.Top ?? int.MaxValue)
                        .Select(index => new RankedPassage(index, 1 / (1 + Math.Exp(-logits[index] / model.Calibration.Temperature)))),
                ],
            });
        }, cancellationToken);
    }

    /// <summary>Looks whether there are other versions of models now.</summary>
    public Task FollowModelsAsync(CancellationToken cancellationToken) => _catalog.FollowAsync(cancellationToken);

    public void Dispose()
    {
        _workers.Dispose();
        _catalog.Dispose();
    }

    private async Task<InferenceAnswer<T>> WithModelAsync<T>(
        InferenceRequest request, ModelTask task, int texts, Func<LoadedModel, TimeSpan?, Task<InferenceAnswer<T>>> use, CancellationToken cancellationToken)
        where T : class
    {
        cancellationToken.ThrowIfCancellationRequested();
        LoadedModel? model;
        try
        {
            model = await _catalog.UseAsync(request.Model, request.Tenant, cancellationToken);
        }
        catch (ModelRefusedException e)
        {
            return InferenceAnswer<T>.Not(InferenceOutcome.NotAvailable, $"The model {request.Model} is not available: {e.Message}.");
        }

        if (model is null)
        {
            return InferenceAnswer<T>.Not(InferenceOutcome.UnknownModel, $"model must be one of {string.Join(", ", _catalog.List().Select(known => known.Name).Distinct())}.");
        }

        try
        {
            if (model.Manifest.Task != task)
            {
                return InferenceAnswer<T>.Not(InferenceOutcome.InvalidInput, $"model must be one for {task}; {request.Model} is for {model.Manifest.Task}.");
            }

            TimeSpan? deadline = request.Deadline is { } at ? _workers.Now + (at - _time.GetUtcNow()) : null;
            var answer = await use(model, deadline);
            Diagnostics.RecordOutcome(model, request.Lane, answer.Outcome, texts);
            return answer;
        }
        finally
        {
            model.Release();
        }
    }

    // The shadow sees the text behind everybody's back: it may be dropped, and its answer is only compared.
    [SuppressMessage("Reliability", "CA2016", Justification = "The request may be over long before its shadow.")]
    private void Shadow(ClassifyRequest request, Classification answer)
    {
        var (shadow, share) = _catalog.UseShadow(request.Model);
        if (shadow is null)
        {
            return;
        }

        // Evenly spread: the counter's golden ratio multiples fill [0, 1).
        var draw = Interlocked.Increment(ref _shadowCounter) * 0.6180339887498949 % 1;
        if (shadow.Manifest.Task != ModelTask.Classification || draw >= share)
        {
            shadow.Release();
            return;
        }

        _ = CompareAsync();

        async Task CompareAsync()
        {
            try
            {
                var result = await _run.RunAsync(shadow, InferenceLane.Background, _workers.Now + ShadowPatience, 1, _ => (request.Text, request.SecondText), CancellationToken.None);
                var compared = result.Outcome != InferenceOutcome.Done ? "dropped"
                    : shadow.Decide(request.Text, result.Rows[0], 1, result.IsTruncated).Label == answer.Label ? "agrees"
                    : "differs";
                Diagnostics.RecordShadow(shadow, compared);
            }
            finally
            {
                shadow.Release();
            }
        }
    }

    private string? FindProblem(string field, string? text) => text is null ? $"{field} must be a text."
        : text.Length > _options.MaxTextLength ? $"{field} must have at most {_options.MaxTextLength} characters, not {text.Length}."
        : null;

    private string? FindProblem(string field, IReadOnlyList<string>? texts) => texts is not { Count: > 0 } ? $"{field} must hold 1 to {_options.MaxTexts} texts."
        : texts.Count > _options.MaxTexts ? $"{field} must hold 1 to {_options.MaxTexts} texts, not {texts.Count}."
        : texts.Select((text, index) => FindProblem($"{field}[{index}]", text)).FirstOrDefault(problem => problem is not null);

    private string Summarize()
    {
        if (_runtime.Problem is { } problem)
        {
            return $"not available ({problem.TrimEnd('.')})";
        }

        var why = _runtime.CudaProblem is { } cuda ? $"; no CUDA: {cuda.TrimEnd('.')}" : "";
        return _runtime.UsesCuda
            ? $"ONNX Runtime {_runtime.Version} on CUDA device {_options.CudaDevice}"
            : $"ONNX Runtime {_runtime.Version} on the processor, {_options.Threads} {(_options.Threads == 1 ? "thread" : "threads")}{why}";
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "inference: {Summary}")]
    private partial void LogReady(string summary);

    [LoggerMessage(Level = LogLevel.Information, Message = "inference: models {Models}")]
    private partial void LogModels(string models);

    [LoggerMessage(Level = LogLevel.Warning, Message = "inference: {Summary}")]
    private partial void LogNotAvailable(string summary);
}
