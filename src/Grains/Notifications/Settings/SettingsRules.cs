using Steward.Engines.Connectors.Instances;
using Steward.Engines.Notifications.Texts;
using Steward.Errors;

namespace Steward.Notifications;

/// <summary>What a tenant's settings of notifications may say. Pure.</summary>
internal static class SettingsRules
{
    private const int MaxTemplates = 500;
    private const int MaxSettings = 20;

    /// <summary>The templates of connectors that a channel can go through.</summary>
    private static readonly Dictionary<string, string[]> Templates = new(StringComparer.Ordinal)
    {
        [NotificationChannels.Slack] = ["slack"],
        [NotificationChannels.Teams] = ["teams", "teams-bot"],
        [NotificationChannels.Email] = ["smtp"],
    };

    /// <summary>Checks settings.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="instances">The tenant's connector instances that are switched on.</param>
    /// <param name="webhooks">The tenant's webhooks.</param>
    /// <exception cref="StewardException"><c>invalid_argument</c> names the field.</exception>
    public static void Check(NotificationSettings settings, IReadOnlyList<ResolvedInstance> instances, IReadOnlyCollection<string> webhooks)
    {
        if (settings.Channels.Select(channel => channel.Channel).Distinct(StringComparer.Ordinal).Count() != settings.Channels.Count)
        {
            throw StewardException.Invalid("channels", "must name each channel once.");
        }

        for (var at = 0; at < settings.Channels.Count; at++)
        {
            CheckChannel(settings.Channels[at], $"channels[{at}]", instances, webhooks);
        }

        PreferenceRules.CheckLocale(settings.Locale, "locale");
        PreferenceRules.CheckZone(settings.TimeZone, "timeZone");
        if (settings.Templates.Count > MaxTemplates)
        {
            throw StewardException.Invalid("templates", $"must be at most {MaxTemplates}.");
        }

        foreach (var (name, text) in settings.Templates)
        {
            CheckTemplate(name, text);
        }
    }

    /// <summary>Checks a tenant's own text.</summary>
    public static void CheckTemplate(string name, string text)
    {
        if (NoticeTemplates.Check(name, text) is { } problem)
        {
            throw StewardException.Invalid($"templates.{name}", problem);
        }
    }

    private static void CheckChannel(NotificationChannel channel, string field, IReadOnlyList<ResolvedInstance> instances, IReadOnlyCollection<string> webhooks)
    {
        if (!NotificationChannels.External.Contains(channel.Channel))
        {
            throw StewardException.Invalid($"{field}.channel", $"must be one of {string.Join(", ", NotificationChannels.External)}.");
        }

        if (!(channel.PerSecond is >= 0.1 and <= 100))
        {
            throw StewardException.Invalid($"{field}.perSecond", "must be 0.1 to 100.");
        }

        if (channel.Settings.Count > MaxSettings || channel.Settings.Any(setting => setting.Key.Length > 64 || setting.Value.Length > 500 || setting.Value.Any(char.IsControl)))
        {
            throw StewardException.Invalid($"{field}.settings", $"must be at most {MaxSettings} texts of at most 500 characters without control characters.");
        }

        if (channel.Channel == NotificationChannels.Webhook)
        {
            if (!webhooks.Contains(channel.Instance))
            {
                throw StewardException.Invalid($"{field}.instance", "must be the id of one of the tenant's webhooks, w-….");
            }

            return;
        }

        var fitting = Templates[channel.Channel];
        if (instances.FirstOrDefault(target => target.Instance.Name == channel.Instance) is not { } instance || !fitting.Contains(instance.Instance.TemplateId))
        {
            throw StewardException.Invalid($"{field}.instance", $"must be the name of one of the tenant's connectors made from {string.Join(" or ", fitting)}, switched on.");
        }
    }
}
