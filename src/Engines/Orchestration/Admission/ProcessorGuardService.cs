using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Steward.Engines.Orchestration.Admission;

/// <summary>Measures how long ready work waits for a processor, and tells the admission what the guard makes of it.</summary>
internal sealed class ProcessorGuardService(RunAdmission admission, IOptions<AdmissionOptions> options, TimeProvider time) : BackgroundService
{
    private const int SamplesPerRound = 5;
    private const int RoundsPerWindow = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ProcessorGuard _guard = new(options.Value.DispatchDelayTarget);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.DispatchDelayTarget == TimeSpan.Zero)
        {
            return;
        }

        await Task.Yield();
        using var timer = new PeriodicTimer(Pause, time);
        var (rounds, samples, delay, since, used) = (0, 0, TimeSpan.Zero, time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                delay += await MeasureAsync();
                if (++samples < SamplesPerRound)
                {
                    continue;
                }

                var (now, usedNow) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
                var ownShare = (usedNow - used) / (time.GetElapsedTime(since, now) * Environment.ProcessorCount);
                (since, used) = (now, usedNow);
                var before = _guard.Limit;
                var limit = _guard.Next(delay / SamplesPerRound, ownShare, admission.ReadLoad());
                (samples, delay) = (0, TimeSpan.Zero);
                if (!limit.Equals(before) || double.IsFinite(limit))
                {
                    admission.LimitTenants(limit);
                    AdmissionMetrics.Limited(limit);
                }

                if (++rounds % RoundsPerWindow == 0)
                {
                    admission.BeginWindow();
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The process stops.
        }
    }

    private async Task<TimeSpan> MeasureAsync()
    {
        var queued = time.GetTimestamp();
        var started = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);

        // Into the global queue, where everything that comes from a socket or a timer waits too.
        ThreadPool.UnsafeQueueUserWorkItem(static state => state.started.SetResult(state.time.GetTimestamp()), (started, time), preferLocal: false);
        return time.GetElapsedTime(queued, await started.Task);
    }
}
