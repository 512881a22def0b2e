using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Placement;

namespace Orleans.Runtime;

/// <summary>The one silo of its cluster: the directory of activations, the collection of idle ones, and the connections of clients.</summary>
internal sealed partial class Silo : IGrainRuntime, ILocalSiloDetails, IHostedService, IDisposable
{
    // Clients in the same process find their silo here.
    private static readonly ConcurrentDictionary<(string ClusterId, string ServiceId), Silo> Running = new();

    private readonly ConcurrentDictionary<GrainId, object> _directory = new();
    private readonly ConcurrentDictionary<GrainType, GrainClass> _classes = new();
    private readonly ConcurrentDictionary<Type, Type> _primaryInterfaces = new();
    private readonly ConcurrentDictionary<string, CallRuntime> _clients = new();
    private readonly SiloLifecycle _lifecycle;
    private readonly ClusterOptions _cluster;
    private readonly EndpointOptions _endpoint;
    private readonly string _name;
    private readonly SiloFilters _filters;
    private ITimer? _collector;
    private volatile bool _isStopping;
    private bool _isStarted;

    public Silo(
        IServiceProvider services,
        IOptions<ClusterOptions> cluster,
        IOptions<SiloOptions> silo,
        IOptions<EndpointOptions> endpoint,
        IOptions<SiloMessagingOptions> messaging,
        IOptions<GrainCollectionOptions> collection,
        SiloLifecycle lifecycle,
        TimeProvider timeProvider,
        ILoggerFactory loggers)
    {
        Services = services;
        _cluster = cluster.Value;
        _endpoint = endpoint.Value;
        _name = silo.Value.SiloName ?? $"Silo_{Guid.NewGuid():N}"[..10];
        _lifecycle = lifecycle;
        Messaging = messaging.Value;
        CollectionOptions = collection.Value;
        TimeProvider = timeProvider;
        Logger = loggers.CreateLogger("Orleans.Silo");
        SiloAddress = SiloAddress.New(_endpoint.AdvertisedIPAddress ?? IPAddress.Loopback, _endpoint.SiloPort, AllocateGeneration(timeProvider));
        _filters = new SiloFilters(services, SiloAddress);
        GatewayAddress = SiloAddress.New(SiloAddress.Endpoint.Address, _endpoint.GatewayPort, 0);
        Runtime = new CallRuntime(services, services.GetServices<IOutgoingGrainCallFilter>(), Messaging, isRemote: false) { Silo = this };
    }

    public IServiceProvider Services { get; }

    public IServiceProvider ServiceProvider => Services;

    public CallRuntime Runtime { get; }

    public IGrainFactory GrainFactory => Runtime;

    public SiloMessagingOptions Messaging { get; }

    public GrainCollectionOptions CollectionOptions { get; }

    public TimeProvider TimeProvider { get; }

    public ILogger Logger { get; }

    [field: AllowNull]
    public IIncomingGrainCallFilter[] IncomingFilters => field ??= [.. Services.GetServices<IIncomingGrainCallFilter>()];

    public string Name => _name;

    public string SiloIdentity => SiloAddress.ToString();

    public string ClusterId => _cluster.ClusterId;

    public string DnsHostName => Dns.GetHostName();

    public SiloAddress SiloAddress { get; }

    public SiloAddress GatewayAddress { get; }

    /// <summary>How many activations there are.</summary>
    public int ActivationCount => _directory.Count;

    public static Silo? Find(string clusterId, string serviceId) => Running.TryGetValue((clusterId, serviceId), out var silo) ? silo : null;

    public void Connect(CallRuntime client) => _clients[client.ClientKey] = client;

    public void Disconnect(CallRuntime client) => _clients.TryRemove(client.ClientKey, out _);

    public CallRuntime? FindClient(string key) => key == Runtime.ClientKey ? Runtime : _clients.GetValueOrDefault(key);

    /// <summary>The activation of a grain if there is one.</summary>
    public Activation? FindActivation(GrainId grainId) => _directory.TryGetValue(grainId, out var entry) ? entry as Activation : null;

    /// <summary>Gives a call to the activation of its grain, which is made if there is none.</summary>
    public void Deliver(Call call)
    {
        var id = call.TargetId;
        while (true)
        {
            if (!_directory.TryGetValue(id, out var entry))
            {
                if (_isStopping)
                {
                    call.Reject(new SiloUnavailableException($"The silo {SiloAddress} is stopping and makes no new activations. Call: {call}."));
                    return;
                }

                GrainClass grainClass;
                try
                {
                    grainClass = ClassOf(id.Type);
                }
                catch (ArgumentException exception)
                {
                    call.Reject(exception);
                    return;
                }

                if (_filters.FindRefusal(grainClass, call) is { } refusal)
                {
                    call.Reject(refusal);
                    return;
                }

                if (grainClass.MaxWorkers > 0)
                {
                    entry = _directory.GetOrAdd(id, new WorkerPool(this, grainClass, id));
                }
                else
                {
                    var created = new Activation(this, grainClass, id, null);
                    entry = _directory.GetOrAdd(id, created);
                    if (ReferenceEquals(entry, created))
                    {
                        created.Start(call.Context);
                    }
                }
            }

            if (entry is WorkerPool pool)
            {
                pool.Deliver(call);
                return;
            }

            if (((Activation)entry).Receive(call))
            {
                return;
            }

            _directory.TryRemove(new KeyValuePair<GrainId, object>(id, entry));
        }
    }

    public void Remove(Activation activation, WorkerPool? pool)
    {
        if (pool is null)
        {
            _directory.TryRemove(new KeyValuePair<GrainId, object>(activation.GrainId, activation));
        }
        else
        {
            pool.Remove(activation);
        }
    }

    /// <summary>The interface that references to the grains of a class have by default.</summary>
    public Type PrimaryInterfaceOf(Type grainClass) => _primaryInterfaces.GetOrAdd(grainClass, static type =>
    {
        var candidates = type.GetInterfaces().Where(AppParts.IsCallable).ToList();
        return candidates.Find(i => i.Name == "I" + type.Name) ?? (candidates.Count > 0 ? candidates[0] : typeof(IAddressable));
    });

    public void DeactivateOnIdle(IGrainContext grainContext)
    {
        ArgumentNullException.ThrowIfNull(grainContext);
        EnsureInGrain();
        grainContext.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, $"{nameof(DeactivateOnIdle)} was called."));
    }

    public void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan)
    {
        EnsureInGrain();
        (grainContext as Activation)?.DelayDeactivation(timeSpan);
    }

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var validator in Services.GetServices<IConfigurationValidator>())
        {
            validator.ValidateConfiguration();
        }

        AppParts.Validate();
        foreach (var type in AppParts.GrainClasses)
        {
            // Constructors that cannot be used show now and not at the first call.
            ClassOf(AppParts.GrainTypeOf(type));
        }

        foreach (var participant in Services.GetServices<ILifecycleParticipant<ISiloLifecycle>>())
        {
            participant.Participate(_lifecycle);
        }

        _lifecycle.Subscribe(typeof(Silo).FullName!, ServiceLifecycleStage.BecomeActive, _ =>
        {
            if (!Running.TryAdd((_cluster.ClusterId, _cluster.ServiceId), this))
            {
                throw new OrleansConfigurationException(
                    $"A silo of the cluster \"{_cluster.ClusterId}\" and the service \"{_cluster.ServiceId}\" already runs in this process. "
                    + "This build runs on the single-process stand-in, where a cluster has one silo; clustering needs the full package feed. See docs/feeds.md.");
            }

            return Task.CompletedTask;
        });

        // Before the stages of storage and the application's services stop, so that grains can still write.
        _lifecycle.Subscribe(typeof(Silo).FullName!, ServiceLifecycleStage.BecomeActive - 1, static _ => Task.CompletedTask, DeactivateAll);
        var quantum = CollectionOptions.CollectionQuantum;
        _collector = TimeProvider.CreateTimer(static state => ((Silo)state!).Collect(), this, quantum, quantum);
        LogStandIn(Logger, SiloAddress);
        _isStarted = true;
        await _lifecycle.OnStart(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (!_isStarted)
        {
            return;
        }

        _isStarted = false;
        Running.TryRemove(new KeyValuePair<(string, string), Silo>((_cluster.ClusterId, _cluster.ServiceId), this));

        await _lifecycle.OnStop(cancellationToken, (exception, name) => LogStopFailed(Logger, exception, name));
        if (_collector is { } collector)
        {
            await collector.DisposeAsync();
        }

        foreach (var client in _clients.Values)
        {
            client.Silo = null;
            client.Pending.FailAll(static call => new SiloUnavailableException($"The target silo became unavailable for message: {call}."));
        }

        Runtime.Silo = null;
        Runtime.Pending.FailAll(static call => new SiloUnavailableException($"The local Orleans host is shutting down and can no longer process the request: {call}."));
    }

    public void Dispose()
    {
        Running.TryRemove(new KeyValuePair<(string, string), Silo>((_cluster.ClusterId, _cluster.ServiceId), this));
        _collector?.Dispose();
        Runtime.Dispose();
    }

    [LoggerMessage(EventId = 30, Level = LogLevel.Information, Message = "Silo {Address} runs on the single-process stand-in for Orleans; see docs/feeds.md.")]
    private static partial void LogStandIn(ILogger logger, SiloAddress address);

    [LoggerMessage(EventId = 31, Level = LogLevel.Error, Message = "Stopping {Participant} failed.")]
    private static partial void LogStopFailed(ILogger logger, Exception exception, string participant);

    private static int AllocateGeneration(TimeProvider timeProvider) => (int)(timeProvider.GetUtcNow() - new DateTimeOffset(2022, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;

    private static void EnsureInGrain()
    {
        if (RuntimeContext.Current is null)
        {
            throw new InvalidOperationException("This is only possible in the code of a grain, which is not what runs here; Task.Run and ConfigureAwait(false) leave it.");
        }
    }

    private GrainClass ClassOf(GrainType type) => _classes.TryGetValue(type, out var known)
        ? known
        : _classes.GetOrAdd(type, static (type, silo) => new GrainClass(
            AppParts.ClassOf(type) ?? throw new ArgumentException($"Could not find an implementation for grain type {type}"), silo), this);

    private IEnumerable<Activation> Activations() => _directory.Values.SelectMany(entry => entry is WorkerPool pool ? pool.Workers : [(Activation)entry]);

    private void Collect()
    {
        var now = Environment.TickCount64;
        foreach (var (_, entry) in _directory)
        {
            if (entry is Activation activation)
            {
                activation.CollectIfIdle(now);
                continue;
            }

            foreach (var worker in ((WorkerPool)entry).Workers)
            {
                worker.CollectIfIdle(now);
            }
        }
    }

    private async Task DeactivateAll(CancellationToken cancellationToken)
    {
        _isStopping = true;
        var reason = new DeactivationReason(DeactivationReasonCode.ShuttingDown, "This process is terminating.");
        while (!cancellationToken.IsCancellationRequested)
        {
            var left = Activations().ToArray();
            if (left.Length == 0)
            {
                return;
            }

            foreach (var activation in left)
            {
                activation.Deactivate(reason, cancellationToken);
            }

            try
            {
                await Task.WhenAll(left.Select(a => a.Deactivated)).WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
