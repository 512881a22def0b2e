using System.Reflection;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;

namespace Orleans.Runtime
{
    /// <summary>Anything that can be called across the cluster.</summary>
    public interface IAddressable
    {
    }
}

namespace Orleans
{
    /// <summary>A grain.</summary>
    public interface IGrain : IAddressable
    {
    }

    /// <summary>A grain whose key is a text.</summary>
    public interface IGrainWithStringKey : IGrain
    {
    }

    /// <summary>An object outside of grains that grains can call.</summary>
    public interface IGrainObserver : IAddressable
    {
    }

    /// <summary>What a grain class may implement instead of deriving from <see cref="Grain"/>.</summary>
    public interface IGrainBase
    {
        /// <summary>The activation.</summary>
        IGrainContext GrainContext { get; }

        /// <summary>Called before the first request.</summary>
        Task OnActivateAsync(CancellationToken token) => Task.CompletedTask;

        /// <summary>Called after the last request.</summary>
        Task OnDeactivateAsync(DeactivationReason reason, CancellationToken token) => Task.CompletedTask;
    }

    /// <summary>Makes references to grains.</summary>
    public interface IGrainFactory
    {
        /// <summary>A reference to the grain with this key.</summary>
        TGrainInterface GetGrain<TGrainInterface>(string primaryKey, string? grainClassNamePrefix = null)
            where TGrainInterface : IGrainWithStringKey;

        /// <summary>A reference to the grain with this identity.</summary>
        TGrainInterface GetGrain<TGrainInterface>(GrainId grainId)
            where TGrainInterface : IAddressable;

        /// <summary>A reference to the grain with this key.</summary>
        IGrain GetGrain(Type grainInterfaceType, string grainPrimaryKey);

        /// <summary>A reference to the grain with this identity.</summary>
        IAddressable GetGrain(GrainId grainId);

        /// <summary>A reference that grains can call <paramref name="obj"/> by, for as long as someone else holds it.</summary>
        TGrainObserverInterface CreateObjectReference<TGrainObserverInterface>(IGrainObserver obj)
            where TGrainObserverInterface : IGrainObserver;

        /// <summary>Ends a reference made by <see cref="CreateObjectReference"/>.</summary>
        void DeleteObjectReference<TGrainObserverInterface>(IGrainObserver obj)
            where TGrainObserverInterface : IGrainObserver;
    }

    /// <summary>A connection to the cluster.</summary>
    public interface IClusterClient : IGrainFactory
    {
        /// <summary>The container it lives in.</summary>
        IServiceProvider ServiceProvider { get; }
    }

    /// <summary>Decides whether a client goes on trying to connect.</summary>
    public interface IClientConnectionRetryFilter
    {
        /// <summary>Whether to try again after <paramref name="exception"/>.</summary>
        Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken);
    }

    /// <summary>One grain call, as a filter sees it.</summary>
    public interface IGrainCallContext
    {
        /// <summary>The call.</summary>
        IInvokable Request { get; }

        /// <summary>The grain, or its reference on the calling side.</summary>
        object Grain { get; }

        /// <summary>Who calls, if known.</summary>
        GrainId? SourceId { get; }

        /// <summary>Who is called.</summary>
        GrainId TargetId { get; }

        /// <summary>The interface.</summary>
        GrainInterfaceType InterfaceType { get; }

        /// <summary>The name of the interface.</summary>
        string InterfaceName { get; }

        /// <summary>The name of the method.</summary>
        string MethodName { get; }

        /// <summary>The method of the interface.</summary>
        MethodInfo InterfaceMethod { get; }

        /// <summary>The result after <see cref="Invoke"/>.</summary>
        object? Result { get; set; }

        /// <summary>The response after <see cref="Invoke"/>.</summary>
        Response? Response { get; set; }

        /// <summary>Goes on with the next filter or the method.</summary>
        Task Invoke();
    }

    /// <summary>One grain call on the called side.</summary>
    public interface IIncomingGrainCallContext : IGrainCallContext
    {
        /// <summary>The activation.</summary>
        IGrainContext TargetContext { get; }

        /// <summary>The method of the grain class.</summary>
        MethodInfo ImplementationMethod { get; }
    }

    /// <summary>One grain call on the calling side.</summary>
    public interface IOutgoingGrainCallContext : IGrainCallContext
    {
        /// <summary>The calling activation; null outside of grains.</summary>
        IGrainContext? SourceContext { get; }
    }

    /// <summary>Sees the calls that arrive at grains.</summary>
    public interface IIncomingGrainCallFilter
    {
        /// <summary>Called instead of the method; calls <see cref="IGrainCallContext.Invoke"/> to go on.</summary>
        Task Invoke(IIncomingGrainCallContext context);
    }

    /// <summary>Sees the calls that leave.</summary>
    public interface IOutgoingGrainCallFilter
    {
        /// <summary>Called instead of sending; calls <see cref="IGrainCallContext.Invoke"/> to go on.</summary>
        Task Invoke(IOutgoingGrainCallContext context);
    }

    /// <summary>An incoming filter as a delegate.</summary>
    public delegate Task IncomingGrainCallFilterDelegate(IIncomingGrainCallContext context);

    /// <summary>An outgoing filter as a delegate.</summary>
    public delegate Task OutgoingGrainCallFilterDelegate(IOutgoingGrainCallContext context);

    /// <summary>Fails the start of a silo or client with wrong configuration.</summary>
    public interface IConfigurationValidator
    {
        /// <summary>Throws an <see cref="OrleansConfigurationException"/>.</summary>
        void ValidateConfiguration();
    }

    /// <summary>Makes an instance.</summary>
    public delegate TInstance Factory<in TParam1, out TInstance>(TParam1 param1);
}

namespace Orleans.Core
{
    /// <summary>A stored value.</summary>
    public interface IStorage
    {
        /// <summary>The version that was read or written last.</summary>
        string? Etag { get; }

        /// <summary>Whether there is a record.</summary>
        bool RecordExists { get; }

        /// <summary>Deletes the record.</summary>
        Task ClearStateAsync();

        /// <summary>Writes the record.</summary>
        Task WriteStateAsync();

        /// <summary>Reads the record.</summary>
        Task ReadStateAsync();

        /// <summary>Deletes the record.</summary>
        Task ClearStateAsync(CancellationToken cancellationToken) => ClearStateAsync();

        /// <summary>Writes the record.</summary>
        Task WriteStateAsync(CancellationToken cancellationToken) => WriteStateAsync();

        /// <summary>Reads the record.</summary>
        Task ReadStateAsync(CancellationToken cancellationToken) => ReadStateAsync();
    }

    /// <summary>A stored value.</summary>
    public interface IStorage<TState> : IStorage
    {
        /// <summary>The value in memory.</summary>
        TState State { get; set; }
    }
}

namespace Orleans.Core.Internal
{
    /// <summary>An activation that knows about call chains which may re-enter it.</summary>
    public interface ICallChainReentrantGrainContext
    {
        /// <summary>A section begins.</summary>
        void OnEnterReentrantSection(Guid reentrancyId);

        /// <summary>A section ends.</summary>
        void OnExitReentrantSection(Guid reentrancyId);
    }
}

namespace Orleans.Runtime
{
    /// <summary>One activation of a grain.</summary>
    public interface IGrainContext : ITargetHolder, IEquatable<IGrainContext>
    {
        /// <summary>A reference to the grain.</summary>
        GrainReference GrainReference { get; }

        /// <summary>The identity of the grain.</summary>
        GrainId GrainId { get; }

        /// <summary>The instance of the grain class.</summary>
        object? GrainInstance { get; }

        /// <summary>The container scope of the activation.</summary>
        IServiceProvider ActivationServices { get; }

        /// <summary>The stages of the activation's life.</summary>
        IGrainLifecycle ObservableLifecycle { get; }

        /// <summary>Runs work in the activation.</summary>
        IWorkItemScheduler Scheduler { get; }

        /// <summary>Completed when the activation has ended.</summary>
        Task Deactivated { get; }

        /// <summary>Ends the activation when it is idle.</summary>
        void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default);
    }

    /// <summary>Knows the activation whose code runs.</summary>
    public interface IGrainContextAccessor
    {
        /// <summary>The activation whose code runs.</summary>
        IGrainContext GrainContext { get; }
    }

    /// <summary>Runs work in an activation, one item at a time.</summary>
    public interface IWorkItemScheduler
    {
        /// <summary>Runs an action.</summary>
        void QueueAction(Action action);

        /// <summary>Runs a task.</summary>
        void QueueTask(Task task);
    }

    /// <summary>The stages of an activation's life.</summary>
    public interface IGrainLifecycle : ILifecycleObservable
    {
    }

    /// <summary>The numbers of the stages.</summary>
    public static class GrainLifecycleStage
    {
        /// <summary>First.</summary>
        public const int First = int.MinValue;

        /// <summary>State is read.</summary>
        public const int SetupState = 1000;

        /// <summary><c>OnActivateAsync</c> is called.</summary>
        public const int Activate = SetupState + 1000;

        /// <summary>Last.</summary>
        public const int Last = int.MaxValue;
    }

    /// <summary>The runtime as a grain sees it.</summary>
    public interface IGrainRuntime
    {
        /// <summary>The silo's name.</summary>
        string SiloIdentity { get; }

        /// <summary>The silo's address.</summary>
        SiloAddress SiloAddress { get; }

        /// <summary>Makes references.</summary>
        IGrainFactory GrainFactory { get; }

        /// <summary>The silo's container.</summary>
        IServiceProvider ServiceProvider { get; }

        /// <summary>The clock.</summary>
        TimeProvider TimeProvider { get; }

        /// <summary>Ends the activation when it is idle.</summary>
        void DeactivateOnIdle(IGrainContext grainContext);

        /// <summary>Keeps the activation.</summary>
        void DelayDeactivation(IGrainContext grainContext, TimeSpan timeSpan);
    }

    /// <summary>What is known about the local silo.</summary>
    public interface ILocalSiloDetails
    {
        /// <summary>The silo's name.</summary>
        string Name { get; }

        /// <summary>The cluster.</summary>
        string ClusterId { get; }

        /// <summary>The machine's name.</summary>
        string DnsHostName { get; }

        /// <summary>Where other silos reach it.</summary>
        SiloAddress SiloAddress { get; }

        /// <summary>Where clients reach it.</summary>
        SiloAddress GatewayAddress { get; }
    }
}
