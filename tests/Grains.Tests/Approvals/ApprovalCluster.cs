using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Approvals;
using Steward.Engines.Approvals.People;
using Steward.Engines.Definitions;
using Steward.Engines.Notifications;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Notifications;
using Steward.Operations;

namespace Steward.Grains.Tests.Approvals;

/// <summary>A silo with a small company's directory, and a router that notes what it is told; both fail when they are told to.</summary>
public sealed class ApprovalCluster : GrainCluster
{
    internal CompanyDirectory Company => Directories;

    internal NotingRouter Router => ToldNotices;

    /// <summary>What the tenant's watchdog does when it comes.</summary>
    internal Task<int> WatchdogAsync(string tenant) => Silo.GetRequiredService<OpenWork>().WakeAsync(tenant, default);

    internal void SignInAsPlatform(string tenant) => SignIn(tenant, PlatformIdentity.UserId, WellKnownRoles.System);

    /// <summary>Asks for something in Ada's name.</summary>
    internal async Task<IApprovalGrain> SubmitAsync(string tenant, Func<SubmitApproval, SubmitApproval>? change = null, string? id = null)
    {
        var approval = Grains.GetGrain<IApprovalGrain>(GrainKeys.Approval(tenant, id ?? "a-" + Guid.NewGuid().ToString("n")));
        SignInAsPlatform(tenant);
        var command = Asking(tenant);
        await approval.Submit(change?.Invoke(command) ?? command);
        return approval;
    }

    /// <summary>Makes a rule set the tenant's.</summary>
    internal async Task PublishAsync(string tenant, string rules)
    {
        SignIn(tenant, "u-root", WellKnownRoles.Admin);
        await Grains.GetGrain<IApprovalRulesGrain>(GrainKeys.ApprovalRules(tenant)).Publish(new PublishRules { Text = rules });

        // Copies of rules are a few seconds old at most.
        Time.Advance(TimeSpan.FromSeconds(5));
    }

    /// <summary>Makes the calls that follow those of somebody with this address.</summary>
    internal void SignInWithAddress(string tenant, string user, string email) =>
        Orleans.Runtime.RequestContext.Set(IdentityContext.Key, Signer.Sign(new Engines.Security.EnvelopeIdentity { TenantId = tenant, UserId = user, Roles = [], Email = email }));

    /// <summary>Waits until a request looks as it should to whoever is signed in.</summary>
    internal static async Task<ApprovalView> UntilAsync(IApprovalGrain approval, Func<ApprovalView, bool> condition)
    {
        ApprovalView? seen = null;
        await Conversing.UntilAsync(async () => (seen = await approval.Get()) is not null && condition(seen));
        return seen!;
    }

    /// <summary>Waits until everybody who is to be told knows, as the journal has it: then the wake time is not in the past.</summary>
    internal Task QuietAsync(IApprovalGrain approval) =>
        Conversing.UntilAsync(async () => await Journals.GetHeadAsync(approval.GetPrimaryKeyString()) is { } head && !(head.WakeAt <= Time.GetUtcNow()));

    internal SubmitApproval Asking(string tenant) => new()
    {
        Type = "licence",
        Action = "okta.apps.assign",
        Arguments = """{"app":"Salesforce","user":"ada@acme.example"}""",
        Summary = "Assign Salesforce to Ada",
        Reason = "She starts in sales.",
        Requester = new CallerIdentity { TenantId = tenant, UserId = "u-ada", Email = "ada@acme.example", Name = "Ada" },
        PolicyApprovers = ["role:approver"],
        RequestedAt = Time.GetUtcNow(),
        ExpiresAt = Time.GetUtcNow().AddDays(3),
    };

    internal static string HashOf(SubmitApproval asked)
    {
        using var document = JsonDocument.Parse(asked.Arguments);
        return CanonicalJson.SubjectHash(asked.Action, document.RootElement);
    }

    internal static DecideApproval Deciding(ApprovalView view, string decision, string? operationId = null, string channel = "api") =>
        new() { Decision = decision, SubjectHash = view.SubjectHash, OperationId = operationId, Channel = channel };

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.Configure<ApprovalOptions>(options => options.RetryAfter = TimeSpan.FromMilliseconds(10));
    }
}

/// <summary>The tests of approvals share one silo, one after the other, since they set its clock.</summary>
[CollectionDefinition(Name)]
public sealed class ApprovalClusterGroup : ICollectionFixture<ApprovalCluster>
{
    public const string Name = "approvals";
}

/// <summary>Ada's manager is Mia, Mia's is Vera. Everybody named <c>…@acme.example</c> works here.</summary>
internal sealed class CompanyDirectory : ITenantDirectories, IDirectory
{
    private readonly Dictionary<string, string> _managers = new(StringComparer.OrdinalIgnoreCase) { ["ada"] = "mia", ["mia"] = "vera" };

    /// <summary>Whether it cannot be asked.</summary>
    public bool IsDown { get; set; }

    /// <summary>What its answers wait for.</summary>
    public Task Held { get; set; } = Task.CompletedTask;

    public IDirectory ForTenant(string tenantId) => this;

    public ValueTask<Person?> FindAsync(string email, CancellationToken cancellationToken) =>
        Answer(email.EndsWith("@acme.example", StringComparison.OrdinalIgnoreCase) ? Named(email.Split('@')[0]) : null);

    public ValueTask<Person?> FindManagerAsync(string email, CancellationToken cancellationToken) =>
        Answer(_managers.GetValueOrDefault(email.Split('@')[0]) is { } manager ? Named(manager) : null);

    public ValueTask<IReadOnlyList<Person>?> FindGroupAsync(string group, CancellationToken cancellationToken) =>
        Answer<IReadOnlyList<Person>?>(group == "owners" ? [Named("olga"), Named("otto")] : null);

    public ValueTask<IReadOnlyList<Person>?> FindRoleAsync(string role, CancellationToken cancellationToken) => Answer<IReadOnlyList<Person>?>(null);

    public ValueTask<IReadOnlyList<string>> FindGroupsOfAsync(string email, CancellationToken cancellationToken) => Answer<IReadOnlyList<string>>([]);

    // Nobody knows the user ids of new people yet.
    private static Person Named(string name) =>
        new() { Email = $"{name.ToLowerInvariant()}@acme.example", Name = name, UserId = name.StartsWith("new", StringComparison.OrdinalIgnoreCase) ? null : "u-" + name.ToLowerInvariant() };

    private async ValueTask<T> Answer<T>(T answer)
    {
        await Held;
        return IsDown ? throw new DirectoryUnavailableException("The directory is down.") : answer;
    }
}

/// <summary>Notes what it is told.</summary>
internal sealed class NotingRouter : INotificationRouter
{
    /// <summary>Whether it cannot be reached.</summary>
    public bool IsDown { get; set; }

    /// <summary>What it took, also what it took twice.</summary>
    public ConcurrentQueue<Notice> Told { get; } = new();

    /// <summary>What somebody was told about a request, each notice once, in order.</summary>
    public List<Notice> Of(IApprovalGrain approval, string? userId = null) =>
        [.. Told.Where(notice => notice.SubjectId == GrainKeys.LastPart(approval.GetPrimaryKeyString()) && (userId is null || notice.Recipient.UserId == userId)).DistinctBy(notice => notice.NoticeId)];

    public Task TellAsync(string tenantId, IReadOnlyList<Notice> notices, CancellationToken cancellationToken)
    {
        if (IsDown)
        {
            throw new InvalidOperationException("The router is down.");
        }

        foreach (var notice in notices)
        {
            Assert.Equal(tenantId, notice.TenantId);
            Told.Enqueue(notice);
        }

        return Task.CompletedTask;
    }
}
