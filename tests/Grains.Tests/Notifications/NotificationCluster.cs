using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Notifications;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.Grains.Tests.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Grains.Tests.Notifications;

/// <summary>A silo whose tenants have Slack and mail, which answer as they are told.</summary>
public sealed class NotificationCluster : GrainCluster
{
    internal FakeChannel Slack { get; } = new("slack", TimeProvider.System) { Traits = new ChannelTraits(CanUpdate: true, KnowsDelivered: false, KnowsSeen: false, HasKey: true) };

    internal FakeChannel Email { get; } = new("email", TimeProvider.System);

    internal TestVault Vault { get; } = new();

    internal INotificationRouter Router => Silo.GetRequiredService<INotificationRouter>();

    internal NotificationWork Work => Silo.GetRequiredService<NotificationWork>();

    internal INotificationQueueGrain Queue(string tenant, string channel) => Grains.GetGrain<INotificationQueueGrain>(GrainKeys.NotificationQueue(tenant, channel));

    internal IInboxGrain Inbox(string tenant, string user) => Grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(tenant, user));

    internal INotificationSettingsGrain Settings(string tenant) => Grains.GetGrain<INotificationSettingsGrain>(GrainKeys.NotificationSettings(tenant));

    /// <summary>A new tenant that has Slack, then mail. The caller is its admin afterwards.</summary>
    internal async Task<string> TenantAsync()
    {
        var tenant = "t-" + Guid.NewGuid().ToString("n")[..10];
        SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await CreateAsync(tenant, "slack", "slack", "token", []);
        await CreateAsync(tenant, "mail", "smtp", "password", new() { ["host"] = "mail.acme.example", ["from"] = "steward@acme.example", ["username"] = "steward" });
        await Settings(tenant).Set(new NotificationSettings { Channels = [new NotificationChannel { Channel = "slack", Instance = "slack", PerSecond = 100 }, new NotificationChannel { Channel = "email", Instance = "mail", PerSecond = 100 }] });
        return tenant;
    }

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ISecretVault>(Vault);
        silo.Services.AddStewardConnectors();
        silo.Services.RemoveAll<IConnectorRegistry>();
        silo.Services.AddSingleton<IConnectorRegistry>(Desk);
        silo.Services.AddSingleton<IChannelSender>(Slack);
        silo.Services.AddSingleton<IChannelSender>(Email);
    }

    private Task<ConnectorInfo> CreateAsync(string tenant, string name, string template, string secret, Dictionary<string, string> fields)
    {
        var key = GrainKeys.Connector(tenant, name);
        return Grains.GetGrain<IConnectorGrain>(key).Create(new CreateConnector
        {
            TemplateId = template,
            Fields = fields,
            SealedSecrets = new Dictionary<string, string> { [secret] = Silo.GetRequiredService<SecretSealer>().Seal(new SecretText("s3cret"), key) },
        });
    }
}
