using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Orleans.Serialization;

namespace Orleans.Runtime;

/// <summary>What sends calls: one per container, that of the silo and that of each client.</summary>
internal sealed class CallRuntime : IClusterClient, IDisposable
{
    private static readonly GrainType ClientType = GrainType.Create("sys.client");

    private readonly ConcurrentDictionary<(Type Interface, string? Prefix), GrainReferenceShared> _byInterface = new();
    private readonly ConcurrentDictionary<(Type Interface, GrainType Type), GrainReferenceShared> _byType = new();
    private readonly ConcurrentDictionary<GrainId, ObserverHost> _observers = new();
    private readonly ConditionalWeakTable<object, Dictionary<Type, GrainReference>> _referencesOfObservers = [];
    private readonly string _clientKey;

    public CallRuntime(IServiceProvider services, IEnumerable<IOutgoingGrainCallFilter> outgoingFilters, Configuration.MessagingOptions options, bool isRemote)
    {
        ServiceProvider = services;
        OutgoingFilters = [.. outgoingFilters];
        ResponseTimeout = options.ResponseTimeout;
        WaitForCancellationAcknowledgement = options.WaitForCancellationAcknowledgement;
        IsRemote = isRemote;
        _clientKey = $"{(isRemote ? string.Empty : "hosted-")}{Guid.NewGuid():N}";
        ClientId = GrainId.Create(ClientType, _clientKey);
        Pending = new PendingCalls(ResponseTimeout);
    }

    public IServiceProvider ServiceProvider { get; }

    public IOutgoingGrainCallFilter[] OutgoingFilters { get; }

    public TimeSpan ResponseTimeout { get; }

    public bool WaitForCancellationAcknowledgement { get; }

    /// <summary>Whether this is a client in another container than its silo.</summary>
    public bool IsRemote { get; }

    public GrainId ClientId { get; }

    public PendingCalls Pending { get; }

    /// <summary>The silo; null before a client has connected and after it has stopped.</summary>
    public Silo? Silo { get; set; }

    public TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
        where TGrainInterface : IGrainWithStringKey
    {
        EnsureKey(primaryKey);
        return (TGrainInterface)(object)Create(Shared(typeof(TGrainInterface), grainClassNamePrefix), IdSpan.Create(primaryKey));
    }

    public TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
        where TGrainInterface : IAddressable => (TGrainInterface)(object)CreateReference(grainId, typeof(TGrainInterface));

    public IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey)
    {
        EnsureKey(grainPrimaryKey);
        return (IGrain)Create(Shared(grainInterfaceType, null), IdSpan.Create(grainPrimaryKey));
    }

    public IAddressable GetGrain(GrainId grainId) => CreateReference(grainId, typeof(IAddressable));

    public TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        ArgumentNullException.ThrowIfNull(obj);
        if (obj is GrainReference)
        {
            throw new ArgumentException("Argument obj is already a grain reference.", nameof(obj));
        }

        if (obj is IGrainBase)
        {
            throw new ArgumentException("Argument must not be a grain class.", nameof(obj));
        }

        var @interface = typeof(TGrainObserverInterface);
        if (!@interface.IsInterface)
        {
            throw new ArgumentException($"{@interface} is not an interface.");
        }

        var references = _referencesOfObservers.GetOrCreateValue(obj);
        lock (references)
        {
            if (!references.TryGetValue(@interface, out var reference))
            {
                var id = GrainId.Create(ClientType, $"{_clientKey}+{Guid.NewGuid():N}");
                reference = CreateReference(id, @interface);
                references[@interface] = reference;
                _observers[id] = new ObserverHost(this, id, obj);
            }

            return (TGrainObserverInterface)(object)reference;
        }
    }

    public void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
        where TGrainObserverInterface : IGrainObserver
    {
        if (obj is not GrainReference reference)
        {
            throw new ArgumentException("Argument reference is not a grain reference.", nameof(obj));
        }

        if (_observers.TryRemove(reference.GrainId, out var host) && host.Observer is { } observer)
        {
            _referencesOfObservers.Remove(observer);
        }
    }

    public GrainReference CreateReference(GrainId grainId, Type @interface)
    {
        var shared = _byType.GetOrAdd((@interface, grainId.Type), static (key, self) => new GrainReferenceShared(self, key.Type, AppParts.InterfaceTypeOf(key.Interface), key.Interface), this);
        return Create(shared, grainId.Key);
    }

    /// <summary>The runtime that a call by this reference arrives in.</summary>
    public CallRuntime TargetOf(GrainReference reference)
    {
        if (reference.GrainId.Type != ClientType)
        {
            return Silo?.Runtime ?? this;
        }

        var key = ClientKeyOf(reference.GrainId);
        return key == _clientKey ? this : Silo?.FindClient(key) ?? Silo?.Runtime ?? this;
    }

    public void Deliver(Call call)
    {
        if (call.Reference!.GrainId.Type == ClientType)
        {
            var key = ClientKeyOf(call.Reference.GrainId);
            var owner = key == _clientKey ? this : Silo?.FindClient(key);
            if (owner is null)
            {
                call.Fail(new ClientNotAvailableException($"The client of {call.TargetId} is no longer connected."));
            }
            else
            {
                owner.DeliverToObserver(call);
            }
        }
        else if (Silo is { } silo)
        {
            silo.Deliver(call);
        }
        else
        {
            call.Fail(new SiloUnavailableException(
                IsRemote ? $"The client is not connected: it has not been started, or its silo has stopped. Call: {call}." : $"The local Orleans host is shutting down and can no longer process the request: {call}."));
        }
    }

    /// <summary>The values that travel with a call made now.</summary>
    public Dictionary<string, object>? ExportRequestContext()
    {
        if (RequestContext.Values is not { } values)
        {
            return null;
        }

        var isShallow = true;
        foreach (var (_, value) in values)
        {
            isShallow &= value is null || Copier.For(value.GetType()).IsShallow;
        }

        if (isShallow)
        {
            // Sharing is safe: the dictionary is never changed, only replaced.
            return values;
        }

        var copies = new Dictionary<string, object>(values.Count);
        var session = CopySession.Rent(Silo?.Runtime ?? this, IsRemote);
        try
        {
            foreach (var (key, value) in values)
            {
                copies[key] = value is null ? value! : Copier.For(value.GetType()).CopyObject(value, session);
            }
        }
        finally
        {
            session.Return();
        }

        return copies;
    }

    public string ClientKey => _clientKey;

    public void Dispose()
    {
        Pending.FailAll(static call => new SiloUnavailableException($"The local Orleans host is shutting down and can no longer process the request: {call}."));
        Pending.Dispose();
    }

    private static string ClientKeyOf(GrainId id)
    {
        var key = id.Key.ToString();
        var plus = key.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? key : key[..plus];
    }

    private static GrainReference Create(GrainReferenceShared shared, IdSpan key) => shared.Activator(shared, key);

    private static void EnsureKey(string key)
    {
        if (string.IsNullOrWhiteSpace(key))
        {
            throw new ArgumentException("The key of a grain must not be null or blank.", nameof(key));
        }
    }

    private GrainReferenceShared Shared(Type @interface, string? prefix) => _byInterface.TryGetValue((@interface, prefix), out var known)
        ? known
        : _byInterface.GetOrAdd((@interface, prefix), static (key, self) =>
            new GrainReferenceShared(self, AppParts.Resolve(key.Interface, key.Prefix), AppParts.InterfaceTypeOf(key.Interface), key.Interface), this);

    private void DeliverToObserver(Call call)
    {
        if (_observers.TryGetValue(call.TargetId, out var host) && host.Receive(call))
        {
            return;
        }

        _observers.TryRemove(call.TargetId, out _);
        call.Fail(new ClientNotAvailableException($"The observer {call.TargetId} is gone."));
    }
}
