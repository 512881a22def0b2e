using System.Collections.Concurrent;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.CodeGeneration;
using Orleans.Hosting;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using Orleans.Storage;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Hosting
{
    /// <summary>Sets up memory streams of a silo.</summary>
    public interface ISiloMemoryStreamConfigurator
    {
    }

    /// <summary>Sets up memory streams of a client.</summary>
    public interface IClusterClientMemoryStreamConfigurator
    {
    }

    /// <summary>Memory streams of a silo.</summary>
    public static class SiloBuilderMemoryStreamExtensions
    {
        /// <summary>Adds streams whose events are lost with the silo. Subscriptions need a grain storage named PubSubStore.</summary>
        public static ISiloBuilder AddMemoryStreams(this ISiloBuilder builder, string name, Action<ISiloMemoryStreamConfigurator>? configure = null)
        {
            ArgumentNullException.ThrowIfNull(builder);
            configure?.Invoke(new StreamConfigurator());
            builder.Services.AddKeyedSingleton(name, static (services, name) => new MemoryStreamHub((string)name!, services.GetRequiredService<Silo>()));
            builder.Services.AddKeyedSingleton<IStreamProvider>(name, static (services, name) =>
                new MemoryStreamProvider((string)name!, services.GetRequiredService<CallRuntime>(), () => services.GetRequiredKeyedService<MemoryStreamHub>(name)));
            return builder;
        }
    }

    /// <summary>Memory streams of a client.</summary>
    public static class ClientBuilderStreamingExtensions
    {
        /// <summary>Adds the streams that the silo has under this name.</summary>
        public static IClientBuilder AddMemoryStreams(this IClientBuilder builder, string name, Action<IClusterClientMemoryStreamConfigurator>? configure = null)
        {
            ArgumentNullException.ThrowIfNull(builder);
            configure?.Invoke(new StreamConfigurator());
            builder.Services.AddKeyedSingleton<IStreamProvider>(name, static (services, name) =>
            {
                var runtime = services.GetRequiredService<CallRuntime>();
                return new MemoryStreamProvider((string)name!, runtime, () =>
                    (runtime.Silo ?? throw new SiloUnavailableException("The client is not connected.")).Services.GetRequiredKeyedService<MemoryStreamHub>(name));
            });
            return builder;
        }
    }

    internal sealed class StreamConfigurator : ISiloMemoryStreamConfigurator, IClusterClientMemoryStreamConfigurator
    {
    }
}

namespace Orleans.Streams
{
    internal sealed class MemoryStreamProvider(string name, CallRuntime runtime, Func<MemoryStreamHub> hub) : IStreamProvider
    {
        public string Name => name;

        public bool IsRewindable => true;

        public CallRuntime Runtime => runtime;

        public MemoryStreamHub Hub => hub();

        public IAsyncStream<T> GetStream<T>(StreamId streamId) => new MemoryStream<T>(this, streamId);
    }

    internal sealed class MemoryStream<T>(MemoryStreamProvider provider, StreamId id) : IAsyncStream<T>
    {
        public bool IsRewindable => provider.IsRewindable;

        public string ProviderName => provider.Name;

        public StreamId StreamId => id;

        public Task OnNextAsync(T item, StreamSequenceToken? token = null) => OnNextBatchAsync([item], token);

        public Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null)
        {
            ArgumentNullException.ThrowIfNull(batch);
            if (token is not null)
            {
                throw new ArgumentException("Memory streams number their events themselves.", nameof(token));
            }

            var copies = batch.Select(item => StreamCopy.Of(item)).ToList();
            provider.Hub.Publish<T>(id, copies);
            return Task.CompletedTask;
        }

        public Task OnCompletedAsync() => throw new NotSupportedException("Persistent streams do not end.");

        public Task OnErrorAsync(Exception ex) => throw new NotSupportedException("Persistent streams carry no errors.");

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer) => SubscribeAsync(observer, null);

        public Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null)
        {
            ArgumentNullException.ThrowIfNull(observer);
            EnsureNoToken(token);
            var consumer = StreamConsumer.Current(provider.Runtime);
            var subscription = provider.Hub.Subscribe(id, consumer);
            consumer.Attach(subscription, observer);
            return Task.FromResult<StreamSubscriptionHandle<T>>(new Handle<T>(provider, id, subscription));
        }

        public Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles()
        {
            var consumer = StreamConsumer.Current(provider.Runtime);
            return Task.FromResult<IList<StreamSubscriptionHandle<T>>>(
                [.. provider.Hub.SubscriptionsOf(id, consumer.Id).Select(s => new Handle<T>(provider, id, s))]);
        }

        public bool Equals(IAsyncStream<T>? other) => other is not null && other.StreamId == id && other.ProviderName == ProviderName;

        public override bool Equals(object? obj) => Equals(obj as IAsyncStream<T>);

        public override int GetHashCode() => id.GetHashCode();

        public int CompareTo(IAsyncStream<T>? other) => other is null ? 1 : id.CompareTo(other.StreamId);

        internal static void EnsureNoToken(StreamSequenceToken? token)
        {
            if (token is not null)
            {
                throw new ArgumentException("The single-process stand-in keeps no past events of streams.", nameof(token));
            }
        }
    }

    internal sealed class Handle<T>(MemoryStreamProvider provider, StreamId stream, Guid id) : StreamSubscriptionHandle<T>
    {
        public override StreamId StreamId => stream;

        public override string ProviderName => provider.Name;

        public override Guid HandleId => id;

        public override Task UnsubscribeAsync()
        {
            StreamConsumer.Current(provider.Runtime).Detach(id);
            provider.Hub.Unsubscribe(stream, id);
            return Task.CompletedTask;
        }

        public override Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null)
        {
            ArgumentNullException.ThrowIfNull(observer);
            MemoryStream<T>.EnsureNoToken(token);
            StreamConsumer.Current(provider.Runtime).Attach(id, observer);
            return Task.FromResult<StreamSubscriptionHandle<T>>(this);
        }

        public override bool Equals(StreamSubscriptionHandle<T>? other) => other is not null && other.HandleId == id;
    }

    internal sealed class HandleFactory(MemoryStreamProvider provider, StreamId stream, Guid id) : IStreamSubscriptionHandleFactory
    {
        public StreamId StreamId => stream;

        public string ProviderName => provider.Name;

        public StreamSubscriptionHandle<T> Create<T>() => new Handle<T>(provider, stream, id);
    }

    internal static class StreamCopy
    {
        public static object? Of<T>(T item)
        {
            if (item is null)
            {
                return null;
            }

            var session = CopySession.Rent(null, remote: true);
            try
            {
                return Copier<T>.Instance.Copy(item, session);
            }
            finally
            {
                session.Return();
            }
        }
    }

    /// <summary>Where the events of subscriptions arrive: in an activation, or in a client.</summary>
    internal sealed class StreamConsumer(GrainId id, Activation? activation)
    {
        private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<CallRuntime, StreamConsumer> OfClients = [];
        private readonly ConcurrentDictionary<Guid, Func<object?, StreamSequenceToken, Exception?, Task>> _handlers = new();

        public GrainId Id => id;

        public static StreamConsumer Current(CallRuntime runtime) => RuntimeContext.Current is Activation activation
            ? Of(activation)
            : OfClients.GetValue(runtime, static runtime => new StreamConsumer(runtime.ClientId, null));

        public static StreamConsumer Of(Activation activation) => activation.GetOrAddComponent(static a => new StreamConsumer(a.GrainId, a));

        public void Attach<T>(Guid subscription, IAsyncObserver<T> observer) => _handlers[subscription] = (item, token, error) =>
            error is not null ? observer.OnErrorAsync(error) : observer.OnNextAsync((T)StreamCopy.Of((T)item!)!, token);

        public void Detach(Guid subscription) => _handlers.TryRemove(subscription, out _);

        public async Task Deliver(MemoryStreamProvider provider, StreamId stream, Guid subscription, object? item, StreamSequenceToken token, Exception? error)
        {
            if (!_handlers.ContainsKey(subscription) && activation?.GrainInstance is IStreamSubscriptionObserver grain)
            {
                await grain.OnSubscribed(new HandleFactory(provider, stream, subscription));
            }

            if (_handlers.TryGetValue(subscription, out var handler))
            {
                await handler(item, token, error);
            }
        }
    }

    /// <summary>The name by which filters see deliveries.</summary>
    internal interface IStreamConsumerExtension : IGrainExtension
    {
        Task DeliverMutable();
    }

    /// <summary>The streams of one provider: who has subscribed, and what has yet to be delivered.</summary>
    internal sealed partial class MemoryStreamHub(string name, Silo silo)
    {
        private static readonly TimeSpan DeliveryTime = TimeSpan.FromMinutes(1);

        private readonly Dictionary<StreamId, StreamState> _streams = [];

        /// <summary>Adds events to every subscription.</summary>
        public void Publish<T>(StreamId stream, IReadOnlyList<object?> items)
        {
            EnsureStore();
            lock (_streams)
            {
                var state = StateOf(stream);
                foreach (var (grainType, subscription) in ImplicitSubscribers(stream))
                {
                    if (!state.Subscriptions.ContainsKey(subscription))
                    {
                        state.Subscriptions[subscription] = Start(stream, subscription, GrainId.Create(grainType, stream.GetKeyAsString()), null);
                    }
                }

                var sequence = ++state.Sequence;
                for (var i = 0; i < items.Count; i++)
                {
                    foreach (var subscription in state.Subscriptions.Values)
                    {
                        subscription.Events.Writer.TryWrite((items[i], new EventSequenceTokenV2(sequence, i)));
                    }
                }
            }
        }

        public Guid Subscribe(StreamId stream, StreamConsumer consumer)
        {
            EnsureStore();
            lock (_streams)
            {
                var state = StateOf(stream);
                foreach (var (grainType, implicitId) in ImplicitSubscribers(stream))
                {
                    if (consumer.Id.Type == grainType && consumer.Id.Key.ToString() == stream.GetKeyAsString())
                    {
                        return implicitId;
                    }
                }

                var id = Guid.NewGuid();
                state.Subscriptions[id] = Start(stream, id, consumer.Id, RuntimeContext.Current is Activation ? null : consumer);
                return id;
            }
        }

        public void Unsubscribe(StreamId stream, Guid id)
        {
            lock (_streams)
            {
                if (StateOf(stream).Subscriptions.Remove(id, out var subscription))
                {
                    subscription.Events.Writer.TryComplete();
                    subscription.IsEnded = true;
                }
            }
        }

        public IReadOnlyList<Guid> SubscriptionsOf(StreamId stream, GrainId consumer)
        {
            lock (_streams)
            {
                return [.. StateOf(stream).Subscriptions.Where(s => s.Value.Consumer == consumer).Select(s => s.Key)];
            }
        }

        [LoggerMessage(EventId = 50, Level = LogLevel.Warning, Message = "An event of the stream {Stream} could not be delivered to {Consumer}.")]
        private static partial void LogDeliveryFailed(ILogger logger, Exception exception, StreamId stream, GrainId consumer);

        private static List<(GrainType Type, Guid Subscription)> ImplicitSubscribers(StreamId stream)
        {
            var found = new List<(GrainType, Guid)>();
            foreach (var type in AppParts.GrainClasses)
            {
                if (type.GetCustomAttributes<ImplicitStreamSubscriptionAttribute>(true).Any(a => a.StreamNamespace is null || a.StreamNamespace == stream.GetNamespace()))
                {
                    var grainType = AppParts.GrainTypeOf(type);
                    found.Add((grainType, new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{grainType} {stream}")).AsSpan(0, 16))));
                }
            }

            return found;
        }

        private void EnsureStore()
        {
            if (silo.Services.GetKeyedService<IGrainStorage>("PubSubStore") is null)
            {
                throw new BadProviderConfigException($"The streams of {name} need a grain storage named \"PubSubStore\" for their subscriptions.");
            }
        }

        private StreamState StateOf(StreamId stream)
        {
            if (!_streams.TryGetValue(stream, out var state))
            {
                _streams[stream] = state = new StreamState();
            }

            return state;
        }

        private Subscription Start(StreamId stream, Guid id, GrainId consumer, StreamConsumer? client)
        {
            var subscription = new Subscription(consumer);
            using (ExecutionContext.SuppressFlow())
            {
                _ = Task.Run(() => Pump(stream, id, subscription, client));
            }

            return subscription;
        }

        /// <summary>Delivers the events of one subscription in order, each until it is accepted or its time is over.</summary>
        private async Task Pump(StreamId stream, Guid id, Subscription subscription, StreamConsumer? client)
        {
            var provider = (MemoryStreamProvider)silo.Services.GetRequiredKeyedService<IStreamProvider>(name);
            await foreach (var (item, token) in subscription.Events.Reader.ReadAllAsync())
            {
                var until = Environment.TickCount64 + (long)DeliveryTime.TotalMilliseconds;
                var pause = TimeSpan.FromMilliseconds(500);
                while (!subscription.IsEnded)
                {
                    try
                    {
                        await Deliver(provider, stream, id, subscription.Consumer, client, item, token, null);
                        break;
                    }
                    catch (Exception exception)
                    {
                        LogDeliveryFailed(silo.Logger, exception, stream, subscription.Consumer);
                        if (exception is SiloUnavailableException)
                        {
                            return;
                        }

                        if (Environment.TickCount64 > until)
                        {
                            await Deliver(provider, stream, id, subscription.Consumer, client, null, token, exception)
                                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                            break;
                        }

                        await Task.Delay(pause, silo.TimeProvider);
                        pause = pause < TimeSpan.FromSeconds(10) ? pause * 2 : pause;
                    }
                }
            }
        }

        private Task Deliver(MemoryStreamProvider provider, StreamId stream, Guid id, GrainId consumer, StreamConsumer? client, object? item, StreamSequenceToken token, Exception? error) =>
            client is not null
                ? client.Deliver(provider, stream, id, item, token, error)
                : silo.Runtime.CreateReference(consumer, typeof(IAddressable)).SendTask(new Delivery(provider, stream, id, item, token, error));

        private sealed class StreamState
        {
            public long Sequence { get; set; }

            public Dictionary<Guid, Subscription> Subscriptions { get; } = [];
        }

        private sealed class Subscription(GrainId consumer)
        {
            public GrainId Consumer { get; } = consumer;

            public Channel<(object? Item, StreamSequenceToken Token)> Events { get; } = Channel.CreateUnbounded<(object?, StreamSequenceToken)>();

            public bool IsEnded { get; set; }
        }

        private sealed class Delivery(MemoryStreamProvider provider, StreamId stream, Guid id, object? item, StreamSequenceToken token, Exception? error) : TaskCall
        {
            private static readonly MethodEntry DeliverEntry = MethodEntry.Internal(typeof(IStreamConsumerExtension), nameof(IStreamConsumerExtension.DeliverMutable), InvokeMethodOptions.None);

            public override MethodEntry Entry => DeliverEntry;

            internal override void CopyArguments(CopySession session)
            {
            }

            internal override object ResolveTarget(ITargetHolder holder) => StreamConsumer.Of((Activation)holder);

            protected override Task InvokeInner(object target) => ((StreamConsumer)target).Deliver(provider, stream, id, item, token, error);
        }
    }
}
