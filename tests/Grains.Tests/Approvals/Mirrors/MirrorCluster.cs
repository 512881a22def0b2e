using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Hosting;
using Steward.Approvals;
using Steward.Connectors;
using Steward.Engines.Connectors;
using Steward.Engines.Definitions;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;
using Steward.EnterpriseSim;
using Steward.Grains.Tests.Connectors;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;
using Steward.Operations;

namespace Steward.Grains.Tests.Approvals.Mirrors;

/// <summary>A silo whose tenants have connected ServiceNow and Jira of a simulated company, with the real connectors.</summary>
public sealed class MirrorCluster : GrainCluster, IAsyncLifetime
{
    public const string Jonas = "jonas.weber";
    public const string Nadia = "nadia.haddad";
    public const string Felix = "felix.hoffmann";
    public const string HookSecret = "hook s3cret";

    public const string ServiceNow = "mirror: { instance: servicenow-main, kind: servicenow_approval }";
    public const string Jira = "mirror: { instance: jira-main, kind: jira_transition, settings: { project: IT, issueType: Approval, withdrawn: Canceled } }";

    private static readonly string[] ServiceNowOperations =
        ["groups.find", "users.find", "users.named", "records.find", "records.get", "records.create", "records.settle", "approvers.list", "approvers.add", "approvers.set", "approvals.get"];

    private static readonly string[] JiraOperations =
        ["users.me", "users.get", "issues.get", "issues.search", "issues.create", "issues.comment", "issues.comments", "issues.changelog", "issues.transitions", "issues.transition"];

    internal EnterpriseSimulation Company { get; private set; } = null!;

    async Task IAsyncLifetime.InitializeAsync()
    {
        Company = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Time = Time });
        await InitializeAsync();
    }

    async Task IAsyncLifetime.DisposeAsync()
    {
        await DisposeAsync();
        await Company.DisposeAsync();
    }

    internal static string Rules(string mirror, string quorum = "any", params string[] approvers) =>
        $"version: 1\ndefault: {{ expires: 3d, levels: [{{ name: Owner, approvers: [{string.Join(", ", approvers.DefaultIfEmpty(Jonas).Select(name => $"'email:{name}@acme.example'"))}], quorum: {quorum} }}], {mirror} }}";

    /// <summary>A new tenant with both systems and these rules.</summary>
    internal async Task<string> TenantAsync(string rules, bool withConnectors = true)
    {
        var tenant = "t-m" + Guid.NewGuid().ToString("n")[..12];
        SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await Grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(tenant)).Publish(new PublishRules { Text = rules });
        if (withConnectors)
        {
            await ConnectAsync(tenant);
        }

        // Copies of rules and lists of connectors are a few seconds old at most.
        Time.Advance(TimeSpan.FromSeconds(5));
        return tenant;
    }

    internal async Task ConnectAsync(string tenant)
    {
        var credentials = Company.Credentials;
        await CreateAsync(tenant, "servicenow-main", "servicenow", Company.ServiceNow, credentials.ServiceNowUser, credentials.ServiceNowPassword, new() { ["host"] = "acme.service-now.example" }, ServiceNowOperations);
        await CreateAsync(tenant, "jira-main", "jira", Company.Jira, credentials.JiraEmail, credentials.JiraApiToken, new() { ["site"] = "acme.atlassian.example" }, JiraOperations);
    }

    internal Task<int> WatchdogAsync(string tenant) => Silo.GetRequiredService<OpenWork>().WakeAsync(tenant, default);

    internal void SignInAsPlatform(string tenant) => SignIn(tenant, PlatformIdentity.UserId, WellKnownRoles.System);

    internal void AssumePlatform(string tenant) => Silo.GetRequiredService<PlatformIdentity>().Assume(tenant);

    internal SubmitApproval Asking(string tenant) => new()
    {
        Type = "licence",
        Action = "okta.apps.assign",
        Arguments = """{"app":"Salesforce","user":"ada@acme.example"}""",
        Summary = "Assign Salesforce to Ada",
        Reason = "She starts in sales.",
        Requester = new CallerIdentity { TenantId = tenant, UserId = "u-ada.lovelace", Email = "ada.lovelace@acme.example", Name = "Ada" },
        PolicyApprovers = [],
        RequestedAt = Time.GetUtcNow(),
    };

    internal async Task<IApprovalGrain> SubmitAsync(string tenant, string? id = null)
    {
        var approval = Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenant, id ?? "a-" + Guid.NewGuid().ToString("n")));
        SignInAsPlatform(tenant);
        await approval.Submit(Asking(tenant));
        return approval;
    }

    /// <summary>Submits and waits until the record is there.</summary>
    internal async Task<(IApprovalGrain Approval, ApprovalView View)> OpenAsync(string tenant)
    {
        var approval = await SubmitAsync(tenant);
        SignInAsPlatform(tenant);
        var view = await ApprovalCluster.UntilAsync(approval, seen => seen.Mirror is { Status: "open", NextAt: not null } mirror && mirror.NextAt > Time.GetUtcNow());
        return (approval, view);
    }

    /// <summary>What the connector's event leads to.</summary>
    internal async Task LookAsync(IApprovalGrain approval, string instance)
    {
        SignInAsPlatform(GrainKeys.TenantOf(approval.GetPrimaryKeyString()));
        await approval.LookAtMirror(instance);
    }

    internal async Task<ApprovalView> UntilAsync(IApprovalGrain approval, Func<ApprovalView, bool> condition)
    {
        SignInAsPlatform(GrainKeys.TenantOf(approval.GetPrimaryKeyString()));
        return await ApprovalCluster.UntilAsync(approval, condition);
    }

    internal Task<ApprovalView> ClosedAsync(IApprovalGrain approval) => UntilAsync(approval, seen => seen.Mirror is { Status: "closed", NextAt: null });

    internal Task QuietAsync(IApprovalGrain approval) =>
        Conversing.UntilAsync(async () => await Journals.GetHeadAsync(approval.GetPrimaryKeyString()) is { } head && !(head.WakeAt <= Time.GetUtcNow()));

    internal async Task<ApprovalView> DecideAsync(IApprovalGrain approval, string login, string decision)
    {
        var tenant = GrainKeys.TenantOf(approval.GetPrimaryKeyString());
        SignIn(tenant, "u-" + login);
        return await approval.Decide(ApprovalCluster.Deciding((await approval.Get())!, decision));
    }

    /// <summary>The records in ServiceNow that go along with an approval.</summary>
    internal List<IReadOnlyDictionary<string, string>> Changes(IApprovalGrain approval) =>
        [.. Company.State.ServiceNowTable("change_request").Where(row => row["correlation_id"] == "steward-" + GrainKeys.LastPart(approval.GetPrimaryKeyString()))];

    /// <summary>The approvals of such a record, by who is asked.</summary>
    internal Dictionary<string, IReadOnlyDictionary<string, string>> Rows(IApprovalGrain approval)
    {
        var users = Company.State.ServiceNowTable("sys_user").ToDictionary(user => user["sys_id"], user => user["user_name"]);
        var document = Changes(approval).Single()["sys_id"];
        return Company.State.ServiceNowTable("sysapproval_approver").Where(row => row["sysapproval"] == document).ToDictionary(row => users[row["approver"]]);
    }

    /// <summary>The issues in Jira that go along with an approval.</summary>
    internal List<System.Text.Json.Nodes.JsonObject> Issues(IApprovalGrain approval) =>
        [.. Company.State.JiraIssues().Where(issue => issue["fields"]!["labels"]!.AsArray().Any(label => label!.GetValue<string>() == "steward-" + GrainKeys.LastPart(approval.GetPrimaryKeyString())))];

    internal static string StatusOf(System.Text.Json.Nodes.JsonObject issue) => issue["fields"]!["status"]!["name"]!.GetValue<string>();

    internal static List<string> CommentsOf(System.Text.Json.Nodes.JsonObject issue) =>
        [.. issue["fields"]!["comment"]!["comments"]!.AsArray().Select(comment => comment!["body"]!["content"]![0]!["content"]![0]!["text"]!.GetValue<string>())];

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ISecretVault>(new TestVault());
        silo.Services.RemoveAll<IConnectorRegistry>();
        silo.Services.AddStewardConnectors(options =>
        {
            options.AllowPrivateAddresses = true;
            options.SettleDelay = TimeSpan.Zero;
        });
        // The other grain of these tests that hears the events: one that cannot be made would hold up the stream.
        silo.Services.AddSingleton(new HookProbe());
        silo.Services.AddSingleton<ITenantDirectories>(Directories);
        silo.Services.AddSingleton<INotificationRouter>(ToldNotices);
        silo.Services.Configure<ApprovalOptions>(options => options.RetryAfter = TimeSpan.FromMilliseconds(10));
    }

    private async Task CreateAsync(string tenant, string name, string template, Uri address, string user, string password, Dictionary<string, string> fields, string[] operations)
    {
        SignIn(tenant, "u-root", WellKnownRoles.Admin);
        fields["username"] = user;
        await Grains.GetGrain<IConnectorGrain>(GrainKeys.Connector(tenant, name)).Create(new CreateConnector
        {
            TemplateId = template,
            BaseUrl = address.ToString(),
            AuthId = template == "jira" ? "token" : "basic",
            Fields = fields,
            SealedSecrets = Seal(tenant, name, ("password", password), ("webhookSecret", HookSecret)),
            Operations = operations,
        });
    }

    private Dictionary<string, string> Seal(string tenant, string name, params (string Field, string Value)[] secrets) =>
        secrets.ToDictionary(secret => secret.Field, secret => Silo.GetRequiredService<SecretSealer>().Seal(new SecretText(secret.Value), GrainKeys.Connector(tenant, name)));
}

/// <summary>The tests of mirrors share one silo, one after the other, since they set its clock.</summary>
[CollectionDefinition(Name)]
public sealed class MirrorClusterGroup : ICollectionFixture<MirrorCluster>
{
    public const string Name = "mirrors";
}
