using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Steward.Identity;
using Steward.Models.Prompts;

namespace Steward.Models.Experiments;

/// <summary>Every few seconds: hands in what the silo observed, takes the copies again, and tells prompts of canaries that have ended. A batch that could not be handed in is handed in again with the same id.</summary>
internal sealed partial class ExperimentReporter(
    ExperimentCatalog catalog, ExperimentObservations observations, IGrainFactory grains, PlatformIdentity platform, TimeProvider time, ILogger<ExperimentReporter> logger) : BackgroundService
{
    private const int MaxUnsent = 200;

    private readonly string _silo = Guid.NewGuid().ToString("N");
    private readonly ReportRounds<(string TenantId, string Name, ExperimentBatch Batch)> _reports = new(MaxUnsent);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(ExperimentCatalog.Refresh, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await ReportAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    /// <summary>One round; rounds follow each other.</summary>
    internal Task ReportAsync() => _reports.RunAsync(ReportOnceAsync);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _reports.Dispose();
        base.Dispose();
    }

    private async Task ReportOnceAsync()
    {
        foreach (var batch in observations.Take(_silo))
        {
            _reports.Add(batch);
        }

        await _reports.SendAsync(next => SendAsync(next.TenantId, next.Name, next.Batch));

        foreach (var (tenantId, trials) in catalog.All.ToList())
        {
            foreach (var experiment in trials.Experiments)
            {
                if (experiment.Status == ExperimentStatus.Running)
                {
                    // Time alone may decide; without a conversation, too.
                    await SendAsync(tenantId, experiment.Name, new ExperimentBatch { BatchId = "tick", Stage = experiment.Stage });
                }
                else
                {
                    observations.Forget(tenantId, experiment.Name);
                    await SettleAsync(tenantId, experiment);
                }
            }
        }

        await catalog.RefreshAsync();
    }

    private Task<bool> SendAsync(string tenantId, string name, ExperimentBatch batch) => ReportRounds<ExperimentBatch>.TryAsync(
        () =>
        {
            platform.Assume(tenantId);
            return grains.GetGrain<IExperimentGrain>(GrainKeys.Experiment(tenantId, name)).Record(batch);
        },
        refused => LogRefused(logger, refused, tenantId, name),
        later => LogLater(logger, later, tenantId, name));

    private async Task SettleAsync(string tenantId, RunningExperiment experiment)
    {
        if (experiment.Spec is not { Prompt: { } prompt, Type: ExperimentType.Canary })
        {
            return;
        }

        try
        {
            platform.Assume(tenantId);
            await grains.GetGrain<IPromptGrain>(GrainKeys.Prompt(tenantId, prompt)).SettleCanary(experiment.Name, experiment.Status == ExperimentStatus.Promoted);
            platform.Assume(tenantId);
            await grains.GetGrain<IExperimentIndexGrain>(GrainKeys.Experiments(tenantId)).Settled(experiment.Name);
        }
#pragma warning disable CA1031 // It is tried again in a few seconds.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogLater(logger, exception, tenantId, experiment.Name);
        }
    }

    [LoggerMessage(EventId = 7102, Level = LogLevel.Warning, Message = "Observations of {Name} of {TenantId} were refused")]
    private static partial void LogRefused(ILogger logger, Exception exception, string tenantId, string name);

    [LoggerMessage(EventId = 7103, Level = LogLevel.Warning, Message = "Observations of {Name} of {TenantId} are handed in later")]
    private static partial void LogLater(ILogger logger, Exception exception, string tenantId, string name);
}
