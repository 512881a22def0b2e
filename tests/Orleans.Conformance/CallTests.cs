using System.Globalization;
using Orleans.Runtime;

namespace Orleans.Conformance;

[Alias("conformance.echo")]
public interface IEchoGrain : IGrainWithStringKey
{
    [Alias("echo")]
    Task<string> Echo(string text);

    [Alias("add")]
    ValueTask<int> Add(int left, long right);

    [Alias("nothing")]
    Task Nothing();

    [Alias("value-nothing")]
    ValueTask ValueNothing();

    [Alias("fail")]
    Task Fail(string kind);

    [Alias("key")]
    Task<string> Key();

    [Alias("scheduler")]
    Task<bool> KeepsScheduler();

    [Alias("other")]
    Task<string> AskOther(string key);

    [Alias("self")]
    Task<IEchoGrain> Self();

    [Alias("same")]
    Task<bool> IsSame(IEchoGrain other);

    [Alias("via")]
    Task<string> Via(IEchoGrain other);
}

public sealed class EchoGrain : Grain, IEchoGrain
{
    public Task<string> Echo(string text) => Task.FromResult(text);

    public ValueTask<int> Add(int left, long right) => new(left + (int)right);

    public Task Nothing() => Task.CompletedTask;

    public ValueTask ValueNothing() => default;

    public async Task Fail(string kind)
    {
        await Task.Yield();
        throw kind switch
        {
            "invalid" => new InvalidOperationException("no good"),
            "argument" => new ArgumentException("wrong", nameof(kind)),
            "canceled" => new OperationCanceledException("stopped"),
            "timeout" => new TimeoutException("slow"),
            _ => new NotSupportedException(kind),
        };
    }

    public Task<string> Key() => Task.FromResult(this.GetPrimaryKeyString());

    public async Task<bool> KeepsScheduler()
    {
        var scheduler = TaskScheduler.Current;
        if (scheduler == TaskScheduler.Default)
        {
            return false;
        }

        await Task.Yield();
        if (TaskScheduler.Current != scheduler)
        {
            return false;
        }

        await Task.Run(() => { });
        return TaskScheduler.Current == scheduler && await Task.Factory.StartNew(() => TaskScheduler.Current == scheduler);
    }

    public Task<string> AskOther(string key) => GrainFactory.GetGrain<IEchoGrain>(key).Echo("from " + this.GetPrimaryKeyString());

    public Task<IEchoGrain> Self() => Task.FromResult(this.AsReference<IEchoGrain>());

    public Task<bool> IsSame(IEchoGrain other) => Task.FromResult(this.AsReference<IEchoGrain>().Equals(other) && other.GetPrimaryKeyString() == this.GetPrimaryKeyString());

    public Task<string> Via(IEchoGrain other) => other.Echo("via");
}

public sealed class CallTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private IEchoGrain Grain(string key = "a") => cluster.Client.GetGrain<IEchoGrain>(key);

    [Fact]
    public async Task Call_WithResult_ReturnsIt() => Assert.Equal("hello", await Grain().Echo("hello"));

    [Fact]
    public async Task Call_OfValueTask_ReturnsResult() => Assert.Equal(5, await Grain().Add(2, 3));

    [Fact]
    public async Task Call_WithoutResult_Completes()
    {
        await Grain().Nothing();
        await Grain().ValueNothing();
    }

    [Fact]
    public async Task Call_OfNullArgument_Arrives() => Assert.Null(await Grain().Echo(null!));

    [Fact]
    public async Task Call_BetweenGrains_Works() => Assert.Equal("from a", await Grain().AskOther("b"));

    [Fact]
    public async Task Key_WithAnyCharacters_IsKept() => Assert.Equal("t-acme/ä €/x", await Grain("t-acme/ä €/x").Key());

    [Fact]
    public async Task Turn_AfterAwait_StaysOnScheduler() => Assert.True(await Grain().KeepsScheduler());

    [Fact]
    public async Task Reference_Returned_IsEqualAndUsable()
    {
        var self = await Grain("ref").Self();
        Assert.Equal(Grain("ref"), self);
        Assert.Equal("x", await self.Echo("x"));
    }

    [Fact]
    public async Task Reference_Passed_IsEqualAndUsable()
    {
        Assert.True(await Grain("ref").IsSame(Grain("ref")));
        Assert.Equal("via", await Grain("ref").Via(Grain("other")));
    }

    [Fact]
    public async Task Exception_OfFramework_KeepsTypeMessageAndTrace()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Grain().Fail("invalid"));
        Assert.Equal("no good", exception.Message);
        Assert.Contains(nameof(EchoGrain.Fail), exception.StackTrace, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Exception_WithinSilo_KeepsType()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Inside.GetGrain<IEchoGrain>("a").Fail("invalid"));
        Assert.Equal("no good", exception.Message);
    }

    [Fact]
    public async Task Exception_OfArgument_KeepsType() => await Assert.ThrowsAsync<ArgumentException>(() => Grain().Fail("argument"));

    [Fact]
    public async Task Exception_OfCancellation_CancelsTheTask()
    {
        var task = Grain().Fail("canceled");
        await Assert.ThrowsAsync<OperationCanceledException>(() => task);
        Assert.True(task.IsCanceled);
    }

    [Fact]
    public async Task GrainId_OfReference_IsTypeAndKey()
    {
        Assert.Equal("echo/a", Grain().GetGrainId().ToString());
        Assert.Equal(Grain().GetGrainId(), GrainId.Parse("echo/a"));
        Assert.Equal(GrainId.Create("echo", "a"), Grain().GetGrainId());
        await Task.CompletedTask;
    }

    [Fact]
    public void GrainId_UniformHash_IsStable() =>
        Assert.Equal("1240796010 2925797962", string.Create(CultureInfo.InvariantCulture, $"{GrainId.Create("echo", "a").GetUniformHashCode()} {GrainId.Create("session", "t-acme/u-7/s-0123456789abcdef").GetUniformHashCode()}"));

    [Fact]
    public void GetGrain_WithoutImplementation_Throws() => Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<INobodyGrain>("x"));

    [Fact]
    public void GetGrain_WithBlankKey_Throws() => Assert.ThrowsAny<ArgumentException>(() => cluster.Client.GetGrain<IEchoGrain>(" "));

    [Fact]
    public async Task Calls_Concurrent_AllReturn()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => Grain((i % 50).ToString(CultureInfo.InvariantCulture)).Echo(i.ToString(CultureInfo.InvariantCulture))));
        Assert.Equal(Enumerable.Range(0, 2000).Select(i => i.ToString(CultureInfo.InvariantCulture)), results);
    }
}

[Alias("conformance.nobody")]
public interface INobodyGrain : IGrainWithStringKey
{
    [Alias("nothing")]
    Task Nothing();
}
