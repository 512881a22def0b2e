namespace Steward.Notifications;

/// <summary>The channels by which people are told.</summary>
public static class NotificationChannels
{
    /// <summary>The person's inbox; it always gets everything.</summary>
    public const string InApp = "in_app";

    /// <summary>Slack.</summary>
    public const string Slack = "slack";

    /// <summary>Microsoft Teams.</summary>
    public const string Teams = "teams";

    /// <summary>E-mail.</summary>
    public const string Email = "email";

    /// <summary>A webhook of the tenant.</summary>
    public const string Webhook = "webhook";

    /// <summary>Those that a tenant sets up.</summary>
    public static IReadOnlyList<string> External { get; } = [Slack, Teams, Email, Webhook];
}
