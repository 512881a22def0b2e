using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Engines.Models.Budgets;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Models;

/// <summary>
/// Brings this silo's cost records to the tenants' journals, in batches, off the answers' way. A silo that is killed loses those of the last <see cref="Gathering"/> and of batches under way; budgets are told apart from
/// this and sooner. What is over <see cref="Capacity"/>, or cannot be written within <see cref="GiveUpAfter"/>, is counted and logged as lost.
/// </summary>
internal sealed partial class ModelCostWriter(IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ModelCostWriter> logger) : BackgroundService, IModelCostSink
{
    /// <summary>The most records that wait.</summary>
    public const int Capacity = 50_000;

    private const int BatchSize = 500;

    /// <summary>How long records gather.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a batch is tried.</summary>
    public static readonly TimeSpan GiveUpAfter = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Channel<(string TenantId, ModelCostRecord Record)> _records =
        Channel.CreateBounded<(string, ModelCostRecord)>(new BoundedChannelOptions(Capacity) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private int _underWay;

    /// <inheritdoc/>
    public void Record(string tenantId, ModelCostRecord record)
    {
        if (!_records.Writer.TryWrite((tenantId, record)))
        {
            Lose(tenantId, 1);
        }
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        // What was recorded before the stop is still written, as long as the host waits.
        _records.Writer.TryComplete();
        if (ExecuteTask is { } writing)
        {
            await Task.WhenAny(writing, Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken));
        }

        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var last = new Dictionary<string, Task>(StringComparer.Ordinal);
        while (await _records.Reader.WaitToReadAsync(stoppingToken))
        {
            if (!_records.Reader.Completion.IsCompleted)
            {
                await Task.Delay(Gathering, time, stoppingToken);
            }

            List<(string TenantId, ModelCostRecord Record)> gathered = [];
            while (gathered.Count < Capacity && _records.Reader.TryRead(out var one))
            {
                gathered.Add(one);
            }

            foreach (var tenant in last.Where(pair => pair.Value.IsCompleted).Select(pair => pair.Key).ToList())
            {
                last.Remove(tenant);
            }

            foreach (var batch in gathered.GroupBy(one => (one.TenantId, Day: DateOnly.FromDateTime(one.Record.At.UtcDateTime))).SelectMany(day => day.Chunk(BatchSize)))
            {
                var (tenantId, at) = (batch[0].TenantId, batch[0].Record.At);
                if (Volatile.Read(ref _underWay) + batch.Length > Capacity)
                {
                    Lose(tenantId, batch.Length);
                    continue;
                }

                // One after the other for a tenant; a tenant whose grain does not answer keeps no other waiting.
                Interlocked.Add(ref _underWay, batch.Length);
                var message = new ModelCostBatch { BatchId = Guid.CreateVersion7().ToString("n"), Day = DateOnly.FromDateTime(at.UtcDateTime), Costs = [.. batch.Select(one => ToMessage(one.Record))] };
                last[tenantId] = WriteAfterAsync(last.GetValueOrDefault(tenantId, Task.CompletedTask), tenantId, message, stoppingToken);
            }
        }

        await Task.WhenAll(last.Values);
    }

    private async Task WriteAfterAsync(Task before, string tenantId, ModelCostBatch batch, CancellationToken stoppingToken)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        try
        {
            await WriteAsync(tenantId, batch, stoppingToken);
        }
        finally
        {
            Interlocked.Add(ref _underWay, -batch.Costs.Count);
        }
    }

    private async Task WriteAsync(string tenantId, ModelCostBatch batch, CancellationToken stoppingToken)
    {
        var began = time.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(50); ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                platform.Assume(tenantId);
                await grains.GetGrain<IModelCostsGrain>(GrainKeys.ModelCosts(tenantId)).Append(batch, stoppingToken);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                if (time.GetElapsedTime(began) > GiveUpAfter || exception is StewardException { IsRetryable: false })
                {
                    LogFailed(logger, exception, tenantId);
                    Lose(tenantId, batch.Costs.Count);
                    return;
                }

                batch = batch with { IsRepeated = true };
                await Task.Delay(pause * (0.5 + (Random.Shared.NextDouble() / 2)), time, stoppingToken);
            }
        }
    }

    private static ModelCost ToMessage(ModelCostRecord record) => new()
    {
        CallId = record.CallId,
        At = record.At.ToMilliseconds(),
        UserId = record.UserId,
        Team = record.Team,
        Feature = record.Feature,
        Tags = record.Tags,
        Tier = record.Tier,
        Model = record.Model,
        Provider = record.Provider,
        InputTokens = record.InputTokens,
        CachedInputTokens = record.CachedInputTokens,
        OutputTokens = record.OutputTokens,
        CostUsd = record.CostUsd,
        IsEstimated = record.IsEstimated,
        Cache = record.Cache,
        Outcome = record.Outcome,
        Code = record.Code,
        DurationMs = record.DurationMs,
        RunId = record.RunId,
        PromptVersion = record.PromptVersion,
        ConversationId = record.ConversationId,
        Variants = record.Variants,
        Proof = record.Proof,
    };

    private void Lose(string tenantId, int count)
    {
        ModelCostDiagnostics.Lost.Add(count);
        LogLost(logger, tenantId, count);
    }

    [LoggerMessage(EventId = 2421, Level = LogLevel.Error, Message = "{Count} cost records of {Tenant} were lost")]
    private static partial void LogLost(ILogger logger, string tenant, int count);

    [LoggerMessage(EventId = 2422, Level = LogLevel.Warning, Message = "The costs of {Tenant} cannot be written")]
    private static partial void LogFailed(ILogger logger, Exception exception, string tenant);
}

/// <summary>What cost records tell about themselves.</summary>
internal static class ModelCostDiagnostics
{
    public static System.Diagnostics.Metrics.Counter<long> Lost { get; } = Diagnostics.Meter.CreateCounter<long>("steward.model_costs.lost", "{record}", "Cost records that could not be written.");
}
