namespace Steward.Notifications;

/// <summary>What is persisted of a tenant's settings of notifications.</summary>
[GenerateSerializer]
[Alias("steward.notification-settings-state")]
internal sealed class NotificationSettingsState
{
    /// <summary>The settings.</summary>
    [Id(0)]
    public NotificationSettings Settings { get; set; } = new();
}
