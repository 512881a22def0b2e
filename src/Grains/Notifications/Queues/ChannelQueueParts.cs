using Microsoft.Extensions.Logging;
using Steward.Engines.Notifications;
using Steward.Storage;

namespace Steward.Notifications;

/// <summary>What a <see cref="ChannelQueue"/> works with.</summary>
internal sealed record ChannelQueueParts
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The channel.</summary>
    public required string Channel { get; init; }

    /// <summary>The table.</summary>
    public required INotificationStore Store { get; init; }

    /// <summary>Sends; null when this installation cannot send on the channel.</summary>
    public required IChannelSender? Sender { get; init; }

    /// <summary>What the tenant set up; null when the channel is not one of its.</summary>
    public required Func<CancellationToken, Task<ChannelPlan?>> Plan { get; init; }

    /// <summary>Gives notices to the queue of another channel; they are durable there when it returns.</summary>
    public required Func<string, IReadOnlyList<QueuedNotice>, Task> PassOn { get; init; }

    /// <summary>Has <see cref="ChannelQueue.Dispatch"/> called after a time; a later call takes an earlier one's place. Infinite for not at all.</summary>
    public required Action<TimeSpan> Arm { get; init; }

    /// <summary>The silo's places for messages on their way.</summary>
    public required SiloSends Places { get; init; }

    /// <summary>Limits and waits.</summary>
    public required NotificationOptions Options { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Even draws from [0, 1).</summary>
    public required Func<double> Random { get; init; }

    /// <summary>The log.</summary>
    public required ILogger Logger { get; init; }
}
