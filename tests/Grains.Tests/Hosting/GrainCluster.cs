using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Steward.Approvals;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Pipeline;
using Steward.Engines.Models;
using Steward.Engines.Orchestration;
using Steward.Engines.Security;
using Steward.Grains.Tests.Approvals;
using Steward.Identity;
using Steward.Notifications;
using Steward.Operations;
using Steward.Sessions;
using Steward.Storage;

namespace Steward.Grains.Tests.Hosting;

/// <summary>A silo with Steward's grains, journals in a SQLite file, and a model that the tests script. Shared by the tests of the assembly.</summary>
public class GrainCluster : IAsyncLifetime
{
    /// <summary>Few, so that watchers from the start read the journal.</summary>
    internal const int BufferedEvents = 4;

    private readonly string _directory = Directory.CreateTempSubdirectory("steward-grains-").FullName;
    private readonly ClusterKeyRing _keys = ClusterKeyRing.Parse([Convert.ToBase64String(Enumerable.Range(0, 32).Select(number => (byte)number).ToArray())], "test");
    private InProcessTestCluster? _cluster;

    internal ScriptedModel Model { get; } = new();

    internal DeskConnectors Desk { get; } = new();

    internal virtual ShiftedTime Time { get; } = new();

    internal CompanyDirectory Directories { get; } = new();

    internal NotingRouter ToldNotices { get; } = new();

    internal IdentityEnvelopeSigner Signer { get; private set; } = null!;

    internal IGrainFactory Grains => _cluster!.Client;

    internal IJournalStore Journals { get; private set; } = null!;

    internal FaultyJournals Faults { get; private set; } = null!;

    internal IServiceProvider Silo { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_directory, "policy.yaml"), DeskConnectors.Policy);
        var agents = Directory.CreateDirectory(Path.Combine(_directory, "agents"));
        await File.WriteAllTextAsync(Path.Combine(agents.FullName, "assistant.yaml"), DeskConnectors.Agent);
        await StartAsync();
    }

    /// <summary>Stops the silo, whatever is under way, and starts a new one on the same journals.</summary>
    internal async Task RestartAsync()
    {
        await _cluster!.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        await StartAsync();
    }

    private async Task StartAsync()
    {
        Signer = new IdentityEnvelopeSigner(_keys, TimeProvider.System);
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddStewardStorage(options => options.SqliteFile = Path.Combine(_directory, "steward.db"));
            var stored = silo.Services.Last(service => service.ServiceType == typeof(IJournalStore)).ImplementationFactory!;
            silo.Services.AddSingleton<IJournalStore>(provider => Faults = new FaultyJournals((IJournalStore)stored(provider)));
            silo.Services.AddSingleton(Signer);
            silo.Services.AddSingleton(_keys);
            silo.Services.AddSingleton<IChatModelProvider>(Model);
            silo.Services.AddSingleton<IConnectorRegistry>(Desk);
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.Services.AddStewardOrchestration(options =>
            {
                options.Strategy = "react";
                options.PlaybookDirectory = _directory;
                options.AgentDirectory = Path.Combine(_directory, "agents");
                options.RetryBaseDelay = TimeSpan.FromMilliseconds(1);
            });
            silo.AddMemoryGrainStorage(StorageNames.GrainState);
            silo.UseInMemoryReminderService();
            silo.AddStewardGrains();
            silo.Services.Configure<Steward.Runs.RunOptions>(options => options.BufferedEvents = BufferedEvents);
            silo.Services.Configure<Engines.Security.Vault.VaultOptions>(options => options.KeyFile = Path.Combine(_directory, "vault.key"));
            silo.Services.AddHostedService<Migration>();
            Configure(silo);
            if (!silo.Services.Any(service => service.ServiceType == typeof(IConnectorPipeline)))
            {
                // Without connectors there is no directory to ask, and no channel to tell anybody on.
                silo.Services.AddSingleton<ITenantDirectories>(Directories);
                silo.Services.AddSingleton<INotificationRouter>(ToldNotices);
            }
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        Silo = _cluster.GetSiloServiceProvider();
        Journals = Silo.GetRequiredService<IJournalStore>();
    }

    public async Task DisposeAsync()
    {
        await _cluster!.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    /// <summary>Makes the calls that follow in this flow those of a person, or of the platform.</summary>
    internal void SignIn(string tenant, string user, params string[] roles) =>
        RequestContext.Set(IdentityContext.Key, Signer.Sign(new EnvelopeIdentity { TenantId = tenant, UserId = user, Roles = roles, Email = $"{user[2..]}@acme.example" }));

    /// <summary>Waits until the activation of a grain has left memory by itself.</summary>
    internal Task DeactivatedAsync(IAddressable grain) => _cluster!.WaitForDeactivationAsync(grain).WaitAsync(TimeSpan.FromSeconds(30));

    /// <summary>Writes the beginning of a session's journal, as a silo does that dies afterwards.</summary>
    internal async Task AppendAsync(string session, bool open, params (string Type, SessionRecord Content)[] records)
    {
        var appended = await Journals.AppendAsync(new JournalAppend
        {
            Journal = session,
            ExpectedSequence = 0,
            Open = open,
            Records = [.. records.Select(record => new JournalRecord
            {
                Type = record.Type,
                At = Time.GetUtcNow(),
                Payload = JsonSerializer.SerializeToUtf8Bytes(record.Content, SessionJson.Default.GetTypeInfo(record.Content.GetType())!),
            })],
        });
        Assert.IsType<JournalAppended>(appended);
    }

    /// <summary>What a kind of cluster adds to its silo.</summary>
    protected virtual void Configure(ISiloBuilder silo)
    {
    }

    private sealed class Migration(StorageMigrator migrator) : Microsoft.Extensions.Hosting.IHostedLifecycleService
    {
        public Task StartingAsync(CancellationToken cancellationToken) => migrator.MigrateAsync(cancellationToken);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}

/// <summary>The tests of the assembly share one silo.</summary>
[CollectionDefinition(Name)]
public sealed class GrainClusterGroup : ICollectionFixture<GrainCluster>
{
    public const string Name = "grains";
}
