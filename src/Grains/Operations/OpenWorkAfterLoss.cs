using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Steward.Notifications;

namespace Steward.Operations;

/// <summary>
/// When the cluster has declared a silo gone: takes up the work that stands still. One silo does it for all; if it is lost too, another one. What it misses, for example because the
/// directory is still being repaired, the tenants' watchdogs find.
/// </summary>
internal sealed partial class OpenWorkAfterLoss(
    OpenWork openWork,
    IClusterMembershipService membership,
    ILocalSiloDetails silo,
    NotificationWork notifications,
    TimeProvider time,
    ILogger<OpenWorkAfterLoss> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    // What was lost stands still for longer: it takes several seconds to declare a silo gone.
    private static readonly TimeSpan StandingStillFor = TimeSpan.FromSeconds(2);

    // Once the grain directory knows of it, and once more for what could not be reached then.
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)];

    private readonly CancellationTokenSource _stopping = new();
    private Task _work = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(OpenWorkAfterLoss), ServiceLifecycleStage.Active, Start, Stop);

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private Task Start(CancellationToken cancellationToken)
    {
        _work = Task.Run(Watch, cancellationToken);
        return Task.CompletedTask;
    }

    private async Task Stop(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _work.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Watch()
    {
        var losses = new SiloLosses(silo.SiloAddress);
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_stopping.Token))
            {
                if (losses.Take(snapshot))
                {
                    await TakeUp();
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    private async Task TakeUp()
    {
        foreach (var pause in Pauses)
        {
            await Task.Delay(pause, time, _stopping.Token);
            try
            {
                var count = await openWork.ResumeAsync(tenantId: null, StandingStillFor, _stopping.Token);

                // What the lost silo had decided and not told to others is due, too.
                count += await openWork.WakeAsync(tenantId: null, _stopping.Token);
                count += await notifications.WakeAsync(tenantId: null, _stopping.Token);
                LogTakenUp(logger, count);
            }
            catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
            {
                throw;
            }
#pragma warning disable CA1031 // The tenants' watchdogs come within a minute or two.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                LogFailed(logger, exception);
            }
        }
    }

    [LoggerMessage(EventId = 1313, Level = LogLevel.Information, Message = "Took up {Count} sessions, runs and others that were open or due after a silo was lost")]
    private static partial void LogTakenUp(ILogger logger, int count);

    [LoggerMessage(EventId = 1314, Level = LogLevel.Error, Message = "Open work could not be taken up after a silo was lost; the tenants' watchdogs will do it")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
