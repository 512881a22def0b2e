using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>
/// One activation of a grain: its mailbox, its scheduler and its life. It runs one work item at a time on the thread pool; a
/// request is one work item up to its first await, and every continuation is another.
/// </summary>
internal sealed partial class Activation : TaskScheduler, IGrainContext, ICallHost, IWorkItemScheduler, ICallChainReentrantGrainContext, IThreadPoolWorkItem
{
    private readonly WorkerPool? _pool;

    // The inbox; guarded by this object's monitor.
    private object? _first;
    private Queue<object>? _others;
    private bool _scheduled;
    private State _state;
    private int _queuedCalls;

    // Only touched in turns.
    private List<Call>? _waiting;
    private int _waitingHead;
    private Call? _blocking;
    private int _runningCount;
    private bool _pumping;
    private long _idleSince;
    private IServiceScope? _scope;
    private GrainReference? _reference;
    private Rare? _rare;

    public Activation(Silo silo, GrainClass grainClass, GrainId grainId, WorkerPool? pool)
    {
        Silo = silo;
        Class = grainClass;
        GrainId = grainId;
        _pool = pool;
        _idleSince = Environment.TickCount64;
    }

    private enum State : byte
    {
        Creating,
        Valid,
        Deactivating,
        Invalid,
    }

    public Silo Silo { get; }

    public GrainClass Class { get; }

    public GrainId GrainId { get; }

    public object? GrainInstance { get; private set; }

    public GrainReference GrainReference => _reference ??= Silo.Runtime.CreateReference(GrainId, Silo.PrimaryInterfaceOf(Class.Type));

    public IServiceProvider ActivationServices => (_scope ??= Silo.Services.CreateScope()).ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => (GrainLifecycle)(Extras.Lifecycle ??= new GrainLifecycle());

    public IWorkItemScheduler Scheduler => this;

    public Task Deactivated
    {
        get
        {
            lock (this)
            {
                return DeactivatedSource.Task;
            }
        }
    }

    public IIncomingGrainCallFilter[] Filters => Silo.IncomingFilters;

    public IGrainContext Context => this;

    /// <summary>How much this activation has to do, for choosing among workers.</summary>
    public int Load => Volatile.Read(ref _queuedCalls) + Volatile.Read(ref _runningCount);

    public bool IsUsable => _state is State.Creating or State.Valid;

    private Rare Extras => _rare ?? Interlocked.CompareExchange(ref _rare, new Rare(), null) ?? _rare;

    private TaskCompletionSource DeactivatedSource => Extras.Deactivated ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void AddTimer(GrainTimer timer) => (Extras.Timers ??= []).Add(timer);

    public void RemoveTimer(GrainTimer timer)
    {
        if (ReferenceEquals(RuntimeContext.Current, this))
        {
            _rare?.Timers?.Remove(timer);
        }
        else
        {
            Post(() => _rare?.Timers?.Remove(timer));
        }
    }

    public object? GetTarget() => GrainInstance;

    public object? GetComponent(Type componentType)
    {
        ArgumentNullException.ThrowIfNull(componentType);
        if (componentType.IsInstanceOfType(this))
        {
            return this;
        }

        if (componentType == typeof(IAsyncEnumerableGrainExtension))
        {
            return Extras.Enumerations ??= new AsyncEnumerableGrainExtension(this);
        }

        if (_rare?.Components is { } components && components.TryGetValue(componentType, out var component))
        {
            return component;
        }

        return componentType.IsInstanceOfType(GrainInstance) ? GrainInstance : null;
    }

    /// <summary>A part of the activation that is made at first use.</summary>
    public TComponent GetOrAddComponent<TComponent>(Func<Activation, TComponent> create)
        where TComponent : class
    {
        var components = Extras.Components ??= [];
        if (!components.TryGetValue(typeof(TComponent), out var component))
        {
            components[typeof(TComponent)] = component = create(this);
        }

        return (TComponent)component;
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override string ToString() => $"[Activation: {GrainId} State={_state}]";

    private sealed class Rare
    {
        public object? Lifecycle { get; set; }

        public List<GrainTimer>? Timers { get; set; }

        public Dictionary<Guid, int>? Sections { get; set; }

        public Dictionary<Type, object>? Components { get; set; }

        public AsyncEnumerableGrainExtension? Enumerations { get; set; }

        public TaskCompletionSource? Deactivated { get; set; }

        public DeactivationReason Reason { get; set; }

        public long KeepAliveUntil { get; set; }

        public bool EndRequested { get; set; }

        public bool Ending { get; set; }

        public Exception? ActivationError { get; set; }
    }
}
