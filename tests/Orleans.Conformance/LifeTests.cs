using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Concurrency;
using Orleans.Configuration;
using Orleans.Core;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Storage;

namespace Orleans.Conformance;

/// <summary>What grains note, to be read from outside of them.</summary>
public static class Notes
{
    private static readonly ConcurrentDictionary<string, ConcurrentQueue<string>> All = new();

    public static void Add(string key, string line) => All.GetOrAdd(key, static _ => new()).Enqueue(line);

    public static IReadOnlyList<string> Of(string key) => All.TryGetValue(key, out var lines) ? [.. lines] : [];
}

public sealed class SingletonService
{
    public Guid Id { get; } = Guid.NewGuid();
}

public sealed class ScopedService : IDisposable
{
    public Guid Id { get; } = Guid.NewGuid();

    public string Owner { get; set; } = "";

    public void Dispose()
    {
        if (Owner.Length > 0)
        {
            Notes.Add(Owner, "scope disposed");
        }
    }
}

[Alias("conformance.life")]
public interface ILifeGrain : IGrainWithStringKey
{
    [Alias("id")]
    Task<Guid> ActivationId();

    [Alias("deactivate")]
    Task Deactivate();

    [Alias("services")]
    Task<(Guid Singleton, Guid Scoped, bool SameScope)> Services();

    [Alias("hold")]
    Task<Guid> Hold(string gate);

    [Alias("delay")]
    Task Delay(TimeSpan time);

    [Alias("migrate")]
    Task Migrate();

    [Alias("background")]
    Task Background(string gate);
}

public sealed class LifeGrain(SingletonService singleton, ScopedService scoped, IGrainContext context) : Grain, ILifeGrain, IDisposable
{
    private readonly Guid _id = Guid.NewGuid();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        scoped.Owner = this.GetPrimaryKeyString();
        Notes.Add(this.GetPrimaryKeyString(), $"activate {ReferenceEquals(context, GrainContext)}");
        return Task.CompletedTask;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Notes.Add(this.GetPrimaryKeyString(), $"deactivate {reason.ReasonCode}");
        if (this.GetPrimaryKeyString().StartsWith("gated-", StringComparison.Ordinal))
        {
            await Gates.Pass(this.GetPrimaryKeyString());
        }
    }

    public Task<Guid> ActivationId() => Task.FromResult(_id);

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<(Guid Singleton, Guid Scoped, bool SameScope)> Services() =>
        Task.FromResult((singleton.Id, scoped.Id, ReferenceEquals(ServiceProvider.GetRequiredService<ScopedService>(), scoped)));

    public async Task<Guid> Hold(string gate)
    {
        await Gates.Pass(gate);
        return _id;
    }

    public Task Delay(TimeSpan time)
    {
        DelayDeactivation(time);
        return Task.CompletedTask;
    }

    public Task Migrate()
    {
        MigrateOnIdle();
        return Task.CompletedTask;
    }

    public Task Background(string gate)
    {
        _ = Work();
        return Task.CompletedTask;

        async Task Work()
        {
            await Gates.Pass(gate);
            Notes.Add(this.GetPrimaryKeyString(), "worked");
        }
    }

    public void Dispose() => Notes.Add(this.GetPrimaryKeyString(), "disposed");
}

[Alias("conformance.fragile")]
public interface IFragileGrain : IGrainWithStringKey
{
    [Alias("ok")]
    Task<int> Ok();
}

public sealed class FragileGrain : Grain, IFragileGrain
{
    private static readonly ConcurrentDictionary<string, int> Attempts = new();

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (Attempts.AddOrUpdate(this.GetPrimaryKeyString(), 1, (_, n) => n + 1) == 1)
        {
            throw new InvalidOperationException("cannot start");
        }
    }

    public Task<int> Ok() => Task.FromResult(Attempts[this.GetPrimaryKeyString()]);
}

[Alias("conformance.worker")]
public interface IWorkerGrain : IGrainWithStringKey
{
    [Alias("hold")]
    Task<Guid> Hold(string gate);

    [Alias("id")]
    Task<Guid> Id();
}

[StatelessWorker(2)]
public sealed class WorkerGrain : Grain, IWorkerGrain
{
    private readonly Guid _id = Guid.NewGuid();

    public async Task<Guid> Hold(string gate)
    {
        await Gates.Pass(gate);
        return _id;
    }

    public Task<Guid> Id() => Task.FromResult(_id);
}

public sealed class LifeCluster : Cluster
{
    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<SingletonService>();
        silo.Services.AddScoped<ScopedService>();
        silo.Configure<GrainCollectionOptions>(options =>
        {
            options.CollectionQuantum = TimeSpan.FromSeconds(1);
            options.ClassSpecificCollectionAge[typeof(LifeGrain).FullName!] = TimeSpan.FromSeconds(2);
        });
    }
}

public sealed class LifeTests(LifeCluster cluster) : IClassFixture<LifeCluster>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    private ILifeGrain Grain(string key) => cluster.Client.GetGrain<ILifeGrain>(key);

    [Fact]
    public async Task Activation_IsOnePerKey()
    {
        var key = Name();
        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Grain(key).ActivationId()));
        Assert.Single(ids.Distinct());
        Assert.NotEqual(ids[0], await Grain(Name()).ActivationId());
        Assert.Equal(["activate True"], Notes.Of(key));
    }

    [Fact]
    public async Task Services_AreSingletonsOfTheSiloAndScopesOfTheActivation()
    {
        var (first, second) = (await Grain(Name()).Services(), await Grain(Name()).Services());
        Assert.Equal(first.Singleton, second.Singleton);
        Assert.NotEqual(first.Scoped, second.Scoped);
        Assert.True(first.SameScope && second.SameScope);
        Assert.Equal(first.Singleton, cluster.Host.GetSiloServiceProvider().GetRequiredService<SingletonService>().Id);
    }

    [Fact]
    public async Task DeactivateOnIdle_EndsTheActivationAndTheNextCallStartsAnother()
    {
        var key = Name();
        var id = await Grain(key).ActivationId();
        await Grain(key).Deactivate();
        await cluster.Host.WaitForDeactivationAsync(Grain(key));
        await Eventually.True(async () => await Grain(key).ActivationId() != id, "another activation");
        Assert.Equal(["activate True", "deactivate ApplicationRequested", "disposed", "scope disposed", "activate True"], Notes.Of(key));
    }

    [Fact]
    public async Task Call_DuringDeactivation_WaitsForTheNextActivation()
    {
        var key = "gated-" + Name();
        var id = await Grain(key).ActivationId();
        await Grain(key).Deactivate();
        await Gates.Entered(key);
        var call = Grain(key).ActivationId();
        await Task.Delay(100);
        Assert.False(call.IsCompleted);
        Gates.Release(key);
        Assert.NotEqual(id, await call);
    }

    [Fact]
    public async Task Deactivation_WaitsForRunningCalls()
    {
        var (key, gate) = (Name(), Name());
        var held = Grain(key).Hold(gate);
        await Gates.Entered(gate);
        var ended = cluster.Host.DeactivateAsync(Grain(key));
        Assert.DoesNotContain("deactivate ApplicationRequested", Notes.Of(key));
        Gates.Release(gate);
        await held;
        await ended;
        Assert.Contains("deactivate ApplicationRequested", Notes.Of(key));
    }

    [Fact]
    public async Task Activation_Idle_IsCollected()
    {
        var key = Name();
        await Grain(key).ActivationId();
        await Eventually.True(() => Notes.Of(key).Contains("deactivate ActivationIdle"), "collected");
    }

    [Fact]
    public async Task Activation_Delayed_IsNotCollectedUntilThen()
    {
        var key = Name();
        var id = await Grain(key).ActivationId();
        await Grain(key).Delay(TimeSpan.FromMinutes(5));
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Equal(["activate True"], Notes.Of(key));
        await Grain(key).Delay(TimeSpan.FromMilliseconds(-1) * 1000);
        await Eventually.True(() => Notes.Of(key).Contains("deactivate ActivationIdle"), "collected");
        Assert.NotEqual(id, await Grain(key).ActivationId());
    }

    [Fact]
    public async Task Activation_WithARunningCall_IsNotCollected()
    {
        var (key, gate) = (Name(), Name());
        var held = Grain(key).Hold(gate);
        await Gates.Entered(gate);
        await Task.Delay(TimeSpan.FromSeconds(5));
        Assert.Equal(["activate True"], Notes.Of(key));
        Gates.Release(gate);
        await held;
    }

    [Fact]
    public async Task Activation_WithBackgroundWork_IsCollectedNevertheless()
    {
        var (key, gate) = (Name(), Name());
        await Grain(key).Background(gate);
        await Eventually.True(() => Notes.Of(key).Contains("deactivate ActivationIdle"), "collected");
        Gates.Release(gate);
        await Eventually.True(() => Notes.Of(key).Contains("worked"), "the work goes on");
    }

    [Fact]
    public async Task Migration_WithOneSilo_KeepsTheGrainWorking()
    {
        var key = Name();
        await Grain(key).Migrate();
        await Grain(key).ActivationId();
    }

    [Fact]
    public async Task Activation_Failing_FailsTheCallAndTheNextTriesAgain()
    {
        var grain = cluster.Client.GetGrain<IFragileGrain>(Name());
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => grain.Ok());
        Assert.Equal("cannot start", exception.Message);
        Assert.Equal(2, await grain.Ok());
    }

    [Fact]
    public async Task StatelessWorker_HasUpToItsLimitOfActivations()
    {
        var (key, first, second) = (Name(), Name(), Name());
        var grain = cluster.Client.GetGrain<IWorkerGrain>(key);
        var held = grain.Hold(first);
        await Gates.Entered(first);
        var heldToo = grain.Hold(second);
        await Gates.Entered(second);
        var third = grain.Id();
        await Task.Delay(100);
        Assert.False(third.IsCompleted);
        Gates.Release(first);
        Gates.Release(second);
        Assert.NotEqual(await held, await heldToo);
        Assert.Contains(await third, new[] { await held, await heldToo });
    }
}

[GenerateSerializer]
[Alias("conformance.counter-state")]
public sealed class CounterState
{
    [Id(0)]
    public int Value { get; set; }

    [Id(1)]
    public List<string> Lines { get; set; } = [];
}

[Alias("conformance.counter")]
public interface ICounterGrain : IGrainWithStringKey
{
    [Alias("set")]
    Task<string?> Set(int value);

    [Alias("set-unwritten")]
    Task SetUnwritten(int value);

    [Alias("get")]
    Task<(int Value, bool Exists, string? Etag, int Other)> Get();

    [Alias("clear")]
    Task Clear();

    [Alias("reread")]
    Task Reread();

    [Alias("set-other")]
    Task SetOther(int value);

    [Alias("deactivate")]
    Task Deactivate();

    [Alias("id")]
    Task<Guid> Id();
}

public sealed class CounterGrain(
    [PersistentState("counter")] IPersistentState<CounterState> state,
    [PersistentState("extra", "other")] IPersistentState<CounterState> other) : Grain, ICounterGrain
{
    private readonly Guid _id = Guid.NewGuid();
    private int _atActivation;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _atActivation = state.State.Value;
        return Task.CompletedTask;
    }

    public async Task<string?> Set(int value)
    {
        state.State.Value = value;
        await state.WriteStateAsync();
        return state.Etag;
    }

    public Task SetUnwritten(int value)
    {
        state.State.Value = value;
        return Task.CompletedTask;
    }

    public Task<(int Value, bool Exists, string? Etag, int Other)> Get() => Task.FromResult((state.State.Value, state.RecordExists, state.Etag, other.State.Value + (1000 * _atActivation)));

    public Task Clear() => state.ClearStateAsync();

    public Task Reread() => state.ReadStateAsync();

    public async Task SetOther(int value)
    {
        other.State.Value = value;
        await other.WriteStateAsync();
    }

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<Guid> Id() => Task.FromResult(_id);
}

[Alias("conformance.homeless")]
public interface IHomelessGrain : IGrainWithStringKey
{
    [Alias("ok")]
    Task Ok();
}

public sealed class HomelessGrain([PersistentState("state", "nowhere")] IPersistentState<CounterState> state) : Grain, IHomelessGrain
{
    public Task Ok() => Task.FromResult(state.State.Value);
}

public sealed class StateTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    private ICounterGrain Grain(string key) => cluster.Client.GetGrain<ICounterGrain>(key);

    private IGrainStorage Storage => cluster.Host.GetSiloServiceProvider().GetRequiredService<IGrainStorage>();

    [Fact]
    public async Task State_NeverWritten_IsNewAndDoesNotExist() => Assert.Equal((0, false, null, 0), await Grain(Name()).Get());

    [Fact]
    public async Task State_Written_SurvivesTheActivation()
    {
        var key = Name();
        var etag = await Grain(key).Set(7);
        Assert.False(string.IsNullOrEmpty(etag));
        await Grain(key).SetOther(5);
        await cluster.Host.DeactivateAsync(Grain(key));
        Assert.Equal((7, true, etag, 5 + 7000), await Grain(key).Get());
    }

    [Fact]
    public async Task State_NotWritten_IsLostWithTheActivation()
    {
        var key = Name();
        await Grain(key).Set(7);
        await Grain(key).SetUnwritten(8);
        await cluster.Host.DeactivateAsync(Grain(key));
        Assert.Equal(7, (await Grain(key).Get()).Value);
    }

    [Fact]
    public async Task State_Cleared_DoesNotExist()
    {
        var key = Name();
        await Grain(key).Set(7);
        await Grain(key).Clear();
        var (value, exists, _, _) = await Grain(key).Get();
        Assert.Equal((0, false), (value, exists));
        await cluster.Host.DeactivateAsync(Grain(key));
        Assert.False((await Grain(key).Get()).Exists);
    }

    [Fact]
    public async Task State_ChangedBehindTheGrain_RefusesTheWriteAndEndsTheActivation()
    {
        var key = Name();
        await Grain(key).Set(7);
        var id = await Grain(key).Id();
        var stored = new GrainState<CounterState>();
        await Storage.ReadStateAsync("counter", Grain(key).GetGrainId(), stored);
        Assert.Equal(7, stored.State!.Value);
        stored.State.Value = 100;
        await Storage.WriteStateAsync("counter", Grain(key).GetGrainId(), stored);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Grain(key).Set(8));
        await Eventually.True(async () => await Grain(key).Id() != id, "a new activation");
        Assert.Equal(100, (await Grain(key).Get()).Value);
    }

    [Fact]
    public async Task Storage_WriteWithAnOldVersion_IsRefused()
    {
        var id = GrainId.Create("counter", Name());
        var first = new GrainState<CounterState>(new CounterState { Value = 1 });
        await Storage.WriteStateAsync("s", id, first);
        var second = new GrainState<CounterState>(new CounterState { Value = 2 });
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("s", id, second));
        second.ETag = first.ETag;
        await Storage.WriteStateAsync("s", id, second);
        Assert.NotEqual(first.ETag, second.ETag);
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.WriteStateAsync("s", id, first));
        await Assert.ThrowsAsync<InconsistentStateException>(() => Storage.ClearStateAsync("s", id, first));
        await Storage.ClearStateAsync("s", id, second);
        Assert.False(second.RecordExists);
    }

    [Fact]
    public async Task State_WithoutItsStorage_FailsTheCall() =>
        Assert.IsType<BadProviderConfigException>((await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetGrain<IHomelessGrain>(Name()).Ok())).GetBaseException());
}
