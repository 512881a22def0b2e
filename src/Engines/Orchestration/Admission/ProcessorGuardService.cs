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
    private readonly List<TimeSpan> _samples = new(SamplesPerRound);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.DispatchDelayTarget == TimeSpan.Zero)
        {
            return;
        }

        await Task.Yield();
        using var timer = new PeriodicTimer(Pause, time);
        var (rounds, since, used) = (0, time.GetTimestamp(), Environment.CpuUsage.TotalTime);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                _samples.Add(await MeasureAsync());
                if (_samples.Count < SamplesPerRound)
                {
                    continue;
                }

                var (now, usedNow) = (time.GetTimestamp(), Environment.CpuUsage.TotalTime);
                var ownShare = (usedNow - used) / (time.GetElapsedTime(since, now) * Environment.ProcessorCount);
                (since, used) = (now, usedNow);
                _samples.Sort();
                var before = _guard.Limit;
                var limit = _guard.Next(_samples[SamplesPerRound / 2], ownShare, admission.ReadLoad());
                _samples.Clear();
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
