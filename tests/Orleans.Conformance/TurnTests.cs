using System.Collections.Concurrent;
using Orleans.Concurrency;
using Orleans.Runtime;

namespace Orleans.Conformance;

[Alias("conformance.turns")]
public interface ITurnGrain : IGrainWithStringKey
{
    [Alias("hold")]
    Task Hold(string gate);

    [Alias("read")]
    [ReadOnly]
    Task HoldReading(string gate);

    [Alias("always")]
    [AlwaysInterleave]
    Task<string> Always();

    [Alias("plain")]
    Task<string> Plain();

    [Alias("plain-reading")]
    [ReadOnly]
    Task<string> PlainReading();

    [Alias("one-way")]
    [OneWay]
    Task OneWay(string gate);

    [Alias("one-way-void")]
    [OneWay]
    void OneWayVoid(string gate);

    [Alias("append")]
    Task<int> Append(int value);

    [Alias("call-back")]
    Task<string> CallBack(string other, bool allow);

    [Alias("call")]
    Task<string> Call(string other);

    [Alias("in-order")]
    Task<List<int>> Appended();
}

[Alias("conformance.reentrant")]
public interface IReentrantGrain : IGrainWithStringKey
{
    [Alias("hold")]
    Task Hold(string gate);

    [Alias("plain")]
    Task<string> Plain();
}

/// <summary>Lets a test hold a call of a grain until it says so.</summary>
public static class Gates
{
    private static readonly ConcurrentDictionary<string, (TaskCompletionSource Entered, TaskCompletionSource Released)> All = new();

    public static Task Entered(string name) => Of(name).Entered.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public static void Release(string name) => Of(name).Released.TrySetResult();

    public static async Task Pass(string name)
    {
        var (entered, released) = Of(name);
        entered.TrySetResult();
        await released.Task;
    }

    private static (TaskCompletionSource Entered, TaskCompletionSource Released) Of(string name) => All.GetOrAdd(name, static _ =>
        (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)));
}

public sealed class TurnGrain : Grain, ITurnGrain
{
    private readonly List<int> _appended = [];

    public Task Hold(string gate) => Gates.Pass(gate);

    public Task HoldReading(string gate) => Gates.Pass(gate);

    public Task<string> Always() => Task.FromResult("always");

    public Task<string> Plain() => Task.FromResult("plain");

    public Task<string> PlainReading() => Task.FromResult("reading");

    public Task OneWay(string gate) => Gates.Pass(gate);

    public void OneWayVoid(string gate) => _ = Gates.Pass(gate);

    public async Task<int> Append(int value)
    {
        await Task.Yield();
        _appended.Add(value);
        await Task.Yield();
        return _appended.Count;
    }

    public async Task<string> CallBack(string other, bool allow)
    {
        using var section = allow ? RequestContext.AllowCallChainReentrancy() : RequestContext.SuppressCallChainReentrancy();
        return await GrainFactory.GetGrain<ITurnGrain>(other).Call(this.GetPrimaryKeyString());
    }

    public Task<string> Call(string other) => GrainFactory.GetGrain<ITurnGrain>(other).Plain();

    public Task<List<int>> Appended() => Task.FromResult(_appended);
}

[Reentrant]
public sealed class ReentrantGrain : Grain, IReentrantGrain
{
    public Task Hold(string gate) => Gates.Pass(gate);

    public Task<string> Plain() => Task.FromResult("plain");
}

public sealed class ShortTimeouts : Cluster
{
    protected override void ConfigureSilo(Hosting.ISiloBuilder silo) =>
        Hosting.SiloBuilderExtensions.Configure<Configuration.SiloMessagingOptions>(silo, options => options.ResponseTimeout = TimeSpan.FromSeconds(2));

    protected override void ConfigureClient(Hosting.IClientBuilder client) =>
        Hosting.ClientBuilderExtensions.Configure<Configuration.ClientMessagingOptions>(client, options => options.ResponseTimeout = TimeSpan.FromSeconds(2));
}

public sealed class TurnTests(PlainCluster cluster, ShortTimeouts shortTimeouts) : IClassFixture<PlainCluster>, IClassFixture<ShortTimeouts>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    private ITurnGrain Grain(string key) => cluster.Client.GetGrain<ITurnGrain>(key);

    [Fact]
    public async Task Call_WhileAnotherRuns_Waits()
    {
        var (key, gate) = (Name(), Name());
        var held = Grain(key).Hold(gate);
        await Gates.Entered(gate);
        var waiting = Grain(key).Plain();
        Assert.Equal("always", await Grain(key).Always());
        Assert.False(waiting.IsCompleted);
        Gates.Release(gate);
        await held;
        Assert.Equal("plain", await waiting);
    }

    [Fact]
    public async Task Call_AlwaysInterleave_RunsBetweenTurns()
    {
        var (key, gate) = (Name(), Name());
        var held = Grain(key).Hold(gate);
        await Gates.Entered(gate);
        Assert.Equal("always", await Grain(key).Always());
        Assert.False(held.IsCompleted);
        Gates.Release(gate);
        await held;
    }

    [Fact]
    public async Task Call_ReadOnly_RunsBetweenReadOnlyOnes()
    {
        var (key, gate) = (Name(), Name());
        var held = Grain(key).HoldReading(gate);
        await Gates.Entered(gate);
        Assert.Equal("reading", await Grain(key).PlainReading());
        var writing = Grain(key).Plain();
        Assert.Equal("always", await Grain(key).Always());
        Assert.False(writing.IsCompleted);
        Gates.Release(gate);
        await held;
        Assert.Equal("plain", await writing);
    }

    [Fact]
    public async Task Call_ReadOnly_WaitsForOthers()
    {
        var (key, gate) = (Name(), Name());
        var held = Grain(key).Hold(gate);
        await Gates.Entered(gate);
        var reading = Grain(key).PlainReading();
        await Grain(key).Always();
        Assert.False(reading.IsCompleted);
        Gates.Release(gate);
        await held;
        await reading;
    }

    [Fact]
    public async Task Call_OfReentrantGrain_RunsBetweenTurns()
    {
        var (key, gate) = (Name(), Name());
        var grain = cluster.Client.GetGrain<IReentrantGrain>(key);
        var held = grain.Hold(gate);
        await Gates.Entered(gate);
        Assert.Equal("plain", await grain.Plain());
        Gates.Release(gate);
        await held;
    }

    [Fact]
    public async Task Calls_Concurrent_RunOneAfterTheOther()
    {
        var key = Name();
        var counts = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => Grain(key).Append(i)));
        Assert.Equal(Enumerable.Range(1, 200), counts.Order());
    }

    [Fact]
    public async Task Call_OneWay_ReturnsBeforeItEnds()
    {
        var (key, gate) = (Name(), Name());
        await Grain(key).OneWay(gate);
        await Gates.Entered(gate);
        var waiting = Grain(key).Plain();
        await Grain(key).Always();
        Assert.False(waiting.IsCompleted);
        Gates.Release(gate);
        await waiting;
    }

    [Fact]
    public async Task Call_OneWayVoid_Arrives()
    {
        var (key, gate) = (Name(), Name());
        Grain(key).OneWayVoid(gate);
        await Gates.Entered(gate);
        Gates.Release(gate);
    }

    [Fact]
    public async Task CallChain_Allowed_ReEnters() => Assert.Equal("plain", await Grain(Name()).CallBack(Name(), allow: true));

    [Fact]
    public async Task CallChain_NotAllowed_TimesOut() =>
        await Assert.ThrowsAsync<TimeoutException>(() => shortTimeouts.Client.GetGrain<ITurnGrain>(Name()).CallBack(Name(), allow: false));

    [Fact]
    public async Task Call_PastTheTimeout_ThrowsAndGoesOn()
    {
        var (key, gate) = (Name(), Name());
        var grain = shortTimeouts.Client.GetGrain<ITurnGrain>(key);
        await Assert.ThrowsAsync<TimeoutException>(() => grain.Hold(gate));

        // The callee was not cancelled: the grain is still held.
        var waiting = grain.Plain();
        Assert.Equal("always", await grain.Always());
        Assert.False(waiting.IsCompleted);
        Gates.Release(gate);
        Assert.Equal("plain", await waiting);
    }

    [Fact]
    public async Task Call_TimedOutWhileWaiting_DoesNotRun()
    {
        var (key, gate) = (Name(), Name());
        var grain = shortTimeouts.Client.GetGrain<ITurnGrain>(key);
        var held = grain.Hold(gate);
        await Gates.Entered(gate);
        var waiting = grain.Append(1);
        await Assert.ThrowsAsync<TimeoutException>(() => waiting);
        await Assert.ThrowsAsync<TimeoutException>(() => held);
        Gates.Release(gate);
        Assert.Equal(1, await grain.Append(2));
        Assert.Equal([2], await grain.Appended());
    }
}
