using Microsoft.Extensions.Options;
using Steward.Engines.Notifications;
using Steward.Engines.Security.Webhooks;

namespace Steward.Notifications;

/// <summary>What each channel of a tenant is sent with, from the tenant's settings.</summary>
internal sealed class ChannelPlans(KnownPreferences known, IOptions<WebhookOptions> addresses)
{
    // Inboxes are our own.
    private const double InAppPerSecond = 1000;

    /// <summary>The plan; null when the tenant has not set the channel up.</summary>
    public async Task<ChannelPlan?> FindAsync(string tenantId, string channel, CancellationToken cancellationToken)
    {
        var settings = await known.SettingsOfAsync(tenantId, cancellationToken);
        if (channel == NotificationChannels.InApp)
        {
            return new ChannelPlan(Of(settings, channel, null, new Dictionary<string, string>()), InAppPerSecond);
        }

        return settings.Channels.FirstOrDefault(known => known.Channel == channel) is { } own
            ? new ChannelPlan(Of(settings, channel, own.Instance, own.Settings), own.PerSecond)
            : null;
    }

    /// <summary>Settings as senders and renderers take them.</summary>
    public ChannelSettings Of(NotificationSettings settings, string channel, string? instance, IReadOnlyDictionary<string, string> more) => new()
    {
        Channel = channel,
        Instance = instance,
        PublicAddress = addresses.Value.PublicAddress?.AbsoluteUri.TrimEnd('/'),
        Locale = settings.Locale,
        TimeZone = settings.TimeZone,
        Templates = settings.Templates,
        Settings = more,
    };
}
