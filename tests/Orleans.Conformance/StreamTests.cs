using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Conformance;

[Alias("conformance.consumer")]
public interface IConsumerGrain : IGrainWithStringKey
{
    [Alias("subscribe")]
    Task Subscribe(string stream);

    [Alias("unsubscribe")]
    Task Unsubscribe(string stream);

    [Alias("subscriptions")]
    Task<int> Subscriptions(string stream);

    [Alias("heard")]
    Task<List<string>> Heard();

    [Alias("publish")]
    Task Publish(string ns, string stream, List<string> items);
}

/// <summary>Takes its subscriptions up again when it is activated.</summary>
public sealed class ConsumerGrain : Grain, IConsumerGrain
{
    private int _failures = 1;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var stream = Stream("s-" + this.GetPrimaryKeyString());
        foreach (var handle in await stream.GetAllSubscriptionHandles())
        {
            await handle.ResumeAsync(OnNext);
        }
    }

    public Task Subscribe(string stream) => Stream(stream).SubscribeAsync(OnNext);

    public async Task Unsubscribe(string stream)
    {
        foreach (var handle in await Stream(stream).GetAllSubscriptionHandles())
        {
            await handle.UnsubscribeAsync();
        }
    }

    public async Task<int> Subscriptions(string stream) => (await Stream(stream).GetAllSubscriptionHandles()).Count;

    public Task<List<string>> Heard() => Task.FromResult(Notes.Of(this.GetPrimaryKeyString()).ToList());

    public async Task Publish(string ns, string stream, List<string> items)
    {
        foreach (var item in items)
        {
            await this.GetStreamProvider("streams").GetStream<Node>(StreamId.Create(ns, stream)).OnNextAsync(new Node { Name = item });
        }
    }

    private IAsyncStream<Node> Stream(string key) => this.GetStreamProvider("streams").GetStream<Node>(StreamId.Create("explicit", key));

    private Task OnNext(Node item, StreamSequenceToken? token)
    {
        if (item.Name == "fail once" && _failures-- > 0)
        {
            throw new InvalidOperationException("not yet");
        }

        Notes.Add(this.GetPrimaryKeyString(), item.Name);
        return Task.CompletedTask;
    }
}

[Alias("conformance.implicit-consumer")]
public interface IImplicitConsumerGrain : IGrainWithStringKey
{
}

[ImplicitStreamSubscription("implicit")]
public sealed class ImplicitConsumerGrain : Grain, IImplicitConsumerGrain, IStreamSubscriptionObserver
{
    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        Notes.Add(this.GetPrimaryKeyString(), $"subscribed {handleFactory.ProviderName} {handleFactory.StreamId.GetNamespace()} {handleFactory.StreamId.GetKeyAsString() == this.GetPrimaryKeyString()}");
        await handleFactory.Create<Node>().ResumeAsync((item, _) =>
        {
            Notes.Add(this.GetPrimaryKeyString(), item.Name);
            return Task.CompletedTask;
        });
    }
}

public sealed class StreamCluster : Cluster
{
    protected override void ConfigureSilo(ISiloBuilder silo)
    {
        silo.AddMemoryStreams("streams");
        silo.AddMemoryGrainStorage("PubSubStore");
    }

    protected override void ConfigureClient(IClientBuilder client) => client.AddMemoryStreams("streams");
}

public sealed class StreamTests(StreamCluster cluster) : IClassFixture<StreamCluster>
{
    private static string Name() => Guid.NewGuid().ToString("N");

    private IConsumerGrain Grain(string key) => cluster.Client.GetGrain<IConsumerGrain>(key);

    private IAsyncStream<Node> Stream(string ns, string key) => cluster.Client.GetStreamProvider("streams").GetStream<Node>(StreamId.Create(ns, key));

    [Fact]
    public void StreamId_HasNamespaceAndKey()
    {
        var id = StreamId.Create("ns", "key");
        Assert.Equal(("ns", "key", "ns/key"), (id.GetNamespace(), id.GetKeyAsString(), id.ToString()));
        Assert.Equal(id, StreamId.Create("ns", "key"));
        Assert.NotEqual(id, StreamId.Create("ns", "other"));
    }

    [Fact]
    public async Task Subscriber_HearsEventsInOrder()
    {
        var (first, second, stream) = (Name(), Name(), Name());
        await Grain(first).Subscribe(stream);
        await Grain(second).Subscribe(stream);
        await Grain(Name()).Publish("explicit", stream, ["1", "2", "3"]);
        await Stream("explicit", stream).OnNextAsync(new Node { Name = "4" });
        await Eventually.True(() => Notes.Of(first).Count == 4 && Notes.Of(second).Count == 4, "all events");
        Assert.Equal(["1", "2", "3", "4"], Notes.Of(first));
        Assert.Equal(["1", "2", "3", "4"], Notes.Of(second));
    }

    [Fact]
    public async Task Subscriber_Unsubscribed_HearsNoMore()
    {
        var (key, other, stream) = (Name(), Name(), Name());
        await Grain(key).Subscribe(stream);
        await Grain(other).Subscribe(stream);
        Assert.Equal(1, await Grain(key).Subscriptions(stream));
        await Grain(key).Publish("explicit", stream, ["1"]);
        await Eventually.True(() => Notes.Of(key).Count == 1, "the first event");
        await Grain(key).Unsubscribe(stream);
        Assert.Equal(0, await Grain(key).Subscriptions(stream));
        await Grain(key).Publish("explicit", stream, ["2"]);
        await Eventually.True(() => Notes.Of(other).Count == 2, "the second event at the other");
        Assert.Equal(["1"], Notes.Of(key));
    }

    [Fact]
    public async Task Subscriber_Deactivated_IsActivatedByTheNextEvent()
    {
        var key = Name();
        var stream = "s-" + key;
        await Grain(key).Subscribe(stream);
        await Grain(Name()).Publish("explicit", stream, ["1"]);
        await Eventually.True(() => Notes.Of(key).Count == 1, "the first event");
        await cluster.Host.DeactivateAsync(Grain(key));
        await Grain(Name()).Publish("explicit", stream, ["2"]);
        await Eventually.True(() => Notes.Of(key).Count == 2, "the second event");
        Assert.Equal(["1", "2"], Notes.Of(key));
    }

    [Fact]
    public async Task Subscriber_Failing_GetsTheEventAgain()
    {
        var (key, stream) = (Name(), Name());
        await Grain(key).Subscribe(stream);
        await Grain(Name()).Publish("explicit", stream, ["fail once", "after"]);
        await Eventually.True(() => Notes.Of(key).Count == 2, "both events", 40);
        Assert.Equal(["fail once", "after"], Notes.Of(key));
    }

    [Fact]
    public async Task ImplicitSubscriber_IsActivatedAndHears()
    {
        var key = Name();
        await Grain(Name()).Publish("implicit", key, ["1", "2"]);
        await Eventually.True(() => Notes.Of(key).Count == 3, "both events");
        Assert.Equal(["subscribed streams implicit True", "1", "2"], Notes.Of(key));
    }

    [Fact]
    public async Task Client_Subscribed_Hears()
    {
        var (key, stream) = (Name(), Name());
        var handle = await Stream("explicit", stream).SubscribeAsync((item, _) =>
        {
            Notes.Add(key, item.Name);
            return Task.CompletedTask;
        });
        await Grain(Name()).Publish("explicit", stream, ["1", "2"]);
        await Eventually.True(() => Notes.Of(key).Count == 2, "both events");
        Assert.Equal(["1", "2"], Notes.Of(key));
        await handle.UnsubscribeAsync();
    }
}
