using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Experiments.Evaluation;
using Steward.Engines.Models;
using Steward.Engines.Models.Caching;
using Steward.Engines.Models.Gateway;
using Steward.Identity;
using Steward.Models.Experiments;

namespace Steward.Models.Quality;

/// <summary>
/// Judges the sample in the background, by the tenant's own large tier, through the gateway: paid by the tenant under the feature <c>judge</c>, behind everybody who waits. Scores go to the experiments that the answers took part in, and
/// every ten seconds, with the counts of questions, to the tenant's grain. A batch that could not be handed in is handed in again with the same id.
/// </summary>
internal sealed partial class JudgeWorker(
    AnswerJudging judging,
    ExperimentCatalog catalog,
    ExperimentObservations observations,
    IGrainFactory grains,
    PlatformIdentity platform,
    TimeProvider time,
    ILogger<JudgeWorker> logger,
    IModelGateway? gateway = null)
    : BackgroundService
{
    /// <summary>How often what was found is handed in.</summary>
    public static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    private const int MostOfABatch = 500;
    private const int MostUnsent = 200;
    private const int AtOnce = 2;
    private const int MaxVerdict = 4_000;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _silo = Guid.NewGuid().ToString("N");
    private readonly ConcurrentQueue<(string TenantId, JudgedAnswer Answer)> _judged = new();
    private readonly ReportRounds<(string TenantId, AnswerQualityBatch Batch)> _reports = new(MostUnsent);
    private long _batches;

    /// <inheritdoc/>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll([ReportAllAsync(stoppingToken), .. Enumerable.Range(0, gateway is null ? 0 : AtOnce).Select(_ => JudgeAllAsync(stoppingToken))]);

    /// <summary>Judges one answer.</summary>
    internal async Task JudgeAsync(JudgeJob job, CancellationToken cancellationToken)
    {
        var outcome = "judged";
        try
        {
            if (await AskAsync(job, cancellationToken) is { } verdict)
            {
                await TakeAsync(job, verdict);
            }
            else
            {
                outcome = "unreadable";
            }
        }
        catch (ModelException failed)
        {
            LogFailed(logger, failed, job.Call.Origin.TenantId);
            outcome = "failed";
        }

        AnswerQualityDiagnostics.Judged.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
    }

    /// <summary>Hands in what was found; rounds follow each other.</summary>
    internal Task ReportAsync() => _reports.RunAsync(ReportOnceAsync);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _reports.Dispose();
        base.Dispose();
    }

    private async Task JudgeAllAsync(CancellationToken stoppingToken)
    {
        await foreach (var job in judging.Jobs.ReadAllAsync(stoppingToken))
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            limit.CancelAfter(Patience);
            try
            {
                await JudgeAsync(job, limit.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                AnswerQualityDiagnostics.Judged.Add(1, new KeyValuePair<string, object?>("outcome", "failed"));
            }
        }
    }

    private async Task ReportAllAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await ReportAsync();
        }
    }

    private async Task<JudgeVerdict?> AskAsync(JudgeJob job, CancellationToken cancellationToken)
    {
        var origin = new ModelCallOrigin { TenantId = job.Call.Origin.TenantId, Feature = JudgeStage.Feature, IsInteractive = false, PromptVersion = AnswerJudge.Version, Cache = ModelCacheHint.Never };
        var request = new ChatRequest
        {
            Messages = [new ChatMessage { Role = ChatRole.System, Text = AnswerJudge.Instructions }, new ChatMessage { Role = ChatRole.User, Text = job.Question }],
            MaxOutputTokens = 200,
        };
        var text = new StringBuilder();
        await foreach (var delta in gateway!.StreamAsync(new ModelCall(origin, request, ModelTiers.Large, time.GetUtcNow()), cancellationToken))
        {
            if (delta is ChatText part && text.Length < MaxVerdict)
            {
                text.Append(part.Text);
            }
        }

        return AnswerJudge.Read(text.ToString());
    }

    private async Task TakeAsync(JudgeJob job, JudgeVerdict verdict)
    {
        var origin = job.Call.Origin;
        var score = (verdict.Faithfulness + verdict.Relevance) / 2;
        _judged.Enqueue((origin.TenantId, new JudgedAnswer
        {
            CallId = origin.CallId,
            RunId = origin.RunId,
            Feature = origin.Feature,
            Model = job.Model,
            PromptVersion = origin.PromptVersion,
            At = job.At.ToMilliseconds(),
            Score = score,
            IsGood = verdict.IsGood,
        }));
        foreach (var experiment in job.Call.Variants.Count == 0 ? [] : (await catalog.GetAsync(origin.TenantId, CancellationToken.None)).Experiments)
        {
            if (experiment.Status == ExperimentStatus.Running && experiment.StageSince <= job.At && ExperimentStage.GivenVariant(experiment, job.Call) is { } variant)
            {
                observations.Observe(origin.TenantId, experiment, variant, origin.ConversationId ?? origin.CallId, ExperimentMetrics.Score, score);
            }
        }
    }

    private async Task ReportOnceAsync()
    {
        var judged = new List<(string TenantId, JudgedAnswer Answer)>();
        while (_judged.TryDequeue(out var one))
        {
            judged.Add(one);
        }

        var (answers, counts) = (judged.ToLookup(one => one.TenantId, one => one.Answer, StringComparer.Ordinal), judging.TakeCounts());
        foreach (var tenantId in answers.Select(tenant => tenant.Key).Concat(counts.Keys).Distinct(StringComparer.Ordinal).ToList())
        {
            var (said, seen) = (answers[tenantId].Chunk(MostOfABatch).ToList(), counts.GetValueOrDefault(tenantId, []).Chunk(MostOfABatch).ToList());
            for (var i = 0; i < Math.Max(said.Count, seen.Count); i++)
            {
                _reports.Add((tenantId, new AnswerQualityBatch { BatchId = $"{_silo}:{++_batches}", Judged = said.ElementAtOrDefault(i) ?? [], Questions = seen.ElementAtOrDefault(i) ?? [] }));
            }
        }

        await _reports.SendAsync(next => SendAsync(next.TenantId, next.Batch));
    }

    private Task<bool> SendAsync(string tenantId, AnswerQualityBatch batch) => ReportRounds<AnswerQualityBatch>.TryAsync(
        () =>
        {
            platform.Assume(tenantId);
            return grains.GetGrain<IAnswerQualityGrain>(GrainKeys.AnswerQuality(tenantId)).Record(batch);
        },
        refused => LogRefused(logger, refused, tenantId),
        later => LogLater(logger, later, tenantId));

    [LoggerMessage(EventId = 7111, Level = LogLevel.Warning, Message = "An answer of {Tenant} could not be judged")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenant);

    [LoggerMessage(EventId = 7112, Level = LogLevel.Warning, Message = "What was judged of {Tenant} was refused")]
    private static partial void LogRefused(ILogger logger, Exception exception, string tenant);

    [LoggerMessage(EventId = 7113, Level = LogLevel.Warning, Message = "What was judged of {Tenant} is handed in later")]
    private static partial void LogLater(ILogger logger, Exception exception, string tenant);
}
