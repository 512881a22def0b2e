namespace Steward.Notifications;

/// <summary>How people are told. Bound from <c>Steward:Notifications</c>.</summary>
public sealed class NotificationOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Steward:Notifications";

    /// <summary>How many notices of a channel are in memory at most; more wait in the table. Default 2000.</summary>
    public int Window { get; set; } = 2000;

    /// <summary>How many messages of a channel are on their way at a time. Default 32.</summary>
    public int Parallel { get; set; } = 32;

    /// <summary>How many messages of all channels of all tenants are on their way from one silo at a time; beyond that tenants get places in turn. Default 512.</summary>
    public int ParallelOfSilo { get; set; } = 512;

    /// <summary>How long a channel has to take a message; after that it is not known whether it did. Default 20 seconds.</summary>
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long settings of a channel hold without being asked for again. Default 5 seconds.</summary>
    public TimeSpan SettingsFor { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a person's preferences hold without being asked for again, in silos other than the one that changed them. Default 10 seconds.</summary>
    public TimeSpan PreferencesFor { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For how long notices that are done with stay in the table. Default 90 days.</summary>
    public TimeSpan KeptFor { get; set; } = TimeSpan.FromDays(90);
}
