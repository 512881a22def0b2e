using Steward.Engines.Notifications;

namespace Steward.Notifications;

/// <summary>What a channel is sent with now.</summary>
/// <param name="Settings">The tenant's settings of it.</param>
/// <param name="PerSecond">The most messages a second.</param>
internal sealed record ChannelPlan(ChannelSettings Settings, double PerSecond);
