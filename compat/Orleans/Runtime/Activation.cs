using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Orleans.Serialization.Invocation;
using Orleans.Storage;

namespace Orleans.Runtime;

/// <summary>
/// One activation of a grain: its mailbox, its scheduler and its life. It runs one work item at a time on the thread pool; a
/// request is one work item up to its first await, and every continuation is another.
/// </summary>
internal sealed partial class Activation : TaskScheduler, IGrainContext, ICallHost, IWorkItemScheduler, ICallChainReentrantGrainContext, IThreadPoolWorkItem
{
    private const int ItemsPerRun = 256;
    private const long MillisecondsPerRun = 100;

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

    /// <summary>Begins the life of the activation; the values are those of the first call.</summary>
    public void Start(Dictionary<string, object>? requestContext) => Post(() => _ = Activate(requestContext));

    /// <returns>False when the activation has ended, so that the call goes to another.</returns>
    public bool Receive(Call call)
    {
        var limit = Class.MaxWorkers > 0 ? Silo.Messaging.MaxEnqueuedRequestsHardLimit_StatelessWorker : Silo.Messaging.MaxEnqueuedRequestsHardLimit;
        lock (this)
        {
            if (_state == State.Invalid)
            {
                return call.IsLocalOnly;
            }

            if (limit > 0 && _queuedCalls >= limit && !call.IsLocalOnly)
            {
                call.Reject(new LimitExceededException("MaxEnqueuedRequestsHardLimit", _queuedCalls, limit, GrainId));
                return true;
            }

            _queuedCalls++;
            Push(call);
        }

        return true;
    }

    public void Post(Action action)
    {
        lock (this)
        {
            Push(action);
        }
    }

    public void QueueAction(Action action) => Post(action);

    void IWorkItemScheduler.QueueTask(Task task)
    {
        ArgumentNullException.ThrowIfNull(task);
        task.Start(this);
    }

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
        lock (this)
        {
            if (_state is State.Deactivating or State.Invalid)
            {
                return;
            }

            Extras.Reason = deactivationReason;
            if (_state == State.Creating)
            {
                // Seen when the activation has come up.
                Extras.EndRequested = true;
                return;
            }

            _state = State.Deactivating;
        }

        Post(TryEnd);
    }

    public void DelayDeactivation(TimeSpan time)
    {
        Extras.KeepAliveUntil = time == TimeSpan.MaxValue || time == Timeout.InfiniteTimeSpan ? long.MaxValue
            : time <= TimeSpan.Zero ? 0
            : Environment.TickCount64 + (long)time.TotalMilliseconds;
    }

    /// <summary>Ends the activation if nothing was asked of it for the age of its class.</summary>
    public void CollectIfIdle(long now)
    {
        if (_state != State.Valid || Class.CollectionAge == TimeSpan.MaxValue || Class.CollectionAge == Timeout.InfiniteTimeSpan)
        {
            return;
        }

        lock (this)
        {
            if (_state != State.Valid || _runningCount > 0 || _queuedCalls > 0 || now - _idleSince < (long)Class.CollectionAge.TotalMilliseconds || _rare?.KeepAliveUntil > now)
            {
                return;
            }
        }

        Deactivate(new DeactivationReason(DeactivationReasonCode.ActivationIdle, $"Activation became idle after {Class.CollectionAge}"));
    }

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

    public void OnEnterReentrantSection(Guid reentrancyId)
    {
        var sections = Extras.Sections ??= [];
        lock (sections)
        {
            sections[reentrancyId] = sections.GetValueOrDefault(reentrancyId) + 1;
        }
    }

    public void OnExitReentrantSection(Guid reentrancyId)
    {
        if (_rare?.Sections is not { } sections)
        {
            return;
        }

        lock (sections)
        {
            if (sections.TryGetValue(reentrancyId, out var count) && count > 1)
            {
                sections[reentrancyId] = count - 1;
            }
            else
            {
                sections.Remove(reentrancyId);
            }
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

    public void Completed(Call call, Exception? error)
    {
        if (!ReferenceEquals(RuntimeContext.Current, this))
        {
            Post(() => Completed(call, error));
            return;
        }

        _runningCount--;
        if (_blocking is null || ReferenceEquals(_blocking, call))
        {
            _blocking = null;
        }

        if (call.IsKeepAlive)
        {
            _idleSince = Environment.TickCount64;
        }

        if (error is InconsistentStateException { IsSourceActivation: true } inconsistent)
        {
            inconsistent.IsSourceActivation = false;
            Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationError, error, "The stored state has changed behind this activation."));
        }

        Pump();
    }

    void IThreadPoolWorkItem.Execute()
    {
        var before = RuntimeContext.Exchange(this);
        try
        {
            Drain();
        }
        finally
        {
            RuntimeContext.Exchange(before);
        }
    }

    protected override void QueueTask(Task task)
    {
        lock (this)
        {
            Push(task);
        }
    }

    protected override IEnumerable<Task>? GetScheduledTasks() => null;

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && ReferenceEquals(RuntimeContext.Current, this) && TryExecuteTask(task);

    [LoggerMessage(EventId = 10, Level = LogLevel.Error, Message = "Activating {GrainId} failed.")]
    private static partial void LogActivateFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(EventId = 11, Level = LogLevel.Error, Message = "Deactivating {GrainId} failed.")]
    private static partial void LogDeactivateFailed(ILogger logger, Exception exception, GrainId grainId);

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message = "A work item of {GrainId} failed.")]
    private static partial void LogWorkItemFailed(ILogger logger, Exception exception, GrainId grainId);

    private void Push(object item)
    {
        if (_first is null && _others is not { Count: > 0 })
        {
            _first = item;
        }
        else
        {
            (_others ??= new Queue<object>()).Enqueue(item);
        }

        if (!_scheduled)
        {
            _scheduled = true;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    /// <returns>The next work item; null when there is none, and then the next one that comes schedules a new run.</returns>
    private object? Pop()
    {
        lock (this)
        {
            var item = _first;
            _first = null;
            if (item is null && (_others is null || !_others.TryDequeue(out item)))
            {
                _others = null;
                _scheduled = false;
            }

            return item;
        }
    }

    /// <summary>Runs what is in the inbox, up to a share of the processor's time.</summary>
    private void Drain()
    {
        var until = Environment.TickCount64 + MillisecondsPerRun;
        for (var i = 0; i < ItemsPerRun; i++)
        {
            switch (Pop())
            {
                case null:
                    return;
                case Task task:
                    TryExecuteTask(task);
                    break;
                case { } item:
                    // Code that awaits continues where the task that it runs in is scheduled.
                    NewTurn(item).RunSynchronously(this);
                    break;
            }

            if (Environment.TickCount64 > until)
            {
                break;
            }
        }

        // Still scheduled: others take their turn first.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private static Task NewTurn(object item) => new(static item => ((Activation)RuntimeContext.Current!).RunItem(item!), item);

    private void RunItem(object item)
    {
        try
        {
            if (item is Call call)
            {
                OnCall(call);
            }
            else
            {
                ((Action)item)();
            }
        }
        catch (Exception exception)
        {
            LogWorkItemFailed(Silo.Logger, exception, GrainId);
        }
    }

    private void OnCall(Call call)
    {
        if (_state == State.Valid && (_waiting is null || _waiting.Count == _waitingHead || _runningCount > 0) && MayRun(call))
        {
            Run(call);
        }
        else if (_state == State.Invalid)
        {
            Interlocked.Decrement(ref _queuedCalls);
            Forward(call);
        }
        else
        {
            (_waiting ??= []).Add(call);
        }
    }

    private bool MayRun(Call call)
    {
        if (_runningCount == 0 || call.IsAlwaysInterleave || _blocking is null || (_blocking.IsReadOnly && call.IsReadOnly) || Class.IsReentrant)
        {
            return true;
        }

        if (_rare?.Sections is { Count: > 0 } sections && RequestContext.ReentrancyIdOf(call.Context) is var id && id != Guid.Empty)
        {
            lock (sections)
            {
                return sections.ContainsKey(id);
            }
        }

        return false;
    }

    private void Run(Call call)
    {
        Interlocked.Decrement(ref _queuedCalls);
        _runningCount++;
        if (_blocking is null && !call.IsAlwaysInterleave)
        {
            _blocking = call;
        }

        call.Run(this);
    }

    /// <summary>Runs every waiting call that may run now, in order.</summary>
    private void Pump()
    {
        if (_state == State.Deactivating)
        {
            TryEnd();
            return;
        }

        if (_pumping || _waiting is null || _state != State.Valid)
        {
            return;
        }

        _pumping = true;
        try
        {
            var i = _waitingHead;
            while (_waiting is not null && i < _waiting.Count && _state == State.Valid)
            {
                var call = _waiting[i];
                if (!MayRun(call))
                {
                    i++;
                    continue;
                }

                if (i == _waitingHead)
                {
                    _waiting[i] = null!;
                    _waitingHead++;
                    i++;
                }
                else
                {
                    _waiting.RemoveAt(i);
                }

                // A turn of its own keeps the values that one call sets in its flow from the next.
                new Task(static call => ((Activation)RuntimeContext.Current!).Run((Call)call!), call).RunSynchronously(this);
                if (_runningCount == 0)
                {
                    i = _waitingHead;
                }
            }

            if (_waiting is not null && _waitingHead == _waiting.Count)
            {
                _waiting = null;
                _waitingHead = 0;
            }
            else if (_waitingHead > 64 && _waitingHead > _waiting!.Count / 2)
            {
                _waiting.RemoveRange(0, _waitingHead);
                _waitingHead = 0;
            }
        }
        finally
        {
            _pumping = false;
        }

        if (_state == State.Deactivating)
        {
            TryEnd();
        }
    }

    private async Task Activate(Dictionary<string, object>? requestContext)
    {
        try
        {
            RequestContext.Values = requestContext;
            using var timeout = new CancellationTokenSource(Silo.CollectionOptions.ActivationTimeout);
            GrainInstance = Construct();
            if (_rare?.Lifecycle is GrainLifecycle lifecycle)
            {
                await lifecycle.OnStart(timeout.Token).WaitAsync(timeout.Token);
            }

            if (GrainInstance is IGrainBase grain)
            {
                await grain.OnActivateAsync(timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            LogActivateFailed(Silo.Logger, exception, GrainId);
            await End(exception);
            return;
        }

        lock (this)
        {
            _state = _rare is { EndRequested: true } ? State.Deactivating : State.Valid;
        }

        _idleSince = Environment.TickCount64;
        Pump();
    }

    private object Construct()
    {
        try
        {
            return Class.Factory(this);
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"Failed to create an instance of grain type '{Class.Type}'. See {nameof(Exception.InnerException)} for details.", exception);
        }
    }

    private void TryEnd()
    {
        if (_state == State.Deactivating && _runningCount == 0 && !Extras.Ending)
        {
            Extras.Ending = true;
            _ = EndGracefully();
        }
    }

    private async Task EndGracefully()
    {
        RequestContext.Values = null;
        using var timeout = new CancellationTokenSource(Silo.CollectionOptions.DeactivationTimeout);
        try
        {
            StopTimers();
            if (GrainInstance is IGrainBase grain)
            {
                await grain.OnDeactivateAsync(Extras.Reason, timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            LogDeactivateFailed(Silo.Logger, exception, GrainId);
        }

        try
        {
            if (_rare?.Lifecycle is GrainLifecycle lifecycle)
            {
                await lifecycle.OnStop(timeout.Token).WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception)
        {
            LogDeactivateFailed(Silo.Logger, exception, GrainId);
        }

        await End(null);
    }

    /// <summary>Leaves the directory and hands the waiting calls on, or fails them with the error of the activation.</summary>
    private async Task End(Exception? error)
    {
        StopTimers();
        Silo.Remove(this, _pool);
        List<Call> left = [];
        lock (this)
        {
            _state = State.Invalid;
            if (_waiting is not null)
            {
                left.AddRange(_waiting.Skip(_waitingHead));
                _waiting = null;
                _waitingHead = 0;
            }

            _queuedCalls -= left.Count;
        }

        foreach (var call in left)
        {
            if (error is not null)
            {
                call.Reject(error);
            }
            else
            {
                Forward(call);
            }
        }

        Extras.ActivationError = error;
        try
        {
            if (_rare?.Enumerations is { } enumerations)
            {
                await enumerations.DisposeAsync();
            }

            switch (GrainInstance)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case IDisposable disposable:
                    disposable.Dispose();
                    break;
            }

            switch (_scope)
            {
                case IAsyncDisposable disposable:
                    await disposable.DisposeAsync();
                    break;
                case { } disposable:
                    disposable.Dispose();
                    break;
            }
        }
        catch (Exception exception)
        {
            LogDeactivateFailed(Silo.Logger, exception, GrainId);
        }

        lock (this)
        {
            DeactivatedSource.TrySetResult();
        }
    }

    private void Forward(Call call)
    {
        if (call.IsLocalOnly)
        {
            return;
        }

        if (_rare?.ActivationError is { } error)
        {
            call.Reject(error);
            return;
        }

        Silo.Deliver(call);
    }

    private void StopTimers()
    {
        if (_rare?.Timers is not { Count: > 0 } timers)
        {
            return;
        }

        foreach (var timer in timers.ToArray())
        {
            timer.Dispose();
        }
    }

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
