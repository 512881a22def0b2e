using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Notifications;

namespace Steward.Notifications;

/// <summary>Registers what the grains of notifications need.</summary>
internal static class NotificationGrainsExtensions
{
    /// <summary>Adds the router, the channel in-app and those of the notifications engine, and what queues work with.</summary>
    public static IServiceCollection AddStewardNotificationGrains(this IServiceCollection services)
    {
        services.AddOptions<NotificationOptions>().BindConfiguration(NotificationOptions.Section)
            .Validate(options => options.Window is >= 10 and <= 100_000, $"{NotificationOptions.Section}:Window must be 10 to 100,000.")
            .Validate(options => options.Parallel is >= 1 and <= 1000, $"{NotificationOptions.Section}:Parallel must be 1 to 1000.")
            .Validate(options => options.ParallelOfSilo is >= 1 and <= 100_000, $"{NotificationOptions.Section}:ParallelOfSilo must be 1 to 100,000.")
            .Validate(options => options.SendTimeout > TimeSpan.Zero, $"{NotificationOptions.Section}:SendTimeout must be more than 0.")
            .ValidateOnStart();
        services.TryAddSingleton<KnownPreferences>();
        services.TryAddSingleton<ChannelPlans>();
        services.TryAddSingleton(provider => new SiloSends(provider.GetRequiredService<IOptions<NotificationOptions>>().Value.ParallelOfSilo));
        services.TryAddSingleton<INotificationRouter, NotificationRouter>();
        services.TryAddSingleton<INoticeAdmins, AdminNotices>();
        services.TryAddSingleton<NotificationWork>();
        services.AddStewardChannels();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IChannelSender, InAppSender>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IChannelSender, WebhookNoticeSender>());
        services.TryAddSingleton<IChannelPeople, ChannelPeople>();
        services.TryAddSingleton<ChannelRequests>();
        services.TryAddSingleton<ChannelActions>();
        return services;
    }
}
