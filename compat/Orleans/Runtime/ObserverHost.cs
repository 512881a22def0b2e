using Orleans.Serialization.Invocation;

namespace Orleans.Runtime;

/// <summary>Runs the calls of one observer, one after the other. Does not keep the observer alive.</summary>
internal sealed class ObserverHost(CallRuntime runtime, GrainId id, IGrainObserver observer) : ICallHost, IGrainContext
{
    private readonly WeakReference<IGrainObserver> _observer = new(observer);
    private readonly Queue<Call> _waiting = new();
    private bool _running;

    public IGrainObserver? Observer => _observer.TryGetTarget(out var target) ? target : null;

    public IIncomingGrainCallFilter[] Filters { get; } = [];

    public IGrainContext Context => this;

    public GrainReference GrainReference => runtime.CreateReference(id, typeof(IGrainObserver));

    public GrainId GrainId => id;

    public object? GrainInstance => Observer;

    public IServiceProvider ActivationServices => runtime.ServiceProvider;

    public IGrainLifecycle ObservableLifecycle => throw new NotSupportedException("Observers have no lifecycle.");

    public IWorkItemScheduler Scheduler => throw new NotSupportedException("Observers have no scheduler.");

    public Task Deactivated => Task.CompletedTask;

    /// <returns>False when the observer is gone.</returns>
    public bool Receive(Call call)
    {
        if (!_observer.TryGetTarget(out _))
        {
            return false;
        }

        lock (_waiting)
        {
            if (!call.IsAlwaysInterleave)
            {
                _waiting.Enqueue(call);
                if (_running)
                {
                    return true;
                }

                _running = true;
                call = null!;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(static state => state.Host.RunOne(state.Call), (Host: this, Call: call), preferLocal: true);
        return true;
    }

    public void Post(Action action)
    {
        ArgumentNullException.ThrowIfNull(action);
        ThreadPool.UnsafeQueueUserWorkItem(static run => run(), action, preferLocal: true);
    }

    public void Completed(Call call, Exception? error)
    {
        if (call.IsAlwaysInterleave)
        {
            return;
        }

        lock (_waiting)
        {
            if (_waiting.Count == 0)
            {
                _running = false;
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(static host => host.RunOne(null), this, preferLocal: true);
    }

    public object? GetTarget() => Observer;

    public object? GetComponent(Type componentType) => null;

    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
    }

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    private void RunOne(Call? call)
    {
        if (call is null)
        {
            lock (_waiting)
            {
                call = _waiting.Dequeue();
            }
        }

        call.Run(this);
    }
}
