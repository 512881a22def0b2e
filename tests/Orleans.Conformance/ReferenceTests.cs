using Orleans.Runtime;

namespace Orleans.Conformance;

[Alias("conformance.multi")]
public interface IMultiGrain : IGrainWithStringKey
{
    [Alias("who")]
    Task<string> Who();
}

[GrainType("first-of-many")]
public sealed class FirstOfMany : Grain, IMultiGrain
{
    public Task<string> Who() => Task.FromResult("first");
}

public sealed class SecondOfManyGrain : Grain, IMultiGrain
{
    public Task<string> Who() => Task.FromResult("second");
}

[Alias("conformance.preferred")]
public interface IPreferredGrain : IGrainWithStringKey
{
    [Alias("who")]
    Task<string> Who();
}

public sealed class PreferredGrain : Grain, IPreferredGrain
{
    public Task<string> Who() => Task.FromResult("preferred");
}

public sealed class OtherPreferredGrain : Grain, IPreferredGrain
{
    public Task<string> Who() => Task.FromResult("other");
}

[GenerateSerializer]
[Alias("conformance.envelope")]
public sealed record Envelope
{
    [Id(0)]
    public required IEchoGrain Target { get; init; }

    [Id(1)]
    public List<IEchoGrain> More { get; init; } = [];
}

[Alias("conformance.bare")]
public interface IBareGrain : IGrainWithStringKey
{
    [Alias("use")]
    Task<string> Use(Envelope envelope);

    [Alias("return")]
    Task<Envelope> Return(string key);

    [Alias("key")]
    Task<string> Key();

    [Alias("pass-itself")]
    Task<bool> PassItself();

    [Alias("take")]
    Task<bool> Take(IBareGrain grain);
}

/// <summary>A grain without the base class.</summary>
public sealed class BareGrain(IGrainContext context, IGrainFactory grains) : IGrainBase, IBareGrain
{
    private string _activated = "";

    public IGrainContext GrainContext => context;

    public Task OnActivateAsync(CancellationToken token)
    {
        _activated = "activated ";
        return Task.CompletedTask;
    }

    public Task<string> Use(Envelope envelope) => envelope.Target.Echo($"{envelope.More.Count}");

    public Task<Envelope> Return(string key) => Task.FromResult(new Envelope { Target = grains.GetGrain<IEchoGrain>(key), More = [grains.GetGrain<IEchoGrain>(key)] });

    public Task<string> Key() => Task.FromResult(_activated + this.GetPrimaryKeyString());

    public Task<bool> PassItself() => grains.GetGrain<IBareGrain>("other").Take(this);

    public Task<bool> Take(IBareGrain grain) => Task.FromResult(grain is GrainReference && grain.GetPrimaryKeyString() == "b");
}

public sealed class ReferenceTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    [Fact]
    public void GetGrain_OfAnInterfaceWithSeveralClasses_IsRefused() => Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<IMultiGrain>("x"));

    [Fact]
    public async Task GetGrain_WithAPrefix_PicksTheClass()
    {
        Assert.Equal("first", await cluster.Client.GetGrain<IMultiGrain>("x", "Orleans.Conformance.First").Who());
        Assert.Equal("second", await cluster.Client.GetGrain<IMultiGrain>("x", "Orleans.Conformance.SecondOfManyGrain").Who());
        Assert.Throws<ArgumentException>(() => cluster.Client.GetGrain<IMultiGrain>("x", "Orleans.Conformance.Third"));
    }

    [Fact]
    public async Task GetGrain_OfAnInterfaceNamedLikeAClass_PicksIt() => Assert.Equal("preferred", await cluster.Client.GetGrain<IPreferredGrain>("x").Who());

    [Fact]
    public void GrainType_OfTheAttribute_IsUsed() =>
        Assert.Equal("first-of-many/x", cluster.Client.GetGrain<IMultiGrain>("x", "Orleans.Conformance.First").GetGrainId().ToString());

    [Fact]
    public async Task GetGrain_ByGrainId_ReachesTheGrain()
    {
        Assert.Equal("second", await cluster.Client.GetGrain<IMultiGrain>(GrainId.Create("secondofmany", "x")).Who());
        Assert.Equal("x", ((IEchoGrain)cluster.Client.GetGrain(typeof(IEchoGrain), "x")).GetPrimaryKeyString());
    }

    [Fact]
    public async Task References_InMessages_AreUsableOnTheOtherSide()
    {
        var grain = cluster.Client.GetGrain<IBareGrain>("b");
        var target = cluster.Client.GetGrain<IEchoGrain>("target");
        Assert.Equal("2", await grain.Use(new Envelope { Target = target, More = [target, target] }));
        var back = await grain.Return("target");
        Assert.Equal(target, back.Target);
        Assert.Equal("hi", await back.More[0].Echo("hi"));
    }

    [Fact]
    public async Task Grain_WithoutTheBaseClass_Works() => Assert.Equal("activated b", await cluster.Client.GetGrain<IBareGrain>("b").Key());

    [Fact]
    public async Task Grain_PassingItself_PassesAReference() => Assert.True(await cluster.Client.GetGrain<IBareGrain>("b").PassItself());
}
