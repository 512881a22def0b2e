using System.Reflection;
using System.Runtime.ExceptionServices;
using Orleans.CodeGeneration;
using Orleans.Concurrency;

namespace Orleans.Serialization.Invocation
{
    /// <summary>Holds what calls are made on.</summary>
    public interface ITargetHolder
    {
        /// <summary>The grain.</summary>
        object? GetTarget();

        /// <summary>A part of the activation.</summary>
        object? GetComponent(Type componentType);
    }

    /// <summary>A call that can be made.</summary>
    public interface IInvokable : IDisposable
    {
        /// <summary>Whether the method takes a cancellation token.</summary>
        bool IsCancellable => false;

        /// <summary>What the call is made on.</summary>
        object? GetTarget();

        /// <summary>Sets what the call is made on.</summary>
        void SetTarget(ITargetHolder holder);

        /// <summary>Makes the call.</summary>
        ValueTask<Response> Invoke();

        /// <summary>How many arguments there are.</summary>
        int GetArgumentCount();

        /// <summary>An argument.</summary>
        object? GetArgument(int index);

        /// <summary>Replaces an argument.</summary>
        void SetArgument(int index, object value);

        /// <summary>The name of the method.</summary>
        string GetMethodName();

        /// <summary>The full name of the interface.</summary>
        string GetInterfaceName();

        /// <summary>A short name for traces.</summary>
        string GetActivityName();

        /// <summary>The method of the interface.</summary>
        MethodInfo GetMethod();

        /// <summary>The interface.</summary>
        Type GetInterfaceType();

        /// <summary>The timeout of the method, if it has its own.</summary>
        TimeSpan? GetDefaultResponseTimeout();

        /// <summary>The token of the call.</summary>
        CancellationToken GetCancellationToken() => default;

        /// <summary>Cancels the call.</summary>
        bool TryCancel() => false;
    }

    /// <summary>The outcome of a call.</summary>
    public abstract class Response : IDisposable
    {
        /// <summary>Success without a value.</summary>
        public static Response Completed { get; } = new CompletedResponse();

        /// <summary>The value.</summary>
        public abstract object? Result { get; set; }

        /// <summary>The error.</summary>
        public abstract Exception? Exception { get; set; }

        /// <summary>An error.</summary>
        public static Response FromException(Exception exception) => new ExceptionResponse(exception);

        /// <summary>A value.</summary>
        public static Response FromResult<TResult>(TResult value) => new Response<TResult> { TypedResult = value };

        /// <summary>The value; throws the error if there is one.</summary>
        public abstract T GetResult<T>();

        /// <inheritdoc/>
        public abstract void Dispose();

        /// <inheritdoc/>
        public override string ToString() => Exception is { } exception ? exception.ToString() : Result?.ToString() ?? "[null]";

        private sealed class CompletedResponse : Response
        {
            public override object? Result { get => null; set => throw new InvalidOperationException("The response without a value cannot be given one."); }

            public override Exception? Exception { get => null; set => throw new InvalidOperationException("The response without a value cannot be given an error."); }

            public override T GetResult<T>() => default!;

            public override void Dispose()
            {
            }
        }

        private sealed class ExceptionResponse(Exception exception) : Response
        {
            public override object? Result
            {
                get
                {
                    ExceptionDispatchInfo.Throw(Exception!);
                    return null;
                }

                set => throw new InvalidOperationException("An error cannot be given a value.");
            }

            public override Exception? Exception { get; set; } = exception;

            public override T GetResult<T>()
            {
                ExceptionDispatchInfo.Throw(Exception!);
                return default!;
            }

            public override void Dispose()
            {
            }
        }
    }

    /// <summary>A value.</summary>
    public sealed class Response<TResult> : Response
    {
        /// <summary>The value.</summary>
        public TResult? TypedResult { get; set; }

        /// <inheritdoc/>
        public override object? Result { get => TypedResult; set => TypedResult = (TResult?)value; }

        /// <inheritdoc/>
        public override Exception? Exception { get => null; set => throw new InvalidOperationException("A value cannot be given an error."); }

        /// <inheritdoc/>
        public override T GetResult<T>() => TypedResult is T typed ? typed : (T)(object?)TypedResult!;

        /// <inheritdoc/>
        public override void Dispose()
        {
        }
    }
}

namespace Orleans.Runtime
{
    using Orleans.Serialization.Invocation;

    /// <summary>A call with options.</summary>
    public interface IRequest : IInvokable
    {
        /// <summary>How it is treated.</summary>
        InvokeMethodOptions Options { get; }

        /// <summary>Adds options.</summary>
        void AddInvokeMethodOptions(InvokeMethodOptions options);
    }

    /// <summary>What is known about a method of a grain interface.</summary>
    internal sealed class MethodEntry
    {
        private MethodEntry(Type interfaceType, MethodInfo method, InvokeMethodOptions options, TimeSpan? timeout)
        {
            InterfaceType = interfaceType;
            Method = method;
            Options = options;
            Timeout = timeout;
            InterfaceName = interfaceType.FullName!.Replace('+', '.');
            ActivityName = $"{interfaceType.Name}/{method.Name}";
        }

        public Type InterfaceType { get; }

        public MethodInfo Method { get; }

        public InvokeMethodOptions Options { get; }

        public TimeSpan? Timeout { get; }

        public string InterfaceName { get; }

        public string ActivityName { get; }

        public static MethodEntry Create(MethodInfo method)
        {
            var options = InvokeMethodOptions.None;
            if (method.IsDefined(typeof(OneWayAttribute), true))
            {
                options |= InvokeMethodOptions.OneWay;
            }

            if (method.IsDefined(typeof(ReadOnlyAttribute), true))
            {
                options |= InvokeMethodOptions.ReadOnly;
            }

            if (method.IsDefined(typeof(AlwaysInterleaveAttribute), true))
            {
                options |= InvokeMethodOptions.AlwaysInterleave;
            }

            if (method.ReturnType == typeof(void))
            {
                options |= InvokeMethodOptions.OneWay;
            }

            return new MethodEntry(method.DeclaringType!, method, options, method.GetCustomAttribute<ResponseTimeoutAttribute>(true)?.Timeout);
        }

        public static MethodEntry Internal(Type interfaceType, string name, InvokeMethodOptions options = InvokeMethodOptions.OneWay) =>
            new(interfaceType, interfaceType.GetMethod(name, BindingFlags.Instance | BindingFlags.Public)!, options, null);
    }

    /// <summary>Where calls run: an activation, or an object outside of grains.</summary>
    internal interface ICallHost
    {
        IIncomingGrainCallFilter[] Filters { get; }

        IGrainContext Context { get; }

        /// <summary>Runs something between the turns.</summary>
        void Post(Action action);

        void Completed(Call call, Exception? error);
    }

    /// <summary>A method with its arguments. The proxies' generated classes fill in the abstract members.</summary>
    internal abstract class MethodRequest : IRequest
    {
        private InvokeMethodOptions _addedOptions;
        private object? _target;

        public abstract MethodEntry Entry { get; }

        public InvokeMethodOptions Options => Entry.Options | _addedOptions;

        public virtual bool IsCancellable => false;

        public void AddInvokeMethodOptions(InvokeMethodOptions options) => _addedOptions |= options;

        public object? GetTarget() => _target;

        public void SetTarget(ITargetHolder holder)
        {
            ArgumentNullException.ThrowIfNull(holder);
            _target = ResolveTarget(holder);
        }

        public abstract ValueTask<Response> Invoke();

        public virtual int GetArgumentCount() => 0;

        public virtual object? GetArgument(int index) => throw new ArgumentOutOfRangeException(nameof(index));

        public virtual void SetArgument(int index, object? value) => throw new ArgumentOutOfRangeException(nameof(index));

        public string GetMethodName() => Entry.Method.Name;

        public string GetInterfaceName() => Entry.InterfaceName;

        public string GetActivityName() => Entry.ActivityName;

        public MethodInfo GetMethod() => Entry.Method;

        public Type GetInterfaceType() => Entry.InterfaceType;

        public TimeSpan? GetDefaultResponseTimeout() => Entry.Timeout;

        public virtual CancellationToken GetCancellationToken() => default;

        public virtual bool TryCancel() => false;

        public void Dispose()
        {
        }

        public override string ToString() => $"{Entry.InterfaceName}.{Entry.Method.Name}";

        internal virtual void SetCancellationToken(CancellationToken token)
        {
        }

        /// <summary>Replaces every argument that can change by a copy of its own.</summary>
        internal abstract void CopyArguments(CopySession session);

        internal virtual object ResolveTarget(ITargetHolder holder) => holder.GetTarget()!;

        private protected void ForgetTarget() => _target = null;
    }

    /// <summary>One call: the request, the promise of its caller, and its way through the runtime.</summary>
    internal abstract class Call : MethodRequest
    {
        private int _state;
        private CancellationTokenSource? _calleeCancellation;
        private CancellationTokenRegistration _callerCancellation;
        private ICallHost? _host;
        private bool _cancelSignalled;

        /// <summary>The caller's runtime.</summary>
        public CallRuntime? Runtime { get; private set; }

        public GrainReference? Reference { get; private set; }

        public GrainId TargetId => Reference is null ? default : Reference.GrainId;

        public GrainId SourceId { get; private set; }

        public IGrainContext? Source { get; private set; }

        public Dictionary<string, object>? Context { get; private set; }

        public long DueTimestamp { get; private set; }

        public TimeSpan ResponseTimeout { get; private set; }

        public bool IsLocalOnly { get; protected init; }

        public bool IsKeepAlive { get; protected init; } = true;

        /// <summary>Whether the caller is in another container than the callee, so that every value is copied.</summary>
        public bool IsRemote { get; private set; }

        /// <summary>The callee's runtime.</summary>
        public CallRuntime? TargetRuntime { get; private set; }

        public bool IsCompleted => Volatile.Read(ref _state) != 0;

        public bool IsOneWay => (Options & InvokeMethodOptions.OneWay) != 0;

        public bool IsReadOnly => (Options & InvokeMethodOptions.ReadOnly) != 0;

        public bool IsAlwaysInterleave => (Options & InvokeMethodOptions.AlwaysInterleave) != 0;

        internal Call? PendingPrevious { get; set; }

        internal Call? PendingNext { get; set; }

        internal int PendingShard { get; set; } = -1;

        public override bool TryCancel()
        {
            if (_calleeCancellation is null)
            {
                return false;
            }

            _calleeCancellation.Cancel();
            return true;
        }

        public override string ToString() => $"{base.ToString()} to {TargetId}";

        internal void Bind(GrainReference reference)
        {
            Reference = reference;
            var runtime = reference.Runtime;
            Runtime = runtime;
            var source = RuntimeContext.Current;
            Source = source;
            SourceId = source?.GrainId ?? runtime.ClientId;
            TargetRuntime = runtime.TargetOf(reference);
            IsRemote = !ReferenceEquals(TargetRuntime, runtime);
            var session = CopySession.Rent(TargetRuntime, IsRemote);
            try
            {
                CopyArguments(session);
            }
            finally
            {
                session.Return();
            }
        }

        /// <summary>A copy that can be sent once more.</summary>
        internal Call Again()
        {
            var copy = (Call)MemberwiseClone();
            copy._state = 0;
            copy.ForgetTarget();
            copy._host = null;
            copy._calleeCancellation = null;
            copy._callerCancellation = default;
            copy._cancelSignalled = false;
            copy.PendingPrevious = null;
            copy.PendingNext = null;
            copy.PendingShard = -1;
            copy.ResetPromise();
            return copy;
        }

        /// <summary>Sends the call; its promise is completed later.</summary>
        internal void Send()
        {
            var runtime = Runtime!;
            var token = GetCancellationToken();
            token.ThrowIfCancellationRequested();
            Context = runtime.ExportRequestContext();
            if (IsOneWay)
            {
                CompletePromise();
            }
            else
            {
                ResponseTimeout = Entry.Timeout ?? runtime.ResponseTimeout;
                DueTimestamp = Environment.TickCount64 + (long)Math.Min(ResponseTimeout.TotalMilliseconds, int.MaxValue);
                runtime.Pending.Add(this);
                if (token.CanBeCanceled)
                {
                    _calleeCancellation = new CancellationTokenSource();
                    SetCancellationToken(_calleeCancellation.Token);
                    _callerCancellation = token.UnsafeRegister(static (state, token) => ((Call)state!).OnCallerCancelled(token), this);
                }
            }

            runtime.Deliver(this);
        }

        /// <summary>Runs the call in the host's turn.</summary>
        internal void Run(ICallHost host)
        {
            _host = host;
            if (IsCompleted && !IsOneWay)
            {
                // Its caller has given up; what has not begun by then does not happen.
                host.Completed(this, null);
                return;
            }

            RequestContext.Values = Context;
            try
            {
                SetTarget(host.Context);
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            if (Volatile.Read(ref _cancelSignalled))
            {
                _calleeCancellation?.Cancel();
            }

            if (host.Filters.Length > 0 || host.Context.GrainInstance is IIncomingGrainCallFilter)
            {
                _ = RunFiltered(host);
            }
            else
            {
                RunDirect();
            }
        }

        internal void Fail(Exception exception)
        {
            if (TryEnd())
            {
                FailPromise(exception);
            }
        }

        internal void OnTimeout() =>
            Fail(new TimeoutException($"Response did not arrive on time in {ResponseTimeout} for message: {this}."));

        protected abstract void RunDirect();

        protected abstract void ResetPromise();

        protected abstract void FailPromise(Exception exception);

        /// <summary>Completes the promise of a call without a response.</summary>
        protected abstract void CompletePromise();

        /// <summary>Completes the promise with a response that a filter may have made.</summary>
        protected abstract void CompletePromise(Response response);

        internal abstract Task<Response> GetResponse();

        /// <summary>Ends the call on the calling side.</summary>
        /// <returns>False when it has ended before.</returns>
        protected bool TryEnd()
        {
            if (Interlocked.Exchange(ref _state, 1) != 0)
            {
                return false;
            }

            Runtime?.Pending.Remove(this);
            if (_calleeCancellation is not null)
            {
                _callerCancellation.Dispose();
            }

            return true;
        }

        /// <summary>Ends the call on the called side with an error.</summary>
        protected void Finish(Exception exception)
        {
            Reject(exception);
            _host!.Completed(this, exception);
        }

        /// <summary>Gives the caller an error that arose on the called side.</summary>
        internal void Reject(Exception exception)
        {
            if (!IsOneWay && !IsCompleted)
            {
                Exception carried;
                if (IsRemote)
                {
                    var session = CopySession.Rent(Runtime!, remote: true);
                    try
                    {
                        carried = ExceptionCopier.Copy(exception, session);
                    }
                    catch (Exception inner)
                    {
                        carried = inner;
                    }
                    finally
                    {
                        session.Return();
                    }
                }
                else
                {
                    carried = exception;
                }

                Fail(carried);
            }
        }

        protected void Finished() => _host!.Completed(this, null);

        private void OnCallerCancelled(CancellationToken token)
        {
            Volatile.Write(ref _cancelSignalled, true);
            if (!Runtime!.WaitForCancellationAcknowledgement)
            {
                Fail(new OperationCanceledException(token));
            }

            _host?.Post(() => _calleeCancellation!.Cancel());
        }

        private async Task RunFiltered(ICallHost host)
        {
            var context = new IncomingCallContext(this, host);
            try
            {
                await context.Invoke();
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            if (context.Response!.Exception is { } error)
            {
                Finish(error);
                return;
            }

            if (IsOneWay)
            {
                Finished();
                return;
            }

            try
            {
                CompletePromise(context.Response);
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            Finished();
        }
    }

    /// <summary>A call whose method returns no value.</summary>
    internal abstract class VoidResultCall : Call
    {
        private TaskCompletionSource _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Promise => _promise.Task;

        internal override async Task<Response> GetResponse()
        {
            await _promise.Task;
            return Response.Completed;
        }

        protected void Succeed()
        {
            if (TryEnd())
            {
                _promise.TrySetResult();
            }
        }

        protected sealed override void ResetPromise() => _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected sealed override void FailPromise(Exception exception)
        {
            if (exception is OperationCanceledException)
            {
                _promise.TrySetFromTask(Faulted.Task(exception));
            }
            else
            {
                _promise.TrySetException(exception);
            }
        }

        protected sealed override void CompletePromise() => _promise.TrySetResult();

        protected sealed override void CompletePromise(Response response) => Succeed();
    }

    internal abstract class TaskCall : VoidResultCall
    {
        public sealed override ValueTask<Response> Invoke()
        {
            try
            {
                var task = InvokeInner(GetTarget()!);
                return task.IsCompletedSuccessfully ? new(Response.Completed) : Await(task);
            }
            catch (Exception exception)
            {
                return new(Response.FromException(exception));
            }

            static async ValueTask<Response> Await(Task task)
            {
                try
                {
                    await task;
                    return Response.Completed;
                }
                catch (Exception exception)
                {
                    return Response.FromException(exception);
                }
            }
        }

        protected abstract Task InvokeInner(object target);

        protected sealed override void RunDirect()
        {
            try
            {
                var task = InvokeInner(GetTarget()!);
                if (!task.IsCompletedSuccessfully)
                {
                    _ = Await(task);
                    return;
                }
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            Succeed();
            Finished();
        }

        private async Task Await(Task task)
        {
            try
            {
                await task;
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            Succeed();
            Finished();
        }
    }

    internal abstract class ValueTaskCall : TaskCall
    {
        protected abstract ValueTask InvokeValue(object target);

        protected sealed override Task InvokeInner(object target) => InvokeValue(target).AsTask();
    }

    internal abstract class VoidCall : TaskCall
    {
        protected abstract void InvokeVoid(object target);

        protected sealed override Task InvokeInner(object target)
        {
            InvokeVoid(target);
            return Task.CompletedTask;
        }
    }

    /// <summary>A call whose method returns a value.</summary>
    internal abstract class TaskCall<T> : Call
    {
        private TaskCompletionSource<T> _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Promise => _promise.Task;

        public sealed override ValueTask<Response> Invoke()
        {
            try
            {
                var task = InvokeInner(GetTarget()!);
                return task.IsCompletedSuccessfully ? new(Response.FromResult(task.GetAwaiter().GetResult())) : Await(task);
            }
            catch (Exception exception)
            {
                return new(Response.FromException(exception));
            }

            static async ValueTask<Response> Await(Task<T> task)
            {
                try
                {
                    return Response.FromResult(await task);
                }
                catch (Exception exception)
                {
                    return Response.FromException(exception);
                }
            }
        }

        internal override async Task<Response> GetResponse() => Response.FromResult(await _promise.Task);

        protected abstract Task<T> InvokeInner(object target);

        protected sealed override void RunDirect()
        {
            T result;
            try
            {
                var task = InvokeInner(GetTarget()!);
                if (!task.IsCompletedSuccessfully)
                {
                    _ = Await(task);
                    return;
                }

                result = CopyResult(task.GetAwaiter().GetResult());
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            Succeed(result);
            Finished();
        }

        protected sealed override void ResetPromise() => _promise = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected sealed override void FailPromise(Exception exception)
        {
            if (exception is OperationCanceledException)
            {
                _promise.TrySetFromTask(Faulted.Task<T>(exception));
            }
            else
            {
                _promise.TrySetException(exception);
            }
        }

        protected sealed override void CompletePromise() => _promise.TrySetResult(default!);

        protected sealed override void CompletePromise(Response response) => Succeed(CopyResult(response.GetResult<T>()));

        private void Succeed(T result)
        {
            if (TryEnd())
            {
                _promise.TrySetResult(result);
            }
        }

        private T CopyResult(T result)
        {
            if (result is null || IsOneWay)
            {
                return result;
            }

            var copier = Copier<T>.Instance;
            if (copier.IsShallow)
            {
                return result;
            }

            var session = CopySession.Rent(Runtime!, IsRemote);
            try
            {
                return copier.Copy(result, session);
            }
            finally
            {
                session.Return();
            }
        }

        private async Task Await(Task<T> task)
        {
            T result;
            try
            {
                result = CopyResult(await task);
            }
            catch (Exception exception)
            {
                Finish(exception);
                return;
            }

            Succeed(result);
            Finished();
        }
    }

    internal abstract class ValueTaskCall<T> : TaskCall<T>
    {
        protected abstract ValueTask<T> InvokeValue(object target);

        protected sealed override Task<T> InvokeInner(object target) => InvokeValue(target).AsTask();
    }

    internal static class Faulted
    {
        // An async method turns a thrown cancellation into a cancelled task that keeps the exception.
#pragma warning disable CS1998
        public static async Task Task(Exception exception) => ExceptionDispatchInfo.Throw(exception);

        public static async Task<T> Task<T>(Exception exception)
        {
            ExceptionDispatchInfo.Throw(exception);
            return default!;
        }
#pragma warning restore CS1998
    }

    internal sealed class IncomingCallContext(Call call, ICallHost host) : IIncomingGrainCallContext
    {
        private int _stage;

        public IInvokable Request => call;

        public object Grain => host.Context.GrainInstance!;

        public GrainId? SourceId => call.SourceId.IsDefault ? null : call.SourceId;

        public GrainId TargetId => host.Context.GrainId;

        public IGrainContext TargetContext => host.Context;

        public GrainInterfaceType InterfaceType => call.Reference is { } reference ? reference.InterfaceType : AppParts.InterfaceTypeOf(call.GetInterfaceType());

        public string InterfaceName => call.GetInterfaceName();

        public string MethodName => call.GetMethodName();

        public MethodInfo InterfaceMethod => call.GetMethod();

        public MethodInfo ImplementationMethod => AppParts.ImplementationOf(call.GetTarget()!.GetType(), call.GetMethod());

        public Response? Response { get; set; }

        public object? Result
        {
            get => Response is { Exception: null } response ? response.Result : null;
            set => Response = Response.FromResult(value);
        }

        public async Task Invoke()
        {
            var stage = _stage++;
            try
            {
                var filters = host.Filters;
                if (stage < filters.Length)
                {
                    await filters[stage].Invoke(this);
                    EnsureContinued(filters[stage]);
                    return;
                }

                if (stage == filters.Length && Grain is IIncomingGrainCallFilter own)
                {
                    await own.Invoke(this);
                    EnsureContinued(own);
                    return;
                }

                Response = await call.Invoke();
                if (Response.Exception is { } exception)
                {
                    ExceptionDispatchInfo.Throw(exception);
                }
            }
            finally
            {
                _stage--;
            }
        }

        private void EnsureContinued(object filter)
        {
            if (Response is null)
            {
                throw new InvalidOperationException($"The call filter {filter.GetType().Name} neither went on with the call nor set a result.");
            }
        }
    }

    internal sealed class OutgoingCallContext(Call call, IOutgoingGrainCallFilter[] filters) : IOutgoingGrainCallContext
    {
        private int _stage;
        private bool _sent;

        public IInvokable Request => call;

        public object Grain => call.Reference!;

        public GrainId? SourceId => SourceContext?.GrainId;

        public GrainId TargetId => call.TargetId;

        public GrainInterfaceType InterfaceType => call.Reference!.InterfaceType;

        public IGrainContext? SourceContext { get; } = RuntimeContext.Current;

        public string InterfaceName => call.GetInterfaceName();

        public string MethodName => call.GetMethodName();

        public MethodInfo InterfaceMethod => call.GetMethod();

        public Response? Response { get; set; }

        public object? Result
        {
            get => Response!.Result;
            set => Response = Response.FromResult(value);
        }

        public async Task Invoke()
        {
            var stage = _stage++;
            try
            {
                if (stage < filters.Length)
                {
                    await filters[stage].Invoke(this);
                    if (Response is null)
                    {
                        throw new InvalidOperationException($"The call filter {filters[stage].GetType().Name} neither went on with the call nor set a result.");
                    }

                    return;
                }

                var attempt = _sent ? call.Again() : call;
                _sent = true;
                attempt.Send();
                Response = await attempt.GetResponse();
            }
            finally
            {
                _stage--;
            }
        }
    }
}
