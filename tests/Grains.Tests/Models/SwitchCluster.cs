using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;
using Steward.Engines.Models;
using Steward.Engines.Models.Degradation;
using Steward.Engines.Models.Gateway;
using Steward.Engines.Security;
using Steward.Grains.Tests.Hosting;
using Steward.Identity;
using Steward.Models.Health;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Grains.Tests.Models;

/// <summary>Silos in which two parties each follow the operator's switch by the exchange that silos have, with the grains' state in one SQLite file. Two silos, or one on the stand-in, which has no more.</summary>
public sealed class SwitchCluster : IAsyncLifetime
{
#if ORLEANS_STANDIN
    private const short Silos = 1;
#else
    private const short Silos = 2;
#endif
    private const int Parties = 2;

    private readonly string _directory = Directory.CreateTempSubdirectory("steward-switch-").FullName;
    private readonly ConcurrentQueue<DegradationSwitch> _switches = new();
    private InProcessTestCluster? _host;

    internal IdentityEnvelopeSigner Signer { get; } =
        new(ClusterKeyRing.Parse([Convert.ToBase64String(Enumerable.Range(0, 32).Select(number => (byte)number).ToArray())], "test"), TimeProvider.System);

    internal ShiftedTime Time { get; } = new() { MovesTimestamps = true };

    internal IClusterClient Client => _host!.Client;

    /// <summary>Where the parties stand, one for each.</summary>
    internal IReadOnlyList<DegradationStep?> Steps => [.. _switches.Select(party => party.Step)];

    public Task InitializeAsync() => StartAsync();

    /// <summary>Stops all silos, and starts as many new ones on what is stored.</summary>
    internal async Task RestartAsync()
    {
        await _host!.StopAllSilosAsync();
        await _host.DisposeAsync();
        await StartAsync();
    }

    internal Task AllAtAsync(DegradationStep? step) => Conversing.UntilAsync(() => Task.FromResult(Steps.Count == Silos * Parties && Steps.All(party => party == step)));

    public async Task DisposeAsync()
    {
        await _host!.StopAllSilosAsync();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAsync()
    {
        _switches.Clear();
        var builder = new InProcessTestClusterBuilder(Silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddStewardStorage(options => options.SqliteFile = Path.Combine(_directory, "steward.db"));
            silo.AddStewardGrainStorage(StorageNames.GrainState);
            silo.Services.AddSingleton(Signer);
            silo.Services.AddSingleton<PlatformIdentity>();
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.AddIncomingGrainCallFilter<IdentityCallFilter>();
            silo.Services.AddHostedService<Migration>();
            silo.Services.AddSingleton<IChatModelSource, Idle>();
            for (var party = 0; party < Parties; party++)
            {
                silo.Services.AddSingleton<IHostedService>(provider =>
                {
                    var here = new DegradationSwitch(Time);
                    _switches.Enqueue(here);
                    return ActivatorUtilities.CreateInstance<ModelHealthExchange>(provider, here);
                });
            }
        });
        _host = builder.Build();
        await _host.DeployAsync();
    }

    /// <summary>Models that nobody has asked yet: also then the switch is followed.</summary>
    private sealed class Idle : IChatModelSource
    {
        public bool IsConfigured => true;

        public IReadOnlyList<string> Names => [];

        public IChatModel? Find(string model) => null;
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
}
