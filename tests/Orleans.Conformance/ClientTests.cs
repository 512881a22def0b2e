using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.TestingHost;

namespace Orleans.Conformance;

[Alias("conformance.listener")]
public interface IListener : IGrainObserver
{
    [Alias("said")]
    Task Said(Node what);

    [Alias("said-one-way")]
    [Concurrency.OneWay]
    void SaidOneWay(string what);

    [Alias("ask")]
    Task<string> Ask(string what);
}

[Alias("conformance.speaker")]
public interface ISpeakerGrain : IGrainWithStringKey
{
    [Alias("listen")]
    Task Listen(IListener listener);

    [Alias("say")]
    Task Say(string what);

    [Alias("say-one-way")]
    Task SayOneWay(string what);

    [Alias("ask")]
    Task<string> Ask(string what);
}

public sealed class SpeakerGrain : Grain, ISpeakerGrain
{
    private IListener? _listener;

    public Task Listen(IListener listener)
    {
        _listener = listener;
        return Task.CompletedTask;
    }

    public Task Say(string what) => _listener!.Said(new Node { Name = what });

    public Task SayOneWay(string what)
    {
        _listener!.SaidOneWay(what);
        return Task.CompletedTask;
    }

    public Task<string> Ask(string what) => _listener!.Ask(what);
}

public sealed class Listener : IListener
{
    private readonly List<string> _heard = [];

    public IReadOnlyList<string> Heard
    {
        get
        {
            lock (_heard)
            {
                return [.. _heard];
            }
        }
    }

    public Task Said(Node what)
    {
        lock (_heard)
        {
            _heard.Add(what.Name);
        }

        return Task.CompletedTask;
    }

    public void SaidOneWay(string what)
    {
        lock (_heard)
        {
            _heard.Add(what);
        }
    }

    public Task<string> Ask(string what) => what == "fail" ? throw new InvalidOperationException("listener failed") : Task.FromResult("answer to " + what);
}

public sealed class ObserverTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Observer_IsCalledByGrains(bool inside)
    {
        var factory = inside ? cluster.Inside : cluster.Client;
        var listener = new Listener();
        var reference = factory.CreateObjectReference<IListener>(listener);
        var grain = factory.GetGrain<ISpeakerGrain>(Name());
        await grain.Listen(reference);
        await grain.Say("one");
        await grain.SayOneWay("two");
        await Eventually.True(() => listener.Heard.Count == 2, "both heard");
        Assert.Equal(["one", "two"], listener.Heard);
        Assert.Equal("answer to x", await grain.Ask("x"));
        Assert.Equal("listener failed", (await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Ask("fail"))).Message);
        GC.KeepAlive(listener);
    }

    [Fact]
    public async Task Observer_Deleted_IsNotCalled()
    {
        var listener = new Listener();
        var reference = cluster.Client.CreateObjectReference<IListener>(listener);
        var grain = cluster.Client.GetGrain<ISpeakerGrain>(Name());
        await grain.Listen(reference);
        await grain.Say("one");
        cluster.Client.DeleteObjectReference<IListener>(reference);
        await grain.SayOneWay("two");
        await grain.Listen(reference);
        await Task.Delay(200);
        Assert.Equal(["one"], listener.Heard);
        GC.KeepAlive(listener);
    }

    [Fact]
    public void Observer_ThatIsAReference_IsRefused()
    {
        var listener = new Listener();
        var reference = cluster.Client.CreateObjectReference<IListener>(listener);
        Assert.Throws<ArgumentException>(() => cluster.Client.CreateObjectReference<IListener>(reference));
    }
}

[Alias("conformance.cancellable")]
public interface ICancellableGrain : IGrainWithStringKey
{
    [Alias("wait")]
    Task<string> Wait(string gate, CancellationToken cancellationToken = default);

    [Alias("relay")]
    Task<string> Relay(string other, string gate, CancellationToken cancellationToken);

    [Alias("seen")]
    [Concurrency.AlwaysInterleave]
    Task<int> Seen();

    [Alias("hold")]
    Task Hold(string gate);

    [Alias("can-be")]
    Task<bool> IsCancelled(CancellationToken cancellationToken);
}

public sealed class CancellableGrain : Grain, ICancellableGrain
{
    private int _seen;

    public async Task<string> Wait(string gate, CancellationToken cancellationToken)
    {
        var scheduler = TaskScheduler.Current;
        _ = cancellationToken.Register(() => Notes.Add(gate, $"cancelled {TaskScheduler.Current == scheduler}"));
        try
        {
            await Gates.Pass(gate).WaitAsync(cancellationToken);
            return "released";
        }
        catch (OperationCanceledException)
        {
            _seen++;
            throw;
        }
    }

    public Task<string> Relay(string other, string gate, CancellationToken cancellationToken) => GrainFactory.GetGrain<ICancellableGrain>(other).Wait(gate, cancellationToken);

    public Task<int> Seen() => Task.FromResult(_seen);

    public Task Hold(string gate) => Gates.Pass(gate);

    public Task<bool> IsCancelled(CancellationToken cancellationToken) => Task.FromResult(cancellationToken.IsCancellationRequested);
}

public sealed class CancellationTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Cancellation_ReachesTheCallee(bool inside)
    {
        var (key, gate) = (Name(), Name());
        var grain = (inside ? cluster.Inside : cluster.Client).GetGrain<ICancellableGrain>(key);
        using var cancellation = new CancellationTokenSource();
        var call = grain.Wait(gate, cancellation.Token);
        await Gates.Entered(gate);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.True(async () => await grain.Seen() == 1, "the grain sees it");
        await Eventually.True(() => Notes.Of(gate) is ["cancelled True"], "the callback runs in the grain");
    }

    [Fact]
    public async Task Cancellation_TravelsOn()
    {
        var (key, other, gate) = (Name(), Name(), Name());
        using var cancellation = new CancellationTokenSource();
        var call = cluster.Client.GetGrain<ICancellableGrain>(key).Relay(other, gate, cancellation.Token);
        await Gates.Entered(gate);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await Eventually.True(async () => await cluster.Client.GetGrain<ICancellableGrain>(other).Seen() == 1, "the other grain sees it");
    }

    [Fact]
    public async Task Cancellation_BeforeTheCall_SendsNothing()
    {
        var grain = cluster.Client.GetGrain<ICancellableGrain>(Name());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await grain.Wait(Name(), new CancellationToken(canceled: true)));
        Assert.Equal(0, await grain.Seen());
    }

    [Fact]
    public async Task Cancellation_WhileTheCallWaits_EndsIt()
    {
        var (key, gate, never) = (Name(), Name(), Name());
        var grain = cluster.Client.GetGrain<ICancellableGrain>(key);
        var held = grain.Hold(gate);
        await Gates.Entered(gate);
        using var cancellation = new CancellationTokenSource();
        var call = grain.Wait(never, cancellation.Token);
        await grain.Seen();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Gates.Release(gate);
        await held;
        Assert.False(await grain.IsCancelled(default));
    }

    [Fact]
    public async Task Token_NotCancelled_DoesNothing()
    {
        var gate = Name();
        Gates.Release(gate);
        using var cancellation = new CancellationTokenSource();
        Assert.Equal("released", await cluster.Client.GetGrain<ICancellableGrain>(Name()).Wait(gate, cancellation.Token));
        Assert.Equal("released", await cluster.Client.GetGrain<ICancellableGrain>(Name()).Wait(gate));
    }
}

[Alias("conformance.patient")]
public interface IPatientGrain : IGrainWithStringKey
{
    [Alias("hold")]
    [ResponseTimeout("00:00:01")]
    Task Hold(string gate);
}

public sealed class PatientGrain : Grain, IPatientGrain
{
    public Task Hold(string gate) => Gates.Pass(gate);
}

/// <summary>What happens around the life of silos and clients.</summary>
public sealed class ClientTests
{
    private static int _port = 42000 + (Environment.ProcessId % 5000);

    public static async Task<InProcessTestCluster> Deploy(Action<ISiloBuilder> configure)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => configure(silo));
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    [Fact]
    public async Task ResponseTimeout_OfTheMethod_IsUsed()
    {
        await using var cluster = await Deploy(_ => { });
        var gate = Guid.NewGuid().ToString("N");
        await Assert.ThrowsAsync<TimeoutException>(() => cluster.Client.GetGrain<IPatientGrain>("x").Hold(gate));
        Gates.Release(gate);
    }

    [Fact]
    public async Task Localhost_SiloAndClient_FindEachOther()
    {
        var (siloPort, gatewayPort) = (Interlocked.Increment(ref _port), Interlocked.Increment(ref _port));
        var siloBuilder = Host.CreateApplicationBuilder();
        siloBuilder.UseOrleans(silo => silo.UseLocalhostClustering(siloPort, gatewayPort, serviceId: "s", clusterId: "c" + siloPort));
        using var silo = siloBuilder.Build();
        await silo.StartAsync();
        var clientBuilder = Host.CreateApplicationBuilder();
        clientBuilder.UseOrleansClient(client => client.UseLocalhostClustering(gatewayPort, serviceId: "s", clusterId: "c" + siloPort));
        using var client = clientBuilder.Build();
        await client.StartAsync();
        Assert.Equal("x", await client.Services.GetRequiredService<IClusterClient>().GetGrain<IEchoGrain>("k").Echo("x"));
        Assert.Equal("x", await silo.Services.GetRequiredService<IClusterClient>().GetGrain<IEchoGrain>("k").Echo("x"));
        Assert.Equal("x", await silo.Services.GetRequiredService<IGrainFactory>().GetGrain<IEchoGrain>("k").Echo("x"));
        Assert.Equal("c" + siloPort, silo.Services.GetRequiredService<ILocalSiloDetails>().ClusterId);
        Assert.Equal(siloPort, silo.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.Endpoint.Port);
        await client.StopAsync();
        await silo.StopAsync();
    }

    [Fact]
    public async Task Client_WithoutASilo_AsksWhetherToTryAgainAndDoesNotStart()
    {
        var gatewayPort = Interlocked.Increment(ref _port);
        var errors = new List<Exception>();
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleansClient(client =>
        {
            client.UseLocalhostClustering(gatewayPort, serviceId: "s", clusterId: "nobody");
            client.UseConnectionRetryFilter((exception, _) =>
            {
                errors.Add(exception);
                return Task.FromResult(false);
            });
        });
        using var host = builder.Build();
        await Assert.ThrowsAsync<Runtime.Messaging.ConnectionFailedException>(() => host.StartAsync());
        Assert.IsType<Runtime.Messaging.ConnectionFailedException>(Assert.Single(errors));
    }

    [Fact]
    public async Task Silo_WithoutClustering_DoesNotStart()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(_ => { });
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var host = builder.Build();
            await host.StartAsync();
        });
    }

    [Fact]
    public void Host_WithSiloAndClient_IsRefused()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo => silo.UseLocalhostClustering());
        Assert.Throws<OrleansConfigurationException>(() => builder.UseOrleansClient(client => client.UseLocalhostClustering()));
    }

    [Fact]
    public async Task Silo_WithWrongCollectionAge_DoesNotStart()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(Interlocked.Increment(ref _port), Interlocked.Increment(ref _port));
            silo.Configure<GrainCollectionOptions>(options => options.CollectionAge = TimeSpan.FromSeconds(30));
        });
        await Assert.ThrowsAsync<OrleansConfigurationException>(async () =>
        {
            using var host = builder.Build();
            await host.StartAsync();
        });
    }

    [Fact]
    public async Task Silo_Stopping_DeactivatesAllAndRunsItsStages()
    {
        var stages = new List<string>();
        var keys = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid().ToString("N")).ToList();
        var cluster = await Deploy(silo =>
        {
            silo.Services.AddSingleton<SingletonService>();
            silo.Services.AddScoped<ScopedService>();
            silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(new Participant(stages, () => keys.TrueForAll(key => Notes.Of(key).Contains("deactivate ShuttingDown"))));
            silo.AddStartupTask(async (services, _) => stages.Add("task " + await services.GetRequiredService<IGrainFactory>().GetGrain<IEchoGrain>("k").Echo("x")));
        });
        foreach (var key in keys)
        {
            await cluster.Client.GetGrain<ILifeGrain>(key).ActivationId();
        }

        await cluster.StopAllSilosAsync();
        Assert.All(keys, key => Assert.Contains("deactivate ShuttingDown", Notes.Of(key)));
        Assert.Equal(["start 10000", "start 20000", "task x"], stages[..3]);
        Assert.Equal(["stop 20000 False", "stop 10000 True"], stages[3..]);
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Call_AfterTheSiloStopped_Fails()
    {
        var cluster = await Deploy(_ => { });
        var grain = cluster.Client.GetGrain<IEchoGrain>("x");
        await grain.Nothing();
        await cluster.StopSiloAsync(cluster.Silos[0]);
        await Assert.ThrowsAnyAsync<Exception>(async () => await grain.Nothing().WaitAsync(TimeSpan.FromSeconds(40)));
        await cluster.DisposeAsync();
    }

    [Fact]
    public async Task Queue_BeyondTheLimit_IsRefused()
    {
        await using var cluster = await Deploy(silo => silo.Configure<SiloMessagingOptions>(options => options.MaxEnqueuedRequestsHardLimit = 3));
        var gate = Guid.NewGuid().ToString("N");
        var grain = cluster.Client.GetGrain<ITurnGrain>("x");
        var held = grain.Hold(gate);
        await Gates.Entered(gate);
        var calls = Enumerable.Range(0, 10).Select(_ => grain.Plain()).ToList();
        await Eventually.True(() => calls.Exists(c => c.IsFaulted), "one refused");
        Gates.Release(gate);
        await held;
        await Assert.ThrowsAsync<LimitExceededException>(() => Task.WhenAll(calls));
        Assert.InRange(calls.Count(c => c.IsCompletedSuccessfully), 3, 4);
    }

    private sealed class Participant(List<string> stages, Func<bool> allDeactivated) : ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle)
        {
            foreach (var stage in new[] { ServiceLifecycleStage.Active, ServiceLifecycleStage.ApplicationServices })
            {
                lifecycle.Subscribe(
                    "test",
                    stage,
                    _ =>
                    {
                        stages.Add($"start {stage}");
                        return Task.CompletedTask;
                    },
                    _ =>
                    {
                        stages.Add($"stop {stage} {allDeactivated()}");
                        return Task.CompletedTask;
                    });
            }
        }
    }
}
