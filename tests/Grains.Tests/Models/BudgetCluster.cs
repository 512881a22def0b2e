using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Steward.Engines.Models.Budgets;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Models;
using Steward.Notifications;
using Steward.Storage;

namespace Steward.Grains.Tests.Models;

/// <summary>Silos that keep budgets and cost records, on journals in one SQLite file.</summary>
public sealed class BudgetCluster : IAsyncLifetime
{
    internal const string Tenant = "t-acme";

    private readonly string _directory = Directory.CreateTempSubdirectory("steward-budgets-").FullName;
    private readonly IdentityEnvelopeSigner _signer =
        new(ClusterKeyRing.Parse([Convert.ToBase64String(Enumerable.Range(0, 32).Select(number => (byte)number).ToArray())], "test"), TimeProvider.System);

    /// <summary>How long a silo may spend what it was given without a word from the owner.</summary>
    internal TimeSpan Lease { get; init; } = new ModelBudgetOptions().Lease;

    internal InProcessTestCluster Host { get; private set; } = null!;

    /// <summary>One for each silo, the first one's first.</summary>
    internal List<BudgetKeeper> Keepers { get; } = [];

    internal ModelCostWriter Costs { get; private set; } = null!;

    internal NotingAdmins Admins { get; } = new();

    internal static string NewTenant() => "t-" + Guid.NewGuid().ToString("n")[..10];

    internal IBudgetGrain Budgets(string tenant) => Host.Client.GetGrain<IBudgetGrain>(GrainKeys.ModelBudgets(tenant));

    internal IModelCostsGrain CostsOf(string tenant) => Host.Client.GetGrain<IModelCostsGrain>(GrainKeys.ModelCosts(tenant));

    public Task InitializeAsync() => StartAsync();

    /// <summary>Stops the silos in order, and starts one on the same journals.</summary>
    internal async Task RestartAsync()
    {
        await Host.StopAllSilosAsync();
        await Host.DisposeAsync();
        await StartAsync();
    }

    internal void SignIn(string tenant, params string[] roles) =>
        RequestContext.Set(IdentityContext.Key, _signer.Sign(new EnvelopeIdentity { TenantId = tenant, UserId = "u-root", Roles = roles }));

    internal async Task<ModelBudget> SetAsync(string tenant, ModelBudgetSpec spec)
    {
        SignIn(tenant, WellKnownRoles.Admin);
        return await Budgets(tenant).Set(spec);
    }

    internal async Task<ModelBudget> GetAsync(string tenant, string id)
    {
        SignIn(tenant, WellKnownRoles.Admin);
        return (await Budgets(tenant).List()).Single(budget => budget.Spec.Id == id);
    }

    internal static async Task<BudgetReservation?> TryAsync(BudgetKeeper keeper, string tenant, long tokens)
    {
        try
        {
            return await keeper.ReserveAsync(new ModelCallOrigin { TenantId = tenant, UserId = "u-ada" }, new BudgetAmount(tokens, 0, 1), default);
        }
        catch (Steward.Engines.Models.ModelException refused) when (refused.Code == "model_over_budget")
        {
            return null;
        }
    }

    public async Task DisposeAsync()
    {
        await Host.StopAllSilosAsync();
        await Host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAsync()
    {
        Keepers.Clear();
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddStewardStorage(options => options.SqliteFile = Path.Combine(_directory, "steward.db"));
            silo.Services.AddSingleton(_signer);
            silo.Services.AddSingleton<PlatformIdentity>();
            silo.Services.AddSingleton(TimeProvider.System);
            silo.Services.AddSingleton<INoticeAdmins>(Admins);
            silo.AddIncomingGrainCallFilter<IdentityCallFilter>();
            silo.Services.AddHostedService<Migration>();
            silo.Services.AddStewardModelBudgets();
            silo.Services.Configure<ModelBudgetOptions>(options => options.Lease = Lease);
            silo.Services.AddHostedService(provider => new Seen(this, provider));
        });
        Host = builder.Build();
        await Host.DeployAsync();
    }

    private sealed class Migration(StorageMigrator migrator) : IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => migrator.MigrateAsync(cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Seen(BudgetCluster cluster, IServiceProvider services) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            cluster.Keepers.Add(services.GetRequiredService<BudgetKeeper>());
            cluster.Costs = services.GetRequiredService<ModelCostWriter>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>Notes what admins are told.</summary>
internal sealed class NotingAdmins : INoticeAdmins
{
    private int _failures;

    /// <summary>What they were told, each event once.</summary>
    public ConcurrentDictionary<(string Tenant, string EventId), JsonElement> Told { get; } = new();

    /// <summary>Lets the next ones fail.</summary>
    public void Fail(int times) => _failures = times;

    public Task<int> TellAdminsAsync(string tenantId, string kind, string eventId, string subjectId, string data, CancellationToken cancellationToken)
    {
        if (Interlocked.Decrement(ref _failures) >= 0)
        {
            throw new StewardException(ErrorCodes.Unavailable, "Not now.") { IsRetryable = true };
        }

        Assert.Equal("model.budget", kind);
        Assert.InRange(eventId.Length, 1, 100);
        Told.TryAdd((tenantId, eventId), JsonElement.Parse(data));
        return Task.FromResult(1);
    }
}
