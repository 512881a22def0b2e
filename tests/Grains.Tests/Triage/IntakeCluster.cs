using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Inference;
using Steward.Notifications;
using Steward.Triage;

namespace Steward.Grains.Tests.Triage;

/// <summary>A silo whose tenant has connected ServiceNow and Jira of a simulated company, with a triage that decides as it is told.</summary>
public sealed class IntakeCluster : GrainCluster, IAsyncLifetime
{
    public const string Tenant = "t-acme";
    private const string HookSecret = "hook s3cret";

    // A breaker that opened closes as the clock goes on.
    internal override ShiftedTime Time { get; } = new() { MovesTimestamps = true };

    internal EnterpriseSimulation Company { get; private set; } = null!;

    internal FakeTriage Triage { get; } = new();

    async Task IAsyncLifetime.InitializeAsync()
    {
        Company = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Time = Time });
        await InitializeAsync();
        var credentials = Company.Credentials;
        await CreateAsync("servicenow", Company.ServiceNow, credentials.ServiceNowUser, credentials.ServiceNowPassword, new() { ["host"] = "acme.service-now.example" }, ["groups.find", "incidents.read", "incidents.route", "incidents.history"]);
        await CreateAsync("jira", Company.Jira, credentials.JiraEmail, credentials.JiraApiToken, new() { ["site"] = "acme.atlassian.example" },
            ["users.me", "issues.get", "issues.comment", "issues.comments", "issues.changelog", "issues.set_component", "projects.components"]);
        foreach (var instance in new[] { "servicenow", "jira" })
        {
            SignIn(Tenant, PlatformIdentity.UserId, WellKnownRoles.System);
            await Hooks(instance).Subscribe("triage");
        }

        // Lists of connectors are a few seconds old at most.
        Time.Advance(TimeSpan.FromSeconds(5));
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Company.DisposeAsync();
    }

    internal IConnectorHooksGrain Hooks(string instance) => Grains.GetGrain<IConnectorHooksGrain>(GrainKeys.Connector(Tenant, instance));

    /// <summary>Ends all faults, and lets the breaker forget them.</summary>
    internal void Calm()
    {
        Company.ClearFaults();
        Time.Advance(TimeSpan.FromMinutes(5));
    }

    /// <summary>Opens an incident.</summary>
    internal string OpenIncident(string title = "VPN drops", params (string Column, string Value)[] values) => Company.Edit(SimSystem.ServiceNow, new SimEdit
    {
        User = "ada.lovelace",
        Values = values.Append(("short_description", title)).ToDictionary(value => value.Item1, value => value.Item2),
    });

    /// <summary>Sends the event of an incident, as the business rule does.</summary>
    internal Task TellIncidentAsync(string id, string happened = "inserted", string? eventId = null, string table = "incident") => TellAsync("servicenow", new JsonObject
    {
        ["type"] = $"{table}.{happened}", ["id"] = eventId ?? Guid.NewGuid().ToString("n"), ["table"] = table, ["sys_id"] = id,
    });

    /// <summary>Sends the event of an issue.</summary>
    internal Task TellIssueAsync(string key, string happened = "jira:issue_created") => TellAsync("jira", new JsonObject { ["webhookEvent"] = happened, ["issue"] = new JsonObject { ["key"] = key } });

    /// <summary>Changes an incident as a person.</summary>
    internal void Change(string id, string user, params (string Column, string Value)[] values) =>
        Company.Edit(SimSystem.ServiceNow, new SimEdit { User = user, Record = id, Values = values.ToDictionary(value => value.Column, value => value.Value) });

    internal IReadOnlyDictionary<string, string> Incident(string id) => Company.State.ServiceNowTable("incident").Single(row => row["sys_id"] == id);

    internal string GroupOf(string id) => Company.State.ServiceNowTable("sys_user_group").FirstOrDefault(row => row["sys_id"] == Incident(id)["assignment_group"])?["name"] ?? "";

    internal int NotesOf(string id) => Count(Incident(id)["work_notes"], "Steward triage:");

    internal JsonObject Issue(string key) => Company.State.JiraIssues().Single(issue => issue["key"]!.GetValue<string>() == key);

    internal static int Count(string text, string part) => text.Split(part).Length - 1;

    /// <summary>Waits until the instance's events are all settled.</summary>
    internal async Task QuietAsync(string instance = "servicenow", Func<bool>? condition = null)
    {
        var key = GrainKeys.HooksJournal(GrainKeys.Connector(Tenant, instance));
        try
        {
            await UntilAsync(async () => condition?.Invoke() != false && await Journals.GetHeadAsync(key) is { WakeAt: null });
        }
        catch (OperationCanceledException)
        {
            SignIn(Tenant, "u-root", WellKnownRoles.Admin);
            var letters = (await Hooks(instance).ListDeadLetters(0, 200)).Letters;
            throw new TimeoutException($"The condition is {condition?.Invoke()}, events wait until {(await Journals.GetHeadAsync(key))?.WakeAt:O} ({Time.GetUtcNow():O} now), and given up are: {string.Join("; ", letters.Select(letter => $"{letter.Type} {letter.Error}"))}");
        }
    }

    /// <summary>Waits for a condition while the clock goes on: what failed is tried again after seconds, and grains that left memory meanwhile are woken as the watchdog wakes them.</summary>
    internal async Task UntilAsync(Func<Task<bool>> condition)
    {
        var rounds = 0;
        var deadline = Environment.TickCount64 + 90_000;
        while (!await condition())
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new OperationCanceledException("It did not come to pass within 90 seconds.");
            }

            Time.Advance(TimeSpan.FromMilliseconds(100));
            if (++rounds % 50 == 0)
            {
                SignIn(Tenant, PlatformIdentity.UserId, WellKnownRoles.System);
                await Hooks("servicenow").Resume();
                await Hooks("jira").Resume();
            }

            await Task.Delay(10);
        }
    }

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ISecretVault>(new TestVault());
        silo.Services.RemoveAll<IConnectorRegistry>();
        silo.Services.AddStewardConnectors(options =>
        {
            options.AllowPrivateAddresses = true;
            options.SettleDelay = TimeSpan.Zero;
        });
        silo.Services.Configure<HookOptions>(options =>
        {
            // The tests' clock goes faster than a busy machine works: an event must not be given up while it is worked on.
            foreach (var seconds in new[] { 1, 1, 1, 1 })
            {
                options.RetryAfter.Add(TimeSpan.FromSeconds(seconds));
            }
        });
        silo.Services.AddSingleton(new HookProbe());
        silo.Services.AddSingleton<ITenantDirectories>(Directories);
        silo.Services.AddSingleton<INotificationRouter>(ToldNotices);
        silo.Services.AddSingleton<ITenantTriage>(Triage);
    }

    private async Task TellAsync(string instance, JsonObject content)
    {
        var body = Encoding.UTF8.GetBytes(content.ToJsonString());
        var signature = Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(Encoding.UTF8.GetBytes(HookSecret), body));
        SignIn(Tenant, PlatformIdentity.UserId, WellKnownRoles.System);
        var answer = await Hooks(instance).Receive(new HookDelivery
        {
            Method = "POST",
            Url = $"https://steward.example/hooks/{Tenant}/{instance}",
            Query = [],
            Headers = new()
            {
                ["Content-Type"] = "application/json", ["X-Webhook-Token"] = HookSecret, ["X-Hub-Signature"] = "sha256=" + signature, ["X-Atlassian-Webhook-Identifier"] = Guid.NewGuid().ToString(),
            },
            Body = body,
        });
        Assert.InRange(answer.Status, 200, 204);
    }

    private async Task CreateAsync(string name, Uri address, string user, string password, Dictionary<string, string> fields, string[] operations)
    {
        SignIn(Tenant, "u-root", WellKnownRoles.Admin);
        fields["username"] = user;
        var sealer = Silo.GetRequiredService<SecretSealer>();
        await Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(Tenant, name)).Create(new CreateConnector
        {
            TemplateId = name,
            BaseUrl = address.ToString(),
            AuthId = name == "jira" ? "token" : "basic",
            Fields = fields,
            SealedSecrets = new[] { ("password", password), ("webhookSecret", HookSecret) }.ToDictionary(
                secret => secret.Item1, secret => sealer.Seal(new SecretText(secret.Item2), GrainKeys.Connector(Tenant, name))),
            Operations = operations,
        });
    }
}

/// <summary>Decides as it is told, keeps decisions and labels by ticket as triage does, and notes what it is told.</summary>
internal sealed class FakeTriage : ITenantTriage
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (HashSet<TriageTicket> Tickets, TicketDossier Dossier)> _decisions = [];

    /// <summary>What becomes of tickets.</summary>
    public Func<TriageTicket, TriageDecision> Decide { get; set; } = ticket => Decision(ticket, "Network");

    public ConcurrentQueue<TriageLabel> Labels { get; } = new();

    public ConcurrentQueue<TriageTicket> Seen { get; } = new();

    public ConcurrentQueue<string> Closed { get; } = new();

    public static TriageDecision Decision(TriageTicket ticket, string label, double confidence = 0.97, TriageBand band = TriageBand.AutoRoute) => new()
    {
        TicketId = ticket.Id,
        Band = band,
        Label = label,
        Confidence = confidence,
        Top = [new LabelScore(label, confidence), new LabelScore("Hardware", 0.02)],
        Reasons = ["vpn", "category Network"],
        Similar = [],
        Version = "h-1",
        DecidedAt = DateTimeOffset.UnixEpoch,
        TicketGroup = ticket.Group,
    };

    public ITriageGrain Of(string tenantId) => FakeGrain.Of<ITriageGrain>((method, arguments) => method.Name switch
    {
        nameof(ITriageGrain.GetSettings) => Task.FromResult(new TriageSettings { Connectors = [new TriageConnector { Instance = "servicenow" }, new TriageConnector { Instance = "jira" }] }),
        nameof(ITriageGrain.GetDecision) => Task.FromResult(Last((string)arguments[0]!)),
        nameof(ITriageGrain.Classify) => Task.FromResult(Take((TriageTicket)arguments[0]!)),
        nameof(ITriageGrain.Close) => CloseAsync((string)arguments[0]!),
        nameof(ITriageGrain.Label) => Task.FromResult(Take((IReadOnlyList<TriageLabel>)arguments[0]!)),
        _ => throw new NotSupportedException(method.Name),
    });

    /// <summary>Says where a ticket belongs as somebody who does not speak for its system.</summary>
    public void Suggest(string id, string label) => Say(id, label, TriageLabelSource.Feedback, isSuggestion: true);

    private TriageDecision? Last(string id)
    {
        lock (_gate)
        {
            return _decisions.TryGetValue(id, out var known) ? known.Dossier.Last : null;
        }
    }

    private Task CloseAsync(string id)
    {
        Closed.Enqueue(id);
        return Task.CompletedTask;
    }

    private void Say(string id, string label, TriageLabelSource source, bool isSuggestion = false)
    {
        lock (_gate)
        {
            _decisions[id].Dossier.Labels.Add(new TicketLabelled { TicketId = id, Ticket = "", Label = label, Source = source, By = "x", At = DateTimeOffset.UnixEpoch, IsSuggestion = isSuggestion });
        }
    }

    private TriageDecision Take(TriageTicket ticket)
    {
        lock (_gate)
        {
            var (tickets, dossier) = _decisions.TryGetValue(ticket.Id!, out var some) ? some : _decisions[ticket.Id!] = ([], new TicketDossier(ticket.Id!));
            if (tickets.Contains(ticket))
            {
                return dossier.Find(TicketContents.Of(ticket).Hash)!;
            }

            Seen.Enqueue(ticket);
            tickets.Add(ticket);
            dossier.Decisions.Add(new TicketDecided { Ticket = TicketContents.Of(ticket).Hash, Decision = Decide(ticket), IsFromPlatform = true });
            return dossier.Last!;
        }
    }

    private IReadOnlyList<TriageLabelResult> Take(IReadOnlyList<TriageLabel> labels)
    {
        lock (_gate)
        {
            foreach (var label in labels)
            {
                Labels.Enqueue(label);
                Say(label.TicketId, label.Label, label.Source);
            }
        }

        return [.. labels.Select(label => new TriageLabelResult { TicketId = label.TicketId, IsTaken = true })];
    }
}
