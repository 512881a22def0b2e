using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Connectors.Webhooks;
using Steward.Engines.Notifications.Rendering;
using Steward.Engines.Security;
using Steward.EnterpriseSim;

namespace Steward.Engines.Notifications.Tests.Sending;

/// <summary>A tenant with instances of Slack, a Teams bot, Entra ID and a mail server, all simulated, and the senders as a host composes them.</summary>
internal sealed class Offices : IInstanceDirectory, IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, InProcessGate> _gates = new();
    private readonly List<ResolvedInstance> _instances = [];
    private ServiceProvider _services = null!;

    private Offices(EnterpriseSimulation sim) => Sim = sim;

    public EnterpriseSimulation Sim { get; }

    public string? PublicAddress { get; set; } = "https://steward.acme.example";

    public static async Task<Offices> OpenAsync(EnterpriseSimOptions? options = null, TimeSpan? timeout = null)
    {
        var sim = await EnterpriseSimulation.StartAsync(options);
        var offices = new Offices(sim);
        var services = new ServiceCollection();
        services.AddSingleton<IInstanceDirectory>(offices);
        services.AddStewardConnectors(connectors =>
        {
            connectors.AllowPrivateAddresses = true;
            connectors.SettleDelay = TimeSpan.Zero;
            connectors.Timeout = timeout ?? TimeSpan.FromSeconds(10);
        });
        services.AddStewardHooks();
        services.AddStewardChannels();
        offices._services = services.BuildServiceProvider();
        var token = await offices.TokenAsync();
        var credentials = sim.Credentials;
        offices.Add("chat", "slack", "bot", new Uri(sim.Slack, "api").ToString(), new() { ["token"] = credentials.SlackBotToken }, []);
        offices.Add("directory", "entra-id", "app", new Uri(sim.Graph, "v1.0").ToString(), new() { ["access_token"] = token }, new() { ["directoryId"] = credentials.GraphDirectoryId });
        offices.Add(
            "bot", "teams-bot", "app", new Uri(sim.Graph, "bot").ToString(), new() { ["access_token"] = token },
            new() { ["directoryId"] = credentials.GraphDirectoryId, ["clientId"] = credentials.GraphClientId });
        offices.Add(
            "mail", "smtp", "password", null, new() { ["username"] = credentials.SmtpUser, ["password"] = credentials.SmtpPassword },
            new() { ["host"] = "127.0.0.1", ["port"] = sim.SmtpPort.ToString(System.Globalization.CultureInfo.InvariantCulture), ["security"] = "none", ["from"] = credentials.SmtpUser });
        return offices;
    }

    public Task<SendResult> SendAsync(string channel, Notice notice, string? reference = null, bool mayBeOut = false) =>
        _services.GetServices<IChannelSender>().Single(sender => sender.Channel == channel).SendAsync(
            new ChannelMessage
            {
                Notice = notice,
                Reference = reference,
                MayBeOut = mayBeOut,
                Settings = new ChannelSettings
                {
                    Channel = channel,
                    Instance = channel switch { "slack" => "chat", "teams" => "bot", _ => "mail" },
                    PublicAddress = PublicAddress,
                    Settings = new Dictionary<string, string> { ["directory"] = "directory" },
                },
            },
            default);

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public IReadOnlyList<JsonObject> Slack(string login = "jonas.weber") => Sim.MessagesTo(SimSystem.Slack, login);

    public IReadOnlyList<JsonObject> Teams(string login = "jonas.weber") => Sim.MessagesTo(SimSystem.Graph, login);

    public static Notice Notice(string kind = NoticeKinds.ApprovalRequested, string id = "n-1", string email = "jonas.weber@acme.example", object? data = null)
    {
        var sample = NoticeRenderer.Sample(kind, data is null ? null : JsonSerializer.SerializeToElement(data));
        return sample with { NoticeId = id, TenantId = "t-acme", Recipient = sample.Recipient with { Email = email }, CreatedAt = TimeProvider.System.GetUtcNow() };
    }

    public ValueTask<IReadOnlyList<ResolvedInstance>> ListAsync(string tenantId, CancellationToken cancellationToken) => new(_instances);

    public IInstanceGate GateOf(string tenantId, string instanceName) => _gates[instanceName];

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Sim.DisposeAsync();
    }

    private void Add(string name, string templateId, string authId, string? baseUrl, Dictionary<string, string> credential, Dictionary<string, string> fields)
    {
        var template = TemplateCatalog.Find(templateId)!.Template;
        _instances.Add(new ResolvedInstance(
            new ConnectorInstance
            {
                TenantId = "t-acme", Name = name, Title = name, TemplateId = templateId, TemplateVersion = template.Version, TemplateHash = "", BaseUrl = baseUrl?.TrimEnd('/'), AuthId = authId,
                Fields = fields, Operations = [.. template.Operations.Select(operation => operation.Id)],
            },
            template));
        _gates[name] = new InProcessGate(template, new FixedCredential(new Credential(1, credential.ToDictionary(value => value.Key, value => new SecretText(value.Value)))), TimeProvider.System, new Random(1));
    }

    private async Task<string> TokenAsync()
    {
        using var client = _services.GetRequiredService<IHttpClientFactory>().CreateClient();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = Sim.Credentials.GraphClientId, ["client_secret"] = Sim.Credentials.GraphClientSecret, ["grant_type"] = "client_credentials", ["scope"] = "https://api.botframework.com/.default",
        });
        using var answer = await client.PostAsync(new Uri(Sim.Graph, $"{Sim.Credentials.GraphDirectoryId}/oauth2/v2.0/token"), form);
        return (string)(await answer.Content.ReadFromJsonAsync<JsonObject>())!["access_token"]!;
    }
}
