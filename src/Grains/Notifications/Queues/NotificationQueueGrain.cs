using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Notifications;
using Steward.Errors;
using Steward.Identity;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>
/// Owns the queue of one channel of a tenant. Persists: its rows of the notification table. Woken by: whoever tells people, its timer while it is in memory, and the tenant's watchdog when rows are due. The work is done by
/// <see cref="ChannelQueue"/>, beside the grain's calls but on its scheduler.
/// </summary>
internal sealed partial class NotificationQueueGrain : StewardGrain, INotificationQueueGrain, IDisposable
{
    private const int MostDead = 1000;
    private static readonly TimeSpan KeptFor = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly INotificationStore _store;
    private readonly PlatformIdentity _platform;
    private readonly ILogger<NotificationQueueGrain> _logger;
    private readonly ChannelQueue _queue;
    private IGrainTimer? _timer;

    public NotificationQueueGrain(
        INotificationStore store,
        IEnumerable<IChannelSender> senders,
        ChannelPlans plans,
        SiloSends places,
        PlatformIdentity platform,
        IOptions<NotificationOptions> options,
        TimeProvider time,
        ILogger<NotificationQueueGrain> logger)
    {
        _store = store;
        _platform = platform;
        _logger = logger;
        _queue = new ChannelQueue(new ChannelQueueParts
        {
            TenantId = TenantId,
            Channel = Channel,
            Store = store,
            Sender = senders.LastOrDefault(sender => sender.Channel == Channel),
            Plan = cancellationToken => plans.FindAsync(TenantId, Channel, cancellationToken),
            PassOn = PassOn,
            Arm = Arm,
            Places = places,
            Options = options.Value,
            Time = time,
            Random = Random.Shared.NextDouble,
            Logger = logger,
        });
    }

    private string TenantId => GrainKeys.TenantOf(this.GetPrimaryKeyString());

    private string Channel => GrainKeys.LastPart(this.GetPrimaryKeyString())[2..];

    /// <inheritdoc/>
    protected override Task ActivateAsync(CancellationToken cancellationToken)
    {
        _timer = this.RegisterGrainTimer(Dispatch, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        _queue.Resume();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _queue.StopAsync(StopPatience);

    /// <inheritdoc/>
    public async Task Enqueue(IReadOnlyList<QueuedNotice> notices, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        try
        {
            await _queue.EnqueueAsync(notices);
        }
        catch (Exception exception) when (exception is StorageException or OperationCanceledException or ObjectDisposedException)
        {
            throw new StewardException(ErrorCodes.Unavailable, "Notices cannot be kept now.", exception) { IsRetryable = true, OutcomeUnknown = true };
        }
    }

    /// <inheritdoc/>
    public Task Engaged(string threadId, string engagement, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (!NoticeEngagement.IsOfPeople(engagement))
        {
            throw StewardException.Invalid("engagement", "must be seen, read or acted.");
        }

        _queue.Engage(threadId, engagement);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<QueueInfo> GetInfo(CancellationToken cancellationToken = default)
    {
        Caller.RequireAdmin();
        var (waiting, oldestAt, lastError) = _queue.Info();
        var dead = await _store.ListDeadAsync(TenantId, MostDead, cancellationToken);
        return new QueueInfo { Channel = Channel, Waiting = waiting, OldestAt = oldestAt, LastError = lastError, Dead = dead.Count(row => row.Channel == Channel) };
    }

    /// <inheritdoc/>
    public Task Resume(CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        _queue.Resume();
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer?.Dispose();
        _queue.Dispose();
    }

    private Task Dispatch(CancellationToken cancellationToken)
    {
        _queue.Dispatch();
        return Task.CompletedTask;
    }

    private Task PassOn(string channel, IReadOnlyList<QueuedNotice> notices)
    {
        _platform.Assume(TenantId);
        LogPassedOn(_logger, notices.Count, TenantId, Channel, channel);
        return GrainFactory.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(TenantId, channel)).Enqueue(notices);
    }

    private void Arm(TimeSpan wait)
    {
        // What is due later is left to the watchdog.
        if (wait != Timeout.InfiniteTimeSpan && wait <= KeptFor)
        {
            DelayDeactivation(wait + KeptFor);
        }

        _timer!.Change(wait, Timeout.InfiniteTimeSpan);
    }

    [LoggerMessage(EventId = 1911, Level = LogLevel.Information, Message = "{Count} notices of {Tenant} go from {Channel} to {Next}")]
    private static partial void LogPassedOn(ILogger logger, int count, string tenant, string channel, string next);
}
