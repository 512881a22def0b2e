using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Notifications.Mail;
using Steward.Engines.Notifications.Slack;
using Steward.Engines.Notifications.Teams;

namespace Steward.Engines.Notifications;

/// <summary>Registers the channels.</summary>
public static class NotificationsServiceCollectionExtensions
{
    /// <summary>Adds the <see cref="IChannelSender"/>s of Slack, Teams and mail, and <see cref="ISlackResponder"/>. Needs the connectors.</summary>
    /// <param name="services">The services.</param>
    public static IServiceCollection AddStewardChannels(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IChannelSender, SlackSender>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IChannelSender, TeamsSender>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IChannelSender, MailSender>());
        services.AddHttpClient(SlackResponder.ClientName, client => client.Timeout = TimeSpan.FromSeconds(5))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = TimeSpan.FromSeconds(3), MaxResponseDrainSize = 4 * 1024 })
            // Addresses here are secrets: whoever has one can post.
            .RemoveAllLoggers();
        services.TryAddSingleton<ISlackResponder, SlackResponder>();
        return services;
    }
}
