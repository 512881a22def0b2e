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

/// <summary>Two silos that follow the operator's switch by the exchange that silos have, with the grains' state in one SQLite file.</summary>
public sealed class SwitchCluster : IAsyncLifetime
{
    private readonly string _directory = Directory.CreateTempSubdirectory("steward-switch-").FullName;
    private readonly ConcurrentQueue<DegradationSwitch> _switches = new();
    private InProcessTestCluster? _host;

    internal IdentityEnvelopeSigner Signer { get; } =
        new(ClusterKeyRing.Parse([Convert.ToBase64String(Enumerable.Range(0, 32).Select(number => (byte)number).ToArray())], "test"), TimeProvider.System);

    internal ShiftedTime Time { get; } = new() { MovesTimestamps = true };

    internal IClusterClient Client => _host!.Client;

    /// <summary>Where the silos stand, one for each.</summary>
    internal IReadOnlyList<DegradationStep?> Steps => [.. _switches.Select(silo => silo.Step)];

    public Task InitializeAsync() => StartAsync();

    /// <summary>Stops all silos, and starts as many new ones on what is stored.</summary>
    internal async Task RestartAsync()
    {
        await _host!.StopAllSilosAsync();
        await _host.DisposeAsync();
        await StartAsync();
    }

    internal Task AllAtAsync(DegradationStep? step) => Conversing.UntilAsync(() => Task.FromResult(Steps.Count == 2 && Steps.All(silo => silo == step)));

    public async Task DisposeAsync()
    {
        await _host!.StopAllSilosAsync();
        await _host.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task StartAsync()
    {
        _switches.Clear();
        var builder = new InProcessTestClusterBuilder(2);
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
            silo.Services.AddSingleton(provider =>
            {
                var here = new DegradationSwitch(provider.GetRequiredService<TimeProvider>());
                _switches.Enqueue(here);
                return here;
            });
            silo.Services.AddHostedService<ModelHealthExchange>();
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
