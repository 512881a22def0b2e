using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Steward.Approvals;
using Steward.Benchmarks.Measuring;
using Steward.Connectors;
using Steward.Engines.Security;
using Steward.EnterpriseSim;
using Steward.Identity;
using Steward.Notifications;
using Steward.Tenants;

namespace Steward.Benchmarks.Scenarios;

/// <summary>Tenants whose people are told over the simulated Slack, Teams and mail, a third of them by each, and their approvals.</summary>
internal sealed class ApprovalsOffice(InProcessSteward steward, EnterpriseSimulation sim)
{
    private readonly PlatformIdentity _platform = steward.Services.GetRequiredService<PlatformIdentity>();
    private readonly IGrainFactory _grains = steward.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The people; every third has the same channel.</summary>
    public IReadOnlyList<Person> People { get; } = [.. sim.Company.People.Where(person => person.Status == "ACTIVE")];

    /// <summary>The channel of a person.</summary>
    public static string ChannelOf(int person) => (person % 3) switch { 0 => NotificationChannels.Slack, 1 => NotificationChannels.Teams, _ => NotificationChannels.Email };

    /// <summary>A tenant with the channels, whose people have said which one they want.</summary>
    public async Task OpenAsync(string tenant)
    {
        Assume(tenant, "u-root", [WellKnownRoles.Admin], null);
        await _grains.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenant)).Configure(new TenantProfile { Name = tenant });
        var credentials = sim.Credentials;
        await CreateAsync(tenant, "chat", "slack", "bot", new Uri(sim.Slack, "api"), new() { ["token"] = credentials.SlackBotToken }, [], ["messages.present", "messages.revise", "messages.reply", "direct.open", "users.find", "users.get", "channels.history"]);
        Dictionary<string, string> app = new() { ["directoryId"] = credentials.GraphDirectoryId, ["clientId"] = credentials.GraphClientId };
        await CreateAsync(tenant, "directory", "entra-id", "app", new Uri(sim.Graph, "v1.0"), new() { ["clientSecret"] = credentials.GraphClientSecret }, app, null);
        await CreateAsync(tenant, "bot", "teams-bot", "app", new Uri(sim.Graph, "bot"), new() { ["clientSecret"] = credentials.GraphClientSecret }, app, ["service.read", "conversations.open", "cards.post", "cards.update", "messages.post"]);
        await CreateAsync(
            tenant, "mail", "smtp", "password", null, new() { ["password"] = credentials.SmtpPassword },
            new() { ["host"] = "127.0.0.1", ["port"] = sim.SmtpPort.ToString(CultureInfo.InvariantCulture), ["security"] = "none", ["from"] = credentials.SmtpUser, ["username"] = credentials.SmtpUser },
            ["server.check", "mail.send", "mail.notice"]);
        await _grains.GetGrain<INotificationSettingsGrain>(GrainKeys.NotificationSettings(tenant)).Set(new NotificationSettings
        {
            Channels =
            [
                new NotificationChannel { Channel = NotificationChannels.Slack, Instance = "chat", PerSecond = 100 },
                new NotificationChannel { Channel = NotificationChannels.Teams, Instance = "bot", PerSecond = 100, Settings = new() { ["directory"] = "directory" } },
                new NotificationChannel { Channel = NotificationChannels.Email, Instance = "mail", PerSecond = 100 },
            ],
        });
        for (var person = 0; person < People.Count; person++)
        {
            Assume(tenant, UserIdOf(person), [], People[person].Email);
            await _grains.GetGrain<IInboxGrain>(GrainKeys.Inbox(tenant, UserIdOf(person))).SetPreferences(new NotificationPreferences { Channels = [ChannelOf(person)] });
        }
    }

    /// <summary>Makes a tenant's approval rules the ones that hold.</summary>
    public async Task PublishRulesAsync(string tenant, string rules)
    {
        Assume(tenant, "u-root", [WellKnownRoles.Admin], null);
        await _grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(tenant)).Publish(new PublishRules { Text = rules });
    }

    /// <summary>Asks for an approval: of some people, or for none of those whom the tenant's rules name.</summary>
    public Task<ApprovalView> SubmitAsync(string tenant, string approvalId, int requester, IReadOnlyList<int> approvers, string type = "licence")
    {
        _platform.Assume(tenant);
        return _grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenant, approvalId)).Submit(new SubmitApproval
        {
            Type = type,
            Action = "okta.apps.assign",
            Arguments = $$"""{"app":"Salesforce","request":"{{approvalId}}"}""",
            Summary = $"Assign Salesforce for {approvalId}",
            Requester = new CallerIdentity { TenantId = tenant, UserId = UserIdOf(requester), Email = People[requester].Email, Name = People[requester].Name },
            PolicyApprovers = [.. approvers.Select(person => $"email:{People[person].Email}")],
            RequestedAt = TimeProvider.System.GetUtcNow(),
        });
    }

    /// <summary>Approves as a person.</summary>
    public Task<ApprovalView> ApproveAsync(string tenant, ApprovalView request, int person)
    {
        Assume(tenant, UserIdOf(person), [], People[person].Email);
        return _grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenant, request.ApprovalId)).Decide(new DecideApproval { Decision = "approve", SubjectHash = request.SubjectHash, OperationId = request.ApprovalId });
    }

    // As people are known whom the directory knows by address.
    private string UserIdOf(int person) => "u-h." + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(People[person].Email.ToLowerInvariant())).AsSpan(0, 16));

    private void Assume(string tenant, string user, IReadOnlyList<string> roles, string? email) =>
        _platform.AssumePerson(new CallerIdentity { TenantId = tenant, UserId = user, Roles = roles, Email = email });

    private async Task CreateAsync(
        string tenant, string name, string template, string auth, Uri? address, Dictionary<string, string> secrets, Dictionary<string, string> fields, IReadOnlyList<string>? operations)
    {
        var key = GrainKeys.Connector(tenant, name);
        var sealer = steward.Services.GetRequiredService<SecretSealer>();
        await _grains.GetGrain<IConnectorGrain>(key).Create(new CreateConnector
        {
            TemplateId = template,
            AuthId = auth,
            BaseUrl = address?.ToString().TrimEnd('/'),
            Fields = fields,
            SealedSecrets = secrets.ToDictionary(secret => secret.Key, secret => sealer.Seal(new SecretText(secret.Value), key)),
            Operations = operations,
        });
    }
}
