using Steward.Client;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.EnterpriseSim;
using Steward.Identity;
using Steward.Notifications;

namespace Steward.Host.Demo;

/// <summary>Connects the demo tenant to the chat and the mail server of this process's simulation, and lets its people be told there. Their addresses and secrets are new with each start.</summary>
internal sealed class DemoChannels(IStewardUserClient admin, EnterpriseSimulation simulation)
{
    private const string SlackInstance = "slack";
    private const string MailInstance = "mail";

    private static readonly string[] SlackOperations = ["auth.test", "users.find", "users.get", "direct.open", "messages.present", "messages.revise", "messages.reply", "channels.history"];
    private static readonly string[] MailOperations = ["server.check", "mail.notice"];

    /// <summary>Makes the connectors anew and turns the channels on where the tenant has no settings of its own.</summary>
    /// <param name="services">The process's services.</param>
    /// <param name="simulation">The simulated systems.</param>
    /// <param name="url">Where this Steward is reached, and clicks come to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task EnsureAsync(IServiceProvider services, EnterpriseSimulation simulation, Uri url, CancellationToken cancellationToken)
    {
        var identity = DemoTenant.Admin;
        var admin = services.GetRequiredService<IStewardClient>().For(
            new CallerIdentity { TenantId = identity.TenantId, UserId = identity.UserId, Roles = identity.Roles, Name = identity.Name, Email = identity.Email });
        await new DemoChannels(admin, simulation).EnsureAsync(cancellationToken);
        simulation.SendClicksTo(SimSystem.Slack, new Uri(url, $"/channels/{DemoTenant.Id}/slack"));
    }

    private async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var credentials = simulation.Credentials;
        var known = (await admin.Connectors.ListAsync(cancellationToken)).Select(instance => instance.Name).ToHashSet(StringComparer.Ordinal);
        await EnsureAsync(
            known,
            SlackInstance,
            new CreateConnector { TemplateId = "slack", AuthId = "bot", BaseUrl = new Uri(simulation.Slack, "api").ToString(), Operations = SlackOperations },
            new() { ["token"] = credentials.SlackBotToken, ["webhookSecret"] = credentials.SlackSigningSecret },
            cancellationToken);
        await EnsureAsync(
            known,
            MailInstance,
            new CreateConnector
            {
                TemplateId = "smtp",
                AuthId = "password",
                Operations = MailOperations,
                Fields = new Dictionary<string, string>
                {
                    ["host"] = "127.0.0.1",
                    ["port"] = simulation.SmtpPort.ToString(System.Globalization.CultureInfo.InvariantCulture),
                    ["security"] = "none",
                    ["from"] = "steward@acme.example",
                    ["username"] = credentials.SmtpUser,
                },
            },
            new() { ["password"] = credentials.SmtpPassword },
            cancellationToken);

        if (await admin.Notifications.GetSettingsAsync(cancellationToken) is { Revision: 0 } settings)
        {
            await admin.Notifications.SetSettingsAsync(
                settings with
                {
                    Channels = [new NotificationChannel { Channel = "slack", Instance = SlackInstance }, new NotificationChannel { Channel = "email", Instance = MailInstance }],
                    TimeZone = "Europe/Berlin",
                },
                cancellationToken);
        }
    }

    private async Task EnsureAsync(HashSet<string> known, string name, CreateConnector spec, Dictionary<string, string> secrets, CancellationToken cancellationToken)
    {
        var concealed = secrets.ToDictionary(secret => secret.Key, secret => new SecretText(secret.Value), StringComparer.Ordinal);
        if (known.Contains(name))
        {
            // Where a connector's credentials go never changes during its life; the simulated systems have moved.
            await admin.Connectors.DeleteAsync(name, cancellationToken);
        }

        await admin.Connectors.CreateAsync(name, spec, concealed, cancellationToken);
    }
}
