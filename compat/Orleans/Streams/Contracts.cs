using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers.Streams.Common;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace Orleans.Runtime
{
    /// <summary>The identity of a stream: a name space and a key.</summary>
    [Immutable]
    public readonly struct StreamId : IEquatable<StreamId>, IComparable<StreamId>
    {
        private readonly string? _namespace;
        private readonly string _key;

        private StreamId(string? ns, string key)
        {
            _namespace = string.IsNullOrEmpty(ns) ? null : ns;
            _key = key;
        }

        /// <summary>The name space.</summary>
        public ReadOnlyMemory<byte> Namespace => Encoding.UTF8.GetBytes(_namespace ?? string.Empty);

        /// <summary>The key.</summary>
        public ReadOnlyMemory<byte> Key => Encoding.UTF8.GetBytes(_key ?? string.Empty);

        /// <summary>Makes an identity.</summary>
        public static StreamId Create(string? ns, string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return new StreamId(ns, key);
        }

        /// <summary>Makes an identity.</summary>
        public static StreamId Create(string? ns, Guid key) => new(ns, key.ToString("N"));

        /// <summary>Makes an identity.</summary>
        public static StreamId Create(string? ns, long key) => new(ns, key.ToString(CultureInfo.InvariantCulture));

        /// <summary>The key.</summary>
        public string GetKeyAsString() => _key ?? string.Empty;

        /// <summary>The name space; null for none.</summary>
        public string? GetNamespace() => _namespace;

        /// <inheritdoc/>
        public bool Equals(StreamId other) => string.Equals(_namespace, other._namespace, StringComparison.Ordinal) && string.Equals(_key, other._key, StringComparison.Ordinal);

        /// <inheritdoc/>
        public override bool Equals([NotNullWhen(true)] object? obj) => obj is StreamId other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(_namespace, _key);

        /// <inheritdoc/>
        public int CompareTo(StreamId other) => string.CompareOrdinal(ToString(), other.ToString());

        /// <inheritdoc/>
        public override string ToString() => $"{_namespace ?? "null"}/{_key}";

        /// <summary>Equality.</summary>
        public static bool operator ==(StreamId s1, StreamId s2) => s1.Equals(s2);

        /// <summary>Inequality.</summary>
        public static bool operator !=(StreamId s1, StreamId s2) => !s1.Equals(s2);
    }
}

namespace Orleans
{
    /// <summary>Subscribes each grain of the class to the streams of a name space that have its key.</summary>
    [AttributeUsage(AttributeTargets.Class, AllowMultiple = true)]
    public class ImplicitStreamSubscriptionAttribute : Attribute
    {
        /// <summary>Of all name spaces.</summary>
        public ImplicitStreamSubscriptionAttribute()
        {
        }

        /// <summary>Of one name space.</summary>
        public ImplicitStreamSubscriptionAttribute(string streamNamespace, string? streamIdMapper = null)
        {
            StreamNamespace = streamNamespace;
            StreamIdMapper = streamIdMapper;
        }

        /// <summary>Maps streams to keys; null for the same key.</summary>
        public string? StreamIdMapper { get; init; }

        internal string? StreamNamespace { get; }
    }

    /// <summary>Streams in grains.</summary>
    public static class GrainStreamingExtensions
    {
        /// <summary>The provider of a name.</summary>
        public static IStreamProvider GetStreamProvider(this Grain grain, string name) => GetStreamProvider((IGrainBase)grain, name);

        /// <summary>The provider of a name.</summary>
        public static IStreamProvider GetStreamProvider(this IGrainBase grain, string name)
        {
            ArgumentNullException.ThrowIfNull(grain);
            ArgumentException.ThrowIfNullOrEmpty(name);
            return grain.GrainContext.ActivationServices.GetKeyedService<IStreamProvider>(name) ?? throw new KeyNotFoundException(name);
        }
    }

    /// <summary>Streams in clients.</summary>
    public static class ClientStreamingExtensions
    {
        /// <summary>The provider of a name.</summary>
        public static IStreamProvider GetStreamProvider(this IClusterClient client, string name)
        {
            ArgumentNullException.ThrowIfNull(client);
            ArgumentException.ThrowIfNullOrEmpty(name);
            return client.ServiceProvider.GetKeyedService<IStreamProvider>(name) ?? throw new KeyNotFoundException(name);
        }
    }
}

namespace Orleans.Providers.Streams.Common
{
    /// <summary>The place of an event in its stream.</summary>
    [GenerateSerializer]
    public class EventSequenceTokenV2 : StreamSequenceToken
    {
        /// <summary>Makes a place.</summary>
        public EventSequenceTokenV2(long seqNumber) => SequenceNumber = seqNumber;

        /// <summary>Makes a place.</summary>
        public EventSequenceTokenV2(long seqNumber, int eventInd)
        {
            SequenceNumber = seqNumber;
            EventIndex = eventInd;
        }

        /// <inheritdoc/>
        [Id(0)]
        public override long SequenceNumber { get; protected set; }

        /// <inheritdoc/>
        [Id(1)]
        public override int EventIndex { get; protected set; }

        /// <inheritdoc/>
        public override bool Equals(StreamSequenceToken? other) => other is not null && SequenceNumber == other.SequenceNumber && EventIndex == other.EventIndex;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(SequenceNumber, EventIndex);

        /// <inheritdoc/>
        public override int CompareTo(StreamSequenceToken? other) =>
            other is null ? 1 : SequenceNumber != other.SequenceNumber ? SequenceNumber.CompareTo(other.SequenceNumber) : EventIndex.CompareTo(other.EventIndex);

        /// <inheritdoc/>
        public override string ToString() => $"[EventSequenceTokenV2: SeqNum={SequenceNumber}, EventIndex={EventIndex}]";
    }
}

namespace Orleans.Streams
{
    /// <summary>The place of an event in its stream.</summary>
    [GenerateSerializer]
    public abstract class StreamSequenceToken : IEquatable<StreamSequenceToken?>, IComparable<StreamSequenceToken?>
    {
        /// <summary>The number of the batch.</summary>
        public abstract long SequenceNumber { get; protected set; }

        /// <summary>The number in the batch.</summary>
        public abstract int EventIndex { get; protected set; }

        /// <inheritdoc/>
        public abstract bool Equals(StreamSequenceToken? other);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as StreamSequenceToken);

        /// <inheritdoc/>
        public override int GetHashCode() => HashCode.Combine(SequenceNumber, EventIndex);

        /// <inheritdoc/>
        public abstract int CompareTo(StreamSequenceToken? other);
    }

    /// <summary>Receives events.</summary>
    public interface IAsyncObserver<in T>
    {
        /// <summary>An event.</summary>
        Task OnNextAsync(T item, StreamSequenceToken? token = null);

        /// <summary>The end. Persistent streams have none.</summary>
        Task OnCompletedAsync();

        /// <summary>An error.</summary>
        Task OnErrorAsync(Exception ex);
    }

    /// <summary>Sends events.</summary>
    public interface IAsyncBatchProducer<T> : IAsyncObserver<T>
    {
        /// <summary>Several events.</summary>
        Task OnNextBatchAsync(IEnumerable<T> batch, StreamSequenceToken? token = null);
    }

    /// <summary>Can be subscribed to.</summary>
    public interface IAsyncObservable<T>
    {
        /// <summary>Subscribes.</summary>
        Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer);

        /// <summary>Subscribes from a place on.</summary>
        Task<StreamSubscriptionHandle<T>> SubscribeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token, string? filterData = null);
    }

    /// <summary>A stream.</summary>
    public interface IAsyncStream
    {
        /// <summary>Whether past events can be had.</summary>
        bool IsRewindable { get; }

        /// <summary>Its provider.</summary>
        string ProviderName { get; }

        /// <summary>Its identity.</summary>
        StreamId StreamId { get; }
    }

    /// <summary>A stream.</summary>
    public interface IAsyncStream<T> : IAsyncStream, IEquatable<IAsyncStream<T>>, IComparable<IAsyncStream<T>>, IAsyncObservable<T>, IAsyncBatchProducer<T>
    {
        /// <summary>The subscriptions of the calling grain or client.</summary>
        Task<IList<StreamSubscriptionHandle<T>>> GetAllSubscriptionHandles();
    }

    /// <summary>Gives out streams.</summary>
    public interface IStreamProvider
    {
        /// <summary>Its name.</summary>
        string Name { get; }

        /// <summary>Whether past events can be had.</summary>
        bool IsRewindable { get; }

        /// <summary>A stream.</summary>
        IAsyncStream<T> GetStream<T>(StreamId streamId);
    }

    /// <summary>Streams by name space and key.</summary>
    public static class StreamProviderExtensions
    {
        /// <summary>A stream.</summary>
        public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string ns, string id) => Of(streamProvider).GetStream<T>(StreamId.Create(ns, id));

        /// <summary>A stream.</summary>
        public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string id) => Of(streamProvider).GetStream<T>(StreamId.Create(null, id));

        /// <summary>A stream.</summary>
        public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, string ns, Guid id) => Of(streamProvider).GetStream<T>(StreamId.Create(ns, id));

        /// <summary>A stream.</summary>
        public static IAsyncStream<T> GetStream<T>(this IStreamProvider streamProvider, Guid id) => Of(streamProvider).GetStream<T>(StreamId.Create(null, id));

        private static IStreamProvider Of(IStreamProvider? provider) => provider ?? throw new ArgumentNullException(nameof(provider));
    }

    /// <summary>A subscription.</summary>
    [GenerateSerializer]
    public abstract class StreamSubscriptionHandle<T> : IEquatable<StreamSubscriptionHandle<T>?>
    {
        /// <summary>The stream.</summary>
        public abstract StreamId StreamId { get; }

        /// <summary>The provider.</summary>
        public abstract string ProviderName { get; }

        /// <summary>Identifies the subscription.</summary>
        public abstract Guid HandleId { get; }

        /// <summary>Ends the subscription.</summary>
        public abstract Task UnsubscribeAsync();

        /// <summary>Receives its events from now on, in this activation.</summary>
        public abstract Task<StreamSubscriptionHandle<T>> ResumeAsync(IAsyncObserver<T> observer, StreamSequenceToken? token = null);

        /// <inheritdoc/>
        public abstract bool Equals(StreamSubscriptionHandle<T>? other);

        /// <inheritdoc/>
        public override bool Equals(object? obj) => Equals(obj as StreamSubscriptionHandle<T>);

        /// <inheritdoc/>
        public override int GetHashCode() => HandleId.GetHashCode();
    }

    /// <summary>Subscriptions with delegates.</summary>
    public static class AsyncObservableExtensions
    {
        /// <summary>Subscribes.</summary>
        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken?, Task> onNextAsync)
        {
            ArgumentNullException.ThrowIfNull(obs);
            return obs.SubscribeAsync(new DelegateObserver<T>(onNextAsync, null));
        }

        /// <summary>Subscribes.</summary>
        public static Task<StreamSubscriptionHandle<T>> SubscribeAsync<T>(this IAsyncObservable<T> obs, Func<T, StreamSequenceToken?, Task> onNextAsync, Func<Exception, Task> onErrorAsync)
        {
            ArgumentNullException.ThrowIfNull(obs);
            return obs.SubscribeAsync(new DelegateObserver<T>(onNextAsync, onErrorAsync));
        }
    }

    /// <summary>Resuming with delegates.</summary>
    public static class StreamSubscriptionHandleExtensions
    {
        /// <summary>Receives the events of a subscription from now on.</summary>
        public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken?, Task> onNextAsync, StreamSequenceToken? token = null)
        {
            ArgumentNullException.ThrowIfNull(handle);
            return handle.ResumeAsync(new DelegateObserver<T>(onNextAsync, null), token);
        }

        /// <summary>Receives the events of a subscription from now on.</summary>
        public static Task<StreamSubscriptionHandle<T>> ResumeAsync<T>(
            this StreamSubscriptionHandle<T> handle, Func<T, StreamSequenceToken?, Task> onNextAsync, Func<Exception, Task> onErrorAsync, StreamSequenceToken? token = null)
        {
            ArgumentNullException.ThrowIfNull(handle);
            return handle.ResumeAsync(new DelegateObserver<T>(onNextAsync, onErrorAsync), token);
        }
    }

    internal sealed class DelegateObserver<T>(Func<T, StreamSequenceToken?, Task> onNext, Func<Exception, Task>? onError) : IAsyncObserver<T>
    {
        public Task OnNextAsync(T item, StreamSequenceToken? token = null) => onNext(item, token);

        public Task OnCompletedAsync() => Task.CompletedTask;

        public Task OnErrorAsync(Exception ex) => onError is null ? Task.CompletedTask : onError(ex);
    }
}

namespace Orleans.Streams.Core
{
    /// <summary>A grain that learns of subscriptions whose events come to it.</summary>
    public interface IStreamSubscriptionObserver
    {
        /// <summary>Events come; resume the handle to receive them.</summary>
        Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory);
    }

    /// <summary>Makes the handle of a subscription.</summary>
    public interface IStreamSubscriptionHandleFactory
    {
        /// <summary>The stream.</summary>
        StreamId StreamId { get; }

        /// <summary>The provider.</summary>
        string ProviderName { get; }

        /// <summary>The handle.</summary>
        StreamSubscriptionHandle<T> Create<T>();
    }
}
