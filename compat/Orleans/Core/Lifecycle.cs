using Orleans.Runtime;

namespace Orleans
{
    /// <summary>Takes part in a lifecycle.</summary>
    public interface ILifecycleObserver
    {
        /// <summary>The stage begins.</summary>
        Task OnStart(CancellationToken cancellationToken = default);

        /// <summary>The stage ends.</summary>
        Task OnStop(CancellationToken cancellationToken = default);
    }

    /// <summary>A lifecycle that can be observed.</summary>
    public interface ILifecycleObservable
    {
        /// <summary>Takes part in a stage.</summary>
        IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer);
    }

    /// <summary>A service that takes part in a lifecycle.</summary>
    public interface ILifecycleParticipant<TLifecycleObservable>
        where TLifecycleObservable : ILifecycleObservable
    {
        /// <summary>Subscribes to stages.</summary>
        void Participate(TLifecycleObservable lifecycle);
    }

    /// <summary>Subscriptions with delegates.</summary>
    public static class LifecycleExtensions
    {
        /// <summary>Takes part in a stage.</summary>
        public static IDisposable Subscribe(this ILifecycleObservable observable, string observerName, int stage, Func<CancellationToken, Task> onStart, Func<CancellationToken, Task>? onStop)
        {
            ArgumentNullException.ThrowIfNull(observable);
            ArgumentNullException.ThrowIfNull(onStart);
            return observable.Subscribe(observerName, stage, new Observer(onStart, onStop));
        }

        /// <summary>Takes part in the start of a stage.</summary>
        public static IDisposable Subscribe(this ILifecycleObservable observable, string observerName, int stage, Func<CancellationToken, Task> onStart) =>
            observable.Subscribe(observerName, stage, onStart, null);

        /// <summary>Takes part in a stage.</summary>
        public static IDisposable Subscribe<TObserver>(this ILifecycleObservable observable, int stage, ILifecycleObserver observer)
        {
            ArgumentNullException.ThrowIfNull(observable);
            return observable.Subscribe(typeof(TObserver).FullName!, stage, observer);
        }

        /// <summary>Takes part in a stage.</summary>
        public static IDisposable Subscribe<TObserver>(this ILifecycleObservable observable, int stage, Func<CancellationToken, Task> onStart, Func<CancellationToken, Task> onStop) =>
            observable.Subscribe(typeof(TObserver).FullName!, stage, onStart, onStop);

        /// <summary>Takes part in the start of a stage.</summary>
        public static IDisposable Subscribe<TObserver>(this ILifecycleObservable observable, int stage, Func<CancellationToken, Task> onStart) =>
            observable.Subscribe(typeof(TObserver).FullName!, stage, onStart, null);

        /// <summary>Takes part in a stage.</summary>
        public static IDisposable Subscribe(this ILifecycleObservable observable, int stage, ILifecycleObserver observer)
        {
            ArgumentNullException.ThrowIfNull(observable);
            ArgumentNullException.ThrowIfNull(observer);
            return observable.Subscribe(observer.GetType().FullName!, stage, observer);
        }

        private sealed class Observer(Func<CancellationToken, Task> onStart, Func<CancellationToken, Task>? onStop) : ILifecycleObserver
        {
            public Task OnStart(CancellationToken cancellationToken = default) => onStart(cancellationToken);

            public Task OnStop(CancellationToken cancellationToken = default) => onStop is null ? Task.CompletedTask : onStop(cancellationToken);
        }
    }

    /// <summary>The numbers of the stages of a silo or client.</summary>
    public static class ServiceLifecycleStage
    {
        /// <summary>First.</summary>
        public const int First = int.MinValue;

        /// <summary>The runtime is set up.</summary>
        public const int RuntimeInitialize = 2000;

        /// <summary>The services of the runtime start.</summary>
        public const int RuntimeServices = 4000;

        /// <summary>The storage of the runtime starts.</summary>
        public const int RuntimeStorageServices = 6000;

        /// <summary>The grain services of the runtime start.</summary>
        public const int RuntimeGrainServices = 8000;

        /// <summary>After the grain services of the runtime.</summary>
        public const int AfterRuntimeGrainServices = 8100;

        /// <summary>The application's services start.</summary>
        public const int ApplicationServices = 10000;

        /// <summary>Just before the silo takes part.</summary>
        public const int BecomeActive = Active - 1;

        /// <summary>The silo takes part.</summary>
        public const int Active = 20000;

        /// <summary>Last.</summary>
        public const int Last = int.MaxValue;
    }

    internal class LifecycleSubject
    {
        private readonly List<Subscription> _subscriptions = [];
        private int _highestStarted = int.MinValue;
        private bool _anyStarted;

        public int HighestCompletedStage { get; private set; } = int.MinValue;

        public int LowestStoppedStage { get; private set; } = int.MaxValue;

        public IDisposable Subscribe(string observerName, int stage, ILifecycleObserver observer)
        {
            ArgumentNullException.ThrowIfNull(observer);
            var subscription = new Subscription(this, observerName, stage, observer);
            lock (_subscriptions)
            {
                _subscriptions.Add(subscription);
            }

            return subscription;
        }

        public async Task OnStart(CancellationToken cancellationToken)
        {
            foreach (var stage in Stages())
            {
                cancellationToken.ThrowIfCancellationRequested();
                _highestStarted = stage.Key;
                _anyStarted = true;
                await Task.WhenAll(stage.Select(s => s.Observer.OnStart(cancellationToken)));
                HighestCompletedStage = stage.Key;
            }
        }

        public async Task OnStop(CancellationToken cancellationToken, Action<Exception, string>? onError = null)
        {
            if (!_anyStarted)
            {
                return;
            }

            foreach (var stage in Stages().Where(s => s.Key <= _highestStarted).Reverse())
            {
                foreach (var subscription in stage)
                {
                    try
                    {
                        await subscription.Observer.OnStop(cancellationToken);
                    }
                    catch (Exception exception)
                    {
                        onError?.Invoke(exception, subscription.Name);
                    }
                }

                LowestStoppedStage = stage.Key;
            }
        }

        private List<IGrouping<int, Subscription>> Stages()
        {
            lock (_subscriptions)
            {
                return [.. _subscriptions.ToArray().GroupBy(s => s.Stage).OrderBy(g => g.Key)];
            }
        }

        private void Remove(Subscription subscription)
        {
            lock (_subscriptions)
            {
                _subscriptions.Remove(subscription);
            }
        }

        private sealed class Subscription(LifecycleSubject owner, string name, int stage, ILifecycleObserver observer) : IDisposable
        {
            public string Name { get; } = name;

            public int Stage { get; } = stage;

            public ILifecycleObserver Observer { get; } = observer;

            public void Dispose() => owner.Remove(this);
        }
    }
}

namespace Orleans.Runtime
{
    /// <summary>The lifecycle of a silo.</summary>
    public interface ISiloLifecycle : ILifecycleObservable
    {
        /// <summary>The highest stage that has started.</summary>
        int HighestCompletedStage { get; }

        /// <summary>The lowest stage that has stopped.</summary>
        int LowestStoppedStage { get; }
    }

    internal sealed class SiloLifecycle : LifecycleSubject, ISiloLifecycle
    {
    }

    internal sealed class GrainLifecycle : LifecycleSubject, IGrainLifecycle
    {
    }
}
