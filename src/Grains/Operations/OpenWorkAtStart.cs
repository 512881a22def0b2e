using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;
using Steward.Notifications;

namespace Steward.Operations;

/// <summary>When a silo has become active: takes up all work that stood open when the cluster, or its last silo, went down.</summary>
internal sealed partial class OpenWorkAtStart(OpenWork openWork, NotificationWork notifications, ILogger<OpenWorkAtStart> logger) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _work = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(nameof(OpenWorkAtStart), ServiceLifecycleStage.Active, Start, Stop);

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private Task Start(CancellationToken cancellationToken)
    {
        // In the background: a silo with much open work must not be late for new work.
        _work = Task.Run(Resume, cancellationToken);
        return Task.CompletedTask;
    }

    private async Task Stop(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _work.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task Resume()
    {
        try
        {
            var count = await openWork.ResumeAsync(tenantId: null, TimeSpan.Zero, _stopping.Token);
            count += await openWork.WakeAsync(tenantId: null, _stopping.Token);
            count += await notifications.WakeAsync(tenantId: null, _stopping.Token);
            LogTakenUp(logger, count);
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
#pragma warning disable CA1031 // The tenants' watchdogs come within a minute; the silo is up all the same.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogFailed(logger, exception);
        }
    }

    [LoggerMessage(EventId = 1311, Level = LogLevel.Information, Message = "Took up {Count} sessions, runs and others that were open or due at start")]
    private static partial void LogTakenUp(ILogger logger, int count);

    [LoggerMessage(EventId = 1312, Level = LogLevel.Error, Message = "Open work could not be taken up at start; the tenants' watchdogs will do it")]
    private static partial void LogFailed(ILogger logger, Exception exception);
}
