using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Conformance;

[Alias("conformance.context")]
public interface IContextGrain : IGrainWithStringKey
{
    [Alias("get")]
    Task<string?> Get(string key);

    [Alias("get-via")]
    Task<string?> GetVia(string other, string key);

    [Alias("set")]
    Task Set(string key, string value);

    [Alias("activation")]
    Task<string?> SeenWhenActivated(string key);

    [Alias("after-await")]
    Task<string?> GetAfterAwait(string key);

    [Alias("change-list")]
    Task ChangeList(string key);
}

public sealed class ContextGrain : Grain, IContextGrain
{
    private Dictionary<string, object> _seen = [];

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _seen = RequestContext.Entries.ToDictionary(e => e.Key, e => e.Value);
        return Task.CompletedTask;
    }

    public Task<string?> Get(string key) => Task.FromResult(RequestContext.Get(key) as string);

    public Task<string?> GetVia(string other, string key) => GrainFactory.GetGrain<IContextGrain>(other).Get(key);

    public async Task Set(string key, string value)
    {
        RequestContext.Set(key, value);
        await Task.Yield();
        Assert.Equal(value, RequestContext.Get(key));
    }

    public Task<string?> SeenWhenActivated(string key) => Task.FromResult(_seen.GetValueOrDefault(key) as string);

    public async Task<string?> GetAfterAwait(string key)
    {
        await Task.Yield();
        return RequestContext.Get(key) as string;
    }

    public Task ChangeList(string key)
    {
        ((List<string>)RequestContext.Get(key)!).Add("changed");
        return Task.CompletedTask;
    }
}

public sealed class RequestContextTests(PlainCluster cluster) : IClassFixture<PlainCluster>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Value_Set_ArrivesAndTravelsOn()
    {
        RequestContext.Set("k", "v");
        Assert.Equal("v", await cluster.Client.GetGrain<IContextGrain>(Name()).Get("k"));
        Assert.Equal("v", await cluster.Client.GetGrain<IContextGrain>(Name()).GetAfterAwait("k"));
        Assert.Equal("v", await cluster.Client.GetGrain<IContextGrain>(Name()).GetVia(Name(), "k"));
        Assert.Equal("v", await cluster.Inside.GetGrain<IContextGrain>(Name()).Get("k"));
    }

    [Fact]
    public async Task Value_SetByCallee_DoesNotComeBack()
    {
        await cluster.Client.GetGrain<IContextGrain>(Name()).Set("back", "v");
        Assert.Null(RequestContext.Get("back"));
    }

    [Fact]
    public async Task Value_SetByOneCall_IsNotSeenByTheNext()
    {
        var key = Name();
        await cluster.Client.GetGrain<IContextGrain>(key).Set("left", "v");
        Assert.Null(await cluster.Client.GetGrain<IContextGrain>(key).Get("left"));
    }

    [Fact]
    public async Task Value_ChangedByCallee_StaysAsItWas()
    {
        var list = new List<string> { "one" };
        RequestContext.Set("list", list);
        await cluster.Inside.GetGrain<IContextGrain>(Name()).ChangeList("list");
        Assert.Equal(["one"], list);
    }

    [Fact]
    public async Task Value_OfFirstCall_IsSeenWhenActivated()
    {
        RequestContext.Set("act", "v");
        Assert.Equal("v", await cluster.Client.GetGrain<IContextGrain>(Name()).SeenWhenActivated("act"));
    }

    [Fact]
    public void Value_Removed_IsGone()
    {
        RequestContext.Set("a", "1");
        RequestContext.Set("b", "2");
        Assert.True(RequestContext.Remove("a"));
        Assert.False(RequestContext.Remove("a"));
        Assert.Equal(["b"], RequestContext.Keys);
        RequestContext.Clear();
        Assert.Empty(RequestContext.Keys);
    }
}

[Alias("conformance.filtered")]
public interface IFilteredGrain : IGrainWithStringKey
{
    [Alias("echo")]
    Task<string> Echo(string text);

    [Alias("fail")]
    Task Fail();

    [Alias("relay")]
    Task<string> Relay(string other, string text);

    [Alias("count")]
    IAsyncEnumerable<int> Count(int to);
}

public sealed class FilteredGrain : Grain, IFilteredGrain
{
    public Task<string> Echo(string text) => Task.FromResult(text);

    public Task Fail() => throw new InvalidOperationException("failed");

    public Task<string> Relay(string other, string text) => GrainFactory.GetGrain<IFilteredGrain>(other).Echo(text);

    public async IAsyncEnumerable<int> Count(int to)
    {
        for (var i = 0; i < to; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }
}

[Alias("conformance.self-filtered")]
public interface ISelfFilteredGrain : IGrainWithStringKey
{
    [Alias("echo")]
    Task<string> Echo(string text);
}

public sealed class SelfFilteredGrain : Grain, ISelfFilteredGrain, IIncomingGrainCallFilter
{
    public Task<string> Echo(string text) => Task.FromResult(text);

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        await context.Invoke();
        context.Result = context.Result + " by itself";
    }
}

public sealed class Seen
{
    private readonly List<string> _lines = [];

    public void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }

    public IReadOnlyList<string> For(string key)
    {
        lock (_lines)
        {
            return [.. _lines.Where(l => l.Contains(key, StringComparison.Ordinal))];
        }
    }
}

public sealed class OutgoingFilter(Seen seen) : IOutgoingGrainCallFilter
{
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        if (context.TargetId.Key.ToString() is var key && key.StartsWith("f-", StringComparison.Ordinal))
        {
            RequestContext.Set("from-filter", "silo");
            seen.Add($"out {context.MethodName} {key} from {context.SourceId?.Key}");
        }

        await context.Invoke();
    }
}

public sealed class FilterCluster : Cluster
{
    public Seen Seen { get; } = new();

    public Func<IIncomingGrainCallContext, Task> Incoming { get; set; } = context => context.Invoke();

    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(Seen);
        silo.AddIncomingGrainCallFilter(async context =>
        {
            if (context.TargetId.Key.ToString() is var key && key.StartsWith("f-", StringComparison.Ordinal))
            {
                Seen.Add($"in1 {context.InterfaceName} {context.MethodName} {key}");
            }

            await context.Invoke();
        });
        silo.AddIncomingGrainCallFilter(async context =>
        {
            var key = context.TargetId.Key.ToString();
            if (!key.StartsWith("f-", StringComparison.Ordinal))
            {
                await context.Invoke();
                return;
            }

            var arguments = Enumerable.Range(0, context.Request.GetArgumentCount()).Select(i => context.Request.GetArgument(i)).Where(a => a is string or int);
            Seen.Add($"in2 {key} grain={context.Grain.GetType().Name} method={context.ImplementationMethod.DeclaringType!.Name}.{context.ImplementationMethod.Name} interface={context.InterfaceMethod.Name} ({string.Join(",", arguments)}) "
                + $"{context.TargetContext.GrainId == context.TargetId} {context.SourceId is not null} {RequestContext.Get("from-filter")}");
            if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is "deny")
            {
                throw new UnauthorizedAccessException("denied");
            }

            if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is "replace")
            {
                context.Request.SetArgument(0, "replaced");
            }

            if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is "shortcut")
            {
                context.Result = "answered";
                return;
            }

            try
            {
                await context.Invoke();
            }
            catch (InvalidOperationException exception)
            {
                Seen.Add($"error {key} {exception.Message}");
                throw;
            }

            if (context.Result is "change")
            {
                context.Result = "changed";
            }
        });
        silo.AddOutgoingGrainCallFilter<OutgoingFilter>();
    }

    protected override void ConfigureClient(IClientBuilder client) => client.AddOutgoingGrainCallFilter(async context =>
    {
        if (context.Request.GetArgumentCount() == 1 && context.Request.GetArgument(0) is "retry")
        {
            context.Request.SetArgument(0, "deny");
            try
            {
                await context.Invoke();
            }
            catch (UnauthorizedAccessException)
            {
                context.Request.SetArgument(0, "retried");
                await context.Invoke();
            }

            return;
        }

        RequestContext.Set("from-filter", "client");
        await context.Invoke();
        if (context.Result is "from client")
        {
            context.Result = "changed by client";
        }
    });
}

public sealed class FilterTests(FilterCluster cluster) : IClassFixture<FilterCluster>
{
    private static string Name() => "f-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task Incoming_SeesTheCallInOrder()
    {
        var key = Name();
        await cluster.Client.GetGrain<IFilteredGrain>(key).Echo("x");
        Assert.Equal(
            [
                $"in1 Orleans.Conformance.IFilteredGrain Echo {key}",
                $"in2 {key} grain=FilteredGrain method=FilteredGrain.Echo interface=Echo (x) True True client",
            ],
            cluster.Seen.For(key));
    }

    [Fact]
    public async Task Incoming_Throwing_RefusesTheCall() =>
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => cluster.Client.GetGrain<IFilteredGrain>(Name()).Echo("deny"));

    [Fact]
    public async Task Incoming_CanReplaceArgumentAndResult()
    {
        Assert.Equal("replaced", await cluster.Client.GetGrain<IFilteredGrain>(Name()).Echo("replace"));
        Assert.Equal("changed", await cluster.Client.GetGrain<IFilteredGrain>(Name()).Echo("change"));
        Assert.Equal("answered", await cluster.Client.GetGrain<IFilteredGrain>(Name()).Echo("shortcut"));
    }

    [Fact]
    public async Task Incoming_SeesErrors()
    {
        var key = Name();
        await Assert.ThrowsAsync<InvalidOperationException>(() => cluster.Client.GetGrain<IFilteredGrain>(key).Fail());
        Assert.Contains($"error {key} failed", cluster.Seen.For(key));
    }

    [Fact]
    public async Task Incoming_OfTheGrain_IsCalled() => Assert.Equal("x by itself", await cluster.Client.GetGrain<ISelfFilteredGrain>(Name()).Echo("x"));

    [Fact]
    public async Task Outgoing_OfSilo_SeesCallsOfGrains()
    {
        var (key, other) = (Name(), Name());
        await cluster.Client.GetGrain<IFilteredGrain>(key).Relay(other, "x");
        Assert.Contains($"out Echo {other} from {key}", cluster.Seen.For(other));
        Assert.EndsWith("True True silo", cluster.Seen.For(other)[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Outgoing_OfClient_CanChangeTheResult() => Assert.Equal("changed by client", await cluster.Client.GetGrain<IFilteredGrain>(Name()).Echo("from client"));

    [Fact]
    public async Task Outgoing_CanTryAgain() => Assert.Equal("retried", await cluster.Client.GetGrain<IFilteredGrain>(Name()).Echo("retry"));

    [Fact]
    public async Task Incoming_SeesEnumerations()
    {
        var key = Name();
        var values = new List<int>();
        await foreach (var value in cluster.Client.GetGrain<IFilteredGrain>(key).Count(3))
        {
            values.Add(value);
        }

        Assert.Equal([0, 1, 2], values);
        Assert.Equal($"in1 Orleans.Runtime.IAsyncEnumerableGrainExtension StartEnumeration {key}", cluster.Seen.For(key)[0].Replace("<T>", "", StringComparison.Ordinal));
        Assert.Contains("grain=FilteredGrain method=AsyncEnumerableGrainExtension.StartEnumeration interface=StartEnumeration", cluster.Seen.For(key)[1], StringComparison.Ordinal);
    }
}

/// <summary>What a filter needs to know of an enumeration to judge it.</summary>
public sealed class EnumerationFilterCluster : Cluster
{
    public TaskCompletionSource<string> Seen { get; } = new();

    protected override void ConfigureSilo(ISiloBuilder silo) => silo.AddIncomingGrainCallFilter(async context =>
    {
        if (context.MethodName.StartsWith("StartEnumeration", StringComparison.Ordinal) && context.Request.GetArgument(1) is IRequest request)
        {
            Seen.TrySetResult($"{request.GetInterfaceName()} {request.GetMethodName()} {request.GetArgument(0)} {request.GetMethod().GetCustomAttribute<AliasAttribute>()!.Alias}");
        }

        await context.Invoke();
    });
}

public sealed class EnumerationFilterTests(EnumerationFilterCluster cluster) : IClassFixture<EnumerationFilterCluster>
{
    [Fact]
    public async Task Incoming_OfAnEnumeration_KnowsTheMethod()
    {
        await foreach (var value in cluster.Client.GetGrain<IFilteredGrain>("x").Count(1))
        {
            Assert.Equal(0, value);
        }

        Assert.Equal("Orleans.Conformance.IFilteredGrain Count 1 count", await cluster.Seen.Task.WaitAsync(TimeSpan.FromSeconds(20)));
    }
}
