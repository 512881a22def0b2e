using System.Runtime.CompilerServices;
using Orleans.Hosting;
using Orleans.Runtime;

namespace Orleans.Conformance;

[Alias("conformance.enumerating")]
public interface IEnumeratingGrain : IGrainWithStringKey
{
    [Alias("count")]
    IAsyncEnumerable<int> Count(int to, CancellationToken cancellationToken = default);

    [Alias("nodes")]
    IAsyncEnumerable<Node> Nodes(CancellationToken cancellationToken = default);

    [Alias("fail")]
    IAsyncEnumerable<int> Fail(int after);

    [Alias("hold")]
    IAsyncEnumerable<int> Hold(string gate, CancellationToken cancellationToken = default);

    [Alias("hold-call")]
    Task HoldCall(string gate);

    [Alias("ended")]
    Task<string> Ended();

    [Alias("deactivate")]
    Task Deactivate();

    [Alias("node-name")]
    Task<string> NodeName();

    [Alias("pulls")]
    Task<int> Pulls();
}

public sealed class EnumeratingGrain : Grain, IEnumeratingGrain
{
    private readonly Node _node = new() { Name = "kept" };
    private string _ended = "";
    private int _pulls;

    public async IAsyncEnumerable<int> Count(int to, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        for (var i = 0; i < to; i++)
        {
            _pulls++;
            yield return i;
        }

        await Task.CompletedTask;
    }

    public async IAsyncEnumerable<Node> Nodes([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        yield return _node;
        yield return _node;
    }

    public async IAsyncEnumerable<int> Fail(int after)
    {
        for (var i = 0; i < after; i++)
        {
            await Task.Yield();
            yield return i;
        }

        throw new InvalidOperationException("broken");
    }

    public async IAsyncEnumerable<int> Hold(string gate, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        _ended = "";
        try
        {
            yield return 1;
            await Gates.Pass(gate).WaitAsync(cancellationToken);
            yield return 2;
        }
        finally
        {
            _ended = cancellationToken.IsCancellationRequested ? "cancelled" : "ended";
        }
    }

    public Task HoldCall(string gate) => Gates.Pass(gate);

    public Task<string> Ended() => Task.FromResult(_ended);

    public Task Deactivate()
    {
        DeactivateOnIdle();
        return Task.CompletedTask;
    }

    public Task<string> NodeName() => Task.FromResult(_node.Name);

    public Task<int> Pulls() => Task.FromResult(_pulls);
}

public sealed class EnumerableTests(PlainCluster cluster, ShortTimeouts shortTimeouts) : IClassFixture<PlainCluster>, IClassFixture<ShortTimeouts>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    private IEnumeratingGrain Grain(string? key = null) => cluster.Client.GetGrain<IEnumeratingGrain>(key ?? Name());

    [Fact]
    public async Task Enumeration_YieldsAllInOrder()
    {
        Assert.Equal(Enumerable.Range(0, 1000), await All(Grain().Count(1000)));
        Assert.Equal(Enumerable.Range(0, 10), await All(Grain().Count(10).WithBatchSize(3)));
        Assert.Empty(await All(Grain().Count(0)));
        Assert.Equal(Enumerable.Range(0, 250), await All(cluster.Inside.GetGrain<IEnumeratingGrain>(Name()).Count(250)));
    }

    [Fact]
    public async Task Enumeration_PullsNoMoreThanABatch()
    {
        var grain = Grain();
        await foreach (var value in grain.Count(1000).WithBatchSize(5))
        {
            if (value == 2)
            {
                break;
            }
        }

        Assert.Equal(5, await grain.Pulls());
    }

    [Fact]
    public async Task Enumeration_CopiesElements()
    {
        var grain = cluster.Inside.GetGrain<IEnumeratingGrain>(Name());
        await foreach (var node in grain.Nodes())
        {
            node.Name = "changed";
        }

        Assert.Equal("kept", await grain.NodeName());
    }

    [Fact]
    public async Task Enumeration_Failing_ThrowsAfterWhatWasYielded()
    {
        var seen = new List<int>();
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(async () =>
        {
            await foreach (var value in Grain().Fail(3))
            {
                seen.Add(value);
            }
        });
        Assert.Equal("broken", exception.Message);
        Assert.Equal([0, 1, 2], seen);
    }

    [Fact]
    public async Task Enumeration_InterleavesWithCalls()
    {
        var (grain, gate) = (Grain(), Name());
        var held = grain.HoldCall(gate);
        await Gates.Entered(gate);
        Assert.Equal([0, 1, 2], await All(grain.Count(3)));
        Assert.False(held.IsCompleted);
        Gates.Release(gate);
        await held;
    }

    [Fact]
    public async Task Call_RunsWhileAnEnumerationWaits()
    {
        var (grain, gate) = (Grain(), Name());
        await using var enumerator = grain.Hold(gate).GetAsyncEnumerator();
        Assert.True(await enumerator.MoveNextAsync());
        var next = enumerator.MoveNextAsync();
        await Gates.Entered(gate);
        Assert.Equal("", await grain.Ended());
        Gates.Release(gate);
        Assert.True(await next);
        Assert.Equal(2, enumerator.Current);
        Assert.False(await enumerator.MoveNextAsync());
        Assert.Equal("ended", await grain.Ended());
    }

    [Fact]
    public async Task Enumeration_Cancelled_EndsOnBothSides()
    {
        var (grain, gate) = (Grain(), Name());
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in grain.Hold(gate).WithCancellation(cancellation.Token))
            {
                await cancellation.CancelAsync();
            }
        });
        await Eventually.True(async () => await grain.Ended() == "cancelled", "the grain sees the cancellation");
    }

    [Fact]
    public async Task Enumeration_CancelledByArgumentWhileWaiting_EndsOnBothSides()
    {
        var (grain, gate) = (Grain(), Name());
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var value in grain.Hold(gate, cancellation.Token))
            {
                _ = Gates.Entered(gate).ContinueWith(_ => cancellation.Cancel(), TaskScheduler.Default);
            }
        });
        await Eventually.True(async () => await grain.Ended() == "cancelled", "the grain sees the cancellation");
    }

    [Fact]
    public async Task Enumeration_Left_EndsInTheGrain()
    {
        var (grain, gate) = (Grain(), Name());
        await foreach (var _ in grain.Hold(gate))
        {
            break;
        }

        await Eventually.True(async () => (await grain.Ended()).Length > 0, "the grain sees the end");
    }

    [Fact]
    public async Task Enumeration_OfADeactivatedGrain_IsAborted()
    {
        var grain = Grain();
        await using var enumerator = grain.Count(1000).WithBatchSize(1).GetAsyncEnumerator();
        Assert.True(await enumerator.MoveNextAsync());
        await grain.Deactivate();
        await cluster.Host.WaitForDeactivationAsync(grain);
        await Assert.ThrowsAsync<EnumerationAbortedException>(async () => await enumerator.MoveNextAsync());
    }

    [Fact]
    public async Task Enumeration_WaitingPastTheResponseTimeout_GoesOn()
    {
        var (grain, gate) = (shortTimeouts.Client.GetGrain<IEnumeratingGrain>(Name()), Name());
        await using var enumerator = grain.Hold(gate).GetAsyncEnumerator();
        Assert.True(await enumerator.MoveNextAsync());
        var next = enumerator.MoveNextAsync();
        await Gates.Entered(gate);
        await Task.Delay(TimeSpan.FromSeconds(3.5));
        Gates.Release(gate);
        Assert.True(await next);
        Assert.Equal(2, enumerator.Current);
    }

    private static async Task<List<int>> All(IAsyncEnumerable<int> values)
    {
        var all = new List<int>();
        await foreach (var value in values)
        {
            all.Add(value);
        }

        return all;
    }
}
